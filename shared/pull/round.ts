// One round of a stream: take permits, fetch page by page, land the batch, commit the cursor, say
// what is next. A round makes progress or says why not; it can be killed at any point, run twice or
// run late, and no page is lost or doubled.

import { randomUUID } from 'node:crypto';
import { backoffMs, jitteredUntilMs } from '../core/backoff.ts';
import {
  BATCH_BYTES,
  BATCH_PAGES,
  DAMAGED_ATTEMPTS,
  FAULTS_IN_A_ROW,
  FIRST_CONTACT_ATTEMPTS,
  LANDING_RESERVE_MS,
  PATIENCE_SECONDS,
  RUN_PAGES,
  STREAM_LEASE_MS,
} from '../core/limits.ts';
import type { StreamRun, StreamState } from '../core/run.ts';
import type { Stream } from '../core/source.ts';
import { sleepOrLeave } from '../core/wait.ts';
import { type Batch, openBatch } from './batch.ts';
import type { SourceContext } from './context.ts';
import { fetchPage, type PageOutcome } from './page.ts';
import { openPermits, type Permits } from './permits.ts';
import type { Ports } from './ports.ts';

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
  | { readonly kind: 'refused'; readonly cause: string };

export interface RoundOptions {
  readonly timeLeftMs: () => number;
  /** Waits up to this are slept through, longer ones are left to the machine. */
  readonly breakEvenSeconds: number;
  /** Stops the round early; what it has is landed and committed. */
  readonly signal?: AbortSignal;
}

export async function pullRound(
  ports: Ports,
  context: SourceContext,
  assignment: Assignment,
  options: RoundOptions,
): Promise<RoundOutcome> {
  const { ledger } = ports;
  const state = await ledger.readStream(context.source.name, assignment.stream);
  const run = state?.run;
  if (!state || !run || run.runId !== assignment.runId || state.fence !== assignment.fence) {
    return { kind: 'refused', cause: `Another run has taken over ${assignment.stream}.` };
  }
  if (run.status === 'failed') return { kind: 'refused', cause: run.cause ?? 'It failed before.' };
  if (run.status !== 'draining') return { kind: 'done' };
  const stream = context.source.streams.find((one) => one.name === assignment.stream);
  if (!stream) {
    return { kind: 'refused', cause: `The source has no stream ${assignment.stream} any more.` };
  }
  const columns = await ledger.readColumns(state.source, state.stream);
  const permits = openPermits(ports, context, {
    holder: `${run.runId}/${stream.name}`,
    token: randomUUID(),
    costMilli: Math.round((stream.cost ?? 1) * 1000),
    requestMs: run.requestMs,
  });
  const batch = openBatch(ports, state, run, stream, columns);
  const { requests, throttled, waitedMs, requestMs, faults, faultsSinceMs } = run;
  const tally = { requests, throttled, waitedMs, requestMs, faults, faultsSinceMs };
  const startedMs = ports.clock.nowMs();
  const round = { ports, context, state, run, stream, permits, batch, options, startedMs, tally };
  return close(round, await drain(round));
}

interface Round {
  readonly ports: Ports;
  readonly context: SourceContext;
  /** The stream and its run as they stood when the round began. */
  readonly state: StreamState;
  readonly run: StreamRun;
  readonly stream: Stream;
  readonly permits: Permits;
  readonly batch: Batch;
  readonly options: RoundOptions;
  readonly startedMs: number;
  /** Of the run so far; moves with every request. */
  readonly tally: {
    requests: number;
    throttled: number;
    waitedMs: number;
    requestMs: number;
    faults: number;
    faultsSinceMs: number;
  };
}

type Ending =
  | { readonly kind: 'more' }
  | { readonly kind: 'leave'; readonly untilMs: number }
  | { readonly kind: 'ended'; readonly status: 'drained' | 'skipped'; readonly cause?: string }
  | { readonly kind: 'stuck' | 'refused'; readonly cause: string };

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

