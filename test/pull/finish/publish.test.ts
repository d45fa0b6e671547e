import { describe, expect, it } from 'vitest';
import { DriplakeError, Failure } from '../../../shared/core/failures.ts';
import type { Source } from '../../../shared/core/source/source.ts';
import { manifestKey, schemaKey } from '../../../shared/core/table/keys.ts';
import { type Manifest, readManifest } from '../../../shared/core/table/manifest.ts';
import {
  type Catalogue,
  manifestsOnly,
  memoryCatalogue,
} from '../../../shared/ports/catalogue/catalogue.ts';
import { virtualClock } from '../../../shared/ports/clock-virtual.ts';
import { memoryHttp, memoryResponse } from '../../../shared/ports/http/http-memory.ts';
import { memoryJournal } from '../../../shared/ports/journal.ts';
import { memoryLake } from '../../../shared/ports/lake/lake.ts';
import { memoryLedger } from '../../../shared/ports/ledger/ledger.ts';
import { memoryTokenLock } from '../../../shared/ports/ledger/token-lock.ts';
import { seededRandom } from '../../../shared/ports/random.ts';
import { memorySecrets } from '../../../shared/ports/secrets/secrets.ts';
import { connectSource } from '../../../shared/pull/context.ts';
import { finishRun } from '../../../shared/pull/finish/close.ts';
import { finishStream } from '../../../shared/pull/finish/finish.ts';
import { publishRun } from '../../../shared/pull/finish/publish.ts';
import { type Plan, planRun } from '../../../shared/pull/plan/plan.ts';
import type { Ports } from '../../../shared/pull/ports.ts';
import { type Assignment, pullRound } from '../../../shared/pull/round.ts';

const SOURCE: Source = {
  name: 'shop',
  baseUrl: 'https://shop.example',
  streams: [{ name: 'items', path: 'items', records: '', pagination: { kind: 'single' } }],
};
const HOUR_MS = 3_600_000;

/** A shop whose answer and catalogue the test chooses, drained and finished step by step. */
function openShop() {
  const clock = virtualClock(Date.UTC(2026, 10, 21));
  const [lake, journal, tables] = [memoryLake(clock), memoryJournal(), memoryCatalogue()];
  let catalogue: Catalogue = tables;
  let rows: readonly object[] = [{ id: 1 }];
  const ports: Ports = {
    clock,
    random: seededRandom(1),
    http: memoryHttp(() => memoryResponse(200, rows)),
    lake,
    ledger: memoryLedger(clock),
    get catalogue() {
      return catalogue;
    },
    secrets: memorySecrets(new Map()),
    tokenLock: memoryTokenLock(clock),
    journal,
  };
  let executions = 0;
  const shop = {
    ports,
    journal,
    tables: () => tables.tables.get('shop.items'),
    answers(...given: readonly object[]) {
      rows = given;
    },
    /** From now on tables are published here; `undefined` is the one that keeps them. */
    publishesIn(given: Catalogue | undefined) {
      catalogue = given ?? tables;
    },
    async drain(): Promise<Claimed> {
      await clock.sleep(HOUR_MS);
      const id = `execution-${++executions}`;
      const execution = { id, startedAtMs: clock.nowMs(), isGone: async () => false };
      const plan = await planRun(ports, SOURCE, { source: 'shop' }, execution);
      const [assignment] = plan.kind === 'planned' ? plan.streams : [];
      if (!assignment) return expect.fail('the stream is busy');
      const context = await connectSource(ports, SOURCE);
      const options = { timeLeftMs: () => 300_000, breakEvenSeconds: 20 };
      const { kind } = await pullRound(ports, context, assignment, options);
      expect(kind).toBe('done');
      return assignment;
    },
    finish: (assignment: Assignment) => finishStream(ports, SOURCE, assignment),
    async run() {
      const assignment = await shop.drain();
      const outcome = await shop.finish(assignment);
      const { streams } = await finishRun(ports, SOURCE, {
        runId: assignment.runId,
        plans: [assignment],
        ends: [],
      });
      return { runId: assignment.runId, outcome, report: streams[0] };
    },
    async manifest(runId: string): Promise<Manifest> {
      const key = manifestKey({ source: 'shop', stream: 'items', runId });
      const reading = readManifest((await lake.readText(key)) ?? '', key);
      return reading.kind === 'manifest' ? reading.manifest : expect.fail(reading.faults.join());
    },
    schema: async () =>
      JSON.parse((await lake.readText(schemaKey({ source: 'shop', stream: 'items' }))) ?? ''),
  };
  return shop;
}

type Claimed = Extract<Plan, { kind: 'planned' }>['streams'][number];

const failing = (error: Error): Catalogue => ({
  ...memoryCatalogue(),
  publishRun: () => Promise.reject(error),
});

