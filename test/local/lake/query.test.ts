import { rmSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { openLakeDatabase } from '../../../local/lake/query.ts';
import { ask, cleanUpLakes, lakeOf, newLake, open, rowsOf } from './hand-made-lake.ts';

cleanUpLakes();

describe('files', () => {
  it.each([10, 4_000, 60_000, 65_535])('reads a gzip header with %i extra bytes', async (size) => {
    const lake = newLake();
    const extra = Buffer.alloc(size, '{"commit":"record"}');
    lake.run({ runId: 'r1', extra, batches: [['{"id":1}', '{"id":2}']] });
    expect(await ask(lake, 'select id, _run_id from shop.items_history')).toEqual([
      [1n, 'r1'],
      [2n, 'r1'],
    ]);
  });

  it('finds the lake wherever it lies', async () => {
    const lake = newLake("it's [a] * {odd} ? plåce");
    lake.run({
      source: 'lightspeed-x',
      stream: 'product-types',
      runId: 'r1',
      batches: [['{"a":1}']],
    });
    expect(await ask(lake, 'select * from lightspeed_x.product_types')).toEqual([[1n]]);
  });

  it('finds the lake behind a link', async () => {
    const lake = lakeOf('{"a":1}');
    const link = `${lake.dir}-link`;
    symlinkSync(lake.dir, link);
    expect(await ask({ ...lake, dir: link }, 'select a from shop.items')).toEqual([[1n]]);
  });

  it('keeps the order of rows over many files', async () => {
    const lake = newLake();
    const batches = Array.from({ length: 120 }, (_, batch) =>
      Array.from({ length: 50 }, (__, line) => `{"id":7,"n":${batch * 50 + line}}`),
    );
    lake.run({ runId: 'r1', primaryKey: ['id'], batches });
    expect(await ask(lake, 'select n from shop.items')).toEqual([[5999n]]);
  });
});

describe('faults', () => {
  it('says what to do when there is no lake, or nothing finished in it', async () => {
    const nowhere = path.join(newLake().dir, 'nowhere');
    await expect(openLakeDatabase(nowhere)).rejects.toMatchObject({
      name: 'Driplake.Lake',
      message: `There is no lake folder at ${nowhere}.`,
      remedy: expect.stringContaining('driplake run'),
    });
    const lake = newLake();
    lake.run({ runId: 'r1', batches: [['{}']], unfinished: true });
    await expect(openLakeDatabase(lake.dir)).rejects.toThrow(/No run has finished in the lake/);
  });

  it('leaves out a stream with a damaged manifest or a lost batch, and says why', async () => {
    const lake = lakeOf('{"id":1}');
    lake.write('_manifests/shop/bad/r1.json', '{"version":1,"objects":-1}');
    lake.write('_manifests/shop/cut/r1.json', '{"version":');
    lake.write('_manifests/shop/items/schema.json', '{"not":"a manifest"}');
    lake.run({ runId: 'r1', stream: 'holes', batches: [['{}'], ['{}']] });
    rmSync(path.join(lake.dir, 'shop/holes/dt=2026-11-21/run=r1/00000001.ndjson.gz'));
    lake.run({ runId: 'r9', stream: 'moved', batches: [['{}']] });
    lake.write('_manifests/shop/moved/r8.json', '{}');
    const database = await open(lake);
    expect(database.tables).toEqual(['shop.items']);
    const faults = database.faults.join('\n');
    expect(faults).toMatch(/bad\/r1\.json: objects: /);
    expect(faults).toMatch(/bad\/r1\.json: source: /);
    expect(faults).toMatch(/cut\/r1\.json: expected JSON/);
    expect(faults).toMatch(/holes\/r1\.json: 1 of 2 batches are missing.*00000001\.ndjson\.gz/);
    await expect(database.query('select * from shop.holes')).rejects.toMatchObject({
      message: 'There is no table holes.',
      remedy: expect.stringMatching(/Tables: shop\.items.*batches are missing/),
    });
  });

  it('names streams whose tables would be one', async () => {
    const lake = newLake();
    lake.run({ runId: 'r1', stream: 'a-b', batches: [['{}']] });
    lake.run({ runId: 'r1', stream: 'a_b', batches: [['{}']] });
    const database = await open(lake);
    expect(database.tables).toEqual(['shop.a_b']);
    expect(database.faults).toEqual(['shop/a_b: its table shop.a_b is also that of shop/a-b']);
  });

  const causes: [string, string | RegExp][] = [
    ['select * from shop.nope', 'There is no table nope.'],
    ['select * from nowhere.items', 'There is no table nowhere.items.'],
    ['select * from items', 'There is no table items.'],
    ['selec 1', 'Parser Error: syntax error at or near "selec"'],
    ['select nope from shop.items', /^Binder Error: .*"nope" not found.*bindings: "id"$/],
    ["select 'x'::int from shop.items", "Conversion Error: Could not convert string 'x' to INT32"],
    ['', 'The query is empty.'],
    [' ; ', 'The query is empty.'],
    ['-- nothing', 'The query is empty.'],
    ["copy (select 1) to 'x.csv'", /^Permission Error: Cannot access file "x.csv"/],
    ["attach 'x.db'", 'A query only reads; ATTACH statements are refused.'],
    ['install httpfs', 'A query only reads; LOAD statements are refused.'],
    ['set threads = 1', 'A query only reads; SET statements are refused.'],
    ["select * from read_csv('/etc/passwd')", /^Permission Error: Cannot access file/],
    ["select * from 'https://127.0.0.1/x.parquet'", /^Permission Error/],
  ];
  it.each(causes)('answers %j with one line', async (sql, cause) => {
    const database = await open(lakeOf('{"id":1}'));
    const rows = rowsOf(database, sql);
    await expect(rows).rejects.toMatchObject({ name: 'Driplake.Configuration' });
    await expect(rows).rejects.toThrow(cause);
    await expect(rows).rejects.not.toThrow(/\n/);
    expect(await rowsOf(database, 'select 1')).toEqual([[1]]);
  });

  it('writes nothing, not even into the lake', async () => {
    const lake = lakeOf('{"id":1}');
    const database = await open(lake);
    const batch = path.join(lake.dir, 'shop/items/dt=2026-11-21/run=r1/00000000.ndjson.gz');
    await expect(database.query(`copy (select 2 as id) to '${batch}'`)).rejects.toThrow(
      'A query only reads; COPY statements are refused.',
    );
    expect(await rowsOf(database, 'select id from shop.items')).toEqual([[1n]]);
  });

  it('gives the cause of a failure that comes after the first rows', async () => {
    const database = await open(lakeOf('{"id":1}'));
    const sql = `select case when range > 5e6 then error('late') end from range(6000000)`;
    const result = await database.query(sql);
    const read = async () => {
      for await (const rows of result.batches) expect(rows.length).toBeGreaterThan(0);
    };
    await expect(read()).rejects.toThrow('Invalid Input Error: late');
  });
});

describe('queries', () => {
  it('answers PIVOT, SHOW, DESCRIBE and several statements', async () => {
    const database = await open(lakeOf('{"k":"a","n":1}', '{"k":"b","n":2}'));
    expect(await rowsOf(database, 'pivot shop.items on k using sum(n)')).toEqual([[1n, 2n]]);
    expect(await rowsOf(database, 'describe shop.items')).toHaveLength(2);
    expect(await rowsOf(database, 'show all tables')).toHaveLength(2);
    const both = 'create temp table t as select 5 as x; select x from t';
    expect(await rowsOf(database, both)).toEqual([[5]]);
  });

  it('runs queries side by side and ends one that is left early', async () => {
    const database = await open(lakeOf('{"id":1}'));
    const long = await database.query('select * from range(10000000)');
    for await (const rows of long.batches) {
      expect(await rowsOf(database, 'select id from shop.items')).toEqual([[1n]]);
      expect(rows.length).toBeGreaterThan(0);
      break;
    }
    expect(await rowsOf(database, 'select 2')).toEqual([[2]]);
  });

  it('gives exact values for every kind of type', async () => {
    const database = await open(lakeOf('{"id":1}'));
    const sql = `select 1.50::decimal(10,2), 170141183460469231731687303715884105727::hugeint,
      date '2026-01-02', [1::bigint], {'a': 1.5::decimal(3,1)}, map {'k': 1}, true, null`;
    expect(await rowsOf(database, sql)).toEqual([
      [
        '1.50',
        170141183460469231731687303715884105727n,
        '2026-01-02',
        [1n],
        { a: '1.5' },
        [{ key: 'k', value: 1 }],
        true,
        null,
      ],
    ]);
  });
});
