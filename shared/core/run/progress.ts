// Where a run stands after one more page: what it has counted, how far its watermark is, and
// whether it goes in circles. It decides and touches nothing.

import {
  DATE_STEP_MS,
  EMPTY_PAGES,
  EXCERPT_CHARS,
  REPEATED_KEYLESS_PAGES,
  REPEATED_PAGES,
} from '../bounds.ts';
import { type Cursor, describeCursor } from '../page/cursor.ts';
import { advance, fingerprint } from '../page/cycle.ts';
import { addMoves, type Moves } from '../page/moves.ts';
import { countOlder, isLater, widenWatermark } from '../page/watermark.ts';
import type { NextPage } from '../page/way.ts';
import { fieldOfEach } from '../records/record-fields.ts';
import type { Stream } from '../source/source.ts';
import type { Loops } from './loops.ts';
import { behindPartition, countsOfWalk, type WalkedPartition } from './next-partition.ts';
import { FIRST_PARTITION } from './partitions.ts';
import type { CredentialIn, Progress, StreamRun } from './run.ts';

/** A page as it is added to a batch. */
export interface AddedPage {
  /** NDJSON, without the rows that were read before. */
  readonly lines: Uint8Array;
  readonly rows: number;
  /** The answer had the list, be it empty. */
  readonly listed?: true;
  /** What the next page is asked for with, of the cookies that are kept. */
  readonly cookies?: string;
  readonly credentialIn?: CredentialIn;
  /** Short name of all rows that came, to know the page again; absent when none came. */
  readonly content?: string;
  /** Nothing of it was taken: it was read to find the place where the walk goes on. */
  readonly passed?: true;
  /** What has moved since the page before. */
  readonly moved?: Partial<Moves>;
  /** The partition that it is a page of, where the stream has some. */
  readonly partition?: WalkedPartition | undefined;
  /** When it was asked for, by the clock of the API where that tells the time; epoch ms. */
  readonly apiStartMs?: number;
  readonly next: Exclude<NextPage, { kind: 'fault' }>;
  /** Records that the API says there are. */
  readonly expected?: number;
  /** Records that it says there are at least. */
  readonly leastExpected?: number;
}

export const progressOf = (run: StreamRun): Progress => ({
  cursor: run.cursor,
  sequence: run.sequence,
  pages: run.pages,
  records: run.records,
  bytes: run.bytes,
  loops: run.loops,
  ...(run.cookies === undefined ? {} : { cookies: run.cookies }),
  ...(run.credentialIn ? { credentialIn: run.credentialIn } : {}),
  ...(run.longest === undefined ? {} : { longest: run.longest }),
  ...(run.listed ? { listed: true } : {}),
  ...(run.lenient ? { lenient: true } : {}),
  ...(run.crowded ? { crowded: true } : {}),
  ...(run.highest === undefined ? {} : { highest: run.highest }),
  ...(run.apiStartMs === undefined ? {} : { apiStartMs: run.apiStartMs }),
  ...(run.asked ? { asked: run.asked } : {}),
  ...(run.address ? { address: run.address } : {}),
  ...(run.expected === undefined ? {} : { expected: run.expected }),
  ...(run.leastExpected === undefined ? {} : { leastExpected: run.leastExpected }),
  ...(run.moved ? { moved: run.moved } : {}),
  ...(run.partition ? { partition: run.partition } : {}),
  ...(run.toldEnd ? { toldEnd: run.toldEnd } : {}),
  ended: run.ended,
  ...(run.doubt ? { doubt: run.doubt } : {}),
});