const activeMs = ({ ports, run, startedMs }: Round): number =>
  run.activeMs + ports.clock.nowMs() - startedMs;

/** How long a wait may be to be slept through. */
const stayMs = ({ options }: Round): number =>
  Math.min(options.breakEvenSeconds * 1000, Math.max(0, options.timeLeftMs() - LANDING_RESERVE_MS));

function isFull({ batch, options, stream }: Round): boolean {
  return (
    batch.pages >= Math.min(stream.pagesPerRound ?? BATCH_PAGES, BATCH_PAGES) ||
    batch.bytes >= BATCH_BYTES ||
    options.timeLeftMs() <= LANDING_RESERVE_MS ||
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

/** Sleeps through a short wait; a long one ends the round. */
async function pause(
  round: Round,
  untilMs: number,
  why: string,
  leave: boolean,
): Promise<Ending | undefined> {
  const { ports, options, tally, state, run } = round;
  const waitMs = Math.max(0, untilMs - ports.clock.nowMs());
  if (waitMs === 0 && !leave) return undefined;
  const { source, stream } = state;
  ports.journal.note({ kind: 'wait', source, stream, runId: run.runId, untilMs, waitMs, why });
  const choice = sleepOrLeave(
    waitMs,
    options.breakEvenSeconds,
    options.timeLeftMs() - LANDING_RESERVE_MS,
  );
  if (leave || choice.kind === 'leave') {
    // A wait that is short, but longer than this round has left, is slept through by the next one:
    // the machine waits whole seconds only.
    const isShort = waitMs <= options.breakEvenSeconds * 1000;
    return isShort ? { kind: 'more' } : { kind: 'leave', untilMs };
  }
  const before = ports.clock.nowMs();
  await ports.clock.sleep(choice.ms, options.signal);
  tally.waitedMs += Math.max(0, ports.clock.nowMs() - before);
  return undefined;
}

/** One page, whatever comes of it. */
async function pull(round: Round): Promise<Ending | undefined> {
  const { ports, context, stream, permits, batch, tally, run, options, state } = round;
  const at = { ...run, cursor: batch.progress.cursor };
  const fetched = await fetchPage(ports, context, stream, at, options.signal);
  const { outcome } = fetched;
  if (outcome.kind === 'aborted') return { kind: 'more' };
  tally.requests++;
  permits.spent(fetched.answeredAtMs, fetched.headers);
  switch (outcome.kind) {
    case 'page': {
      tally.requestMs = smooth(tally.requestMs, fetched.requestMs);
      const circles = await batch.add(outcome);
      if (circles) return { kind: 'stuck', cause: circles };
      [tally.faults, tally.faultsSinceMs] = [0, 0];
      notePage(round);
      return batch.progress.ended ? undefined : pageLimit(round);
    }
    case 'blocked':
      return blocked(round, outcome);
    case 'retry':
      return retry(round, outcome);
    case 'skip':
      ports.journal.note({
        kind: 'fault',
        source: state.source,
        stream: stream.name,
        runId: run.runId,
        reason: outcome.reason,
        attempt: 0,
      });
      return { kind: 'ended', status: 'skipped', cause: outcome.reason };
    case 'refuse':
      return { kind: 'refused', cause: outcome.reason };
  }
}

/** The whole scope is refused: everyone who shares it waits until then. */
async function blocked(
  round: Round,
  outcome: Extract<PageOutcome, { kind: 'blocked' }>,
): Promise<undefined> {
  const { ports, permits, tally, state, run } = round;
  tally.throttled++;
  const { source, stream } = state;
  ports.journal.note({ kind: 'refusal', source, stream, runId: run.runId, reason: outcome.reason });
  const nowMs = ports.clock.nowMs();
  const untilMs =
    outcome.untilMs === undefined
      ? undefined
      : jitteredUntilMs(outcome.untilMs, nowMs, ports.random.next());
  await permits.refused(outcome.reason, untilMs);
}

/** Tries again after a backoff that survives the round, until our patience ends. */
async function retry(
  round: Round,
  outcome: Extract<PageOutcome, { kind: 'retry' }>,
): Promise<Ending | undefined> {
  const { ports, context, tally, state, run, batch } = round;
  const nowMs = ports.clock.nowMs();
  tally.faults++;
  tally.faultsSinceMs ||= nowMs;
  const { source, stream } = state;
  ports.journal.note({
    kind: 'fault',
    source,
    stream,
    runId: run.runId,
    reason: outcome.reason,
    attempt: tally.faults,
  });
  const patienceMs = (context.source.patienceSeconds ?? PATIENCE_SECONDS) * 1000;
  const attempts =
    outcome.cause === 'damaged'
      ? DAMAGED_ATTEMPTS
      : outcome.cause === 'transport' && batch.progress.pages === 0
        ? FIRST_CONTACT_ATTEMPTS
        : FAULTS_IN_A_ROW;
  if (tally.faults >= attempts || nowMs - tally.faultsSinceMs >= patienceMs) {
    return { kind: 'refused', cause: `${outcome.reason} (${tally.faults} tries)` };
  }
  return pause(round, nowMs + backoffMs(tally.faults, ports.random.next()), outcome.reason, false);
}

/** The last resort against endless data. An incremental stream goes on from there next time. */
function pageLimit({ batch, stream }: Round): Ending | undefined {
  const most = stream.maxPages ?? RUN_PAGES;
  if (batch.progress.pages < most) return undefined;
  if (stream.maxPages !== undefined && stream.incremental)
    return { kind: 'ended', status: 'drained' };
  return { kind: 'stuck', cause: `The stream has more than ${most} pages, its limit.` };
}

function notePage({ ports, batch, permits, state, run }: Round): void {
  const { pages, records, bytes, expected } = batch.progress;
  const level = permits.level();
  ports.journal.note({
    kind: 'page',
    source: state.source,
    stream: state.stream,
    runId: run.runId,
    pages,
    records,
    bytes,
    ...(expected === undefined ? {} : { expected }),
    ...(level ? { level } : {}),
  });
}

const smooth = (before: number, now: number): number =>
  Math.ceil(before === 0 ? now : before * 0.8 + now * 0.2);

/** Gives the permits back, lands the batch, then commits: durable first, then the pointer to it. */
async function close(round: Round, ending: Ending): Promise<RoundOutcome> {
  const { ports, permits, batch, state, run, context } = round;
  await permits.close();
  const landed = await batch.land();
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
    ...settled(landed.adopted, landed.progress.ended, ending, context.credentials.redact),
  };
  const over = moved.status === 'failed';
  const committed = await ports.ledger.moveStream({
    ...state,
    revision: state.revision + 1,
    run: moved,
    holder: over ? '' : state.holder,
    leaseUntilMs: over ? 0 : nowMs + waitMs + STREAM_LEASE_MS,
  });
  // Another round of this run was faster: read again what it left.
  if (!committed) return { kind: 'more' };
  if (moved.status === 'failed') {
    const kind = ending.kind === 'stuck' ? 'stuck' : 'refused';
    return { kind, cause: moved.cause ?? 'It failed without a cause.' };
  }
  if (moved.status !== 'draining') return { kind: 'done' };
  return ending.kind === 'leave' && !landed.adopted
    ? { kind: 'wait', waitSeconds }
    : { kind: 'more' };
}

/** The status that the run has now, and the cause of a failure. */
function settled(
  adopted: boolean,
  ended: boolean,
  ending: Ending,
  redact: (text: string) => string,
): Pick<StreamRun, 'status' | 'cause'> {
  if (adopted) return { status: ended ? 'drained' : 'draining' };
  if (ending.kind === 'ended') {
    return { status: ending.status, ...(ending.cause ? { cause: redact(ending.cause) } : {}) };
  }
  if (ending.kind === 'stuck' || ending.kind === 'refused') {
    return { status: 'failed', cause: redact(ending.cause) };
  }
  return { status: 'draining' };
}
