// `driplake compact` on a real folder: what queries answer is the same before, during and after,
// also when its process is killed.

import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLakeDatabase } from '../../../local/lake/query.ts';
import { openLedger } from '../../../local/ledger/ledger.ts';
import { systemClock } from '../../../shared/ports/clock.ts';
import { folderLake } from '../../../shared/ports/lake/lake-folder.ts';
import { systemRandom } from '../../../shared/ports/random.ts';
import {
  EARLIER,
  LATER,
  landRun,
  publishRun,
  streamAt,
} from '../../pull/compact/compaction-world.ts';
import { cleanUpWorkplaces, type Workplace, workplace } from '../command.ts';

cleanUpWorkplaces();

const preload = new URL('../dies-before.ts', import.meta.url).href;

/** Batches of some rows, some of them larger than others. */
const batchesOf = (count: number): string[][] =>
  Array.from({ length: count }, (_, batch) =>
    Array.from(
      { length: 1 + (batch % 4) },
      (__, row) =>
        `{"id":${batch * 4 + row},"price":1.10,"name":"Füße ${'x'.repeat(batch % 50)}"}`,
    ),
  );

/** A workplace with a lake of two published runs; the ledger is at the second one. */
async function lakeOf(objects: number): Promise<Workplace & { readonly lakeDir: string }> {
  const place = workplace();
  const lakeDir = path.join(place.dir, 'lake');
  const lake = folderLake(lakeDir);
  for (const runId of [EARLIER, LATER]) {
    const run = { runId, batches: batchesOf(runId === EARLIER ? objects : 3) };
    await landRun(lake, run);
    const columns = [
      { name: 'id', key: 'id', type: 'integer' },
      { name: 'price', key: 'price', type: 'double' },
      { name: 'name', key: 'name', type: 'string' },
    ] as const;
    await publishRun(lake, run, { mode: 'incremental', columns: [...columns] });
  }
  const clock = systemClock();
  const ledger = await openLedger(path.join(place.dir, '.driplake'), clock, systemRandom());
  await ledger.moveStream(streamAt(LATER));
  await ledger.close();
  return { ...place, lakeDir };
}

/** Everything that the two tables of the stream show; the history in its own order. */
async function everything(lakeDir: string): Promise<string> {
  const database = await openLakeDatabase(lakeDir);
  try {
    const told: unknown[] = [...database.faults];
    for (const rows of ['shop.items_history', 'shop.items order by all']) {
      const { columns, batches } = await database.query(`select * from ${rows}`);
      told.push(columns);
      for await (const some of batches) told.push(...some);
    }
    return told.map((row) => String(JSON.stringify(row, bigints))).join('\n');
  } finally {
    database.close();
  }
}

const bigints = (_key: string, value: unknown): unknown =>
  typeof value === 'bigint' ? `${value}n` : value;

const filesIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(gz|part)$/.test(name))
        .sort()
    : [];

const runFolder = `shop/items/dt=2026-11-21/run=${EARLIER}`;
const mergedFolder = `shop/items/compacted/dt=2026-11-21/run=${EARLIER}`;

