// What a plan does with one stream, by what the ledger says of it. It decides and touches nothing:
// the same item, asked for at the same time, gives the same answer.
//
// Items of stream `orders`, when execution B plans run R2, and what comes of each:
//   run R1 drained 40 pages and failed        claim, resumed: R1 goes on at page 41
//   the same, and a full refresh is asked     claim, started: R2 begins at page 1
//   run R2 finished                           finished: an earlier attempt of B was here
//   A drains R1, its lease lasts 5 min more   claim with the rival A: only once A is gone
//   run R3 began after B was asked            late: nothing begins behind it
// Why: docs/decisions/007-unfinished-runs-are-resumed.md

import { createHash } from 'node:crypto';
import { STREAM_LEASE_MS } from '../../core/bounds.ts';
import { isReadOnce } from '../../core/page/pagination.ts';
import { keepsWalk, walkOf } from '../../core/page/walk.ts';
import { startingPoint } from '../../core/page/watermark.ts';
import { isKnownAs } from '../../core/run/anew.ts';
import { holderOf, isAhead } from '../../core/run/lease.ts';
import { noTroubles } from '../../core/run/patience.ts';
import {
  newStreamRun,
  type RunState,
  type StreamRun,
  type StreamState,
} from '../../core/run/run.ts';
import type { Source, Stream } from '../../core/source/source.ts';
import { runIdOf, startOfRun } from '../../core/table/keys.ts';

/** Everything that the decision depends on. */
export interface StreamCase {
  readonly source: Source;
  readonly stream: Stream;
  /** The stream's item; absent before its first claim. */
  readonly state: StreamState | undefined;
  /** The run of the source that is planned. */
  readonly run: RunState;
  readonly asked: Asked;
  /** Who plans. */
  readonly execution: Claimant;
  readonly nowMs: number;
}

/** How to begin, of what a run was asked. */
export interface Asked {
  readonly fullRefresh: boolean;
  readonly sameData: boolean;
}

export interface Claimant {
  readonly id: string;
  readonly startedAtMs: number;
}

export type Decision =
  /** This run has finished the stream; this execution holds it already, from an earlier attempt. */
  | { readonly kind: 'finished' | 'held'; readonly runId: string; readonly fence: number }
  /** A run was begun since this one was asked for. */
  | { readonly kind: 'late' }
  | {
      readonly kind: 'claim';
      readonly status: 'started' | 'resumed';
      readonly runId: string;
      /** The item to write. */
      readonly next: StreamState;
      /** Whose lease has not run out: the claim waits until that holder is known to be gone. */
      readonly rival?: string;
    };

export function decideStream(at: StreamCase): Decision {
  const { state, run, execution, nowMs } = at;
  const before = state?.run;
  if (state && before && isKnownAs(before, run.runId) && before.status === 'finished') {
    return { kind: 'finished', runId: before.runId, fence: state.fence };
  }
  const isHeld = holderOf(state, nowMs) === execution.id;
  if (state && isHeld && before && isUnfinished(before)) {
    return { kind: 'held', runId: before.runId, fence: state.fence };
  }
  if (before && mayResume(before, at)) return claim(at, 'resumed', goOn(before));
  // A plan that comes late begins nothing behind a run that was begun since: its own may be
  // published by now.
  if (before && isBehind(execution, before, nowMs)) return { kind: 'late' };
  return claim(at, 'started', nextRun(at));
}

function claim(at: StreamCase, status: 'started' | 'resumed', run: StreamRun): Decision {
  const { source, stream, state, asked, execution, nowMs } = at;
  const next: StreamState = {
    source: source.name,
    stream: stream.name,
    ...(status === 'started' ? believed(at) : kept(state)),
    ...(state?.address ? { address: state.address } : {}),
    ...(state?.published ? { published: state.published } : {}),
    freshAtMs: state?.freshAtMs ?? nowMs,
    revision: (state?.revision ?? 0) + 1,
    fence: (state?.fence ?? 0) + 1,
    holder: execution.id,
    leasedAtMs: nowMs,
    streamLeaseUntilMs: nowMs + STREAM_LEASE_MS,
    run: asked.sameData ? { ...run, move: { kind: 'confirmed' } } : run,
  };
  const holder = holderOf(state, nowMs);
  const rival = holder === undefined || holder === execution.id ? {} : { rival: holder };
  return { kind: 'claim', status, runId: run.runId, next, ...rival };
}

type Kept = Pick<StreamState, 'watermark' | 'unproven' | 'listed'>;

