// One round of a stream: take permits, fetch page by page, land the batch, commit the cursor, say
// what is next. A round makes progress or says why not; it can be killed at any point, run twice or
// run late, and no page is lost or doubled.

import { randomUUID } from 'node:crypto';
import {
  LANDING_RESERVE_MS,
  LANDING_SHARE,
  REQUEST_SECONDS,
  STREAM_LEASE_MS,
} from '../core/bounds.ts';
import { isKnownAs } from '../core/run/anew.ts';
import { startedRun } from '../core/run/first.ts';
import { withoutWalk } from '../core/run/next-partition.ts';
import { released, type StreamRun, type StreamState } from '../core/run/run.ts';
import { noWork, type Work } from '../ports/journal.ts';
import { type Landed, openBatch } from './batch.ts';
import type { SourceContext } from './context.ts';
import { isToBeListed, listPartitions } from './partition/list.ts';
import { listOf } from './partition/origin.ts';
import { openPartitions } from './partition/pieces.ts';
import { openPermits } from './permits.ts';
import type { PullPorts } from './ports.ts';
import { beginAnew, markUnderway, type Opening, type Start, type Stop, startOf } from './start.ts';
import { addPage, isFull, passGone, wanted } from './turn.ts';
import {
  activeMs,
  lateness,
  type Round,
  type RoundEnding,
  type RoundOptions,
  stayMs,
  waitFor,
  waitLeft,
} from './waiting.ts';

/** Which stream of which run, and under which claim. */
export interface Assignment {
  readonly stream: string;
  readonly runId: string;
  readonly fence: number;
}

export type RoundOutcome =
  | { readonly kind: 'more' }
  | { readonly kind: 'wait'; readonly waitSeconds: number }
  | { readonly kind: 'done' }
  /** The API leads in circles, or past every limit. */
  | { readonly kind: 'stuck'; readonly cause: string }
  /** The API refused, broke for longer than our patience, or another run took the stream. */
  | { readonly kind: 'failed'; readonly cause: string };

export async function pullRound(
  ports: PullPorts,
  context: SourceContext,
  assignment: Assignment,
  options: RoundOptions,
): Promise<RoundOutcome> {
  const { stream, runId } = assignment;
  const at = { source: context.source.name, stream, runId };
  ports.journal.note({ kind: 'begin', ...at });
  const { outcome, work } = await makeRound(ports, context, assignment, options);
  const cause = 'cause' in outcome ? { cause: outcome.cause } : {};
  ports.journal.note({ kind: 'round', ...at, outcome: outcome.kind, ...cause, ...work });
  return outcome;
}

/** A round's answer, and what it did for the journal. */
interface Made {
  readonly outcome: RoundOutcome;
  readonly work: Work;
}

async function makeRound(
  ports: PullPorts,
  context: SourceContext,
  assignment: Assignment,
  options: RoundOptions,
): Promise<Made> {
  const admitted = await admit(ports, context, assignment);
  if (admitted.kind !== 'admitted') return { outcome: admitted, work: noWork };
  if (isToBeListed(admitted.opening)) {
    const { source, settings } = context;
    const listing = { ...ports, ...admitted.opening, source, settings };
    await listPartitions(listing, admitted.start.lake, lateness(options));
    return { outcome: { kind: 'more' }, work: noWork };
  }
  const round = await openRound(admitted.opening, admitted.start, options);
  return close(round, await pullOrGiveBack(round));
}

/** Whatever ends it, a round keeps no permits that it did not spend. */
async function pullOrGiveBack(round: Round): Promise<RoundEnding> {
  try {
    return await pullPages(round);
  } catch (error) {
    // What ended the round is told, not what came of that.
    await round.permits.close().catch(() => undefined);
    throw error;
  }
}

