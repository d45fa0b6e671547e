// Follows an execution of the deployed machine to its end: progress from the ledger while it runs,
// then the report that FinishRun gave, or what the ledger says when it never came to that.

import { setTimeout as sleep } from 'node:timers/promises';
import { GetExecutionHistoryCommand } from '@aws-sdk/client-sfn';
import type { RunReport } from '../../shared/core/run/report.ts';
import type { StreamState } from '../../shared/core/run/run.ts';
import type { Journal } from '../../shared/ports/journal.ts';
import type { SyncEnded } from '../machine/machine.ts';
import { reportRun } from '../machine/run-report.ts';
import type { Begun } from './begin.ts';
import { type Execution, findExecution } from './executions.ts';
import type { DeployedStack } from './open-stack.ts';
import { eventsBetween } from './stream-events.ts';

/**
 * A look costs a request of Step Functions and one of DynamoDB: often at first, later every five
 * seconds, which is 17,000 looks a day.
 */
const lookAgainMs = (sinceStartMs: number): number =>
  Math.min(5_000, Math.max(500, sinceStartMs / 20));

/**
 * Waits for the end of the run.
 * @returns undefined when the signal came first: the run goes on without us
 * @throws DriplakeError when the run was refused, or failed before it had a report
 */
export async function followRun(
  stack: DeployedStack,
  begun: Begun,
  journal: Journal,
  signal: AbortSignal,
): Promise<RunReport | undefined> {
  const seen = new Map<string, StreamState>();
  const startedAt = performance.now();
  while (!signal.aborted) {
    const execution = await findExecution(stack, begun.arn);
    await noteStreams(stack, begun, seen, journal);
    if (execution && execution.status !== 'RUNNING') return reportEnded(stack, begun, execution);
    const waitMs = lookAgainMs(performance.now() - startedAt);
    await sleep(waitMs, undefined, { signal }).catch(() => undefined);
  }
  return undefined;
}

async function noteStreams(
  { ledger }: DeployedStack,
  { arn, input, startedAtMs }: Begun,
  seen: Map<string, StreamState>,
  journal: Journal,
): Promise<void> {
  for (const state of await ledger.readStreams(input.source)) {
    const before = seen.get(state.stream);
    const finishedSince = (state.run?.finishedAtMs ?? 0) >= startedAtMs;
    if (!before && state.holder !== arn && !finishedSince) continue;
    for (const event of eventsBetween(before, state, Date.now(), startedAtMs)) journal.note(event);
    seen.set(state.stream, state);
  }
}

async function reportEnded(
  stack: DeployedStack,
  { arn, input, startedAtMs }: Begun,
  execution: Execution,
): Promise<RunReport> {
  const run = await stack.ledger.readRun(input.source);
  const states = await stack.ledger.readStreams(input.source);
  const streams = input.streams ?? run?.streams ?? states.map(({ stream }) => stream);
  const told = { id: arn, startedMs: startedAtMs, source: { name: input.source }, streams };
  return reportRun(await endOf(stack, execution), stack.ledger, told);
}

async function endOf(stack: DeployedStack, execution: Execution): Promise<SyncEnded> {
  const { status, output, error = status, cause = 'Step Functions tells no cause.' } = execution;
  if (status === 'SUCCEEDED') {
    const report: unknown = JSON.parse(output ?? 'null');
    return { kind: 'succeeded', output: report, report };
  }
  const report = await finishedReport(stack, execution.arn);
  return status === 'ABORTED'
    ? { kind: 'aborted', report }
    : { kind: 'failed', error, cause, report };
}

/** FinishRun is among the last states of an execution that got that far. */
const LAST_EVENTS = 20;

/** What FinishRun answered: an execution that then fails has no output. */
export async function finishedReport(
  { stepFunctions }: Pick<DeployedStack, 'stepFunctions'>,
  executionArn: string,
): Promise<unknown> {
  const { events = [] } = await stepFunctions.send(
    new GetExecutionHistoryCommand({
      executionArn,
      reverseOrder: true,
      maxResults: LAST_EVENTS,
    }),
  );
  const left = events.find(({ stateExitedEventDetails: one }) => one?.name === 'FinishRun');
  return JSON.parse(left?.stateExitedEventDetails?.output ?? 'null');
}
