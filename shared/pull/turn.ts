// One turn of a round: a page and whatever comes of it, or a wait. Each says whether the round is
// over, and how.

import { backoffMs, jitteredUntilMs } from '../core/answer/backoff.ts';
import type { Exchange } from '../core/answer/exchange.ts';
import { BATCH_PAGES, REQUEST_TIME_WEIGHT, RUN_PAGES, WAIT_STEP_MS } from '../core/bounds.ts';
import { sleepOrLeave } from '../core/budget/wait.ts';
import { isReadOnce } from '../core/page/pagination.ts';
import { isDeadCursor } from '../core/run/anew.ts';
import {
  afterFault,
  noTroubles,
  type Troubles,
  throttledFor,
  throttledSince,
  tooLongToWait,
  tryAgain,
} from '../core/run/patience.ts';
import type { Restart } from '../core/run/run.ts';
import type { Batch } from './batch.ts';
import { pullPage } from './page.ts';
import type { Permits, Readiness } from './permits.ts';
import type { PageOutcome } from './reading.ts';
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

/** How long a wait may be to be slept through. */
export const stayMs = (round: Round): number =>
  Math.min(round.options.breakEvenSeconds * 1000, Math.max(0, spareMs(round)));

/** Requests that can be used: never wait for more permits than there are pages left. */
export function wanted({ batch, stream }: Round): number {
  const { expected, records, pages } = batch.progress;
  const inRound = (stream.pagesPerRound ?? BATCH_PAGES) - batch.pages;
  if (expected === undefined || pages === 0) return inRound;
  const rowsPerPage = Math.max(1, records / pages);
  return Math.max(1, Math.min(inRound, Math.ceil((expected - records) / rowsPerPage)));
}

/** A wait for permits, unless it is longer than the source wants to wait. */
export async function waitFor(
  round: Round,
  { untilMs, why, leave }: Extract<Readiness, { kind: 'wait' }>,
): Promise<RoundEnding | undefined> {
  const tooLong = tooLongToWait(round.context.source, untilMs, round.ports.clock.nowMs());
  if (tooLong === undefined) return pause(round, untilMs, why, leave);
  if (leave) await round.permits.forgo();
  return { kind: 'failed', cause: `${why}. ${tooLong}` };
}

