// The pages of one round on their way into the lake: appended as they come, landed once, then
// committed. The object is written before the ledger moves, so a crash in between loses nothing:
// whoever comes next finds the object and goes on from what it says.
//
// Two invocations A and B of one round begin at page 41. A lands pages 41 to 90 as object 7 and
// dies. B has pages 41 to 60, finds object 7 there and adopts it: its own pages are dropped, the
// ledger moves to page 91, and the columns of object 7 are read from its lines.
// Why: docs/decisions/001-commit-record-in-the-gzip-header.md

import {
  EMPTY_PAGES,
  EXCERPT_CHARS,
  REPEATED_KEYLESS_PAGES,
  REPEATED_PAGES,
} from '../core/bounds.ts';
import { type Cursor, describeCursor } from '../core/page/cursor.ts';
import { advance, fingerprint } from '../core/page/cycle.ts';
import { addMoves } from '../core/page/moves.ts';
import { countOlder, isLater, widenWatermark } from '../core/page/watermark.ts';
import { fieldOfEach } from '../core/records/record-fields.ts';
import type { Loops, Progress, StreamRun } from '../core/run/run.ts';
import type { Stream } from '../core/source/source.ts';
import { addLosses, boundLosses, type CastLosses } from '../core/table/cast-losses.ts';
import { type Column, joinColumns } from '../core/table/columns.ts';
import { inferColumns, inspectColumns } from '../core/table/infer-columns.ts';
import { batchKey, runPrefix } from '../core/table/keys.ts';
import { columnsOfRun, type StreamColumns } from '../core/table/stream-columns.ts';
import type { Draft } from '../ports/lake/member.ts';
import { keepCursor } from './long-cursor.ts';
import type { PageOutcome } from './page.ts';
import type { Opening, Start } from './start.ts';

type AddedPage = Extract<PageOutcome, { kind: 'page' }>;

export interface Batch {
  /** Where the stream stands after the pages so far; its cursor is where the batch began. */
  readonly progress: Progress;
  /** Where the next page starts. */
  readonly cursor: Cursor;
  readonly pages: number;
  readonly bytes: number;
  /** Adds a page. Returns why the stream goes in circles, if it does. */
  add(page: AddedPage): Promise<string | undefined>;
  land(): Promise<Landed>;
}

/**
 * What stands in the lake afterwards is ours, or what another round landed in this place: either
 * way it is the truth, and the progress is its.
 */
export interface Landed {
  readonly progress: Progress;
  readonly adopted: boolean;
}

/** The pages so far. */
interface Filled {
  readonly progress: Progress;
  readonly cursor: Cursor;
  readonly columns: readonly Column[];
  readonly pages: number;
  readonly records: number;
  readonly bytes: number;
  /** Values that the stream's casts lose. */
  readonly lost: CastLosses;
}

export function openBatch(opening: Opening, kept: StreamColumns, start: Start): Batch {
  const { ports, run, stream } = opening;
  const draft = ports.lake.openBatch();
  // Of this run alone: what it has not seen is told as vanished.
  const known = columnsOfRun(kept, run.runId).seen;
  let filled: Filled = {
    progress: progressOf(run),
    cursor: start.cursor,
    columns: known,
    pages: 0,
    records: 0,
    bytes: 0,
    lost: {},
  };
  return {
    get progress() {
      return filled.progress;
    },
    get cursor() {
      return filled.cursor;
    },
    get pages() {
      return filled.pages;
    },
    get bytes() {
      return filled.bytes;
    },
    async add(page) {
      const moved = after(filled.progress, page, stream, run);
      if (typeof moved === 'string') return moved;
      filled = withPage(filled, stream, page, { ...moved, address: start.address });
      if (page.rows > 0) await draft.append(page.lines);
      return undefined;
    },
    land: () => landBatch(opening, draft, filled, known),
  };
}

/** @param progress where the stream stands behind the page */
function withPage(before: Filled, stream: Stream, page: AddedPage, progress: Progress): Filled {
  const cursor = page.next.kind === 'next' ? page.next.cursor : before.cursor;
  const moved = { ...before, progress, cursor, pages: before.pages + 1 };
  if (page.rows === 0) return moved;
  const inspected = inspectColumns(page.lines, before.columns, stream.casts);
  const { columns, lenient, omitted, lost } = inspected;
  return {
    ...moved,
    columns,
    records: before.records + page.rows,
    bytes: before.bytes + page.lines.length,
    lost: lost ? addLosses(before.lost, lost) : before.lost,
    progress: {
      ...progress,
      ...(lenient ? { lenient: true } : {}),
      ...(omitted > 0 ? { crowded: true } : {}),
    },
  };
}

