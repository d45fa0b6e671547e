// What the partition list of a run is made of, fixed before its first piece: which published runs
// of the parent, which list of an earlier run, which values beside them. It is written once, and
// who comes second takes what stands: what the parent brings meanwhile is of the next run.
//
// Run R5 of `comments` begins when `issues` has published R1 (whole), R2 and R4, and R3 of `comments`
// used R1 and R2: its origin is `{"runs":["R4"],"used":{"issues":"R4"},"before":{"runId":"R3",...}}`.

import * as z from 'zod/mini';
import { PARENT_RUNS, PARENT_VALUES } from '../../core/bounds.ts';
import { DriplakeError, Failure } from '../../core/failures.ts';
import { keepsWalk } from '../../core/page/walk.ts';
import { listSettings } from '../../core/partition/factors.ts';
import { bringsChanges, type ParentSpec, parentsOf } from '../../core/partition/parents.ts';
import { seenSet } from '../../core/partition/seen.ts';
import type { ParentRow, PartitionValues } from '../../core/partition/values.ts';
import type { StreamRun, StreamState } from '../../core/run/run.ts';
import type { Source, Stream } from '../../core/source/source.ts';
import { manifestsPrefix, originKey, runIdOfManifest, startOfRun } from '../../core/table/keys.ts';
import type { Manifest } from '../../core/table/manifest.ts';
import type { Lake, LakeKeeping } from '../../ports/lake/lake.ts';
import { identityOfParent, manifestOf, rowsOfRun } from './parent-rows.ts';
import type { ListName } from './pieces.ts';

const valuesSchema = z.record(z.string(), z.string());
const originSchema = z.strictObject({
  /** Ids of published runs of the first parent, the newest first. */
  runs: z.readonly(z.array(z.string())),
  /** The newest run used of each parent. */
  used: z.record(z.string(), z.string()),
  /** The list of the stream's last finished run; `isKept`: its partitions are walked again. */
  before: z.exactOptional(
    z.strictObject({ runId: z.string(), partitions: z.int(), isKept: z.boolean() }),
  ),
  /** Values of each parent but the first. */
  others: z.readonly(z.array(z.readonly(z.array(valuesSchema)))),
  /** Settings as they were: lists may be made of them. */
  settings: valuesSchema,
});

export type Origin = Readonly<z.infer<typeof originSchema>>;

/** The run whose partitions are listed, and where. */
export interface Listing {
  readonly lake: Lake & Pick<LakeKeeping, 'listObjects'>;
  readonly source: Source;
  readonly settings: Readonly<Record<string, string>>;
  readonly stream: Stream;
  readonly state: StreamState;
  readonly run: StreamRun;
}

export const listOf = ({ state, run }: Pick<Listing, 'state' | 'run'>): ListName => ({
  source: state.source,
  stream: state.stream,
  runId: run.runId,
});

/** The origin of the run's list, made now where none stands. @throws DriplakeError incomplete */
export async function fixOrigin(listing: Listing): Promise<Origin> {
  const { lake } = listing;
  const key = originKey(listOf(listing));
  const standing = await lake.readText(key);
  if (standing !== undefined) return readOrigin(standing, key);
  const origin = await makeOrigin(listing);
  const made = await lake.createText(key, `${JSON.stringify(origin)}\n`);
  return made === 'created' ? origin : readOrigin((await lake.readText(key)) ?? '', key);
}

function readOrigin(text: string, key: string): Origin {
  const read = parsed(text);
  if (read) return read;
  throw new DriplakeError(
    Failure.incomplete,
    `${key} is damaged, the beginning of the partition list.`,
    'The next run reads this stream again.',
  );
}

