// Publishes a whole run: the manifest, which is written once and makes it visible, `schema.json`
// beside it, and the tables of the catalogue. Every step can be repeated; what stands in the lake
// counts, so that one who comes late neither changes it nor tells anything else.
// Why: docs/decisions/010-one-model-two-catalogues.md

import { DriplakeError, Failure } from '../../core/failures.ts';
import { bringsChanges } from '../../core/partition/parents.ts';
import { countsOf } from '../../core/run/report.ts';
import type { StreamRun } from '../../core/run/run.ts';
import { manifestKey, manifestsPrefix, runPrefix, schemaKey } from '../../core/table/keys.ts';
import { type Manifest, readManifest } from '../../core/table/manifest.ts';
import { modelOf, publishedRun } from '../../core/table/published-table.ts';
import { isOlderSchema, schemaText } from '../../core/table/schema-file.ts';
import { allColumns, columnsDrift, columnsOfRun } from '../../core/table/stream-columns.ts';
import type { LakePorts, PublishPorts } from '../ports.ts';
import { type DrainedRun, nextWatermark } from './whole.ts';

/**
 * @returns the manifest that stands now
 * @throws DriplakeError lake, when a damaged one stood there; catalogue
 */
export async function publishRun(ports: PublishPorts, drained: DrainedRun): Promise<Manifest> {
  const manifest = await standingManifest(ports, await manifestOf(ports, drained));
  await writeSchema(ports, manifest);
  await publishEarlier(ports, manifest);
  await ports.catalogue.publishRun(modelOf(manifest), publishedRun(manifest));
  return manifest;
}

/**
 * Runs before this one that have a manifest and no table: they were finished when there was no
 * catalogue, or died right behind the manifest and were never taken up again.
 */
async function publishEarlier({ lake, catalogue }: PublishPorts, own: Manifest): Promise<void> {
  const shown = await catalogue.shownRuns(own);
  if (shown.kind === 'all') return;
  const prefix = manifestsPrefix(own);
  const last = shown.kind === 'upTo' ? manifestKey({ ...own, runId: shown.runId }) : prefix;
  for await (const { key } of lake.listObjects(prefix)) {
    if (key <= last || key >= manifestKey(own)) continue;
    const reading = readManifest((await lake.readText(key)) ?? '', key);
    // A damaged one stays out; DuckDB tells of it.
    if (reading.kind === 'damaged') continue;
    await catalogue.publishRun(modelOf(reading.manifest), publishedRun(reading.manifest));
  }
}

/** Ours, or what an earlier attempt wrote and what compaction made of it since. */
async function standingManifest({ lake }: LakePorts, manifest: Manifest): Promise<Manifest> {
  const key = manifestKey(manifest);
  const written = await lake.createText(key, `${JSON.stringify(manifest, null, 2)}\n`);
  if (written === 'created') return manifest;
  const reading = readManifest((await lake.readText(key)) ?? '', key);
  if (reading.kind === 'manifest') return reading.manifest;
  throw new DriplakeError(
    Failure.lake,
    `A damaged manifest stands in the lake: ${reading.faults.join('; ')}.`,
    'Remove it and run again: the run is published anew.',
  );
}

/** For people and programs that read the lake without a catalogue. The latest run writes it. */
async function writeSchema({ lake }: LakePorts, manifest: Manifest): Promise<void> {
  const key = schemaKey(manifest);
  const standing = await lake.readText(key);
  if (standing !== undefined && isOlderSchema(manifest, standing)) return;
  const text = schemaText(manifest);
  if (text !== standing) await lake.writeText(key, text);
}

async function manifestOf(ports: LakePorts, drained: DrainedRun): Promise<Manifest> {
  const { source, stream, run } = drained;
  const { incremental, deletedField, primaryKey, casts } = stream;
  const kept = await ports.ledger.readColumns(source.name, stream.name);
  const columns = columnsOfRun(kept, run.runId);
  const drift = columnsDrift(columns);
  const { requests, throttled, waitedSeconds, seconds } = countsOf(run);
  return {
    version: 1,
    source: source.name,
    stream: stream.name,
    runId: run.runId,
    date: run.date,
    mode: bringsChanges(source, stream) ? 'incremental' : 'snapshot',
    fullRefresh: run.fullRefresh,
    startedAt: new Date(run.startedAtMs).toISOString(),
    finishedAt: new Date(ports.clock.nowMs()).toISOString(),
    objects: run.sequence,
    prefix: runPrefix({ ...run, source: source.name, stream: stream.name }),
    pages: run.pages,
    records: run.records,
    bytes: run.bytes,
    spent: { requests, throttled, waitedSeconds, seconds },
    columns: [...allColumns(columns)],
    ...(drift ? { drift } : {}),
    primaryKey: primaryKey ?? [],
    ...(incremental
      ? {
          watermark: {
            field: incremental.field,
            value: nextWatermark(drained) ?? null,
          },
        }
      : {}),
    ...(deletedField ? { deletedField } : {}),
    ...(run.expected === undefined ? {} : { total: { expected: run.expected } }),
    ...partitionsOf(run),
    ...(run.moved ? { moved: run.moved } : {}),
    ...(casts ? { casts } : {}),
    ...(run.lenient ? { lenient: true } : {}),
  };
}

function partitionsOf({ list, partition }: StreamRun): Pick<Manifest, 'partitions'> {
  if (!list) return {};
  const { skipped, gone = 0 } = partition ?? {};
  return { partitions: { count: list.partitions - gone, ...(skipped ? { skipped } : {}) } };
}
