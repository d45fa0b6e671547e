// One turn of a round: a page and whatever comes of it, or a wait. Each says whether the round is
// over, and how.

import { backoffMs, jitteredUntilMs } from '../core/answer/backoff.ts';
import type { Exchange } from '../core/answer/exchange.ts';
import { BATCH_BYTES, BATCH_PAGES, REQUEST_TIME_WEIGHT, RUN_PAGES } from '../core/bounds.ts';
import { isReadOnce } from '../core/page/pagination.ts';
import { isDeadCursor } from '../core/run/anew.ts';
import { behindGone, behindSkipped, countsOfWalk } from '../core/run/next-partition.ts';
import { describeSkipped, FIRST_PARTITION, partitionsDone } from '../core/run/partitions.ts';
import {
  afterFault,
  noTroubles,
  sinceSet,
  throttledFor,
  throttledSince,
  tooLongToWait,
  tryAgain,
} from '../core/run/patience.ts';
import type { Progress, StreamRun } from '../core/run/run.ts';
import { pullPage } from './page.ts';
import type { ListedPartition } from './partition/pieces.ts';
import type { PageOutcome } from './reading.ts';
import { pause, type Round, type RoundEnding, spareMs } from './waiting.ts';

/** Whether the round has what it can hold, or no time for another request. */
export function isFull(round: Round): boolean {
  const { batch, options, stream } = round;
  return (
    batch.steps >= Math.min(stream.pagesPerRound ?? BATCH_PAGES, BATCH_PAGES) ||
    batch.bytes >= BATCH_BYTES ||
    spareMs(round) <= 0 ||
    options.signal?.aborted === true
  );
}

/** Requests that can be used: never wait for more permits than there are pages left. */
export function wanted({ batch, stream, run }: Round): number {
  const { expected, partition } = batch.progress;
  const { records, pages } = countsOfWalk(batch.progress);
  const inRound = (stream.pagesPerRound ?? BATCH_PAGES) - batch.steps;
  if (expected === undefined || pages === 0) return inRound;
  const rowsPerPage = Math.max(1, records / pages);
  const behind = partition ? (run.list?.partitions ?? 0) - partition.index - 1 : 0;
  const left = Math.ceil((expected - records) / rowsPerPage) + behind;
  return Math.max(1, Math.min(inRound, left));
}

/** One more page for the batch, or whatever else comes of asking for it. */
export async function addPage(round: Round): Promise<RoundEnding | undefined> {
  const { ports, context, stream, permits, batch, tally, run, options } = round;
  const { cursor, progress } = batch;
  const here = await partitionOf(round);
  const at = { ...walkOfRun(run, here), ...walkSoFar(progress), cursor };
  const exchanged = (exchange: Exchange): void => {
    tally.requests++;
    for (const doubt of permits.spent(exchange)) noteFault(round, doubt, 0);
  };
  const page = { context, stream, run: at, values: here?.values };
  const pulled = await pullPage(ports, page, exchanged, options.signal);
  const { outcome } = pulled;
  if (outcome.kind === 'aborted') return { kind: 'more' };
  if (outcome.kind === 'page') tally.requestMs = smooth(tally.requestMs, pulled.requestMs);
  return follow(round, outcome.kind, outcome, pulled.answeredAtMs);
}

/** The partition that the next page is of. */
const partitionOf = async ({ batch, partitions }: Round): Promise<ListedPartition | undefined> =>
  partitions?.at(batch.progress.partition ?? FIRST_PARTITION);

/** Goes past a line of the list that is no partition any more; false at one that is. */
export async function passGone(round: Round): Promise<boolean> {
  const here = await partitionOf(round);
  if (!here?.isGone) return false;
  round.batch.pass(behindGone(round.batch.progress, here), 0);
  return true;
}

/** Where the walk reads from: a partition that no run before has read, from its beginning. */
function walkOfRun({ from: common, startedAtMs }: StreamRun, here: ListedPartition | undefined) {
  const from = here ? here.from : common;
  return { startedAtMs, ...(from === undefined ? {} : { from }) };
}

/** What the pages of the present walk have told. */
function walkSoFar(progress: Progress) {
  const { moved: _ofRun, ...told } = progress;
  const { pages, records, moved } = countsOfWalk(progress);
  return { ...told, pages, records, ...(moved ? { moved } : {}) };
}

type Answered = Exclude<PageOutcome, { kind: 'aborted' }>;
type AnsweredByKind = { readonly [One in Answered as One['kind']]: One };
type Kind = Answered['kind'];

/** What each outcome of a request does to the round. */
const FOLLOWS: {
  readonly [One in Kind]: (
    round: Round,
    outcome: AnsweredByKind[One],
    answeredAtMs: number,
  ) => Promise<RoundEnding | undefined>;
} = {
  page: add,
  throttled,
  retry,
  skip,
  restart: async (round, { reason }) => restart(round, reason),
  refuse: async (round, { reason, undeclared }) =>
    round.batch.pages === 0 && round.batch.cursor !== null && isDeadCursor(round.run, undeclared)
      ? restart(round, reason)
      : { kind: 'failed', cause: reason },
};

const follow = <One extends Kind>(
  round: Round,
  kind: One,
  outcome: AnsweredByKind[One],
  answeredAtMs: number,
): Promise<RoundEnding | undefined> => FOLLOWS[kind](round, outcome, answeredAtMs);