/** The stream and where its round begins; or the answer of one that has nothing to pull. */
async function admit(
  ports: PullPorts,
  context: SourceContext,
  assignment: Assignment,
): Promise<RoundOutcome | { kind: 'admitted'; opening: Opening; start: Start }> {
  const state = await ports.ledger.readStream(context.source.name, assignment.stream);
  const run = state?.run;
  const isOurs = run && isKnownAs(run, assignment.runId) && state.fence === assignment.fence;
  if (!state || !run || !isOurs) {
    return { kind: 'failed', cause: `Another run has taken over ${assignment.stream}.` };
  }
  if (run.status === 'failed') return { kind: 'failed', cause: run.cause ?? 'It failed before.' };
  if (run.status !== 'draining' && run.move.kind !== 'confirmed') return { kind: 'done' };
  const stream = context.source.streams.find((one) => one.name === assignment.stream);
  if (!stream) {
    return { kind: 'failed', cause: `The source has no stream ${assignment.stream} any more.` };
  }
  const opening = { ports, context, stream, state, run: startedRun(run, stream) };
  const start = await startOf(opening);
  switch (start.kind) {
    case 'start': {
      if (isToBeListed(opening)) return { kind: 'admitted', opening, start };
      const marked = await markUnderway(opening);
      return marked ? { kind: 'admitted', opening: marked, start } : { kind: 'more' };
    }
    case 'again':
      return { kind: 'more' };
    case 'stop':
      return giveUp(opening, start.stop);
  }
}

/** Ends a run that can't go on. */
async function giveUp({ ports, state, run }: Opening, stop: Stop): Promise<RoundOutcome> {
  const failed: StreamRun = { ...run, status: 'failed', ...stop };
  const moved = await ports.ledger.moveStream({ ...released(state), run: failed });
  return moved ? { kind: 'failed', cause: stop.cause } : { kind: 'more' };
}

async function openRound(opening: Opening, start: Start, options: RoundOptions): Promise<Round> {
  const { ports, context, stream, state, run } = opening;
  const columns = await ports.ledger.readColumns(state.source, state.stream);
  const { requests, throttled, waitedMs, requestMs, throttledSinceMs = 0 } = run;
  const troubles = { faults: run.faults, faultsSinceMs: run.faultsSinceMs, throttledSinceMs };
  const tally = { requests, throttled, waitedMs, requestMs, ...troubles };
  const permits = openPermits(ports, context, stream, {
    holder: `${run.runId}/${stream.name}`,
    invocationId: randomUUID(),
    fence: state.fence,
    requestMs: () => tally.requestMs,
  });
  const batch = openBatch(opening, columns, start);
  const startedMs = ports.clock.nowMs();
  // A round with little time still makes some progress: it keeps a part of it at most.
  const longestMs = (context.source.requestSeconds ?? REQUEST_SECONDS) * 1000;
  const timeMs = options.timeLeftMs();
  const landingMs = Math.min(LANDING_RESERVE_MS + longestMs, timeMs * LANDING_SHARE);
  const spanMs = timeMs - landingMs;
  const partitions = run.list && openPartitions(ports.lake, listOf(opening), stream, run);
  const parts = { ...opening, lake: start.lake, permits, batch, partitions, options };
  return { ...parts, landingMs, spanMs, startedMs, tally };
}

/** Pages until something says stop. */
async function pullPages(round: Round): Promise<RoundEnding> {
  const { permits, batch, options } = round;
  for (;;) {
    if (batch.progress.ended) return { kind: 'ended', status: 'drained' };
    if (isFull(round)) return { kind: 'more' };
    if (await passGone(round)) continue;
    const readiness = await permits.ready(wanted(round), activeMs(round), stayMs(round));
    if (options.signal?.aborted) return { kind: 'more' };
    const ending =
      readiness.kind === 'go' ? await addPage(round) : await waitFor(round, readiness);
    if (ending) return ending;
  }
}

/**
 * Gives the permits back, lands the batch, then commits: durable first, then the pointer to it.
 * Of a batch that another round has landed, nothing that this one came to counts.
 */
