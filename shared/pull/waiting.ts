// A round while it runs, what ends it, and its waits: slept through, or left to the machine.

import { LANDING_RESERVE_MS, LANDING_SHARE, WAIT_STEP_MS } from '../core/bounds.ts';
import { sleepOrLeave } from '../core/budget/wait.ts';
import { type Troubles, tooLongToWait } from '../core/run/patience.ts';
import type { Restart } from '../core/run/run.ts';
import type { Batch } from './batch.ts';
import type { Partitions } from './partition/pieces.ts';
import type { Permits, Readiness } from './permits.ts';
import type { Opening, Start } from './start.ts';

export interface RoundOptions {
  readonly timeLeftMs: () => number;
  /** Waits up to this are slept through, longer ones are left to the machine. */
  readonly breakEvenSeconds: number;
  /** Stops the round early; what it has is landed and committed. */
  readonly signal?: AbortSignal;
}

/** A round while it runs: the stream and its run are as they stood when it began. */
export interface Round extends Opening, Pick<Start, 'lake'> {
  readonly permits: Permits;
  readonly batch: Batch;
  /** What the run walks, where its stream has partitions. */
  readonly partitions: Partitions | undefined;
  readonly options: RoundOptions;
  /** Kept for one more request and for landing. */
  readonly landingMs: number;
  /**
   * Time that the round had before that when it began: the longest wait that it can sleep
   * through.
   */
  readonly spanMs: number;
  readonly startedMs: number;
  /** Of the run so far; moves with every request. */
  readonly tally: {
    requests: number;
    throttled: number;
    waitedMs: number;
    requestMs: number;
  } & { -readonly [One in keyof Troubles]: Troubles[One] };
}

/** Why a round is over. */
export type RoundEnding =
  | { readonly kind: 'more' }
  /** `waitMs`: the wait as it was asked for, whatever the clock shows later. */
  | { readonly kind: 'leave'; readonly untilMs: number; readonly waitMs: number }
  | { readonly kind: 'ended'; readonly status: 'drained' | 'skipped'; readonly cause?: string }
  /** The API has lost the cursor: the walk begins anew, within this run. */
  | { readonly kind: 'anew'; readonly cause: string }
  /** `restart`: pages came more than once and were landed; the next run begins anew. */
  | { readonly kind: 'stuck' | 'failed'; readonly cause: string; readonly restart?: Restart };

/** Time that the run has taken, this round included, ms. */
export const activeMs = ({ ports, run, startedMs }: Round): number =>
  run.activeMs + ports.clock.nowMs() - startedMs;

/** Time before the round must land: one more request may take its whole timeout. */
export const spareMs = ({ options, landingMs }: Round): number => options.timeLeftMs() - landingMs;

/** Whether the time of a round that lands no batch is over. */
export function lateness({ timeLeftMs, signal }: RoundOptions): () => boolean {
  const keptMs = Math.min(LANDING_RESERVE_MS, timeLeftMs() * LANDING_SHARE);
  return () => signal?.aborted === true || timeLeftMs() <= keptMs;
}

/** How long a wait may be to be slept through. */
export const stayMs = (round: Round): number =>
  Math.min(round.options.breakEvenSeconds * 1000, Math.max(0, spareMs(round)));

/** A wait for permits, unless it is longer than the source wants to wait. */
export async function waitFor(
  round: Round,
  wait: Extract<Readiness, { kind: 'wait' }>,
): Promise<RoundEnding | undefined> {
  const tooLong = tooLongToWait(round.context.source, wait);
  if (tooLong === undefined) return pause(round, wait);
  if (wait.leave) await round.permits.forgo();
  return { kind: 'failed', cause: `${wait.why}. ${tooLong}` };
}

/** Sleeps through a short wait; a long one ends the round. */
export async function pause(
  round: Round,
  { untilMs, waitMs: askedMs, why, leave }: Omit<Extract<Readiness, { kind: 'wait' }>, 'kind'>,
): Promise<RoundEnding | undefined> {
  const { ports, options, tally, state, run } = round;
  const waitMs = Math.max(0, Math.min(askedMs, untilMs - ports.clock.nowMs()));
  if (waitMs === 0 && !leave) return undefined;
  const { source, stream } = state;
  ports.journal.note({ kind: 'wait', source, stream, runId: run.runId, untilMs, waitMs, why });
  const choice = sleepOrLeave(waitMs, options.breakEvenSeconds, spareMs(round));
  if (leave || choice.kind === 'leave') {
    if (waitMs > options.breakEvenSeconds * 1000) return { kind: 'leave', untilMs, waitMs };
    // A short wait that is longer than this round has left is slept through by the next one. Where
    // rounds are too short for that, the machine waits its whole seconds and the next one the
    // rest.
    if (waitMs < round.spanMs || waitMs < WAIT_STEP_MS) return { kind: 'more' };
    const restMs = waitMs % WAIT_STEP_MS;
    return { kind: 'leave', untilMs: untilMs - restMs, waitMs: waitMs - restMs };
  }
  const before = ports.clock.nowMs();
  await ports.clock.sleep(choice.ms, options.signal);
  tally.waitedMs += Math.max(0, ports.clock.nowMs() - before);
  return undefined;
}

/** What is left of a wait, however the clock was set since it was asked for. */
export const waitLeft = (ending: RoundEnding, nowMs: number): number =>
  ending.kind === 'leave' ? Math.max(0, Math.min(ending.waitMs, ending.untilMs - nowMs)) : 0;