async function add(round: Round, page: AnsweredByKind['page']): Promise<RoundEnding | undefined> {
  const { batch, tally } = round;
  const circles = await batch.add({ ...page, partition: await partitionOf(round) });
  if (circles) return { kind: 'stuck', cause: circles, restart: 'spoilt' };
  Object.assign(tally, noTroubles);
  notePage(round);
  return batch.progress.ended ? undefined : pageLimit(round);
}

/**
 * A stream or a partition is skipped or read: behind pages that were read, another verdict must be
 * meant.
 */
async function skip(
  round: Round,
  { reason }: AnsweredByKind['skip'],
): Promise<RoundEnding | undefined> {
  const { batch, tally } = round;
  noteFault(round, reason, 0);
  const { pages } = countsOfWalk(batch.progress);
  if (pages > 0) return { kind: 'failed', cause: `${reason}. ${noSkip(pages)}` };
  const here = await partitionOf(round);
  if (!here) return { kind: 'ended', status: 'skipped', cause: reason };
  batch.pass(behindSkipped(batch.progress, here, reason), 1);
  Object.assign(tally, noTroubles);
  return tooManySkipped(round, here.of);
}

/** More of the list than the source lets be skipped: something else is wrong. */
function tooManySkipped({ batch, stream }: Round, of: number): RoundEnding | undefined {
  const { skipped } = batch.progress.partition ?? {};
  const { skipAtMost = 1 } = stream;
  if (!skipped || skipped.count <= skipAtMost * of) return undefined;
  const cause = `${describeSkipped(skipped, of)} That is more than skipAtMost allows (${skipAtMost}): the next run reads this stream again`;
  return { kind: 'failed', cause, restart: 'spoilt' };
}

const noSkip = (pages: number): string =>
  `The verdict "skip" leaves out a whole walk, and ${pages} pages of this one were read. Declare ` +
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
  answeredAtMs: number,
): Promise<RoundEnding | undefined> {
  tally.throttled++;
  const nowMs = ports.clock.nowMs();
  const toldMs = sinceSet(untilMs, answeredAtMs, nowMs);
  tally.throttledSinceMs = throttledSince(tally, nowMs, toldMs);
  const lasting = throttledFor(context.source, tally, nowMs);
  const why = lasting.kind === 'short' ? reason : `${reason}. ${lasting.why}`;
  const { source, stream } = state;
  ports.journal.note({ kind: 'throttled', source, stream, runId: run.runId, reason: why });
  const jittered =
    untilMs === undefined
      ? undefined
      : jitteredUntilMs(untilMs, answeredAtMs, ports.random.next());
  await permits.throttled(why, jittered);
  return lasting.kind === 'enough' ? { kind: 'failed', cause: why } : undefined;
}

/** Tries again after a backoff that survives the round, until our patience ends. */
async function retry(
  round: Round,
  outcome: AnsweredByKind['retry'],
  answeredAtMs: number,
): Promise<RoundEnding | undefined> {
  const { ports, context, stream, tally, batch } = round;
  const nowMs = ports.clock.nowMs();
  Object.assign(tally, afterFault(tally, nowMs));
  noteFault(round, outcome.reason, tally.faults);
  if (isReadOnce(stream.pagination) && batch.cursor !== null) {
    const cause = `${outcome.reason} (the cursor may have moved on the server: the next run reads this stream again from its start)`;
    return { kind: 'failed', cause, restart: 'spoilt' };
  }
  const { reason } = outcome;
  const toldMs = sinceSet(outcome.untilMs, answeredAtMs, nowMs);
  const pauseMs = backoffMs(tally.faults, ports.random.next());
  const next = tryAgain(context.source, tally, { nowMs, pauseMs, toldMs });
  if (next.kind === 'enough') return { kind: 'failed', cause: `${reason} (${next.why})` };
  const wait = { untilMs: next.untilMs, waitMs: next.untilMs - nowMs, why: reason, leave: false };
  const tooLong = toldMs === undefined ? undefined : tooLongToWait(context.source, wait);
  if (tooLong !== undefined) return { kind: 'failed', cause: `${reason}. ${tooLong}` };
  return pause(round, wait);
}

/** @param attempt 0 of what is worth a line, and no fault that is tried again */
function noteFault({ ports, state, run }: Round, reason: string, attempt: number): void {
  const { source, stream } = state;
  ports.journal.note({ kind: 'fault', source, stream, runId: run.runId, reason, attempt });
}

/** The last resort against endless data. An incremental stream goes on from there next time. */
function pageLimit({ batch, stream, run }: Round): RoundEnding | undefined {
  const most = stream.maxPages ?? RUN_PAGES;
  if (batch.progress.pages < most) return undefined;
  // One of several partitions can't be gone on with: the watermark is that of all of them.
  if (stream.maxPages !== undefined && stream.incremental && !run.list)
    return { kind: 'ended', status: 'drained' };
  return { kind: 'stuck', cause: `The stream has more than ${most} pages, its limit.` };
}

function notePage({ ports, batch, permits, state, run }: Round): void {
  const { pages, records, bytes } = batch.progress;
  const partitions = partitionsDone({ ...run, ...batch.progress });
  // Of a partition, what the API tells is of that one alone.
  const expected = partitions ? undefined : batch.progress.expected;
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
    ...(partitions ? { partitions } : {}),
    ...(level ? { level } : {}),
  });
}

const smooth = (before: number, now: number): number =>
  Math.ceil(before === 0 ? now : before * (1 - REQUEST_TIME_WEIGHT) + now * REQUEST_TIME_WEIGHT);