describe('driplake compact', () => {
  it('makes one object of five hundred, and every query answers the same', async () => {
    const place = await lakeOf(500);
    const before = await everything(place.lakeDir);
    expect(before.split('\n').length).toBeGreaterThan(2_000);
    const first = await place.run('compact', 'shop.items');
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(first.stdout).toContain('503 objects of 2 runs became 2.');
    expect(filesIn(path.join(place.lakeDir, mergedFolder))).toEqual(['00000000.ndjson.gz']);
    expect(filesIn(path.join(place.lakeDir, runFolder))).toHaveLength(500);
    expect(await everything(place.lakeDir)).toBe(before);

    const NODE_OPTIONS = `--import ${preload}`;
    const later = { NODE_OPTIONS, DRIPLAKE_HOURS_AHEAD: '25' };
    const second = await place.startWith(later, 'compact', '--json').ended;
    expect(second).toMatchObject({ code: 0, stderr: '' });
    const tally = { runs: 0, objectsBefore: 0, objectsAfter: 0, bytes: 0, faults: [] };
    const stream = { source: 'shop', stream: 'items', ...tally };
    expect(JSON.parse(second.stdout)).toEqual({
      status: 'done',
      streams: [{ ...stream, removed: 503, waiting: 0, leftovers: 0 }],
    });
    expect(existsSync(path.join(place.lakeDir, 'shop/items/dt=2026-11-21'))).toBe(false);
    expect(await everything(place.lakeDir)).toBe(before);
  });

  it('can be killed anywhere: every query answers the same, and the next one ends it', async () => {
    const place = await lakeOf(60);
    const before = await everything(place.lakeDir);
    const dies = async (at: string, hours: number): Promise<void> => {
      const env = {
        NODE_OPTIONS: `--import ${preload}`,
        DRIPLAKE_DIES_BEFORE: at,
        DRIPLAKE_HOURS_AHEAD: `${hours}`,
      };
      const ended = await place.startWith(env, 'compact').ended;
      expect({ at, signal: ended.signal }).toEqual({ at, signal: 'SIGKILL' });
      expect(await everything(place.lakeDir)).toBe(before);
    };
    for (const at of ['readFile#40', 'open#1', 'link#1', 'rm#1', 'rename#1']) await dies(at, 0);
    expect(await place.run('compact')).toMatchObject({ code: 0, stderr: '' });
    for (const at of ['rm#1', 'rm#33', 'rmdir#1']) await dies(at, 25);
    const env = { NODE_OPTIONS: `--import ${preload}`, DRIPLAKE_HOURS_AHEAD: '25' };
    expect(await place.startWith(env, 'compact').ended).toMatchObject({ code: 0, stderr: '' });
    expect(filesIn(path.join(place.lakeDir, 'shop'))).toEqual(
      [EARLIER, LATER].map((run) => `items/compacted/dt=2026-11-21/run=${run}/00000000.ndjson.gz`),
    );
    expect(await everything(place.lakeDir)).toBe(before);
  });

  it('leaves a query that is open to read what it began with', async () => {
    const place = await lakeOf(40);
    const before = await everything(place.lakeDir);
    const database = await openLakeDatabase(place.lakeDir);
    expect(await place.run('compact')).toMatchObject({ code: 0 });
    const { batches } = await database.query('select count(*), sum(id) from shop.items_history');
    const rows: unknown[] = [];
    for await (const batch of batches) rows.push(...batch);
    database.close();
    expect(rows).toHaveLength(1);
    expect(await everything(place.lakeDir)).toBe(before);
  });

  it('says what is wrong with its words, and what there is', async () => {
    const place = await lakeOf(1);
    const [source, stream, both, state, lake] = await Promise.all([
      place.run('compact', 'shp'),
      place.run('compact', 'shop.item'),
      place.run('compact', 'shop.items.x'),
      place.run('compact', '--state', 'elsewhere'),
      place.run('compact', '--lake', 'elsewhere'),
    ]);
    expect(source).toMatchObject({ code: 2, stdout: '' });
    expect(source.stderr).toContain('The lake has no source "shp". It has: shop.');
    expect(stream).toMatchObject({ code: 2, stdout: '' });
    expect(stream.stderr).toContain('The lake has no stream of shop "item". It has: items.');
    expect(both).toMatchObject({ code: 2, stdout: '' });
    expect(both.stderr).toContain('"shop.items.x" is neither a source nor a stream.');
    expect(state).toMatchObject({ code: 2, stdout: '' });
    expect(state.stderr).toContain('it does not say which runs are unfinished');
    expect(lake).toMatchObject({ code: 1, stdout: '' });
    expect(lake.stderr).toContain('There is no lake folder at elsewhere.');
  });
});
