// The pages of one round on their way into the lake: appended as they come, landed once, then
// committed. The object is written before the ledger moves, so a crash in between loses nothing:
// whoever comes next finds the object and goes on from what it says.
//
// Two invocations A and B of one round begin at page 41. A lands pages 41 to 90 as object 7 and
// dies. B has pages 41 to 60, finds object 7 there and adopts it: its own pages are dropped, the
// ledger moves to page 91, and the columns of object 7 are read from its lines.
// Why: docs/decisions/001-commit-record-in-the-gzip-header.md

import type { Cursor } from '../core/page/cursor.ts';
import { endedWithout } from '../core/run/next-partition.ts';
import { FIRST_PARTITION } from '../core/run/partitions.ts';
import { type AddedPage, progressAfter, progressOf } from '../core/run/progress.ts';
import type { Progress } from '../core/run/run.ts';
import type { Stream } from '../core/source/source.ts';
import { addLosses, boundLosses, type CastLosses } from '../core/table/cast-losses.ts';
import { type Column, joinColumns } from '../core/table/columns.ts';
import { inferColumns, inspectColumns } from '../core/table/infer-columns.ts';
import { batchKey, runPrefix } from '../core/table/keys.ts';
import { columnsOfRun, type StreamColumns } from '../core/table/stream-columns.ts';
import type { Draft } from '../ports/lake/batch-member.ts';
import { keepCursor } from './long-cursor.ts';
import type { Opening, Start } from './start.ts';

export interface Batch {
  /** Where the stream stands after the pages so far; its cursor is where the batch began. */
  readonly progress: Progress;
  /** Where the next page starts. */
  readonly cursor: Cursor;
  readonly pages: number;
  /** Pages, and requests that gave none. */
  readonly steps: number;
  readonly bytes: number;
  /** Goes on at the next partition without a page of this one, which may have cost a request. */
  pass(progress: Progress, requests: 0 | 1): void;
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
  /** Partitions that were asked for and gave no page. */
  readonly passed: number;
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
    progress: endedWithout(progressOf(run), run.list),
    cursor: start.cursor,
    columns: known,
    pages: 0,
    passed: 0,
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
    get steps() {
      return filled.pages + filled.passed;
    },
    get bytes() {
      return filled.bytes;
    },
    pass(progress, requests) {
      filled = { ...filled, progress, cursor: null, passed: filled.passed + requests };
    },
    async add(page) {
      const moved = progressAfter(filled.progress, page, stream, run);
      if (typeof moved === 'string') return moved;
      filled = withPage(filled, stream, page, { ...moved, address: start.address });
      if (page.rows > 0) await draft.append(page.lines);
      return undefined;
    },
    land: () => landBatch(opening, draft, filled, known),
  };
}

const indexOf = ({ partition = FIRST_PARTITION }: Progress): number => partition.index;

/** @param progress where the stream stands behind the page */
function withPage(before: Filled, stream: Stream, page: AddedPage, progress: Progress): Filled {
  const isNextPartition = indexOf(progress) !== indexOf(before.progress);
  const last = isNextPartition ? null : before.cursor;
  const cursor = page.next.kind === 'next' && !isNextPartition ? page.next.cursor : last;
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