/** Where the stream stands after one more page, or why it goes in circles. */
export function progressAfter(
  before: Progress,
  page: AddedPage,
  stream: Stream,
  run: StreamRun,
): Progress | string {
  const begun = startAfter(before, page, stream);
  const isCaughtUp = hasCaughtUp(page, stream, { ...run, ...begun });
  const next = page.next.kind === 'end' || isCaughtUp ? undefined : page.next.cursor;
  const loops = loopsAfter(before, page, stream, next);
  if (typeof loops === 'string') return loops;
  const highest = widest(page, stream, before.highest);
  const moved = addMoves(before.moved, page.moved);
  const {
    expected: _before,
    leastExpected: _least,
    cookies: _cookies,
    toldEnd: _told,
    ...rest
  } = before;
  const credentialIn = before.credentialIn ?? page.credentialIn;
  const after: Progress = {
    ...rest,
    ...begun,
    pages: before.pages + 1,
    records: before.records + page.rows,
    bytes: before.bytes + page.lines.length,
    ...longestWith(before, page),
    loops,
    ...(next !== undefined && page.cookies !== undefined ? { cookies: page.cookies } : {}),
    ...(credentialIn ? { credentialIn } : {}),
    ...(page.listed ? { listed: true } : {}),
    ...(highest === undefined ? {} : { highest }),
    ...askedAfter(before, page, stream, run),
    // Of a run that ends before the end, the total tells nothing.
    ...(isCaughtUp ? {} : expectedAfter(before, page)),
    ...(moved ? { moved } : {}),
    ...toldEndOf(page),
    ended: next === undefined,
    ...(page.next.kind === 'end' && page.next.doubt ? { doubt: page.next.doubt } : {}),
  };
  return page.partition ? inPartition(after, page, stream, page.partition) : after;
}

/** The same of a page of a partition, behind which the next one may begin. */
function inPartition(
  after: Progress,
  page: AddedPage,
  stream: Stream,
  walked: WalkedPartition,
): Progress {
  const { partition = FIRST_PARTITION } = after;
  const moved = addMoves(partition.moved, page.moved);
  const here = {
    ...partition,
    pages: partition.pages + 1,
    records: partition.records + page.rows,
    ...(moved ? { moved } : {}),
  };
  const inside = { ...after, partition: here };
  return after.ended ? behindPartition(inside, stream, walked) : inside;
}

const longestWith = ({ longest = 0 }: Progress, { rows }: AddedPage): Pick<Progress, 'longest'> =>
  rows > longest ? { longest: rows } : {};

const toldEndOf = ({ next, content = '' }: AddedPage): Pick<Progress, 'toldEnd'> =>
  next.kind === 'next' && next.toldEnd ? { toldEnd: { content, ...next.toldEnd } } : {};

function expectedAfter(
  before: Progress,
  page: AddedPage,
): Pick<Progress, 'expected' | 'leastExpected'> {
  const expected = page.expected ?? before.expected;
  const told = [before.leastExpected, page.leastExpected].filter((least) => least !== undefined);
  return {
    ...(expected === undefined ? {} : { expected }),
    ...(told.length === 0 ? {} : { leastExpected: Math.min(...told) }),
  };
}

