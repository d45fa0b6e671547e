// Merges the batches of one finished run into few large objects, line by line in their order, byte
// for byte. What it lands is never changed: whoever merges the same run adopts it and goes on from
// there, so that a merge can be killed, doubled or late anywhere. It changes nothing that is read.

import { COMPACT_AHEAD, COMPACT_LINES_BYTES } from '../../core/bounds.ts';
import { DriplakeError, Failure } from '../../core/failures.ts';
import {
  endOfGroup,
  followedBy,
  isWhole,
  type MergedSoFar,
  nothingMerged,
} from '../../core/run/compaction.ts';
import type { CommitRecord } from '../../core/run/run.ts';
import { batchKey, compactedPrefix, runPrefix } from '../../core/table/keys.ts';
import type { Manifest } from '../../core/table/manifest.ts';
import type { Lake, LakeKeeping, WholeBatch } from '../../ports/lake/lake.ts';
import { readAhead } from '../../ports/lake/read-ahead.ts';

export interface Merging {
  readonly lake: Lake & LakeKeeping;
  /** Stored bytes of one merged object. */
  readonly mergedBytes: number;
  /** Whether it is too late to begin one more object. */
  readonly isLate: () => boolean;
  /** Gives up the object that is being merged. */
  readonly signal?: AbortSignal | undefined;
  /** Told after every object: batches merged so far, of all. */
  readonly onObject: (batches: number, of: number) => void;
}

export type Merge =
  /** Everything is merged; `bytes` of the batches as they are stored. */
  | { readonly kind: 'merged'; readonly objects: number; readonly bytes: number }
  /** There was no time for all of it. */
  | { readonly kind: 'late' }
  /** Batches are not there: lost, or another compaction was faster by a day. */
  | { readonly kind: 'gone'; readonly cause: string };

/** @throws DriplakeError lake, when the batches are not what the manifest says */
export async function mergeRun(merging: Merging, manifest: Manifest): Promise<Merge> {
  const sizes = await batchSizes(merging.lake, manifest);
  if (sizes.length !== manifest.objects) {
    const cause = `${manifest.objects - sizes.length} of ${manifest.objects} batches are missing.`;
    return { kind: 'gone', cause };
  }
  const target = compactedPrefix(manifest);
  let merged = await readMerged(merging.lake, manifest, manifest.objects);
  while (merged.batches < sizes.length) {
    if (merging.isLate()) return { kind: 'late' };
    const key = batchKey(target, merged.objects);
    const end = endOfGroup(sizes, merged.batches, merging.mergedBytes);
    const record = await landGroup(merging, manifest, merged, { end, key });
    if ('kind' in record) return record;
    merged = followedBy(merged, key, record);
    merging.onObject(merged.batches, sizes.length);
  }
  if (!isWhole(merged, manifest)) throw notWhole(target, manifest, merged);
  const bytes = sizes.reduce((sum, size) => sum + size, 0);
  return { kind: 'merged', objects: merged.objects, bytes };
}

/**
 * The merged objects of a run that follow each other from the first.
 * @param batches of the run: no merged object leads beyond them
 */
export async function readMerged(
  lake: Lake,
  manifest: Manifest,
  batches: number,
): Promise<MergedSoFar> {
  let merged = nothingMerged(manifest.runId);
  for await (const { key, record } of lake.readRecords(compactedPrefix(manifest))) {
    if (merged.batches < batches) merged = followedBy(merged, key, record);
  }
  return merged;
}

/** Stored bytes of each batch: 8 bytes a batch is all that is kept of the list. */
async function batchSizes(lake: LakeKeeping, manifest: Manifest): Promise<number[]> {
  const prefix = runPrefix(manifest);
  const sizes: number[] = [];
  for await (const { key, bytes } of lake.listObjects(prefix)) {
    if (key === batchKey(prefix, sizes.length)) sizes.push(bytes);
  }
  return sizes;
}

/**
 * Merges the batches up to `end`, or as many as have lines enough, into one object. Memory holds
 * what is merged of it, compressed, one batch, and the next one on its way.
 */
async function landGroup(
  { lake, signal }: Merging,
  manifest: Manifest,
  { objects, batches }: MergedSoFar,
  { end, key }: { readonly end: number; readonly key: string },
): Promise<CommitRecord | Exclude<Merge, { kind: 'merged' }>> {
  const places = Array.from({ length: end - batches }, (_, index) => batches + index);
  const keyOf = (place: number): string => batchKey(runPrefix(manifest), place);
  const read = async (place: number) => ({ place, batch: await lake.readWhole(keyOf(place)) });
  const draft = lake.openBatch();
  let sum: CommitRecord | undefined;
  for await (const { place, batch } of readAhead(places, COMPACT_AHEAD, read)) {
    if (!batch) return { kind: 'gone', cause: `${keyOf(place)} is missing.` };
    if (signal?.aborted) return { kind: 'late' };
    checkBatch(manifest, place, batch);
    await draft.append(batch.lines);
    sum = sum ? joined(sum, batch.record) : { ...batch.record, sequence: objects };
    if (sum.bytes >= COMPACT_LINES_BYTES) break;
  }
  if (!sum) throw new Error('a group has at least one batch');
  const landing = await lake.landBatch(key, draft, sum);
  return landing.kind === 'exists' ? landing.record : sum;
}

function checkBatch(manifest: Manifest, place: number, { record, lines }: WholeBatch): void {
  const { runId, sequence, bytes } = record;
  if (runId === manifest.runId && sequence === place && bytes === lines.length) return;
  const key = batchKey(runPrefix(manifest), place);
  throw new DriplakeError(
    Failure.lake,
    `${key} is not what its commit record says: ${bytes} bytes of batch ${sequence} of ${runId}.`,
    'Something else changed the lake. The run is left as it is.',
  );
}

/** The commit record of two neighbours as one: from the first one's beginning to the last's end. */
const joined = (before: CommitRecord, { pages, records, bytes, next }: CommitRecord) => ({
  ...before,
  pages: before.pages + pages,
  records: before.records + records,
  bytes: before.bytes + bytes,
  next,
});

const notWhole = (target: string, manifest: Manifest, merged: MergedSoFar): DriplakeError =>
  new DriplakeError(
    Failure.lake,
    `${target} holds ${merged.records} records of ${merged.batches} batches, the run has ${manifest.records} of ${manifest.objects}.`,
    'The run is left as it is.',
  );
