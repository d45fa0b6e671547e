// One round of a stream: take permits, fetch page by page, land the batch, commit the cursor, say
// what is next. A round makes progress or says why not; it can be killed at any point, run twice or
// run late, and no page is lost or doubled.

import { randomUUID } from 'node:crypto';
import {
  BATCH_BYTES,
  BATCH_PAGES,
  LANDING_RESERVE_MS,
  REQUEST_SECONDS,
  STREAM_LEASE_MS,
} from '../core/bounds.ts';
import { released, type StreamRun, type StreamState } from '../core/run/run.ts';
import { noWork, type Work } from '../ports/journal.ts';
import { openBatch } from './batch.ts';
import type { SourceContext } from './context.ts';
import { openPermits } from './permits.ts';
import type { PullPorts } from './ports.ts';
import { type Stop, startOf } from './start.ts';
import {
  activeMs,
  type Ending,
  pause,
  pull,
  type Round,
  type RoundOptions,
  spareMs,
} from './turn.ts';

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

const idle = (outcome: RoundOutcome): Made => ({ outcome, work: noWork });

async function makeRound(
  ports: PullPorts,
  context: SourceContext,
  assignment: Assignment,
  options: RoundOptions,
): Promise<Made> {
  const { ledger } = ports;
  const state = await ledger.readStream(context.source.name, assignment.stream);
  const run = state?.run;
  if (!state || !run || run.runId !== assignment.runId || state.fence !== assignment.fence) {
    return idle({ kind: 'failed', cause: `Another run has taken over ${assignment.stream}.` });
  }
  if (run.status === 'failed') {
    return idle({ kind: 'failed', cause: run.cause ?? 'It failed before.' });
  }
  if (run.status !== 'draining' && run.sameData !== 'said') return idle({ kind: 'done' });
  const stream = context.source.streams.find((one) => one.name === assignment.stream);
  if (!stream) {
    return idle({
      kind: 'failed',
      cause: `The source has no stream ${assignment.stream} any more.`,
    });
  }
  const start = await startOf(ports, context, stream, state, run);
  if (start.kind === 'again') return idle({ kind: 'more' });
  if (start.kind === 'stop') return idle(await giveUp(ports, state, run, start.stop));
  const columns = await ledger.readColumns(state.source, state.stream);
  const { requests, throttled, waitedMs, requestMs, faults, faultsSinceMs } = run;
  const tally = { requests, throttled, waitedMs, requestMs, faults, faultsSinceMs };
  const permits = openPermits(ports, context, {
    holder: `${run.runId}/${stream.name}`,
    invocationId: randomUUID(),
    fence: state.fence,
    costMilli: Math.round((stream.cost ?? 1) * 1000),
    requestMs: () => tally.requestMs,
  });
  const batch = openBatch(ports, state, run, stream, columns, start);
  const startedMs = ports.clock.nowMs();
  // A round with little time still makes some progress: it reserves at most half of what it has.
  const longestMs = (context.source.requestSeconds ?? REQUEST_SECONDS) * 1000;
  const timeMs = options.timeLeftMs();
  const landingMs = Math.min(LANDING_RESERVE_MS + longestMs, timeMs / 2);
  const round = {
    ports,
    context,
    state,
    run,
    stream,
    permits,
    batch,
    options,
    landingMs,
    spanMs: timeMs - landingMs,
    startedMs,
    tally,
  };
  return close(round, await drain(round));
}

/** Ends a run that can't go on. */
async function giveUp(
  { ledger }: PullPorts,
  state: StreamState,
  run: StreamRun,
  stop: Stop,
): Promise<RoundOutcome> {
  const failed: StreamRun = { ...run, status: 'failed', ...stop };
  const moved = await ledger.moveStream({ ...released(state), run: failed });
  return moved ? { kind: 'failed', cause: stop.cause } : { kind: 'more' };
}

/** Pages until something says stop. */
async function drain(round: Round): Promise<Ending> {
  const { permits, batch, options } = round;
  for (;;) {
    if (batch.progress.ended) return { kind: 'ended', status: 'drained' };
    if (isFull(round)) return { kind: 'more' };
    const readiness = await permits.ready(wanted(round), activeMs(round), stayMs(round));
    if (options.signal?.aborted) return { kind: 'more' };
    const ending =
      readiness.kind === 'go'
        ? await pull(round)
        : await pause(round, readiness.untilMs, readiness.why, readiness.leave);
    if (ending) return ending;
  }
}

