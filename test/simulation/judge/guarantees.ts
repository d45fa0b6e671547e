// What a published run promises, by the kind of its stream, as a judge who knows every version of
// every row can tell it.
//
// - Data that stands still: the rows of the API, byte for byte, in its order.
// - A walk by key over data that moves: each row that stood the whole time once, no row twice, in
//   the order of the key, every line one that the API had in that time.
// - Overlapping offsets over rows that come and go anywhere: the same, in the order of the list; a
//   gap is told only where rows vanished.
// - Versions: each (row, version) once over all runs since the last full refresh, in order, and all
//   rows that stand at a version up to the watermark.
// - Changes by time: no (row, time) twice in one run, and over all runs every row that stands at a
//   time before the watermark.

import type { StreamState } from '../../../shared/core/run/run.ts';
import type { Manifest } from '../../../shared/core/table/manifest.ts';
import type { SimStream } from '../sim-source.ts';
import type { Version } from '../world/pages.ts';
import type { SimServer } from '../world/server.ts';
import type { StoredBatch } from '../world/sim-lake.ts';

export interface Published {
  readonly manifest: Manifest;
  /** True time of its manifest. */
  readonly publishedAtMs: number;
  /** A run that began later was published before it. */
  readonly isLate: boolean;
  /** True time of the run's first claim. */
  readonly begunAtMs: number;
  /** As they were when the manifest was written. */
  readonly batches: readonly (StoredBatch & { readonly key: string })[];
}

/** The faults of a run at the moment it is published. */
export function judgePublished(
  stream: SimStream,
  run: Published,
  earlier: readonly Published[],
  server: SimServer,
  nowMs: number,
): string[] {
  const untrue = judgeManifest(run);
  if (stream.kind === 'children') return untrue;
  const lines = linesOf(run);
  const history = new Map(server.history(stream.name).map((row) => [row.line, row]));
  const rows = lines.flatMap((line) => history.get(line) ?? []);
  if (rows.length < lines.length) return [...untrue, 'it holds a line that the API never had'];
  const standing = server.rows(stream.name);
  switch (stream.kind) {
    case 'shifting':
      return [...untrue, ...judgeShifting(run, rows, server.history(stream.name), standing)];
    case 'keyset':
      return [...untrue, ...judgeWalk(run, rows, standing, nowMs)];
    case 'version':
      return [...untrue, ...judgeVersions(run, rows, earlier, history, standing)];
    case 'changes':
      return [...untrue, ...judgeChanges(stream, run, rows, earlier, { history, standing })];
    default:
      return [...untrue, ...judgeSame(lines, standing)];
  }
}

/** The batches follow each other without a gap and are what the manifest counts. */
function judgeManifest({ manifest, batches }: Published): string[] {
  const faults: string[] = [];
  const lines = batches.reduce((sum, batch) => sum + batch.lines.split('\n').length - 1, 0);
  const bytes = batches.reduce((sum, batch) => sum + Buffer.byteLength(batch.lines), 0);
  if (batches.some(({ record }, place) => record.sequence !== place)) faults.push('it has a gap');
  if (batches.length !== manifest.objects) {
    faults.push(`it says ${manifest.objects} objects, there are ${batches.length}`);
  }
  if (lines !== manifest.records) {
    faults.push(`it says ${manifest.records} records, there are ${lines}`);
  }
  if (bytes !== manifest.bytes) faults.push(`it says ${manifest.bytes} bytes, there are ${bytes}`);
  return faults;
}

function judgeSame(lines: readonly string[], standing: readonly Version[]): string[] {
  const wanted = standing.map((row) => row.line);
  if (lines.join() === wanted.join()) return [];
  const lost = wanted.filter((line) => !lines.includes(line)).length;
  return [`it holds ${lines.length} of ${wanted.length} rows, ${lost} lost, or in another order`];
}

function judgeWalk(
  { begunAtMs }: Published,
  rows: readonly Version[],
  standing: readonly Version[],
  nowMs: number,
): string[] {
  const faults = judgeOrder(rows, (row) => row.id);
  const stale = rows.find((row) => row.untilMs < begunAtMs || row.fromMs > nowMs);
  if (stale) faults.push(`it holds a row from another time: ${stale.line}`);
  const ids = new Set(rows.map((row) => row.id));
  // A row that was touched meanwhile has a later version of the same id: it still must be there.
  const lost = standing.find((row) => !ids.has(row.id) && row.fromMs < begunAtMs);
  if (lost) faults.push(`it lost ${lost.line}`);
  return faults;
}