describe('publishing a run', () => {
  it('tells how its columns drifted: in the manifest, schema.json, the report, the journal', async () => {
    const shop = openShop();
    shop.answers({ id: 1, price: 1, old: 'x' });
    const first = await shop.run();
    expect(first.report).not.toHaveProperty('drift');
    shop.answers({ id: 1, price: 1.5, discount: null });
    const { runId, report } = await shop.run();
    const drift = {
      added: [{ name: 'discount', type: 'unknown' }],
      widened: [{ name: 'price', from: 'integer', to: 'double' }],
      vanished: ['old'],
    };
    expect(report?.drift).toEqual(drift);
    expect((await shop.manifest(runId)).drift).toEqual(drift);
    expect((await shop.schema()).run).toMatchObject({ runId, drift });
    expect(shop.journal.events).toContainEqual({
      kind: 'drift',
      source: 'shop',
      stream: 'items',
      runId,
      drift,
    });
    const columns = shop.tables()?.model.columns.map(({ name, type }) => `${name}:${type}`);
    expect(columns).toEqual(['id:integer', 'price:double', 'old:string', 'discount:unknown']);
  });

  it('says when keys are no columns, since there is no room for more', async () => {
    const shop = openShop();
    const keys = Array.from({ length: 1_000 }, (_, at) => `${'k'.repeat(300)}${at}`);
    shop.answers(Object.fromEntries(keys.map((key) => [key, 1])));
    const { report, runId } = await shop.run();
    expect(report).toMatchObject({
      status: 'done',
      records: 1,
      cause: expect.stringMatching(/^Some keys are no columns: .* They are in the lake only\.$/),
    });
    expect((await shop.manifest(runId)).columns.length).toBeLessThan(keys.length);
  });

  it('without records drifts nowhere, and keeps the columns', async () => {
    const shop = openShop();
    await shop.run();
    shop.answers();
    const { runId, report } = await shop.run();
    expect(report).toMatchObject({ status: 'done', records: 0 });
    expect(report).not.toHaveProperty('drift');
    expect((await shop.manifest(runId)).columns).toEqual([
      { name: 'id', key: 'id', type: 'integer' },
    ]);
  });

  it('leaves a manifest that stands as it is, and publishes what it says', async () => {
    const shop = openShop();
    shop.publishesIn(failing(new Error('Glue is away')));
    const assignment = await shop.drain();
    await expect(shop.finish(assignment)).rejects.toThrow('Glue is away');
    // What a compaction would leave in its place meanwhile.
    const manifest = await shop.manifest(assignment.runId);
    const prefix = manifest.prefix.replace('/dt=', '/compacted/dt=');
    const at = new Date(shop.ports.clock.nowMs()).toISOString();
    const compacted = { ...manifest, prefix, compacted: { objects: 1, at } };
    await shop.ports.lake.writeText(manifestKey(manifest), JSON.stringify(compacted));
    shop.publishesIn(undefined);
    expect(await shop.finish(assignment)).toMatchObject({ kind: 'finished' });
    expect(await shop.manifest(assignment.runId)).toEqual(compacted);
    expect([...(shop.tables()?.runs.values() ?? [])]).toEqual([prefix]);
  });

  it('that a catalogue refuses keeps the run, whose next attempt publishes it', async () => {
    const shop = openShop();
    const refusal = new DriplakeError(Failure.catalogue, 'Glue says no.', 'Allow it.');
    shop.publishesIn(failing(refusal));
    const { runId, report } = await shop.run();
    expect(report).toMatchObject({ status: 'failed', cause: 'Glue says no. Allow it.' });
    shop.publishesIn(undefined);
    const next = await shop.run();
    expect(next).toMatchObject({ runId, report: { status: 'done', records: 1 } });
    expect([...(shop.tables()?.runs.keys() ?? [])]).toEqual([`2026-11-21/${runId}`]);
  });

  it('publishes the runs before it that no table shows yet', async () => {
    const shop = openShop();
    shop.publishesIn(manifestsOnly);
    const early = [await shop.run(), await shop.run()];
    expect(shop.tables()).toBeUndefined();
    shop.publishesIn(undefined);
    const runs = [...early, await shop.run(), await shop.run()];
    expect([...(shop.tables()?.runs.keys() ?? [])]).toEqual(
      runs.map(({ runId }) => `2026-11-21/${runId}`),
    );
    expect(shop.tables()?.currentFrom).toBe(runs.at(-1)?.runId);
  });

  it('does not turn schema.json back when it comes late', async () => {
    const shop = openShop();
    const { runId } = await shop.run();
    const schema = { ...(await shop.schema()), run: { runId: `${runId}~later` } };
    const key = schemaKey({ source: 'shop', stream: 'items' });
    await shop.ports.lake.writeText(key, JSON.stringify(schema));
    const state = (await shop.ports.ledger.readStream('shop', 'items')) ?? expect.fail();
    const [stream] = SOURCE.streams;
    if (!stream || !state.run) expect.fail('the run is gone');
    await publishRun(shop.ports, { source: SOURCE, stream, state, run: state.run });
    expect(await shop.schema()).toEqual(schema);
  });

  it('says so when a damaged manifest stands in its place', async () => {
    const shop = openShop();
    const assignment = await shop.drain();
    const key = manifestKey({ source: 'shop', stream: 'items', runId: assignment.runId });
    await shop.ports.lake.writeText(key, '{"version":');
    expect(await shop.finish(assignment)).toMatchObject({
      kind: 'failed',
      cause: expect.stringMatching(/^A damaged manifest stands in the lake: .+ Remove it/),
    });
  });
});

describe('the ledger', () => {
  it('is written once a run for its columns, however many batches it has', async () => {
    const clock = virtualClock(0);
    const count = { writes: 0 };
    const ledger = memoryLedger(clock, count);
    const seen = [{ name: 'id', key: 'id', type: 'integer' }] as const;
    for (const runId of ['run-1', 'run-2', 'run-3']) {
      for (let batch = 0; batch < 50; batch++)
        await ledger.addColumns('shop', 'items', runId, seen);
    }
    expect(count.writes).toBe(3);
  });
});
