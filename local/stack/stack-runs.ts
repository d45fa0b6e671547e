// The runs of a deployed stack, from the executions that Step Functions still has: those of the
// last 90 days. What a run read stands in its report; of one that has none, in the ledger, until a
// later run of the stream takes its place there.

import type { ExecutionStatus } from '@aws-sdk/client-sfn';
import { countsOf, type RunReport } from '../../shared/core/run/report.ts';
import type { StreamState } from '../../shared/core/run/run.ts';
import { runIdFor } from '../../shared/pull/plan/stream-decision.ts';
import { readReport } from '../machine/run-report.ts';
import { type PastRun, type PastStream, withSums } from '../screen/past-runs.ts';
import { type Execution, listExecutions } from './executions.ts';
import { finishedReport } from './follow.ts';
import type { DeployedStack } from './open-stack.ts';

/** Executions looked through for those of one source: eight days of hourly runs. */
const LOOKED_THROUGH = 200;

type Reading = Pick<DeployedStack, 'ledger' | 'stepFunctions' | 'syncMachineArn'>;

/** Newest first. */
export async function stackRuns(
  stack: Reading,
  source: string | undefined,
  atMost: number,
): Promise<PastRun[]> {
  const looked = source === undefined ? atMost : Math.max(atMost, LOOKED_THROUGH);
  const executions = await listExecutions(stack, stack.syncMachineArn, looked);
  const wanted = executions.filter((one) => source === undefined || one.input?.source === source);
  const runs: PastRun[] = [];
  for (const one of wanted.slice(0, atMost)) runs.push(await pastRun(stack, one));
  return runs;
}

async function pastRun(stack: Reading, execution: Execution): Promise<PastRun> {
  const { arn, input, status, startedAtMs, endedAtMs, error = '', cause } = execution;
  const report = await reportOf(stack, execution);
  const left = report ?? (await leftInLedger(stack, execution));
  const told: Omit<PastRun, 'streams'> = {
    ...(left ? { runId: left.runId } : {}),
    ...{ execution: arn, source: input?.source ?? '', status: ENDED[status] },
    startedAt: new Date(startedAtMs).toISOString(),
    ...(endedAtMs === undefined ? {} : { endedAt: new Date(endedAtMs).toISOString() }),
    ...(report || cause === undefined ? {} : { cause: `${error || status}: ${cause}` }),
  };
  return withSums(told, left?.streams);
}

const ENDED = {
  RUNNING: 'running',
  PENDING_REDRIVE: 'running',
  SUCCEEDED: 'done',
  FAILED: 'failed',
  ABORTED: 'interrupted',
  TIMED_OUT: 'timed out',
} as const satisfies Readonly<Record<ExecutionStatus, PastRun['status']>>;

async function reportOf(
  stack: Reading,
  { arn, status, output }: Execution,
): Promise<Pick<RunReport, 'runId' | 'streams'> | undefined> {
  if (status === 'SUCCEEDED') return readReport(JSON.parse(output ?? 'null'));
  return status === 'FAILED' ? readReport(await finishedReport(stack, arn)) : undefined;
}

interface LeftRun {
  readonly runId: string;
  readonly streams: readonly PastStream[];
}

/** Undefined when the ledger says nothing of it any more, or not yet. */
async function leftInLedger(
  { ledger }: Reading,
  execution: Execution,
): Promise<LeftRun | undefined> {
  const { arn, startedAtMs, input } = execution;
  if (input === undefined) return undefined;
  const run = await ledger.readRun(input.source);
  const runId = run?.holder === arn ? run.runId : runIdFor({ id: arn, startedAtMs });
  const states = await ledger.readStreams(input.source);
  const streams = states.flatMap((state) =>
    state.run?.runId === runId || state.holder === arn ? leftStream(state, arn) : [],
  );
  return streams.length === 0 ? undefined : { runId, streams };
}

function leftStream({ stream, run, holder }: StreamState, arn: string): PastStream[] {
  if (!run) return [];
  const isHeld = holder === arn ? 'running' : 'interrupted';
  const ended = run.status === 'finished' ? 'done' : run.status;
  const status = ended === 'draining' || ended === 'drained' ? isHeld : ended;
  const cause = run.cause === undefined ? {} : { cause: run.cause };
  return [{ stream, status, ...countsOf(run), ...cause }];
}
