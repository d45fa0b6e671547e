// What a compaction does with one run: swaps its objects for merged ones, removes those a day
// later, or removes what it left behind unpublished. A query sees the old objects or the new
// ones, never both, never neither. A run that may still be resumed is never touched.
//
// A run of 5,000 objects of 50 KB is merged into two. Its manifest is swapped to those at 03:00;
// the 5,000 stay for queries that began before, and are removed by the pass at 03:00 of the next
// day.
// Why: docs/decisions/009-compaction-a-run-at-a-time.md

import { COMPACT_GRACE_MS, DELETE_KEYS } from '../../core/bounds.ts';
import { DriplakeError, Failure } from '../../core/failures.ts';
import { isWhole, type RunObjects, type StreamCompaction } from '../../core/run/compaction.ts';
import type { StreamRun } from '../../core/run/run.ts';
import {
  batchKeys,
  compactedPrefix,
  manifestKey,
  type RunFolder,
  runPrefix,
} from '../../core/table/keys.ts';
import { type Manifest, readManifest } from '../../core/table/manifest.ts';
import type { Catalogue } from '../../ports/catalogue/catalogue.ts';
import type { Lake, LakeKeeping } from '../../ports/lake/lake.ts';
import type { Ports } from '../ports.ts';
import { type LakeAge, writtenMs } from './lake-age.ts';
import { mergeRun, readMerged } from './merge.ts';

/** What a compaction touches. */
export type CompactPorts = Pick<Ports, 'clock' | 'ledger' | 'journal'> & {
  readonly lake: Lake & LakeKeeping;
  readonly catalogue: Catalogue;
};

export interface StreamOptions {
  /** Stored bytes that a merged object should have. */
  readonly mergedBytes: number;
  /** Whether to stop now: what is left is done by the next pass. */
  readonly isLate: () => boolean;
  /** Gives up what is being done at once. */
  readonly signal?: AbortSignal;
  readonly onStep?: (step: CompactStep) => void;
}

/** What a long pass is at. */
export interface CompactStep {
  readonly source: string;
  readonly stream: string;
  readonly kind: 'merging' | 'removing';
  readonly runId: string;
  /** Batches merged of the run, or objects removed. */
  readonly done: number;
  readonly of?: number;
}

/** One stream's share of a pass; what was done is added up in `told`. */
export interface Pass {
  readonly ports: CompactPorts;
  readonly options: StreamOptions;
  readonly stream: Pick<RunFolder, 'source' | 'stream'>;
  readonly age: LakeAge;
  told: StreamCompaction;
}

type Ending = 'done' | 'late';

/**
 * Compacts a published run, or removes what was merged of it.
 * @param current the run that the stream is at; read after `place` was found in the lake
 * @throws DriplakeError lake or catalogue: the run is left as it is
 */
export async function tendRun(
  pass: Pass,
  place: RunFolder,
  objects: RunObjects,
  current: StreamRun,
): Promise<Ending> {
  // Published, but its finish may come again and count its batches then.
  if (current.runId === place.runId && current.status !== 'finished') return 'done';
  const key = manifestKey(place);
  const text = await pass.ports.lake.readText(key);
  if (text === undefined) return 'done';
  const reading = readManifest(text, key);
  const faults =
    reading.kind === 'damaged' ? reading.faults : strayFaults(place, reading.manifest);
  if (reading.kind === 'damaged' || faults.length > 0) throw damaged(faults);
  return reading.manifest.compacted
    ? removeMerged(pass, reading.manifest, reading.manifest.compacted.objects, objects)
    : compactRun(pass, text, reading.manifest);
}

const strayFaults = (place: RunFolder, manifest: Manifest): readonly string[] =>
  runPrefix(manifest) === runPrefix(place)
    ? []
    : [`${manifestKey(place)}: is the manifest of ${runPrefix(manifest)}`];

const damaged = (faults: readonly string[]): DriplakeError =>
  new DriplakeError(Failure.lake, `${faults.join('; ')}.`, 'The run is left as it is.');

/**
 * Lands the merged objects, then lets the catalogue point at them, then the manifest: each of these
 * is one step for its readers. The manifest comes last, so that its age tells how long nobody is
 * sent to the old objects any more.
 */