function parsed(text: string): Origin | undefined {
  try {
    return originSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

async function makeOrigin(listing: Listing): Promise<Origin> {
  const { source, stream } = listing;
  const parents = parentsOf(source, stream);
  const earlier = await readBefore(listing);
  const used: Record<string, string> = {};
  const read: ReadParent[] = [];
  for (const [index, spec] of parents.entries()) {
    const after = earlier?.used[spec.parent];
    const runs = await runsOf(listing, spec, after);
    const newest = runs[0]?.runId ?? after;
    if (newest !== undefined) used[spec.parent] = newest;
    read.push({ spec, runs, known: earlier?.others[index - 1] ?? [] });
  }
  const [first, ...others] = read;
  const isWhole = !first || !parentChanges(source, first.spec);
  // In a product, what is new of one goes with all that is known of the others.
  const isKept = !isWhole && (others.length > 0 || first.spec.of === 'all');
  return {
    runs: first?.runs.map(({ runId }) => runId) ?? [],
    used,
    ...(earlier ? { before: { ...earlier.list, isKept } } : {}),
    others: await Promise.all(others.map((one) => allValuesOf(listing, one))),
    settings: settingsOf(listing),
  };
}

/** A parent, and what of it is read. */
interface ReadParent {
  readonly spec: ParentSpec;
  readonly runs: readonly Manifest[];
  /** Values that an earlier origin has of it. */
  readonly known: readonly PartitionValues[];
}

const settingsOf = ({ settings, stream }: Listing): Readonly<Record<string, string>> =>
  Object.fromEntries(
    listSettings(stream).flatMap((name) => {
      const value = settings[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

const parentChanges = (source: Source, { parent }: ParentSpec): boolean =>
  source.streams.some((one) => one.name === parent && bringsChanges(source, one));

/** What the stream's last finished run listed; nothing where that means nothing to this one. */
async function readBefore({ lake, source, stream, state, run }: Listing) {
  const { listed } = state;
  if (!listed || run.fullRefresh || !keepsWalk(listed.walk, source, stream)) {
    return undefined;
  }
  const { runId, partitions } = listed;
  const key = originKey({ source: state.source, stream: state.stream, runId });
  // Where it is gone, everything is read again: more than needed, never less.
  const origin = parsed((await lake.readText(key)) ?? '');
  return origin && { ...origin, list: { runId, partitions } };
}

/**
 * The parent's published runs that count, the newest first: of one that reads everything each time
 * the last, of one that reads what changed those behind `after`, and none before a full refresh.
 */
async function runsOf(
  { lake, source }: Listing,
  spec: ParentSpec,
  after: string | undefined,
): Promise<readonly Manifest[]> {
  const at = { source: source.name, stream: spec.parent };
  const ids: string[] = [];
  for await (const { key } of lake.listObjects(manifestsPrefix(at))) {
    const runId = runIdOfManifest(key);
    if (runId !== undefined && startOfRun(runId) > 0) ids.push(runId);
  }
  const runs: Manifest[] = [];
  for (const runId of ids.toReversed()) {
    const changes = parentChanges(source, spec);
    if (changes && after !== undefined && runId <= after) break;
    const manifest = await manifestOf(lake, { ...at, runId });
    runs.push(manifest);
    if (!changes || manifest.fullRefresh) break;
    if (runs.length === PARENT_RUNS) throw tooMany(spec, `${PARENT_RUNS} runs`);
  }
  return runs;
}

/** All values of a parent that stands inside another one: each of them goes with each of these. */
async function allValuesOf(
  { lake }: Listing,
  { spec, runs, known }: ReadParent,
): Promise<PartitionValues[]> {
  const seen = seenSet();
  const found: PartitionValues[] = [];
  const add = ({ values, isGone }: ParentRow): void => {
    if (!seen.add(identityOfParent(spec)(values)) || isGone) return;
    found.push(values);
    if (found.length > PARENT_VALUES) throw tooMany(spec, `${PARENT_VALUES} records`);
  };
  for (const manifest of runs) {
    for await (const { rows } of rowsOfRun(lake, manifest, spec, 0)) {
      for (const row of rows) if (row) add(row);
    }
  }
  for (const values of known) add({ values, isGone: false });
  return found;
}

const tooMany = ({ parent, as }: ParentSpec, what: string): DriplakeError =>
  new DriplakeError(
    Failure.configuration,
    `More than ${what} of ${parent} would have to be read for {${as}}.`,
    `Run ${parent} with --full-refresh, or declare the parent with the most records first.`,
  );
