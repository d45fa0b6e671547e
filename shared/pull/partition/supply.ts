// The lines that a partition list is made of, one after the other from any place on: each record of
// the parent once, by the newest run that has it, combined with all other values.
//
// Runs R4 (orders 7 and 9) and R2 (7, 3 and a deleted 5), a list `{shop}` of 2: seven lines. Order 7
// is taken from R4, and 5 is told to be gone.

import { startingPoint } from '../../core/page/watermark.ts';
import { factorsOf, product } from '../../core/partition/factors.ts';
import { parentsOf } from '../../core/partition/parents.ts';
import { type Seen, seenSet } from '../../core/partition/seen.ts';
import { identityOf, type ParentRow, type PartitionValues } from '../../core/partition/values.ts';
import type { ListPlace } from '../../core/run/partitions.ts';
import { type Listing, listOf, type Origin } from './origin.ts';
import { identityOfParent, manifestOf, rowsOfRun } from './parent-rows.ts';
import { type PartitionLine, piecesOf } from './pieces.ts';

/** A line, or none where a stretch of the parent gives none, and the place behind it. */
export interface Supplied {
  readonly line?: PartitionLine;
  readonly behind: ListPlace;
}

export type Supply = AsyncGenerator<Supplied, void, undefined>;

/** What a list is made of, with what was seen of it. */
interface Making {
  readonly listing: Listing;
  readonly origin: Origin;
  /** Records of the parent that are listed. */
  readonly seen: Seen;
  /** Partitions that a finished run has walked; absent where all begin at the same place. */
  readonly known: Seen | undefined;
}

/** @param from how much of the list stands, and where the rest begins */
export async function openSupply(
  listing: Listing,
  origin: Origin,
  from: { readonly partitions: number; readonly rest: ListPlace },
): Promise<Supply> {
  const { lake, source, stream } = listing;
  const [parent] = parentsOf(source, stream);
  const identity = parent ? identityOfParent(parent) : () => '';
  const seen = seenSet();
  for await (const { lines } of piecesOf(lake, listOf(listing), from.partitions)) {
    for (const { values } of lines) seen.add(identity(values));
  }
  const known = await knownBefore(listing, origin);
  return supplyFrom({ listing, origin, seen, known }, identity, from.rest);
}

/** Partitions of the last finished run, where this one reads all others from their beginning. */
async function knownBefore(listing: Listing, { before }: Origin): Promise<Seen | undefined> {
  const { lake, stream, run } = listing;
  const { incremental } = stream;
  const fresh = incremental && startingPoint(incremental, undefined, run.startedAtMs);
  if (!incremental || run.from === fresh) return undefined;
  const known = seenSet();
  const list = { ...listOf(listing), runId: before?.runId ?? '' };
  for await (const { lines } of piecesOf(lake, list, before?.partitions ?? 0)) {
    for (const { values, isGone } of lines) if (!isGone) known.add(placeOf(listing, values));
  }
  return known;
}

/** A partition, whatever the window. */
const placeOf = (
  { stream }: Listing,
  { from: _from, to: _to, ...values }: PartitionValues,
): string => identityOf(stream)(values);

async function* supplyFrom(
  making: Making,
  identity: (values: PartitionValues) => string,
  from: ListPlace,
): Supply {
  const { origin, seen } = making;
  // Of several runs an older one may not know that a record is gone.
  const tellsGone = origin.runs.length > 1 || origin.before?.isKept === true;
  for await (const { row, run, record } of recordsFrom(making, from)) {
    if (!row) {
      yield { behind: { run, record, inner: 0 } };
      continue;
    }
    const isBegun = run === from.run && record === from.record && from.inner > 0;
    if (!seen.add(identity(row.values)) && !isBegun) continue;
    let inner = 0;
    for (const line of linesOf(making, row, tellsGone)) {
      inner++;
      if (!isBegun || inner > from.inner) yield { line, behind: { run, record, inner } };
    }
  }
}

/** A record of the parent and its place; without one, the place behind all that were looked at. */
interface ParentRecord {
  readonly row?: ParentRow;
  readonly run: number;
  readonly record: number;
}

async function* recordsFrom(
  { listing, origin }: Making,
  from: ListPlace,
): AsyncGenerator<ParentRecord, void, undefined> {
  const { lake, source, stream } = listing;
  const [parent] = parentsOf(source, stream);
  if (!parent) {
    yield { row: { values: {}, isGone: false }, run: 0, record: 0 };
    return;
  }
  for (const [run, runId] of origin.runs.entries()) {
    if (run < from.run) continue;
    const behind = run === from.run ? from.record : 0;
    const manifest = await manifestOf(lake, { source: source.name, stream: parent.parent, runId });
    for await (const { first, rows } of rowsOfRun(lake, manifest, parent, behind)) {
      for (const [index, row] of rows.entries()) {
        if (row && first + index >= behind) yield { row, run, record: first + index };
      }
      yield { run, record: first + rows.length };
    }
  }
  yield* keptFrom({ listing, origin }, `${parent.as}.`, from);
}

/** The parent's records that only an earlier list knows. */
async function* keptFrom(
  { listing, origin: { runs, before } }: Pick<Making, 'listing' | 'origin'>,
  prefix: string,
  from: ListPlace,
): AsyncGenerator<ParentRecord, void, undefined> {
  if (!before?.isKept) return;
  const run = runs.length;
  const list = { ...listOf(listing), runId: before.runId };
  let record = 0;
  for await (const { lines } of piecesOf(listing.lake, list, before.partitions)) {
    for (const { values, isGone } of lines) {
      const own = Object.entries(values).filter(([name]) => name.startsWith(prefix));
      const row = { values: Object.fromEntries(own), isGone: false };
      if (!isGone && (run > from.run || record >= from.record)) yield { row, run, record };
      record++;
    }
    yield { run, record };
  }
}

/** All lines of one record of the parent. */
function* linesOf(
  { listing, origin, known }: Making,
  { values: own, isGone }: ParentRow,
  tellsGone: boolean,
): Generator<PartitionLine, void, undefined> {
  const { stream, run } = listing;
  if (isGone) {
    if (tellsGone) yield { values: own, isGone };
    return;
  }
  function* combined(from: string | undefined): Generator<PartitionValues, void, undefined> {
    const { settings, others } = origin;
    for (const values of product(others)) {
      for (const more of factorsOf(stream, { settings, from, startedAtMs: run.startedAtMs })) {
        yield { ...own, ...values, ...more };
      }
    }
  }
  for (const values of combined(run.from)) {
    if (!known || known.has(placeOf(listing, values))) yield { values };
  }
  if (!known || !stream.incremental) return;
  for (const values of combined(startingPoint(stream.incremental, undefined, run.startedAtMs))) {
    if (!known.has(placeOf(listing, values))) yield { values, isNew: true };
  }
}
