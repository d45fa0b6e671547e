// A run that begins its walk anew because the API has lost its cursor: a run of its own, so that
// nothing which the one before has landed, or lands late, is ever counted with what it reads.

import { runIdOf, startOfRun } from '../table/keys.ts';
import { newStreamRun, type StreamRun } from './run.ts';

/** Whether a machine that was given this id means this run. */
export const isKnownAs = ({ runId, anew }: StreamRun, given: string): boolean =>
  runId === given || anew?.instead === given;

/** Statuses that mean, of a cursor that was good in an earlier claim, that it is dead. */
const DEAD: ReadonlySet<number | undefined> = new Set([400, 404, 410]);

/** Whether an answer that no verdict is declared for says that a resumed cursor is dead. */
export const isDeadCursor = (run: StreamRun, undeclared: number | undefined): boolean =>
  run.resumed === true && DEAD.has(undeclared);

/**
 * The run that takes the place of `run`, which reads the same from the start again. What was spent
 * and when it began stays; what was read does not.
 * @param fence of the claim under which it begins
 */
export function begunAnew(
  run: StreamRun,
  { fence, why, nowMs }: { fence: number; why: string; nowMs: number },
): StreamRun {
  const { startedAtMs, fullRefresh, from, walk, move, longest } = run;
  const { requests, throttled, waitedMs, activeMs, requestMs } = run;
  return {
    ...newStreamRun({
      runId: idBehind(run.runId),
      startedAtMs,
      fullRefresh,
      walk,
      ...(from === undefined ? {} : { from }),
      ...(run.listed && !run.partition ? { listed: true } : {}),
      ...(longest === undefined ? {} : { longest }),
    }),
    ...{ move, requests, throttled, waitedMs, activeMs, requestMs },
    movedAtMs: nowMs,
    cursorAtMs: nowMs,
    anew: { instead: run.runId, fence, why },
  };
}

/** The next one: ids of runs count in whole seconds, and sort by time. */
const idBehind = (runId: string): string =>
  runIdOf(startOfRun(runId) + 1000, runId.slice(runId.lastIndexOf('-') + 1));
