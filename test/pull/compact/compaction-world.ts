// A lake with runs that were landed, published or given up, as the pull leaves them, and a clock
// that only the test moves.

import { COMPACT_BYTES } from '../../../shared/core/bounds.ts';
import { type CommitRecord, newStreamRun, type StreamRun } from '../../../shared/core/run/run.ts';
import { batchKey, manifestKey, runPrefix } from '../../../shared/core/table/keys.ts';
import { type Manifest, readManifest } from '../../../shared/core/table/manifest.ts';
import { memoryCatalogue } from '../../../shared/ports/catalogue/catalogue.ts';
import { silentJournal } from '../../../shared/ports/journal.ts';
import type { MemberDraft } from '../../../shared/ports/lake/batch-member.ts';
import { type Lake, type LakeKeeping, memoryLake } from '../../../shared/ports/lake/lake.ts';
import { memoryLedger } from '../../../shared/ports/ledger/ledger.ts';
import { type CompactOptions, compactLake } from '../../../shared/pull/compact/compact.ts';
import type { CompactPorts } from '../../../shared/pull/compact/compact-run.ts';

export type KeptLake = Lake<MemberDraft> & LakeKeeping;

export const HOUR_MS = 3_600_000;
export const START_MS = Date.UTC(2026, 10, 21, 10);
export const PLACE = { source: 'shop', stream: 'items', date: '2026-11-21' } as const;

/** Ids of runs, in the order of time. */
export const RUNS = ['20261120T100000Z-aaaaaaaa', '20261121T100000Z-bbbbbbbb'] as const;
export const [EARLIER, LATER] = RUNS;

export interface LandedRun {
  readonly runId: string;
  /** Lines of each batch. */
  readonly batches: readonly (readonly string[])[];
}

/** Lands the batches of a run as rounds do: the sums in their heads run on. */
export async function landRun(lake: KeptLake, { runId, batches }: LandedRun): Promise<void> {
  let next = progressOf(
    newStreamRun({ runId, startedAtMs: START_MS, fullRefresh: false, walk: '' }),
  );
  for (const [sequence, lines] of batches.entries()) {
    const body = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    const from = next.cursor;
    const records = lines.length;
    next = {
      ...next,
      cursor: { offset: sequence + 1 },
      sequence: sequence + 1,
      pages: next.pages + 1,
      records: next.records + records,
      bytes: next.bytes + body.length,
      ended: sequence === batches.length - 1,
    };
    const record = { runId, sequence, from, pages: 1, records, bytes: body.length, next };
    await landBatch(lake, batchKey(runPrefix({ ...PLACE, runId }), sequence), body, record);
  }
}

const progressOf = ({ cursor, sequence, pages, records, bytes, loops, ended }: StreamRun) => ({
  cursor,
  sequence,
  pages,
  records,
  bytes,
  loops,
  ended,
});

export async function landBatch(
  lake: KeptLake,
  key: string,
  body: Uint8Array,
  record: CommitRecord,
): Promise<void> {
  const draft = lake.openBatch();
  if (body.length > 0) await draft.append(body);
  await lake.landBatch(key, draft, record);
}

/** Writes the manifest of a run. */
export async function publishRun(
  lake: KeptLake,
  { runId, batches }: LandedRun,
  over: Partial<Manifest> = {},
): Promise<Manifest> {
  const lines = batches.flat();
  const manifest: Manifest = {
    version: 1,
    ...PLACE,
    runId,
    mode: 'snapshot',
    fullRefresh: false,
    startedAt: new Date(START_MS).toISOString(),
    finishedAt: new Date(START_MS + 60_000).toISOString(),
    objects: batches.length,
    prefix: runPrefix({ ...PLACE, runId }),
    pages: batches.length,
    records: lines.length,
    bytes: lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0),
    spent: { requests: 1, throttled: 0, waitedSeconds: 0, seconds: 1 },
    columns: [{ name: 'id', key: 'id', type: 'integer' }],
    primaryKey: ['id'],
    ...over,
  };
  await lake.writeText(manifestKey(manifest), JSON.stringify(manifest));
  return manifest;
}

/** The stream as the ledger has it when it is at this run. */
export const streamAt = (runId: string, status: StreamRun['status'] = 'finished') => ({
  source: PLACE.source,
  stream: PLACE.stream,
  revision: 1,
  fence: 1,
  holder: '',
  leasedAtMs: 0,
  streamLeaseUntilMs: 0,
  freshAtMs: START_MS,
  run: { ...newStreamRun({ runId, startedAtMs: START_MS, fullRefresh: false, walk: '' }), status },
});

export interface CompactionWorld {
  readonly lake: ReturnType<typeof memoryLake>;
  readonly catalogue: ReturnType<typeof memoryCatalogue>;
  readonly ports: CompactPorts;
  pass(ms: number): void;
  /** @param over ports in the place of the world's own */
  compact(
    options?: Partial<CompactOptions>,
    over?: Partial<CompactPorts>,
  ): ReturnType<typeof compactLake>;
  manifest(runId: string): Promise<Manifest>;
  /** All lines of a run as a reader of its manifest finds them. */
  lines(runId: string): Promise<string>;
}

/** @param at the run that the stream is at; without one, the ledger does not know the stream */
export async function compactionWorld(
  at?: string,
  status?: StreamRun['status'],
): Promise<CompactionWorld> {
  let now = START_MS;
  const clock = { nowMs: () => now, sleep: async () => {} };
  const lake = memoryLake(clock);
  const ledger = memoryLedger(clock);
  const catalogue = memoryCatalogue();
  if (at !== undefined) await ledger.moveStream(streamAt(at, status));
  const ports = { clock, lake, ledger, catalogue, journal: silentJournal };
  const manifestOf = async (runId: string): Promise<Manifest> => {
    const key = manifestKey({ ...PLACE, runId });
    const reading = readManifest((await lake.readText(key)) ?? '', key);
    if (reading.kind === 'manifest') return reading.manifest;
    throw new Error(reading.faults.join('; '));
  };
  return {
    lake,
    catalogue,
    ports,
    pass: (ms) => {
      now += ms;
    },
    compact: (options = {}, over = {}) => {
      const all = { mergedBytes: COMPACT_BYTES, isLate: () => false, ...options };
      return compactLake({ ...ports, ...over }, all);
    },
    manifest: manifestOf,
    async lines(runId) {
      const { prefix, objects } = await manifestOf(runId);
      let all = '';
      for (let sequence = 0; sequence < objects; sequence++) {
        all += Buffer.from(await lake.readBatch(batchKey(prefix, sequence)));
      }
      return all;
    },
  };
}

/** Batches of one line each: `{"id":0}`, `{"id":1}`, ... */
export const batchesOf = (count: number): string[][] =>
  Array.from({ length: count }, (_, id) => [`{"id":${id}}`]);
