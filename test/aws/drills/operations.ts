// What an operator has in hand during a drill: runs, the `driplake` command, the functions' log,
// and the deployed alarms with what CloudWatch has of their metrics.

import { setTimeout as sleep } from 'node:timers/promises';
import {
  CloudWatchClient,
  DescribeAlarmsCommand,
  GetMetricStatisticsCommand,
} from '@aws-sdk/client-cloudwatch';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetFunctionConfigurationCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { ListExecutionsCommand, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, expect, inject } from 'vitest';
import { type Datum, dataIn, type Line } from '../../functions/journal-lines.ts';
import { type AlarmRule, alarmRule } from '../../infra/watch/alarm-rules.ts';
import { cleanUpWorkplaces } from '../../local/command.ts';
import { type BreakableService, startBreakable } from '../breakable-service.ts';
import { config, ledger, output, stepFunctions } from '../clients.ts';
import { STACK } from '../deploy.ts';
import { over } from '../executions.ts';
import { SOURCE } from '../landed.ts';
import { operator } from '../operator.ts';

/** A drill takes seconds, or a minute where something has to wait; on a busy machine, longer, ms. */
export const DRILL_MS = 300_000;

export const lambda = new LambdaClient(config);
const cloudWatch = new CloudWatchClient(config);
const logs = new CloudWatchLogsClient(config);

cleanUpWorkplaces();

/** The API behind the demo's source, while the drills of a file go on. */
export function openService(): Pick<BreakableService, 'breakWith'> {
  let service: BreakableService | undefined;
  beforeAll(async () => {
    service = await startBreakable(inject('servicePort'));
  });
  afterAll(() => service?.close());
  return { breakWith: (fault) => service?.breakWith(fault) };
}

/** The deployed alarm, and the state that it is in. */
export async function alarm(name: string): Promise<AlarmRule & { readonly state: string }> {
  const { MetricAlarms = [] } = await cloudWatch.send(
    new DescribeAlarmsCommand({ AlarmNames: [`${STACK}-${name}`] }),
  );
  const [found] = MetricAlarms;
  return { ...alarmRule(found), state: found?.StateValue ?? 'none' };
}

/** Breaks something: each of the alarms counts enough meanwhile to ring, and rings. */
export async function ringing<Seen>(
  names: readonly string[],
  breaking: () => Promise<Seen>,
): Promise<Seen> {
  const before = await Promise.all(names.map(counted));
  const seen = await breaking();
  for (const [index, name] of names.entries()) {
    const { Threshold, state } = await alarm(name);
    const count = (await counted(name)) - (before[index] ?? 0);
    expect(count, `${name} counts`).toBeGreaterThanOrEqual(Threshold);
    expect(state, name).toBe('ALARM');
  }
  return seen;
}

/** Mends it: the alarms count nothing from then on, and are over with their period. */
export async function quiet<Seen>(
  names: readonly string[],
  mending: () => Promise<Seen>,
): Promise<Seen> {
  const before = await Promise.all(names.map(counted));
  const seen = await mending();
  expect(await Promise.all(names.map(counted)), `${names} count on`).toEqual(before);
  return seen;
}

/** The sum of an alarm's metric over the last hour, of its own dimensions. */
async function counted(name: string): Promise<number> {
  const { Namespace, MetricName, Dimensions } = await alarm(name);
  const { Datapoints = [] } = await cloudWatch.send(
    new GetMetricStatisticsCommand({
      ...{ Namespace, MetricName },
      Dimensions: Dimensions.map(({ Name, Value }) => ({ Name, Value: String(Value) })),
      StartTime: new Date(Date.now() - 3_600_000),
      EndTime: new Date(Date.now() + 60_000),
      Period: 3_600,
      Statistics: ['Sum'],
    }),
  );
  return Datapoints.reduce((total, { Sum = 0 }) => total + Sum, 0);
}

export interface RunEnded {
  readonly status: string;
  readonly cause: string;
}

/** Starts a run, and waits for its end, whatever that is. */
export async function runSync(input: object): Promise<RunEnded> {
  const { executionArn = '' } = await stepFunctions.send(
    new StartExecutionCommand({
      stateMachineArn: output('SyncMachineArn'),
      input: JSON.stringify(input),
    }),
  );
  return runEnded(executionArn);
}

async function runEnded(executionArn: string): Promise<RunEnded> {
  const { status = '', cause = '' } = await over(executionArn);
  return { status, cause };
}

/** Waits until nothing runs. */
export async function idle(): Promise<void> {
  const running = { stateMachineArn: output('SyncMachineArn'), statusFilter: 'RUNNING' as const };
  for (;;) {
    const { executions = [] } = await stepFunctions.send(new ListExecutionsCommand(running));
    if (executions.length === 0) return;
    await sleep(100);
  }
}

/** `driplake redrive`: what it starts, once that has ended. */
export async function redrive(source: string): Promise<RunEnded[]> {
  const { code, stdout, stderr } = await operator().run(
    ...['redrive', source, '--json', '--stack', STACK],
  );
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const { redriven }: { redriven: { execution: string }[] } = JSON.parse(stdout);
  return Promise.all(redriven.map(({ execution }) => runEnded(execution)));
}

/** The stream's own run: one that is resumed keeps its id in the next execution. */
export const runOf = async (stream: string, source = SOURCE): Promise<string> =>
  (await ledger.readStream(source, stream))?.run?.runId ?? 'none';

/** Lines that a function has logged since then, whose fields are these. */
export async function linesSince(
  name: string,
  sinceMs: number,
  of: Readonly<Record<string, string>>,
): Promise<Line[]> {
  const FunctionName = `${STACK}-${name}`;
  const { LoggingConfig } = await lambda.send(
    new GetFunctionConfigurationCommand({ FunctionName }),
  );
  const logGroupName = LoggingConfig?.LogGroup;
  const { events = [] } = await logs.send(
    new FilterLogEventsCommand({ logGroupName, startTime: sinceMs, limit: 10_000 }),
  );
  return events
    .flatMap(({ message = '' }): Line[] => (message.startsWith('{') ? [JSON.parse(message)] : []))
    .filter((line) => Object.entries(of).every(([field, value]) => line[field] === value));
}

/** What is embedded in such lines for CloudWatch. */
export const dataSince = async (name: string, sinceMs: number, stream: string): Promise<Datum[]> =>
  (await linesSince(name, sinceMs, { stream })).flatMap(dataIn);

export const roundsOf = (lines: readonly Line[]): Line[] =>
  lines.filter(({ message }) => message === 'round');
