// Ends runs of a deployed stack with their drains and frees their streams, so that the next start
// goes on from the kept cursors at once.

import { StopExecutionCommand } from '@aws-sdk/client-sfn';
import * as z from 'zod';
import { type Execution, findExecution, listExecutions, runningRuns } from './executions.ts';
import { freeGone } from './gone-leases.ts';
import type { DeployedStack } from './open-stack.ts';

/** More than MAP_CONCURRENCY of each run: as many as one list has. */
const RUNNING_DRAINS = 1_000;

/** What `stop --json` prints. */
export interface Stopped {
  readonly stack: string;
  readonly executions: readonly {
    readonly execution: string;
    readonly source: string;
    /** Executions of the drain machine that went with it. */
    readonly drains: number;
  }[];
  /** Streams that ended runs still held, as `source/stream`. */
  readonly freed: readonly string[];
}

/** @param target a source, or name or ARN of an execution; all that is running without it */
export async function stopRuns(
  stack: DeployedStack,
  target: string | undefined,
): Promise<Stopped> {
  const running = await runningRuns(stack);
  const chosen = running.filter((one) => target === undefined || isMeant(one, target));
  // The parents first: they would start the next drain.
  for (const one of chosen) await stop(stack, one.arn);
  const drains = await stopDrains(stack, chosen);
  const runs = await stack.ledger.readLatestRuns();
  const sources = new Set(chosen.map(sourceOf));
  for (const { source } of runs) {
    if (target === undefined || target === source) sources.add(source);
  }
  return {
    stack: stack.name,
    executions: chosen.map((one) => ({
      execution: one.arn,
      source: sourceOf(one),
      drains: drains.filter((parent) => parent === one.arn).length,
    })),
    freed: await freeGone(stack, [...sources]),
  };
}

const isMeant = (one: Execution, target: string): boolean =>
  target === one.arn || target === one.name || target === one.input?.source;

const sourceOf = ({ input }: Execution): string => input?.source ?? '';

/** Stops what these runs have started; gives back the parent of each. */
async function stopDrains(stack: DeployedStack, parents: readonly Execution[]): Promise<string[]> {
  if (parents.length === 0) return [];
  const drains = await listExecutions(stack, stack.drainMachineArn, RUNNING_DRAINS, 'RUNNING');
  const arns = new Set(parents.map(({ arn }) => arn));
  const stopped: string[] = [];
  for (const { arn, inputText } of drains) {
    const parent = drainInput.safeParse(JSON.parse(inputText)).data?.[STARTED_BY];
    if (parent === undefined || !arns.has(parent)) continue;
    await stop(stack, arn);
    stopped.push(parent);
  }
  return stopped;
}

/** What the sync machine adds to the input of a drain. */
const STARTED_BY = 'AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID';
const drainInput = z.object({ [STARTED_BY]: z.string() });

const CAUSE = 'Stopped by an operator with `driplake stop`; the cursors are kept.';

async function stop(stack: DeployedStack, executionArn: string): Promise<void> {
  try {
    await stack.stepFunctions.send(
      new StopExecutionCommand({ executionArn, error: 'Driplake.Stopped', cause: CAUSE }),
    );
  } catch (error) {
    // It ended in the meantime: by itself, or with its parent.
    const now = await findExecution(stack, executionArn);
    if (now?.status === 'RUNNING') throw error;
  }
}
