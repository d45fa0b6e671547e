// Reads the manifests of a lake folder into table models. Only finished runs count; what is
// damaged or missing leaves its stream out and is named, so that one bad file hides neither
// itself nor the rest.

import path from 'node:path';
import { HEADS_AT_ONCE } from '../../shared/core/bounds.ts';
import { DriplakeError, Failure } from '../../shared/core/failures.ts';
import { describeLeftOut, joinColumns, tableColumns } from '../../shared/core/table/columns.ts';
import { batchKey, batchKeys } from '../../shared/core/table/keys.ts';
import type { Manifest } from '../../shared/core/table/manifest.ts';
import { modelOf } from '../../shared/core/table/published-table.ts';
import {
  describeNoSchema,
  replacesEarlier,
  type TableModel,
  type TableRun,
  tableNames,
} from '../../shared/core/table/views.ts';
import { readAhead } from '../../shared/ports/lake/read-ahead.ts';
import {
  entriesOf,
  manifestFiles,
  manifestsFolder,
  readManifestFile,
  type StreamFolder,
  streamsIn,
} from './manifest-files.ts';

/** A stream with its finished runs in order, their files as full paths. */
export interface LakeTable {
  readonly model: TableModel;
  readonly runs: readonly TableRun[];
}

export interface LakeTables {
  readonly tables: readonly LakeTable[];
  /** One line for each thing that keeps a stream out of the tables, or a column out of one. */
  readonly faults: readonly string[];
}

/** Fails with `Driplake.Lake` when there is no lake, or no finished run in it. */
export async function readLakeTables(lakeDir: string): Promise<LakeTables> {
  const streams = await listStreams(lakeDir);
  const tables: LakeTable[] = [];
  const faults: string[] = [];
  const names = new Map<string, string>();
  for (const stream of streams) {
    const read = await readStream(lakeDir, stream);
    const clash = noSchema(lakeDir, stream) ?? clashOf(stream, names);
    if (clash !== undefined) faults.push(clash);
    else if (read.faults.length > 0) faults.push(...read.faults);
    else if (read.manifests.length > 0) {
      const columns = columnsOf(read.manifests);
      const own = `${stream.source}/${stream.stream}`;
      faults.push(...describeLeftOut(columns).map((told) => `${own}: ${told}`));
      tables.push(tableOf(lakeDir, read.manifests, tableColumns(columns)));
    }
  }
  return { tables, faults };
}

async function listStreams(lakeDir: string): Promise<StreamFolder[]> {
  const remedy = 'Run `driplake run <source>` first, or name the folder with `--lake`.';
  if ((await entriesOf(lakeDir)) === undefined) {
    throw new DriplakeError(Failure.lake, `There is no lake folder at ${lakeDir}.`, remedy);
  }
  const places = await streamsIn(lakeDir);
  if (places.length === 0) {
    throw new DriplakeError(Failure.lake, `No run has finished in the lake ${lakeDir}.`, remedy);
  }
  return places;
}

async function readStream(lakeDir: string, { source, stream }: StreamFolder) {
  const folder = manifestsFolder(lakeDir, { source, stream });
  const files = await manifestFiles(folder);
  const runs = readAhead(files, HEADS_AT_ONCE, async (file) => {
    const where = path.join(folder, file);
    const read = await readManifestFile(where);
    if (read.kind === 'damaged') return { manifests: [], faults: read.faults };
    const faults = await faultsOf(lakeDir, read.manifest, `${source}/${stream}/${file}`, where);
    return { manifests: [read.manifest], faults };
  });
  const manifests: Manifest[] = [];
  const faults: string[] = [];
  for await (const run of runs) {
    manifests.push(...run.manifests);
    faults.push(...run.faults);
  }
  return { manifests: manifests.sort(byBegin), faults };
}

/** A manifest must stand where it says it stands, and every batch it lists must be there. */
async function faultsOf(lakeDir: string, manifest: Manifest, place: string, where: string) {
  const { source, stream, runId, prefix } = manifest;
  const own = `${source}/${stream}/${runId}.json`;
  if (own !== place) return [`${where}: is the manifest ${own} in another one's place`];
  if (manifest.objects === 0) return [];
  const present = new Set((await entriesOf(path.join(lakeDir, prefix)))?.map(({ name }) => name));
  // Never more steps than there are files, whatever number a damaged manifest tells.
  let sound = 0;
  while (sound < manifest.objects && present.has(nameOf(sound))) sound += 1;
  if (sound === manifest.objects) return [];
  const there = [...present].filter((name) => name < nameOf(manifest.objects) && isBatch(name));
  const lost = `${manifest.objects - there.length} of ${manifest.objects} batches are missing`;
  return [`${where}: ${lost}, the first is ${path.join(lakeDir, batchKey(prefix, sound))}`];
}

const nameOf = (sequence: number): string => batchKey('', sequence);
const isBatch = (name: string): boolean => /^\d{8}\.ndjson\.gz$/.test(name);

/** As they began: a stream has one run at a time, but a finish that froze may be written late. */
function byBegin(a: Manifest, b: Manifest): number {
  const byTime = Date.parse(a.startedAt) - Date.parse(b.startedAt);
  return byTime !== 0 ? byTime : a.runId < b.runId ? -1 : 1;
}

function noSchema(lakeDir: string, { source, stream }: StreamFolder): string | undefined {
  const why = describeNoSchema(source);
  const lines = `Its lines are in ${path.join(lakeDir, source, stream)}/.`;
  return why === undefined ? undefined : `${source}/${stream}: ${why} ${lines}`;
}

/** `a-b` and `a_b` are one name in SQL, and so are `x_history` and the history of `x`. */
function clashOf(place: StreamFolder, names: Map<string, string>): string | undefined {
  const { schema, current, history } = tableNames(place);
  const wanted = [current, history].map((table) => `${schema}.${table}`);
  const own = `${place.source}/${place.stream}`;
  const taken = wanted.find((name) => names.has(name));
  if (taken !== undefined) return `${own}: its table ${taken} is also that of ${names.get(taken)}`;
  for (const name of wanted) names.set(name, own);
  return undefined;
}

const columnsOf = (manifests: readonly Manifest[]): TableModel['columns'] =>
  manifests.reduce<TableModel['columns']>(
    (columns, manifest) => joinColumns(columns, manifest.columns),
    [],
  );

/** The last run says what the stream is; the columns are those of all runs. */
function tableOf(
  lakeDir: string,
  manifests: readonly Manifest[],
  columns: TableModel['columns'],
): LakeTable {
  const last = manifests[manifests.length - 1];
  if (last === undefined) throw new Error('a table needs at least one manifest');
  const model: TableModel = {
    ...modelOf(last),
    columns,
    lenient: manifests.some((manifest) => manifest.lenient === true),
  };
  const runs = manifests.map((manifest) => ({
    runId: manifest.runId,
    replacesEarlier: replacesEarlier(manifest),
    files: batchKeys(manifest).map((key) => path.join(lakeDir, key)),
  }));
  return { model, runs };
}