async function compactRun(pass: Pass, text: string, manifest: Manifest): Promise<Ending> {
  const { ports, options, stream } = pass;
  const { runId, date } = manifest;
  const merge = await mergeRun(
    {
      lake: ports.lake,
      mergedBytes: options.mergedBytes,
      isLate: options.isLate,
      signal: options.signal,
      onObject: (done, of) => options.onStep?.({ ...stream, kind: 'merging', runId, done, of }),
    },
    manifest,
  );
  if (merge.kind === 'late') return 'late';
  if (merge.kind === 'gone') {
    if (await isCompacted(ports.lake, manifest)) return 'done';
    throw damaged([`${manifestKey(manifest)}: ${merge.cause}`]);
  }
  const prefix = compactedPrefix(manifest);
  await ports.catalogue.moveRun(stream, { runId, date, prefix });
  const compacted = {
    objects: manifest.objects,
    at: new Date(ports.clock.nowMs()).toISOString(),
  };
  // Over what stands there, so that a field of a later version stays.
  const standing: object = JSON.parse(text);
  const next = { ...standing, prefix, objects: merge.objects, compacted };
  await ports.lake.writeText(manifestKey(manifest), `${JSON.stringify(next, null, 2)}\n`);
  const { told } = pass;
  pass.told = {
    ...told,
    runs: told.runs + 1,
    objectsBefore: told.objectsBefore + manifest.objects,
    objectsAfter: told.objectsAfter + merge.objects,
    bytes: told.bytes + merge.bytes,
    waiting: told.waiting + manifest.objects,
  };
  return 'done';
}

/** Whether another compaction has done it since the manifest was read. */
async function isCompacted(lake: Lake, manifest: Manifest): Promise<boolean> {
  const key = manifestKey(manifest);
  const reading = readManifest((await lake.readText(key)) ?? '', key);
  return reading.kind === 'manifest' && reading.manifest.compacted !== undefined;
}

/**
 * Removes the batches of a run that was compacted, when every query that may read them is over and
 * the merged objects are all there.
 */
async function removeMerged(
  pass: Pass,
  manifest: Manifest,
  batches: number,
  objects: RunObjects,
): Promise<Ending> {
  const { lake, catalogue } = pass.ports;
  const { runId, date, prefix } = manifest;
  // Asked after its text was read: it is not younger than this.
  const swappedMs = await writtenMs(lake, manifestKey(manifest));
  if (swappedMs === undefined || !(await pass.age.isOlder(swappedMs, COMPACT_GRACE_MS))) {
    pass.told = { ...pass.told, waiting: pass.told.waiting + objects.objects };
    return 'done';
  }
  const merged = await readMerged(lake, manifest, batches);
  const whole = isWhole(merged, { ...manifest, objects: batches });
  if (!whole || merged.objects !== manifest.objects) {
    throw damaged([`${prefix} does not hold all that its manifest says`]);
  }
  // A run that was published late, or moved by a compaction that died, is sent there now at last.
  await catalogue.moveRun(pass.stream, { runId, date, prefix });
  const kept = new Set(batchKeys(manifest));
  const onRemoved = (count: number): void => {
    pass.told = { ...pass.told, removed: pass.told.removed + count };
  };
  // In a folder, a compaction that was killed leaves half an object of which no reader knows.
  const ending = await removeAll(pass, {
    ...{ runId, prefix, onRemoved },
    isWanted: (key) => !kept.has(key),
  });
  const unmerged = { runId, prefix: runPrefix(manifest), onRemoved };
  return ending === 'late' ? 'late' : removeAll(pass, unmerged);
}

/** Removes the batches of a run that will never be published: the stream has gone on without it. */
export async function removeLeftover(
  pass: Pass,
  place: RunFolder,
  current: StreamRun,
): Promise<Ending> {
  // The ids of a stream's runs sort by time.
  if (place.runId >= current.runId) return 'done';
  if ((await pass.ports.lake.readText(manifestKey(place))) !== undefined) return 'done';
  const prefix = runPrefix(place);
  return removeAll(pass, { runId: place.runId, prefix, onRemoved: leftover(pass) });
}

/** Removes the long cursors of a run. */
export const removeCursors = (pass: Pass, runId: string, prefix: string): Promise<Ending> =>
  removeAll(pass, { runId, prefix, onRemoved: leftover(pass) });

const leftover =
  (pass: Pass) =>
  (count: number): void => {
    pass.told = { ...pass.told, leftovers: pass.told.leftovers + count };
  };

/** What of a run is removed. */
interface Removal {
  readonly runId: string;
  readonly prefix: string;
  readonly onRemoved: (count: number) => void;
  /** Everything, when absent. */
  readonly isWanted?: (key: string) => boolean;
}

/** Removes what lies under a prefix, as much at a time as one request takes. */
async function removeAll(
  { ports, options, stream }: Pass,
  { runId, prefix, onRemoved, isWanted = () => true }: Removal,
): Promise<Ending> {
  let keys: string[] = [];
  let done = 0;
  const remove = async (): Promise<void> => {
    if (keys.length === 0) return;
    await ports.lake.deleteObjects(keys);
    done += keys.length;
    onRemoved(keys.length);
    options.onStep?.({ ...stream, kind: 'removing', runId, done });
    keys = [];
  };
  for await (const { key } of ports.lake.listObjects(prefix)) {
    if (isWanted(key)) keys.push(key);
    if (keys.length < DELETE_KEYS) continue;
    await remove();
    if (options.isLate()) return 'late';
  }
  await remove();
  return 'done';
}