/** The walk so far with one more page, or why it will never end. @param next absent at the end */
function loopsAfter(
  before: Progress,
  page: AddedPage,
  stream: Stream,
  next: Cursor | undefined,
): Loops | string {
  const { loops } = before;
  const { pages } = countsOfWalk(before);
  // Looking again where one was is no circle: such steps are bounded by themselves.
  if (page.passed) return loops;
  const unmoved = { state: loops.cursors, cycle: false };
  const isStill = page.rows === 0 && page.content !== undefined;
  const walked =
    next === undefined || isStill
      ? unmoved
      : advance(loops.cursors, fingerprint(next), () => rowsOf(page, stream));
  if (walked.cycle) {
    // Half a credential would not be recognised by those who hide it.
    const isSecret = (before.credentialIn ?? page.credentialIn) !== undefined;
    const cursor = isSecret ? 'of an earlier page' : excerpt(next ?? null);
    return `The API leads in circles: with page ${pages + 1} it gives the cursor ${cursor} again, and ${page.rows} rows that were read before. They are left out.`;
  }
  if (page.content === undefined) {
    const empty = (loops.empty ?? 0) + 1;
    if (empty < EMPTY_PAGES) return { ...loops, cursors: walked.state, empty };
    return `The API has no end: the last ${empty} pages were empty, and each of them leads to another.`;
  }
  const seen = advance(loops.pages, page.content);
  const repeats = loops.repeats + (seen.cycle ? 1 : 0);
  if (repeats >= (stream.primaryKey ? REPEATED_PAGES : REPEATED_KEYLESS_PAGES)) {
    return `The API repeats itself: page ${pages + 1} and ${repeats - 1} before it hold the same records as an earlier page.`;
  }
  // An end that a total shows, but only by counting the same rows again and again.
  const isAlways = next === undefined && pages > 0 && repeats === pages;
  if (isAlways && (stream.primaryKey !== undefined || page.rows > 1)) {
    return `The API repeats itself: all ${pages + 1} pages hold the same records. It may not know the parameter that leads to the next page.`;
  }
  return { cursors: walked.state, pages: seen.state, repeats };
}

/** A name of the rows of a page: their keys where they have one, whatever else changes in them. */
function rowsOf(page: AddedPage, { primaryKey }: Stream): string {
  if (primaryKey === undefined) return page.content ?? '';
  return fingerprint(primaryKey.map((field) => [...fieldOfEach(page.lines, field)]));
}

function widest(page: AddedPage, stream: Stream, before: string | undefined): string | undefined {
  const { incremental } = stream;
  if (!incremental) return before;
  let highest = before;
  for (const seen of fieldOfEach(page.lines, incremental.field)) {
    highest = widenWatermark(incremental, highest, seen);
  }
  return highest;
}

/** The first page tells when the run began, by the API. */
function startAfter(
  { pages, apiStartMs: before }: Progress,
  { apiStartMs }: AddedPage,
  { incremental }: Stream,
): Pick<Progress, 'apiStartMs'> {
  const told = pages === 0 && incremental ? apiStartMs : before;
  return told === undefined ? {} : { apiStartMs: told };
}

/** Of a run that asked for what changed, how much of that came. */
function askedAfter(
  { asked = { dated: 0, older: 0 } }: Progress,
  page: AddedPage,
  { incremental }: Stream,
  run: StreamRun,
): Pick<Progress, 'asked'> {
  const { from } = page.partition ?? run;
  if (!incremental || from === undefined) return {};
  const { dated, older } = countOlder(
    incremental,
    from,
    fieldOfEach(page.lines, incremental.field),
  );
  return { asked: { dated: asked.dated + dated, older: asked.older + older } };
}

/** When the run began, by ours or the API's clock: one that was ahead hides no change. */
export const earliestStartMs = ({
  startedAtMs,
  apiStartMs = startedAtMs,
}: Pick<StreamRun, 'startedAtMs' | 'apiStartMs'>): number => Math.min(startedAtMs, apiStartMs);

/** The walk in the order of change has come to what surely changed after the run began. */
function hasCaughtUp(page: AddedPage, { incremental, zone }: Stream, run: StreamRun): boolean {
  if (incremental?.changedAt === undefined || page.rows === 0) return false;
  const from = page.lines.lastIndexOf(LINE_FEED, -2) + 1;
  const [last] = fieldOfEach(page.lines.subarray(from), incremental.changedAt);
  const { startedAtMs, apiStartMs = startedAtMs } = run;
  const latestStartMs = Math.min(startedAtMs, apiStartMs + DATE_STEP_MS);
  return isLater(last, new Date(latestStartMs).toISOString(), zone);
}

const LINE_FEED = 0x0a;

const excerpt = (cursor: Cursor): string => {
  const text = describeCursor(cursor);
  return text.length > EXCERPT_CHARS ? `${text.slice(0, EXCERPT_CHARS - 3)}...` : text;
};