const kept = (state: Kept | undefined): Kept => ({
  ...(state?.watermark === undefined ? {} : { watermark: state.watermark }),
  ...(state?.unproven ? { unproven: state.unproven } : {}),
  ...(state?.listed ? { listed: state.listed } : {}),
});

/**
 * Where a new run starts. Runs that nothing has shown to be whole are believed as long as the walk
 * is the same; when its declaration is mended, they may have passed over rows.
 */
function believed({ source, stream, state }: StreamCase): Kept {
  const { unproven } = { unproven: undefined, ...state };
  if (!unproven || keepsWalk(unproven.walk, source, stream)) return kept(state);
  return unproven.watermark === undefined ? {} : { watermark: unproven.watermark };
}

const isUnfinished = ({ status }: StreamRun): boolean =>
  status === 'draining' || status === 'drained';

/**
 * An unfinished run goes on from its cursor, unless the API has forgotten that, or the source asks
 * for something else by now.
 */
function mayResume(before: StreamRun, { source, stream, asked, nowMs }: StreamCase): boolean {
  const { status, restart } = before;
  if (status === 'finished' || status === 'skipped' || restart === 'spoilt') return false;
  if (asked.fullRefresh && (!before.fullRefresh || restart === 'otherData')) return false;
  // One without a page counts too: a batch of it may have landed that the ledger never heard of.
  if (before.ended) return true;
  if (!keepsWalk(before.walk, source, stream)) return false;
  if (isReadOnce(stream.pagination) && before.cursor !== null) return false;
  if (stream.cursorHours === undefined) return true;
  // A clock that was ahead does not say how old the cursor is.
  if (isAhead(before.cursorAtMs, nowMs)) return false;
  return (nowMs - before.cursorAtMs) / 3_600_000 <= stream.cursorHours;
}

/**
 * A failed run drains on; one that only lacked its finish is finished. The new attempt starts with
 * our whole patience and without the old cause. What a person confirmed and no round has heard was
 * of the attempt before.
 */
function goOn({ cause: _cause, restart: _restart, move, ...run }: StreamRun): StreamRun {
  return {
    ...run,
    ...(run.cursor === null ? {} : { resumed: true }),
    move: move.kind === 'confirmed' ? { kind: 'none' } : move,
    status: run.status === 'failed' ? (run.ended ? 'drained' : 'draining') : run.status,
    ...noTroubles,
  };
}

/** The run that the stream begins, from the watermark. */
function nextRun(at: StreamCase): StreamRun {
  const { source, stream, state, run, execution, nowMs } = at;
  // A run of this name or a later one may have been published: a stream that starts again in a
  // resumed run must not find its own batches. The ids of runs sort by time.
  const before = state?.run;
  const again = before !== undefined && before.runId >= run.runId;
  const afterMs = Math.max(nowMs, run.startedAtMs, before ? startOfRun(before.runId) : 0);
  // They count in whole seconds.
  const own = { id: `${execution.id}/${state?.fence}`, startedAtMs: afterMs + 1000 };
  const from =
    stream.incremental &&
    startingPoint(stream.incremental, run.fullRefresh ? undefined : believed(at).watermark, nowMs);
  const walk = walkOf(source, stream);
  const { longest } = before?.walk === walk ? before : { longest: undefined };
  const begun = newStreamRun({
    runId: again ? runIdFor(own) : run.runId,
    // Whichever clock is behind: who plans may be a function whose clock is ahead.
    startedAtMs: Math.min(nowMs, execution.startedAtMs),
    fullRefresh: run.fullRefresh,
    walk,
    ...(from === undefined ? {} : { from }),
    ...(from === undefined && !run.fullRefresh && state?.published?.listed
      ? { listed: true }
      : {}),
    ...(longest === undefined ? {} : { longest }),
  });
  return { ...begun, movedAtMs: nowMs };
}

/**
 * Whether a plan comes late: a run was begun since its execution was. One that began in our future
 * did so by a clock that was ahead, and nobody waits for that time to come.
 */
export const isBehind = (
  { startedAtMs }: Claimant,
  other: Pick<RunState, 'startedAtMs'>,
  nowMs: number,
): boolean => other.startedAtMs > startedAtMs && !isAhead(other.startedAtMs, nowMs);

export function runIdFor({ id, startedAtMs }: Claimant): string {
  const mark = createHash('sha256').update(id).digest('hex').slice(0, 8);
  return runIdOf(startedAtMs, mark);
}
