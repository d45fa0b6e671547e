// Compacts a lake: finished runs of many small objects become few large ones, what was merged is
// removed a day later, and so is what a run left behind that will never be published. Streams that
// the ledger does not know are left alone: it may be the ledger of another lake.
//
// Why: docs/decisions/009-compaction-a-run-at-a-time.md

import { LEFTOVER_MS } from '../../core/bounds.ts';
import { DriplakeError, explain, Failure } from '../../core/failures.ts';
import {
  isWorthMerging,
  noObjects,
  type RunObjects,
  type StreamCompaction,
  withObject,
} from '../../core/run/compaction.ts';
import type { StreamRun, StreamState } from '../../core/run/run.ts';
import {
  batchesPrefix,
  cursorsPrefix,
  isBatchKey,
  isName,
  manifestsPrefix,
  mergedPrefix,
  partitionsPrefix,
  type RunFolder,
  runIdOfManifest,
  runOfKey,
} from '../../core/table/keys.ts';
import type { LakeObject } from '../../ports/lake/lake.ts';
import {
  type CompactPorts,
  type Pass,
  removeCursors,
  removeLeftover,
  type StreamOptions,
  tendRun,
} from './compact-run.ts';
import { openLakeAge } from './lake-age.ts';

export interface CompactOptions extends StreamOptions {
  /** Only this source, or this stream of it. */
  readonly source?: string | undefined;
  readonly stream?: string | undefined;
}

export interface CompactReport {
  /** Whether the time was over before the work. */
  readonly more: boolean;
  readonly streams: readonly StreamCompaction[];
}

type Stream = Pick<RunFolder, 'source' | 'stream'>;

/**
 * One pass over the lake, or over a part of it.
 * @throws DriplakeError configuration, when the lake has no such source or stream; whatever the
 * services throw: what is done stays done
 */
export async function compactLake(
  ports: CompactPorts,
  options: CompactOptions,
): Promise<CompactReport> {
  const streams: StreamCompaction[] = [];
  const age = openLakeAge(ports);
  for (const stream of await streamsOf(ports, options)) {
    if (options.isLate()) return { more: true, streams };
    const pass: Pass = { ports, options, stream, age, told: { ...stream, ...NOTHING } };
    const more = (await compactStream(pass)) === 'late';
    streams.push(pass.told);
    const { runs, removed, leftovers, faults } = pass.told;
    if (runs + removed + leftovers + faults.length > 0) {
      ports.journal.note({ kind: 'compaction', ...pass.told });
    }
    if (more) return { more, streams };
  }
  return { more: false, streams };
}

const NOTHING: Omit<StreamCompaction, keyof Stream> = {
  runs: 0,
  objectsBefore: 0,
  objectsAfter: 0,
  bytes: 0,
  removed: 0,
  waiting: 0,
  leftovers: 0,
  faults: [],
};

/** The streams of the lake that are asked for, by their folders. */
async function streamsOf({ lake }: CompactPorts, wanted: CompactOptions): Promise<Stream[]> {
  const sources = await names(lake.listFolders(''));
  const found: Stream[] = [];
  for (const source of chosen('source', sources, wanted.source)) {
    const streams = await names(lake.listFolders(`${source}/`));
    for (const stream of chosen(`stream of ${source}`, streams, wanted.stream)) {
      found.push({ source, stream });
    }
  }
  return found;
}

async function names(folders: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = [];
  for await (const name of folders) if (isName(name)) found.push(name);
  return found;
}

function chosen(what: string, all: readonly string[], wanted: string | undefined) {
  if (wanted === undefined) return all;
  if (all.includes(wanted)) return [wanted];
  throw new DriplakeError(
    Failure.configuration,
    `The lake has no ${what} ${JSON.stringify(wanted)}.`,
    all.length === 0 ? 'It has none at all.' : `It has: ${all.join(', ')}.`,
  );
}