/** @param known columns that the run had seen before */
async function landBatch(
  { ports, state, run }: Opening,
  draft: Draft,
  filled: Filled,
  known: readonly Column[],
): Promise<Landed> {
  const { lake, ledger, journal } = ports;
  const { pages, records, bytes } = filled;
  const at = { source: state.source, stream: state.stream, runId: run.runId };
  // Durable before anything points to it.
  const cursor = await keepCursor(lake, at, filled.cursor, run.cursor);
  const progress = { ...filled.progress, cursor };
  // The end is landed even without a record: it closes the run, so that a round that lags behind
  // and meets rows that came since finds its sequence taken instead of adding a batch after the
  // last.
  if (records === 0 && !progress.ended) return { progress, adopted: false };
  const { runId, sequence, cursor: from } = run;
  const next = { ...progress, sequence: sequence + 1 };
  const lost = boundLosses(filled.lost);
  const losses = Object.keys(lost).length === 0 ? {} : { lost };
  const record = { runId, sequence, from, pages, records, bytes, ...losses, next };
  const key = batchKey(runPrefix({ ...run, ...at }), sequence);
  const landing = await lake.landBatch(key, draft, record);
  const adopted = landing.kind === 'exists';
  const columns = adopted
    ? joinColumns(known, inferColumns(await lake.readBatch(key), known))
    : filled.columns;
  if (columns !== known) await ledger.addColumns(at.source, at.stream, runId, columns);
  const landed = adopted ? landing.record : record;
  const counts = { pages: landed.pages, records: landed.records, bytes: landed.bytes };
  journal.note({ kind: 'batch', ...at, key, adopted, ...counts });
  return { progress: landed.next, adopted };
}

const progressOf = (run: StreamRun): Progress => ({
  cursor: run.cursor,
  sequence: run.sequence,
  pages: run.pages,
  records: run.records,
  bytes: run.bytes,
  loops: run.loops,
  ...(run.lenient ? { lenient: true } : {}),
  ...(run.crowded ? { crowded: true } : {}),
  ...(run.highest === undefined ? {} : { highest: run.highest }),
  ...(run.asked ? { asked: run.asked } : {}),
  ...(run.address ? { address: run.address } : {}),
  ...(run.expected === undefined ? {} : { expected: run.expected }),
  ...(run.moved ? { moved: run.moved } : {}),
  ended: run.ended,
  ...(run.doubt ? { doubt: run.doubt } : {}),
});

/** Where the stream stands after one more page, or why it goes in circles. */
function after(
  before: Progress,
  page: AddedPage,
  stream: Stream,
  run: StreamRun,
): Progress | string {
  const isCaughtUp = hasCaughtUp(page, stream, run);
  const next = page.next.kind === 'end' || isCaughtUp ? undefined : page.next.cursor;
  const loops = loopsAfter(before, page, stream, next);
  if (typeof loops === 'string') return loops;
  const highest = widest(page, stream, before.highest);
  const moved = addMoves(before.moved, page.moved);
  const { expected: _before, ...rest } = before;
  // Of a run that ends before the end, the total tells nothing.
  const expected = isCaughtUp ? undefined : (page.expected ?? before.expected);
  return {
    ...rest,
    pages: before.pages + 1,
    records: before.records + page.rows,
    bytes: before.bytes + page.lines.length,
    loops,
    ...(highest === undefined ? {} : { highest }),
    ...askedAfter(before, page, stream, run),
    ...(expected === undefined ? {} : { expected }),
    ...(moved ? { moved } : {}),
    ended: next === undefined,
    ...(page.next.kind === 'end' && page.next.doubt ? { doubt: page.next.doubt } : {}),
  };
}

/** The walk so far with one more page, or why it will never end. @param next absent at the end */
function loopsAfter(
  { loops, pages }: Progress,
  page: AddedPage,
  stream: Stream,
  next: Cursor | undefined,
): Loops | string {
  // Looking again where one was is no circle: such steps are bounded by themselves.
  if (page.passed) return loops;
  const unmoved = { state: loops.cursors, cycle: false };
  const isStill = page.rows === 0 && page.content !== undefined;
  const walked =
    next === undefined || isStill
      ? unmoved
      : advance(loops.cursors, fingerprint(next), () => rowsOf(page, stream));
  if (walked.cycle) {
    return `The API leads in circles: with page ${pages + 1} it gives the cursor ${excerpt(next ?? null)} again, and ${page.rows} rows that were read before. They are left out.`;
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

/** Of a run that asked for what changed, how much of that came. */
function askedAfter(
  { asked = { dated: 0, older: 0 } }: Progress,
  page: AddedPage,
  { incremental }: Stream,
  { from }: StreamRun,
): Pick<Progress, 'asked'> {
  if (!incremental || from === undefined) return {};
  const { dated, older } = countOlder(
    incremental,
    from,
    fieldOfEach(page.lines, incremental.field),
  );
  return { asked: { dated: asked.dated + dated, older: asked.older + older } };
}

/** The walk in the order of change has come to what changed after the run began. */
function hasCaughtUp(page: AddedPage, { incremental, zone }: Stream, run: StreamRun): boolean {
  if (incremental?.changedAt === undefined || page.rows === 0) return false;
  const from = page.lines.lastIndexOf(LINE_FEED, -2) + 1;
  const [last] = fieldOfEach(page.lines.subarray(from), incremental.changedAt);
  return isLater(last, new Date(run.startedAtMs).toISOString(), zone);
}

const LINE_FEED = 0x0a;

const excerpt = (cursor: Cursor): string => {
  const text = describeCursor(cursor);
  return text.length > EXCERPT_CHARS ? `${text.slice(0, EXCERPT_CHARS - 3)}...` : text;
};
