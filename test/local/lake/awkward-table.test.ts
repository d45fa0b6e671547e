// Forty awkward records on their whole way: sent over a socket, pulled by the machines, landed,
// inferred, published, and read back through the views.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cell } from '../../../local/lake/cells.ts';
import { type LakeDatabase, openLakeDatabase } from '../../../local/lake/query.ts';
import { readSource } from '../../../shared/core/source/source.ts';
import { readManifest } from '../../../shared/core/table/manifest.ts';
import { type ApiModel, answer } from '../../apis/exchange.ts';
import { openWorld, type World } from '../../sources/harness.ts';
import { AWKWARD, AWKWARD_COLUMNS } from './awkward-records.ts';

const PAGE = 7;

const source = readSource(
  {
    name: 'odd-shop',
    baseUrl: 'https://odd.example',
    streams: [
      {
        name: 'awkward',
        path: '/awkward',
        records: { path: '' },
        pagination: { kind: 'offset', pageSize: PAGE },
        pagesPerRound: 2,
        casts: { at: 'timestamp' },
      },
    ],
  },
  'odd-shop',
);

let records = AWKWARD.map(([record]) => record);

const model: ApiModel = {
  handle(request, nowMs) {
    const from = Number(request.query.get('offset'));
    return answer(nowMs, 200, `[ ${records.slice(from, from + PAGE).join(' ,\n')} ]`);
  },
  stats: () => ({ requests: 0, allowed: 0, refused: 0, idle: 0, violations: [] }),
  spendForeign: () => {},
};

let world: World<ApiModel>;
let database: LakeDatabase;
beforeAll(async () => {
  world = await openWorld(source, model);
  expect((await world.run()).status).toBe('done');
  database = await openLakeDatabase(world.lakeDir);
});
afterAll(async () => {
  database.close();
  await world.close();
});

interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, Cell>>[];
}

async function ask(sql: string, of = database): Promise<Table> {
  const { columns, batches } = await of.query(sql);
  const rows: Record<string, Cell>[] = [];
  for await (const batch of batches) {
    for (const row of batch) {
      const cells = columns.map(({ name }, at) => [name, row[at] ?? null] as const);
      rows.push(Object.fromEntries(cells.filter(([, cell]) => cell !== null)));
    }
  }
  return { columns: columns.map(({ name }) => name), rows };
}

const at = async <Read>(file: string, read: (text: string) => Read): Promise<Read> =>
  read(await readFile(join(world.lakeDir, '_manifests/odd-shop/awkward', file), 'utf8'));

describe('forty awkward records', () => {
  it('land byte for byte, but for white space that would break a line', async () => {
    const lines = await world.published('awkward');
    const whole = records.map((record) => record.replaceAll(/[\r\n]/g, ''));
    expect(lines.map((line) => line.replaceAll(' ', ''))).toEqual(
      whole.map((line) => line.replaceAll(' ', '')),
    );
    expect(lines).toHaveLength(40);
  });

  it('are inferred as documented', async () => {
    const { run } = (await world.ports.ledger.readStream('odd-shop', 'awkward')) ?? {};
    const reading = await at(`${run?.runId}.json`, (text) => readManifest(text, 'the manifest'));
    const { columns, drift } =
      reading.kind === 'manifest' ? reading.manifest : expect.fail(reading.faults.join());
    expect(columns.map(({ name, type }) => `${name}:${type}`)).toEqual(AWKWARD_COLUMNS);
    expect(drift).toBeUndefined();
  });

  it('read back exactly through the view of the current rows', async () => {
    const { columns, rows } = await ask('select * from odd_shop.awkward order by n');
    expect(columns).toEqual(AWKWARD_COLUMNS.map((column) => column.split(':')[0]));
    expect(rows).toEqual(AWKWARD.map(([, cells], index) => ({ n: BigInt(index + 1), ...cells })));
  });

  it('keep their text in the history, beside the run and its date', async () => {
    const { columns, rows } = await ask('select * from odd_shop.awkward_history where n >= 36');
    expect(columns.slice(-2)).toEqual(['_date', '_run_id']);
    expect(rows.map((row) => row['at'])).toEqual([
      '2026-11-21T23:59:59.123+14:00',
      '2026-11-21 10:00:00',
      'not a time',
      undefined,
      undefined,
    ]);
    const { run } = (await world.ports.ledger.readStream('odd-shop', 'awkward')) ?? {};
    const places = rows.map((row) => [row['_date'], row['_run_id']]);
    expect(places).toEqual(rows.map(() => [run?.date, run?.runId]));
  });

  it('are described in schema.json, with the types of both dialects', async () => {
    const schema = await at('schema.json', JSON.parse);
    expect(schema).toMatchObject({ source: 'odd-shop', stream: 'awkward', mode: 'snapshot' });
    const named = (name: string) =>
      schema.columns.find((column: { name: string }) => column.name === name);
    expect(named('at')).toEqual({
      name: 'at',
      key: 'at',
      type: 'string',
      history: { duckdb: 'VARCHAR', athena: 'varchar' },
      current: { duckdb: 'TIMESTAMP', athena: 'timestamp(3)' },
    });
    expect(named('a_b_2')).toMatchObject({ key: 'a b', history: { athena: 'bigint' } });
    expect(schema.columns).toHaveLength(AWKWARD_COLUMNS.length);
  });

  it('have the types in DuckDB that schema.json says', async () => {
    const schema = await at('schema.json', JSON.parse);
    for (const [table, which] of [
      ['awkward', 'current'],
      ['awkward_history', 'history'],
    ] as const) {
      const { columns } = await database.query(`select * from odd_shop.${table}`);
      const told = columns.slice(0, AWKWARD_COLUMNS.length).map(({ type }) => type);
      const wanted = schema.columns.map((column: Record<string, { duckdb: string }>) =>
        String(column[which]?.duckdb),
      );
      expect(told).toEqual(wanted);
    }
  });
});

describe('the next run', () => {
  it('tells what drifted, and old rows read under the new types', async () => {
    records = ['{"n":1,"größe":"XL","Größe":2,"price":3,"fresh":[]}'];
    const { streams } = await world.run();
    const drift = streams['awkward']?.drift;
    expect(drift?.added).toEqual([
      { name: 'Größe_2', type: 'integer' },
      { name: 'fresh', type: 'json' },
    ]);
    expect(drift?.widened).toEqual([{ name: 'größe', from: 'double', to: 'string' }]);
    expect(drift?.vanished).toEqual(
      AWKWARD_COLUMNS.map((column) => column.split(':')[0]).filter(
        (name) => !['n', 'größe', 'price'].includes(name ?? ''),
      ),
    );
    expect(world.events).toContainEqual(expect.objectContaining({ kind: 'drift', drift }));
    const { run } = await at('schema.json', JSON.parse);
    expect(run.drift).toEqual(drift);

    const again = await openLakeDatabase(world.lakeDir);
    const sql = 'select größe, price, fresh from odd_shop.awkward_history where n in (1, 15)';
    expect((await ask(sql, again)).rows).toEqual([
      { größe: '1.5' },
      { größe: '2' },
      { größe: 'XL', price: 3, fresh: '[]' },
    ]);
    again.close();
  });

  it('of the same data has no drift', async () => {
    const { streams } = await world.run();
    expect(streams['awkward']).not.toHaveProperty('drift');
  });
});