async function compactStream(pass: Pass): Promise<'done' | 'late'> {
  const { options, stream } = pass;
  const { lake } = pass.ports;
  // Whatever is listed has begun before the ledger is read: of that, what is not current then never
  // will be again.
  const merged = await runIdsIn(lake.listObjects(mergedPrefix(stream)));
  const published = await runIdsIn(lake.listObjects(manifestsPrefix(stream)));
  for await (const { run, objects } of runsOf(pass)) {
    if (options.isLate()) return 'late';
    const isPublished = published.has(run.runId);
    const wanted = isPublished
      ? isWorthMerging(objects) || merged.has(run.runId)
      : await isOld(pass, objects.newestMs);
    if (!wanted) continue;
    const current = await currentRun(pass);
    if (!current) return 'done';
    const ending = isPublished
      ? await unlessFaulty(pass, run.runId, () => tendRun(pass, run, objects, current))
      : await removeLeftover(pass, run, current);
    if (ending === 'late') return 'late';
  }
  return (await removeOld(pass, cursorsPrefix(stream))) === 'late'
    ? 'late'
    : removeOld(pass, partitionsPrefix(stream));
}

/** Ids of the runs whose manifests or objects these are. */
async function runIdsIn(objects: AsyncIterable<LakeObject>): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for await (const { key } of objects) {
    const runId = runOfKey(key)?.runId ?? runIdOfManifest(key);
    if (runId !== undefined) found.add(runId);
  }
  return found;
}

interface ListedRun {
  readonly run: RunFolder;
  readonly objects: RunObjects;
}

/** The runs of the stream by their own objects, one after the other. */
async function* runsOf({ ports, options, stream }: Pass): AsyncIterable<ListedRun> {
  let last: ListedRun | undefined;
  for await (const object of ports.lake.listObjects(batchesPrefix(stream))) {
    const { date, runId } = runOfKey(object.key) ?? { date: '', runId: '' };
    const same = last?.run.runId === runId && last.run.date === date;
    if (last && !same) yield last;
    const before = last && same ? last.objects : noObjects;
    const objects = withObject(before, object, options.mergedBytes, isBatchKey(object.key));
    last = { run: { ...stream, date, runId }, objects };
  }
  if (last) yield last;
}

const isOld = ({ age }: Pass, newestMs: number): Promise<boolean> =>
  age.isOlder(newestMs, LEFTOVER_MS);

/** The run that the stream is at; none, where the ledger does not know the stream. */
const currentRun = async (pass: Pass): Promise<StreamRun | undefined> =>
  (await currentState(pass))?.run;

async function currentState(pass: Pass): Promise<StreamState | undefined> {
  const { source, stream } = pass.stream;
  const state = await pass.ports.ledger.readStream(source, stream);
  if (!state?.run) {
    const fault = `The ledger does not know ${source}.${stream}: it is left alone.`;
    pass.told = { ...pass.told, faults: [...pass.told.faults, fault] };
  }
  return state;
}

/** A run that is not what it should be is left as it is, and does not hold up the others. */
async function unlessFaulty(
  pass: Pass,
  runId: string,
  act: () => Promise<'done' | 'late'>,
): Promise<'done' | 'late'> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof DriplakeError)) throw error;
    const fault = `${pass.stream.source}.${pass.stream.stream} ${runId}: ${explain(error)}`;
    pass.told = { ...pass.told, faults: [...pass.told.faults, fault] };
    return 'done';
  }
}

/**
 * Long cursors and lists of partitions of runs that are over. Nobody goes on from them, but the
 * next run from the list of the last one that has finished.
 */
async function removeOld(pass: Pass, folder: string): Promise<'done' | 'late'> {
  const { lake } = pass.ports;
  const runIds: string[] = [];
  for await (const runId of lake.listFolders(folder)) runIds.push(runId);
  if (runIds.length === 0) return 'done';
  const state = await currentState(pass);
  const current = state?.run;
  for (const runId of current ? runIds : []) {
    if (runId === state?.listed?.runId) continue;
    if (pass.options.isLate()) return 'late';
    let newestMs = 0;
    for await (const { modifiedMs } of lake.listObjects(`${folder}${runId}/`)) {
      newestMs = Math.max(newestMs, modifiedMs);
    }
    if (!current || runId >= current.runId || !(await isOld(pass, newestMs))) continue;
    if ((await removeCursors(pass, runId, `${folder}${runId}/`)) === 'late') return 'late';
  }
  return 'done';
}