/** Sleeps through a short wait; a long one ends the round. */
async function pause(
  round: Round,
  untilMs: number,
  why: string,
  leave: boolean,
): Promise<RoundEnding | undefined> {
  const { ports, options, tally, state, run } = round;
  const waitMs = Math.max(0, untilMs - ports.clock.nowMs());
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

/** One more page for the batch, or whatever else comes of asking for it. */
export async function addPage(round: Round): Promise<RoundEnding | undefined> {
  const { ports, context, stream, permits, batch, tally, run, options } = round;
  const { cursor, progress } = batch;
  const { records, moved, listed, cookies, credentialIn } = progress;
  const at = {
    ...run,
    ...(moved ? { moved } : {}),
    ...(listed ? { listed } : {}),
    ...(cookies === undefined ? {} : { cookies }),
    ...(credentialIn ? { credentialIn } : {}),
    records,
    cursor,
  };
  const exchanged = (exchange: Exchange): void => {
    tally.requests++;
    for (const doubt of permits.spent(exchange)) noteFault(round, doubt, 0);
  };
  const pulled = await pullPage(ports, { context, stream, run: at }, exchanged, options.signal);
  const { outcome } = pulled;
  if (outcome.kind === 'aborted') return { kind: 'more' };
  if (outcome.kind === 'page') tally.requestMs = smooth(tally.requestMs, pulled.requestMs);
  return follow(round, outcome.kind, outcome);
}

type Answered = Exclude<PageOutcome, { kind: 'aborted' }>;
type AnsweredByKind = { readonly [One in Answered as One['kind']]: One };
type Kind = Answered['kind'];

/** What each outcome of a request does to the round. */
const FOLLOWS: {
  readonly [One in Kind]: (
    round: Round,
    outcome: AnsweredByKind[One],
  ) => Promise<RoundEnding | undefined>;
} = {
  page: add,
  throttled,
  retry,
  skip,
  restart: async (round, { reason }) => restart(round, reason),
  refuse: async (round, { reason, undeclared }) =>
    round.batch.pages === 0 && isDeadCursor(round.run, undeclared)
      ? restart(round, reason)
      : { kind: 'failed', cause: reason },
};

const follow = <One extends Kind>(
  round: Round,
  kind: One,
  outcome: AnsweredByKind[One],
): Promise<RoundEnding | undefined> => FOLLOWS[kind](round, outcome);

async function add(round: Round, page: AnsweredByKind['page']): Promise<RoundEnding | undefined> {
  const { batch, tally } = round;
  const circles = await batch.add(page);
  if (circles) return { kind: 'stuck', cause: circles, restart: 'spoilt' };
  Object.assign(tally, noTroubles);
  notePage(round);
  return batch.progress.ended ? undefined : pageLimit(round);
}

/** A stream is skipped or read: behind pages that were read, another verdict must be meant. */
async function skip(round: Round, { reason }: AnsweredByKind['skip']): Promise<RoundEnding> {
  noteFault(round, reason, 0);
  const { pages } = round.batch.progress;
  if (pages > 0) return { kind: 'failed', cause: `${reason}. ${noSkip(pages)}` };
  return { kind: 'ended', status: 'skipped', cause: reason };
}

const noSkip = (pages: number): string =>
  `The verdict "skip" leaves out a whole stream, and ${pages} pages of this one were read. Declare ` +
  '"end" if this is the end of the list, "empty" if it is a page without rows, "restart" if the ' +
  'cursor is dead.';

/** The cursor is dead: once under each claim the walk begins anew, and then it is a fault. */
function restart(round: Round, reason: string): RoundEnding {
  const { batch, run, state } = round;
  noteFault(round, reason, 0);
  if (batch.cursor === null) {
    const cause = `${reason}. The verdict "restart" is for dead cursors, and the first page has none`;
    return { kind: 'failed', cause };
  }
  if (run.anew?.fence === state.fence) {
    const cause = `${reason}. The walk was begun anew once already: the next run reads this stream from its start`;
    return { kind: 'failed', cause, restart: 'spoilt' };
  }
  return { kind: 'anew', cause: reason };
}

/** The whole scope is throttled: everyone who shares it waits until then. */
async function throttled(
  { ports, context, permits, tally, state, run }: Round,
  { reason, untilMs }: AnsweredByKind['throttled'],
): Promise<RoundEnding | undefined> {
  tally.throttled++;
  const nowMs = ports.clock.nowMs();
  tally.throttledSinceMs = throttledSince(tally, nowMs, untilMs);
  const lasting = throttledFor(context.source, tally, nowMs);
  const why = lasting.kind === 'short' ? reason : `${reason}. ${lasting.why}`;
  const { source, stream } = state;
  ports.journal.note({ kind: 'throttled', source, stream, runId: run.runId, reason: why });
  const jittered =
    untilMs === undefined ? undefined : jitteredUntilMs(untilMs, nowMs, ports.random.next());
  await permits.throttled(why, jittered);
  return lasting.kind === 'enough' ? { kind: 'failed', cause: why } : undefined;
}

/** Tries again after a backoff that survives the round, until our patience ends. */
async function retry(
  round: Round,
  outcome: AnsweredByKind['retry'],
): Promise<RoundEnding | undefined> {
  const { ports, context, stream, tally, batch } = round;
  const nowMs = ports.clock.nowMs();
  Object.assign(tally, afterFault(tally, nowMs));
  noteFault(round, outcome.reason, tally.faults);
  if (isReadOnce(stream.pagination) && batch.cursor !== null) {
    const cause = `${outcome.reason} (the cursor may have moved on the server: the next run reads this stream again from its start)`;
    return { kind: 'failed', cause, restart: 'spoilt' };
  }
  const { reason, untilMs: toldMs } = outcome;
  const pauseMs = backoffMs(tally.faults, ports.random.next());
  const next = tryAgain(context.source, tally, { nowMs, pauseMs, toldMs });
  if (next.kind === 'enough') return { kind: 'failed', cause: `${reason} (${next.why})` };
  const tooLong = toldMs === undefined ? undefined : tooLongToWait(context.source, toldMs, nowMs);
  if (tooLong !== undefined) return { kind: 'failed', cause: `${reason}. ${tooLong}` };
  return pause(round, next.untilMs, reason, false);
}

/** @param attempt 0 of what is worth a line, and no fault that is tried again */
function noteFault({ ports, state, run }: Round, reason: string, attempt: number): void {
  const { source, stream } = state;
  ports.journal.note({ kind: 'fault', source, stream, runId: run.runId, reason, attempt });
}

/** The last resort against endless data. An incremental stream goes on from there next time. */
function pageLimit({ batch, stream }: Round): RoundEnding | undefined {
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
  Math.ceil(before === 0 ? now : before * (1 - REQUEST_TIME_WEIGHT) + now * REQUEST_TIME_WEIGHT);