function judgeShifting(
  { begunAtMs, manifest }: Published,
  rows: readonly Version[],
  history: readonly Version[],
  standing: readonly Version[],
): string[] {
  const faults: string[] = [];
  const stale = rows.find((row) => row.untilMs < begunAtMs);
  if (stale) faults.push(`it holds a row from another time: ${stale.line}`);
  const old = new Set(history.filter((row) => row.fromMs < begunAtMs).map((row) => row.id));
  const stood = standing.map((row) => row.id).filter((id) => old.has(id));
  const ids = rows.map((row) => row.id);
  const gaps = manifest.moved?.gaps ?? 0;
  if (gaps > 0) {
    const vanished = history.some((row) => row.untilMs >= begunAtMs && row.untilMs < Infinity);
    return vanished ? faults : [...faults, 'it tells of a gap, though no row vanished'];
  }
  if (new Set(ids).size < ids.length) faults.push(`it holds a row twice: ${ids}`);
  const held = ids.filter((id) => stood.includes(id));
  if (held.join() !== stood.join()) faults.push(`it holds ${held} of ${stood}, which stood`);
  return faults;
}

function judgeVersions(
  { manifest }: Published,
  rows: readonly Version[],
  earlier: readonly Published[],
  history: ReadonlyMap<string, Version>,
  standing: readonly Version[],
): string[] {
  const faults = judgeOrder(rows, (row) => row.version);
  const before = rowsSince(earlier, manifest, history);
  const seen = new Set(before.map((row) => row.line));
  const twice = rows.find((row) => seen.has(row.line));
  if (twice) faults.push(`it repeats ${twice.line}`);
  for (const row of rows) seen.add(row.line);
  const watermark = Number(manifest.watermark?.value ?? 0);
  const lost = standing.find((row) => row.version <= watermark && !seen.has(row.line));
  if (lost) faults.push(`it moved the watermark to ${watermark} and lost ${lost.line}`);
  return faults;
}

/** Every version there ever was, by its line, and those that stand now. */
interface Api {
  readonly history: ReadonlyMap<string, Version>;
  readonly standing: readonly Version[];
}

function judgeChanges(
  { listsById }: SimStream,
  { manifest }: Published,
  rows: readonly Version[],
  earlier: readonly Published[],
  { history, standing }: Api,
): string[] {
  const faults: string[] = [];
  const seen = new Set(rows.map((row) => row.line));
  if (seen.size < rows.length) faults.push('it holds a change twice');
  const placeOf = (row: Version | undefined): number => (listsById ? row?.id : row?.at) ?? 0;
  const order = rows.findIndex((row, index) => placeOf(row) < placeOf(rows[index - 1]));
  if (order >= 0) faults.push(`row ${order} is out of order`);
  for (const row of rowsSince(earlier, manifest, history)) seen.add(row.line);
  const watermark = Date.parse(String(manifest.watermark?.value ?? '')) - SETTLING_MS;
  const lost = standing.find((row) => row.at * 1000 < watermark && !seen.has(row.line));
  if (lost) faults.push(`it moved the watermark past ${lost.line}, which is lost`);
  return faults;
}

/** Changes of the last minutes may come with the next run, which looks back as far. */
const SETTLING_MS = 100_000;

function judgeOrder(rows: readonly Version[], place: (row: Version) => number): string[] {
  const at = rows.findIndex((row, index) => index > 0 && place(row) <= placeOf(rows[index - 1]));
  return at < 0 ? [] : [`row ${at} comes twice or out of order: ${rows[at]?.line}`];
  function placeOf(row: Version | undefined): number {
    return row ? place(row) : 0;
  }
}

/** Rows of the runs that count together with this one: those since the last full refresh. */
function rowsSince(
  earlier: readonly Published[],
  manifest: Manifest,
  history: ReadonlyMap<string, Version>,
): Version[] {
  if (manifest.fullRefresh) return [];
  const fresh = earlier.findLastIndex((run) => run.manifest.fullRefresh);
  return earlier
    .slice(Math.max(0, fresh))
    .flatMap((run) => linesOf(run).flatMap((line) => history.get(line) ?? []));
}

export const linesOf = ({ batches }: Published): string[] =>
  batches.flatMap((batch) => batch.lines.split('\n').slice(0, -1));

/** What must hold of a stream when the last, calm run has ended. */
export function judgeEnd(
  { name, kind }: SimStream,
  state: StreamState | undefined,
  published: readonly Published[],
  linesNow: (run: Published) => string,
  server: SimServer,
): string[] {
  const faults: string[] = [];
  const last = published.at(-1);
  if (!last) return [`${name} was never published`];
  if (state?.holder !== '') faults.push(`${name} is still held by ${state?.holder}`);
  if (state?.run?.status !== 'finished') faults.push(`${name} ends ${state?.run?.status}`);
  for (const run of published) {
    if (linesNow(run) !== run.batches.map((batch) => batch.lines).join('')) {
      faults.push(`${run.manifest.prefix} changed after it was published`);
    }
  }
  if (kind === 'children') return faults;
  const standing = server.rows(name);
  if (kind !== 'version' && kind !== 'changes') {
    const same = judgeSame(linesOf(last), standing);
    return [...faults, ...same.map((fault) => `${name}, the last run: ${fault}`)];
  }
  const fresh = published.findLastIndex((run) => run.manifest.fullRefresh);
  const lines = new Set(published.slice(Math.max(0, fresh)).flatMap(linesOf));
  const lost = standing.filter((row) => !lines.has(row.line));
  if (lost.length > 0) faults.push(`${name} lost ${lost.map((row) => row.line).join()}`);
  return faults;
}
