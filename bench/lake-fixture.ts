// A lake of a million records in five hundred small objects, as slow APIs leave it behind: five
// runs of one stream, landed through the port that real runs use and published by manifests. The same
// records at every call.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMPACT_BYTES } from '../shared/core/bounds.ts';
import { newStreamRun, type StreamRun } from '../shared/core/run/run.ts';
import type { Column } from '../shared/core/table/columns.ts';
import { inferColumns } from '../shared/core/table/infer-columns.ts';
import { batchKey, manifestKey, runPrefix } from '../shared/core/table/keys.ts';
import type { Manifest } from '../shared/core/table/manifest.ts';
import { manifestsOnly } from '../shared/ports/catalogue/catalogue.ts';
import { systemClock } from '../shared/ports/clock.ts';
import { silentJournal } from '../shared/ports/journal.ts';
import { folderLake } from '../shared/ports/lake/lake-folder.ts';
import { memoryLedger } from '../shared/ports/ledger/ledger.ts';
import { compactLake } from '../shared/pull/compact/compact.ts';

const RUNS = 5;
const OBJECTS_PER_RUN = 100;
const RECORDS_PER_OBJECT = 2_000;

export const RECORDS = RUNS * OBJECTS_PER_RUN * RECORDS_PER_OBJECT;
/** Later runs bring some of the records again: so many are current. */
export const CURRENT = 600_000;

const STREAM = { source: 'shop', stream: 'products' } as const;
const STARTED_MS = Date.UTC(2026, 10, 1);
const { loops } = newStreamRun({
  runId: '',
  startedAtMs: STARTED_MS,
  fullRefresh: false,
  walk: '',
});

export interface MadeLake {
  readonly dir: string;
  readonly objects: number;
  /** Of NDJSON, uncompressed, and as it is stored. */
  readonly bytes: number;
  readonly storedBytes: number;
}

export async function makeLake(): Promise<MadeLake> {
  const dir = await mkdtemp(join(tmpdir(), 'driplake-bench-'));
  const lake = folderLake(dir);
  const sum = { objects: 0, bytes: 0, storedBytes: 0 };
  let columns: readonly Column[] = [];
  for (let run = 0; run < RUNS; run++) {
    const place = placeOf(run);
    let bytes = 0;
    for (let sequence = 0; sequence < OBJECTS_PER_RUN; sequence++) {
      const lines = linesOf(run * OBJECTS_PER_RUN + sequence);
      columns = inferColumns(lines, columns);
      const draft = lake.openBatch();
      await draft.append(lines);
      const counts = { pages: 1, records: RECORDS_PER_OBJECT, bytes: lines.length };
      bytes += lines.length;
      const next = {
        cursor: null,
        loops,
        sequence: sequence + 1,
        pages: sequence + 1,
        records: (sequence + 1) * RECORDS_PER_OBJECT,
        bytes,
        ended: sequence + 1 === OBJECTS_PER_RUN,
      };
      const record = { runId: place.runId, sequence, from: null, ...counts, next };
      const landing = await lake.landBatch(batchKey(runPrefix(place), sequence), draft, record);
      if (landing.kind !== 'landed') throw new Error('a place in a new lake was taken');
      sum.storedBytes += landing.objectBytes;
    }
    sum.objects += OBJECTS_PER_RUN;
    sum.bytes += bytes;
    const manifest = manifestOf(run, bytes, columns);
    await lake.writeText(manifestKey(place), JSON.stringify(manifest));
  }
  return { dir, ...sum };
}

/** Compacts the lake with what `driplake compact` calls; returns the objects there are then. */
export async function compactMade(dir: string): Promise<number> {
  const clock = systemClock();
  const last = placeOf(RUNS - 1);
  const begun = newStreamRun({
    runId: last.runId,
    startedAtMs: STARTED_MS,
    fullRefresh: false,
    walk: '',
  });
  const run: StreamRun = { ...begun, status: 'finished' };
  const state = {
    ...STREAM,
    revision: 1,
    fence: 1,
    holder: '',
    leasedAtMs: 0,
    streamLeaseUntilMs: 0,
    freshAtMs: 0,
    run,
  };
  const ledger = { ...memoryLedger(clock), readStream: async () => state };
  const connected = { clock, ledger, catalogue: manifestsOnly, journal: silentJournal };
  const ports = { ...connected, lake: folderLake(dir) };
  const options = { mergedBytes: COMPACT_BYTES, isLate: () => false };
  const { more, streams } = await compactLake(ports, options);
  const [told, ...others] = streams;
  if (more || !told || others.length > 0 || told.faults.length > 0) {
    throw new Error(`the compaction failed: ${JSON.stringify(streams)}`);
  }
  return told.objectsAfter;
}

function placeOf(run: number) {
  const date = new Date(STARTED_MS + run * 86_400_000).toISOString().slice(0, 10);
  return { ...STREAM, date, runId: `${date.replaceAll('-', '')}T000000Z-0000000${run}` };
}

function manifestOf(run: number, bytes: number, columns: readonly Column[]): Manifest {
  const place = placeOf(run);
  return {
    version: 1,
    ...place,
    mode: 'incremental',
    fullRefresh: false,
    startedAt: `${place.date}T00:00:00.000Z`,
    finishedAt: `${place.date}T01:00:00.000Z`,
    objects: OBJECTS_PER_RUN,
    prefix: runPrefix(place),
    pages: OBJECTS_PER_RUN,
    records: OBJECTS_PER_RUN * RECORDS_PER_OBJECT,
    bytes,
    spent: { requests: OBJECTS_PER_RUN, throttled: 0, waitedSeconds: 0, seconds: 3600 },
    columns,
    primaryKey: ['id'],
    watermark: { field: 'version', value: null },
  };
}

const BRANDS = ['Ridge', 'Northwind', 'Größe', 'Café Noir', 'Domane', 'Tern', 'Kona', 'Ōkami'];
const WORDS = ['carbon', 'road', 'bike', 'glove', 'large', '700x25', 'alloy', 'hydraulic', 'matt'];

/** Some 400 bytes each. Digits of products of large primes pass for chance. */
function linesOf(object: number): Buffer {
  const lines: string[] = [];
  for (let line = 0; line < RECORDS_PER_OBJECT; line++) {
    const index = object * RECORDS_PER_OBJECT + line;
    const draw = Math.imul(index + 1, 2_654_435_761) >>> 0;
    const word = (shift: number) => WORDS[(draw >>> shift) % WORDS.length];
    const uuid = `${draw.toString(16).padStart(8, '0')}-f019-11e3-a0f5-b8ca3a64${index % 10_000}`;
    const time = new Date(STARTED_MS + index * 431).toISOString();
    lines.push(
      `{"id":${index % CURRENT},"version":${9_007_199_254_740_993n + BigInt(index)},"uuid":"${uuid}",` +
        `"name":"${word(3)} ${word(7)} ${word(11)}","sku":"${10_000_000 + (draw % 89_999_999)}",` +
        `"brand":"${BRANDS[draw % BRANDS.length]}","price":${(draw % 50_000) / 100},` +
        `"cost":${(draw % 31_000) / 100},"active":${draw % 7 !== 0},"deleted_at":null,` +
        `"updated_at":"${time}","description":"<p>${word(2)} ${word(5)} ${word(9)} ${word(13)}</p>",` +
        `"categories":[{"id":"${uuid.slice(0, 13)}","name":"${word(4)}"}],"stock":${draw % 40}}`,
    );
  }
  return Buffer.from(`${lines.join('\n')}\n`);
}
