// Which runs are worth merging, which of their batches go into one object, and whether merged
// objects are all that they were made of. Counts only; it reads nothing.
//
// A run of 300 batches of 2 MB: 64 of them are one group of 128 MB, so that five objects are left.
// A run of one batch is left alone.
// Why: docs/decisions/009-compaction-a-run-at-a-time.md

import { COMPACT_BATCHES, COMPACT_RUN_BATCHES } from '../bounds.ts';
import { DriplakeError, Failure } from '../failures.ts';
import type { CommitRecord } from './run.ts';

/** The objects of one run as a list tells them. */
export interface RunObjects {
  readonly objects: number;
  /** As they are stored. */
  readonly bytes: number;
  /** When the last of them was written. */
  readonly newestMs: number;
  /** Objects that would be left, the last one of this many bytes and batches. */
  readonly merged: number;
  readonly lastBytes: number;
  readonly lastBatches: number;
}

export const noObjects: RunObjects = {
  objects: 0,
  bytes: 0,
  newestMs: 0,
  merged: 0,
  lastBytes: 0,
  lastBatches: 0,
};

/**
 * @param mergedBytes stored bytes that merged objects should have
 * @param isBatch false of what another program left, or half a write: it only has its age
 */
export function withObject(
  run: RunObjects,
  { bytes, modifiedMs }: { readonly bytes: number; readonly modifiedMs: number },
  mergedBytes: number,
  isBatch = true,
): RunObjects {
  const newestMs = Math.max(run.newestMs, modifiedMs);
  if (!isBatch) return { ...run, newestMs };
  const fits =
    run.merged > 0 && run.lastBytes + bytes <= mergedBytes && run.lastBatches < COMPACT_BATCHES;
  return {
    objects: run.objects + 1,
    bytes: run.bytes + bytes,
    newestMs,
    merged: run.merged + (fits ? 0 : 1),
    lastBytes: fits ? run.lastBytes + bytes : bytes,
    lastBatches: fits ? run.lastBatches + 1 : 1,
  };
}

/**
 * Merging reads and writes everything once more: it should leave half of the objects at most. One
 * object is as good as merged, and so are objects that are large.
 */
export const isWorthMerging = ({ objects, merged }: RunObjects): boolean =>
  objects >= 2 && merged * 2 <= objects && objects <= COMPACT_RUN_BATCHES;

/**
 * Where the merged object ends that begins at batch `from`: the place behind its last batch. A
 * batch that is larger than `mergedBytes` goes alone.
 * @param sizes stored bytes of each batch of the run
 */
export function endOfGroup(sizes: readonly number[], from: number, mergedBytes: number): number {
  let bytes = sizes[from] ?? 0;
  let end = from + 1;
  for (; end < Math.min(sizes.length, from + COMPACT_BATCHES); end++) {
    bytes += sizes[end] ?? 0;
    if (bytes > mergedBytes) break;
  }
  return end;
}

/** How far merged objects go: what the first `objects` of them hold together. */
export interface MergedSoFar {
  readonly runId: string;
  readonly objects: number;
  /** Batches that are in them: the place of the next one. */
  readonly batches: number;
  readonly records: number;
  readonly bytes: number;
}

export const nothingMerged = (runId: string): MergedSoFar => ({
  runId,
  objects: 0,
  batches: 0,
  records: 0,
  bytes: 0,
});

/**
 * With one more merged object, ours or another's: like a batch, it says itself what it holds and
 * what follows. Progress counts from the beginning of the run, so both sums have to agree.
 * @throws DriplakeError lake, when it does not follow
 */
export function followedBy(before: MergedSoFar, key: string, record: CommitRecord): MergedSoFar {
  const { next } = record;
  const after = {
    runId: before.runId,
    objects: before.objects + 1,
    batches: next.sequence,
    records: before.records + record.records,
    bytes: before.bytes + record.bytes,
  };
  const follows =
    record.runId === before.runId &&
    record.sequence === before.objects &&
    after.batches > before.batches &&
    after.records === next.records &&
    after.bytes === next.bytes;
  if (follows) return after;
  throw new DriplakeError(
    Failure.lake,
    `${key} does not follow on the object before it: it is damaged, or something else wrote it.`,
    'Move its folder out of the lake: it is made again.',
  );
}

/** Whether merged objects hold what a run wrote, all of it and no more. */
export const isWhole = (
  merged: MergedSoFar,
  run: { readonly objects: number; readonly records: number; readonly bytes: number },
): boolean =>
  merged.batches === run.objects && merged.records === run.records && merged.bytes === run.bytes;

/** What a pass did with one stream. */
export interface StreamCompaction {
  readonly source: string;
  readonly stream: string;
  /** Runs that were compacted, their objects before and after, and what these took before. */
  readonly runs: number;
  readonly objectsBefore: number;
  readonly objectsAfter: number;
  readonly bytes: number;
  /** Objects removed that had been merged more than a day ago. */
  readonly removed: number;
  /** Objects that are merged and still there, for queries that began before. */
  readonly waiting: number;
  /** Objects and cursors removed of runs that will never be published. */
  readonly leftovers: number;
  /** One line for each run that could not be compacted, and why a stream is left alone. */
  readonly faults: readonly string[];
}
