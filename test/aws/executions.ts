// Executions of the deployed sync machine: started, waited for, told of.

import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  GetExecutionHistoryCommand,
  ListExecutionsCommand,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import * as z from 'zod';
import { output, stepFunctions } from './clients.ts';

const report = z.object({
  kind: z.string(),
  runId: z.string(),
  streams: z.array(
    z.object({
      stream: z.string(),
      status: z.string(),
      pages: z.int(),
      records: z.int(),
      requests: z.int(),
      throttled: z.int(),
    }),
  ),
});

export interface Ended {
  readonly status: string;
  readonly input: unknown;
  readonly report: z.infer<typeof report>;
}

const POLL_MS = 100;
const stateMachineArn = output('SyncMachineArn');

/** The first execution that failed: those after it would only take their time to fail as well. */
let broken: string | undefined;

function checkWhole(): void {
  if (broken !== undefined) throw new Error(`An execution before this one failed: ${broken}.`);
}

/** Starts an execution under a name of its own. */
export async function startSync(name: string, input: object): Promise<string> {
  checkWhole();
  const { executionArn = '' } = await stepFunctions.send(
    new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) }),
  );
  return executionArn;
}

/** ARN of the first execution that a schedule started; waits for it. */
export async function scheduledStart(): Promise<string> {
  checkWhole();
  for (;;) {
    const { executions = [] } = await stepFunctions.send(
      new ListExecutionsCommand({ stateMachineArn }),
    );
    const found = executions.findLast(({ name }) => !name?.startsWith('on-demand'));
    if (found?.executionArn) return found.executionArn;
    await sleep(POLL_MS);
  }
}

/** Names of the states that the drain of a stream has entered, in order. */
export async function statesOfDrain(runId: string, stream: string): Promise<string[]> {
  const { executions = [] } = await stepFunctions.send(
    new ListExecutionsCommand({ stateMachineArn: output('DrainMachineArn') }),
  );
  for (const { executionArn } of executions) {
    const { input = '' } = await stepFunctions.send(
      new DescribeExecutionCommand({ executionArn }),
    );
    const found = JSON.parse(input);
    if (found.runId !== runId || found.stream !== stream) continue;
    const { events = [] } = await stepFunctions.send(
      new GetExecutionHistoryCommand({ executionArn }),
    );
    return events.flatMap(({ stateEnteredEventDetails: entered }) => entered?.name ?? []);
  }
  throw new Error(`No execution has drained ${stream} in ${runId}.`);
}

/** Waits until the execution is over, whatever its end is. */
export async function over(executionArn: string): Promise<DescribeExecutionCommandOutput> {
  for (;;) {
    const execution = await stepFunctions.send(new DescribeExecutionCommand({ executionArn }));
    if (execution.status !== 'RUNNING') return execution;
    await sleep(POLL_MS);
  }
}

/** Waits until the execution has succeeded; prints a line about it. */
export async function ended(executionArn: string): Promise<Ended> {
  const execution = await over(executionArn);
  const { status = '', input = '', cause = '', startDate, stopDate } = execution;
  if (status !== 'SUCCEEDED') {
    broken = execution.name;
    throw new Error(`${executionArn} ${status}: ${cause}`);
  }
  const told = report.parse(JSON.parse(execution.output ?? ''));
  const seconds = (Number(stopDate) - Number(startDate)) / 1000;
  print(execution.name ?? '', status, told, seconds);
  return { status, input: JSON.parse(input), report: told };
}

function print(name: string, status: string, told: Ended['report'], seconds: number): void {
  const sum = (field: 'pages' | 'records' | 'throttled') =>
    told.streams.reduce((total, stream) => total + stream[field], 0);
  process.stdout.write(
    `execution ${name}: ${status}, ${sum('pages')} pages, ${sum('records')} records, ` +
      `${sum('throttled')} refused, ${seconds.toFixed(1)} s\n`,
  );
}