async function close(round: Round, ending: RoundEnding): Promise<Made> {
  const { ports, permits, batch, run, tally } = round;
  await permits.close();
  if (ending.kind === 'anew') {
    const spent = { ...run, ...tally, activeMs: activeMs(round) };
    await beginAnew(round, spent, ending.cause);
    return { outcome: { kind: 'more' }, work: workOf(run, spent) };
  }
  const landed = await batch.land();
  // Another round has landed the end: nobody comes for the permits that were waited for.
  if (ending.kind === 'leave' && landed.progress.ended) await permits.forgo();
  const nowMs = ports.clock.nowMs();
  const waitMs = waitLeft(ending, nowMs);
  const next = runAfter(round, landed, ending, { nowMs, waitMs });
  if (await commit(round, next, nowMs, nowMs + waitMs)) {
    return { outcome: outcomeOf(next, landed, ending, waitMs), work: workOf(run, next) };
  }
  // Another round of this run was faster: read again what it left. The requests were made.
  const spent = { ...run, ...tally, waitedMs: next.waitedMs };
  return { outcome: { kind: 'more' }, work: workOf(run, spent) };
}

/** An ending behind which this run goes on, or is over. */
type Closing = Exclude<RoundEnding, { kind: 'anew' }>;

/** The run as the round leaves it. */
function runAfter(
  round: Round,
  landed: Landed,
  ending: Closing,
  { nowMs, waitMs }: { readonly nowMs: number; readonly waitMs: number },
): StreamRun {
  const { run, tally, context, lake } = round;
  const { underway: _landed, resumed, ...before } = withoutWalk(run);
  // Adopted or not moved at all, the cursor is at least as old as it was.
  const isCursorOld = landed.adopted || landed.progress.pages === run.pages;
  return {
    ...before,
    ...landed.progress,
    ...tally,
    lake,
    waitedMs: tally.waitedMs + waitMs,
    activeMs: activeMs(round) + waitMs,
    movedAtMs: nowMs,
    cursorAtMs: isCursorOld ? run.cursorAtMs : nowMs,
    ...(landed.adopted || (resumed && isCursorOld) ? { resumed: true } : {}),
    ...statusAfter(landed, ending, context.credentials.redact),
  };
}

/** The status that the run has now, and the cause of a failure. */
function statusAfter(
  { adopted, progress }: Landed,
  ending: Closing,
  redact: (text: string) => string,
): Pick<StreamRun, 'status' | 'cause' | 'restart'> {
  if (adopted) return { status: progress.ended ? 'drained' : 'draining' };
  switch (ending.kind) {
    case 'ended':
      return { status: ending.status, ...(ending.cause ? { cause: redact(ending.cause) } : {}) };
    case 'stuck':
    case 'failed': {
      const { restart } = ending;
      return { status: 'failed', cause: redact(ending.cause), ...(restart ? { restart } : {}) };
    }
    case 'more':
    case 'leave':
      return { status: 'draining' };
  }
}

/** @returns false when another round has moved the stream since this one began */
function commit(
  { ports, state }: Round,
  run: StreamRun,
  nowMs: number,
  dueAtMs: number,
): Promise<boolean> {
  const next: StreamState =
    run.status === 'failed'
      ? { ...released(state), run }
      : {
          ...state,
          revision: state.revision + 1,
          leasedAtMs: nowMs,
          streamLeaseUntilMs: dueAtMs + STREAM_LEASE_MS,
          run,
        };
  return ports.ledger.moveStream(next);
}

function outcomeOf(
  run: StreamRun,
  { adopted }: Landed,
  ending: Closing,
  waitMs: number,
): RoundOutcome {
  if (run.status === 'failed') {
    const kind = ending.kind === 'stuck' ? 'stuck' : 'failed';
    return { kind, cause: run.cause ?? 'It failed without a cause.' };
  }
  if (run.status !== 'draining') return { kind: 'done' };
  if (adopted || ending.kind !== 'leave') return { kind: 'more' };
  return { kind: 'wait', waitSeconds: Math.max(1, Math.ceil(waitMs / 1000)) };
}

/** What the run has now that it had not when the round began. */
const workOf = (before: StreamRun, after: StreamRun): Work => ({
  pages: after.pages - before.pages,
  records: after.records - before.records,
  bytes: after.bytes - before.bytes,
  requests: after.requests - before.requests,
  throttled: after.throttled - before.throttled,
  waitedMs: after.waitedMs - before.waitedMs,
});