/** How long a wait may be to be slept through. */
const stayMs = (round: Round): number =>
  Math.min(round.options.breakEvenSeconds * 1000, Math.max(0, spareMs(round)));

function isFull(round: Round): boolean {
  const { batch, options, stream } = round;
  return (
    batch.pages >= Math.min(stream.pagesPerRound ?? BATCH_PAGES, BATCH_PAGES) ||
    batch.bytes >= BATCH_BYTES ||
    spareMs(round) <= 0 ||
    options.signal?.aborted === true
  );
}

/** Requests that can be used: never wait for more permits than there are pages left. */
function wanted({ batch, stream }: Round): number {
  const { expected, records, pages } = batch.progress;
  const inRound = (stream.pagesPerRound ?? BATCH_PAGES) - batch.pages;
  if (expected === undefined || pages === 0) return inRound;
  const rowsPerPage = Math.max(1, records / pages);
  return Math.max(1, Math.min(inRound, Math.ceil((expected - records) / rowsPerPage)));
}

/** Gives the permits back, lands the batch, then commits: durable first, then the pointer to it. */
async function close(round: Round, ending: Ending): Promise<Made> {
  const { ports, permits, batch, state, run, context } = round;
  await permits.close();
  const landed = await batch.land();
  // Another round has landed the end: nobody comes for the permits that this one would wait for.
  if (ending.kind === 'leave' && landed.progress.ended) await permits.forgo();
  const nowMs = ports.clock.nowMs();
  const waitMs = ending.kind === 'leave' ? Math.max(0, ending.untilMs - nowMs) : 0;
  const waitSeconds = Math.max(1, Math.ceil(waitMs / 1000));
  const counted = { ...round.tally, waitedMs: round.tally.waitedMs + waitMs };
  const moved: StreamRun = {
    ...run,
    ...landed.progress,
    ...counted,
    activeMs: activeMs(round) + waitMs,
    movedAtMs: nowMs,
    // Adopted or not moved at all, it is at least as old as it was.
    cursorAtMs: landed.adopted || landed.progress.pages === run.pages ? run.cursorAtMs : nowMs,
    ...settled(landed.adopted, landed.progress.ended, ending, context.credentials.redact),
  };
  const over = moved.status === 'failed';
  const committed = await ports.ledger.moveStream({
    ...state,
    revision: state.revision + 1,
    run: moved,
    holder: over ? '' : state.holder,
    streamLeaseUntilMs: over ? 0 : nowMs + waitMs + STREAM_LEASE_MS,
  });
  // Another round of this run was faster: read again what it left.
  if (!committed) return { outcome: { kind: 'more' }, work: workOf(run, { ...run, ...counted }) };
  const work = workOf(run, moved);
  if (moved.status === 'failed') {
    const kind = ending.kind === 'stuck' ? 'stuck' : 'failed';
    return { outcome: { kind, cause: moved.cause ?? 'It failed without a cause.' }, work };
  }
  if (moved.status !== 'draining') return { outcome: { kind: 'done' }, work };
  const waits = ending.kind === 'leave' && !landed.adopted;
  return { outcome: waits ? { kind: 'wait', waitSeconds } : { kind: 'more' }, work };
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

/** The status that the run has now, and the cause of a failure. */
function settled(
  adopted: boolean,
  ended: boolean,
  ending: Ending,
  redact: (text: string) => string,
): Pick<StreamRun, 'status' | 'cause' | 'spoilt'> {
  if (adopted) return { status: ended ? 'drained' : 'draining' };
  if (ending.kind === 'ended') {
    return { status: ending.status, ...(ending.cause ? { cause: redact(ending.cause) } : {}) };
  }
  if (ending.kind === 'stuck' || ending.kind === 'failed') {
    const cause = redact(ending.cause);
    return { status: 'failed', cause, ...(ending.spoilt ? { spoilt: true } : {}) };
  }
  return { status: 'draining' };
}
