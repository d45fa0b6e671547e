// What an operator has in hand during a drill: runs, the functions' log, metrics and alarms.

import { setTimeout as sleep } from 'node:timers/promises';
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricStatisticsCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
  type StandardUnit,
} from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { DescribeExecutionCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { type Datum, dataIn, type Line } from '../functions/journal-lines.ts';
import { type AlarmRule, alarmRule } from '../infra/alarm-rules.ts';
import { config, output, stepFunctions } from './clients.ts';
import { STACK } from './deploy.ts';

export const lambda = new LambdaClient(config);
const cloudWatch = new CloudWatchClient(config);
const logs = new CloudWatchLogsClient(config);

/** The deployed alarm, and the state that it is in. */
export async function alarm(name: string): Promise<AlarmRule & { readonly state: string }> {
  const { MetricAlarms = [] } = await cloudWatch.send(
    new DescribeAlarmsCommand({ AlarmNames: [`${STACK}-${name}`] }),
  );
  const [found] = MetricAlarms;
  return { ...alarmRule(found), state: found?.StateValue ?? 'none' };
}

export async function setAlarm(name: string, state: 'ALARM' | 'OK'): Promise<void> {
  await cloudWatch.send(
    new SetAlarmStateCommand({
      AlarmName: `${STACK}-${name}`,
      StateValue: state,
      StateReason: 'a drill',
    }),
  );
}

export interface RunEnded {
  readonly status: string;
  readonly cause: string;
}

/** Starts a run, and waits for its end, whatever that is. */
export async function runSync(input: object): Promise<RunEnded> {
  const { executionArn } = await stepFunctions.send(
    new StartExecutionCommand({
      stateMachineArn: output('SyncMachineArn'),
      input: JSON.stringify(input),
    }),
  );
  for (;;) {
    const told = await stepFunctions.send(new DescribeExecutionCommand({ executionArn }));
    const { status = '', cause = '' } = told;
    if (status !== 'RUNNING') return { status, cause };
    await sleep(100);
  }
}

/** Lines that a function has logged of a stream since then. */
export async function linesSince(name: string, sinceMs: number, stream: string): Promise<Line[]> {
  const { events = [] } = await logs.send(
    new FilterLogEventsCommand({
      logGroupName: `/aws/lambda/${STACK}-${name}`,
      startTime: sinceMs,
      limit: 10_000,
    }),
  );
  return events
    .flatMap(({ message = '' }): Line[] => (message.startsWith('{') ? [JSON.parse(message)] : []))
    .filter((line) => line['stream'] === stream);
}

/** The data that CloudWatch finds in such lines. */
export const dataSince = async (name: string, sinceMs: number, stream: string): Promise<Datum[]> =>
  (await linesSince(name, sinceMs, stream)).flatMap(dataIn);

/** CloudWatch reads metrics out of log lines by itself; the emulated one has to be told. */
export async function storeData(data: readonly Datum[]): Promise<void> {
  for (const { namespace, name, dimensions, unit, value } of data) {
    const units: readonly StandardUnit[] = ['Count', 'Bytes', 'Seconds', 'None'];
    await cloudWatch.send(
      new PutMetricDataCommand({
        Namespace: namespace,
        MetricData: [
          {
            MetricName: name,
            Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
            Value: value,
            Unit: units.find((one) => one === unit) ?? 'None',
          },
        ],
      }),
    );
  }
}

/** The sum that CloudWatch has of an alarm's metric, since then. */
export async function sumOf(rule: AlarmRule, sinceMs: number): Promise<number> {
  const { Datapoints = [] } = await cloudWatch.send(
    new GetMetricStatisticsCommand({
      Namespace: rule.Namespace,
      MetricName: rule.MetricName,
      Dimensions: rule.Dimensions.map(({ Name, Value }) => ({ Name, Value: String(Value) })),
      StartTime: new Date(sinceMs - 60_000),
      EndTime: new Date(Date.now() + 60_000),
      Period: 3_600,
      Statistics: ['Sum'],
    }),
  );
  return Datapoints.reduce((total, { Sum = 0 }) => total + Sum, 0);
}
