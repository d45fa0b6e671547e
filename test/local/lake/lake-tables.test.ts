import { describe, expect, it } from 'vitest';
import { ask, cleanUpLakes, lakeOf, newLake, open, rowsOf } from './hand-made-lake.ts';

cleanUpLakes();

describe('values', () => {
  it('reads 64-bit ids exactly, and larger ones as their digits', async () => {
    const lake = lakeOf(
      '{"id":9007199254740993,"big":12345678901234567890,"huge":123456789012345678901234567890}',
      '{"id":-9223372036854775808,"big":1,"huge":"x"}',
    );
    expect(await ask(lake, 'select id, big, huge from shop.items')).toEqual([
      [9007199254740993n, '12345678901234567890', '123456789012345678901234567890'],
      [-9223372036854775808n, '1', 'x'],
    ]);
  });

  it('reads 1.10 as a double, and a 64-bit id exactly beside decimals', async () => {
    const lake = lakeOf('{"price":1.10,"mixed":9007199254740993}', '{"price":2,"mixed":1.5}');
    expect(await ask(lake, 'select price, mixed, typeof(price) from shop.items')).toEqual([
      [1.1, '9007199254740993', 'DOUBLE'],
      [2, '1.5', 'DOUBLE'],
    ]);
  });

  it('reads decimals inside nested values and beside text as doubles, whole numbers exactly', async () => {
    const lake = lakeOf(
      '{"n":{"p":1.10,"id":12345678901234567890},"t":1.10}',
      '{"n":[1e2,123456789012345678901],"t":"1.10"}',
    );
    expect(await ask(lake, 'select n, t from shop.items')).toEqual([
      ['{"p":1.1,"id":12345678901234567890}', '1.1'],
      ['[100.0,123456789012345678901]', '1.10'],
    ]);
  });

  it('reads nulls first, numbers that turn into text, and missing keys', async () => {
    const lines = ['{"a":null,"b":5}', '{"a":true,"b":"x"}', '{"b":{"c":[1]}}', '{"a":false}'];
    const lake = lakeOf(...lines);
    expect(await ask(lake, 'select a, b from shop.items')).toEqual([
      [null, '5'],
      [true, 'x'],
      [null, '{"c":[1]}'],
      [false, null],
    ]);
  });

  it('reads nested values as JSON text that JSON functions understand', async () => {
    const lake = lakeOf('{"n":{"a":{"b":[1,{"c":"é"}]}},"l":[]}', '{"n":null,"l":[1]}');
    expect(
      await ask(lake, `select n, l, n->>'$.a.b[1].c', json_array_length(l) from shop.items`),
    ).toEqual([
      ['{"a":{"b":[1,{"c":"é"}]}}', '[]', 'é', 0n],
      [null, '[1]', null, 1n],
    ]);
  });

  it('reads awkward keys under the names given to them', async () => {
    const lake = lakeOf(
      JSON.stringify({ größe: 1, 注文: 'x', 'a.b': 2, "it's": 3, 'q"': 4, '~/': 5, _run_id: 6 }),
    );
    expect(
      await ask(lake, 'select größe, "注文", a_b, it_s, q_, __, _run_id_2 from shop.items'),
    ).toEqual([[1n, 'x', 2n, 3n, 4n, 5n, 6n]]);
  });

  it('reads keys that are also parts of the path from the record', async () => {
    const lake = lakeOf('{"dt":5,"run":{"a":1}}', '{"dt":null}');
    expect(await ask(lake, 'select dt, run, _date, _run_id from shop.items_history')).toEqual([
      [5n, '{"a":1}', '2026-11-21', 'r1'],
      [null, null, '2026-11-21', 'r1'],
    ]);
  });

  it('tells keys apart that differ by letter case only, and reads an empty key', async () => {
    const lake = lakeOf(
      '{"id":1,"ID":"one","":true,"n":{"a":1},"a/b~c":"d","big":9007199254740993}',
      '{"ID":"two","n":null}',
    );
    expect(await ask(lake, 'select id, ID_2, _, n, a_b_c, big from shop.items')).toEqual([
      [1n, 'one', true, '{"a":1}', 'd', 9007199254740993n],
      [null, 'two', null, null, null, null],
    ]);
  });

  it('reads records that are no objects', async () => {
    const lake = lakeOf('1', '"x y"', 'null', '[1,2]', '{"a":1}');
    expect(await ask(lake, 'select value, a from shop.items')).toEqual([
      ['1', null],
      ['x y', null],
      [null, null],
      ['[1,2]', null],
      [null, 1n],
    ]);
  });

  it('reads on where a key comes twice or a surrogate pair was cut', async () => {
    const lake = lakeOf('{"a":"cut \\ud83d","b":1}', '{"a":"whole \\ud83d\\ude00","b":1,"b":2}');
    expect(await ask(lake, 'select a, b from shop.items')).toEqual([
      ['cut \ufffd', 1n],
      ['whole 😀', 1n],
    ]);
  });

  it('reads a record of many megabytes', async () => {
    const lake = lakeOf(JSON.stringify({ id: 1, text: 'x'.repeat(20_000_000) }), '{"id":2}');
    expect(await ask(lake, 'select id, length(text) from shop.items')).toEqual([
      [1n, 20_000_000n],
      [2n, null],
    ]);
  });

  it('shows instants in UTC', async () => {
    const lake = lakeOf('{"at":"2021-10-05T14:18:46-04:00"}');
    expect(await ask(lake, 'select "at"::timestamptz from shop.items')).toEqual([
      ['2021-10-05 18:18:46+00'],
    ]);
  });
});

describe('runs', () => {
  const first = { runId: 'r1', startedAt: '2026-11-21T11:00:00Z' };
  const second = { runId: 'r2', startedAt: '2026-11-22T11:00:00Z' };
  const third = { runId: 'r3', startedAt: '2026-11-23T11:00:00Z' };
  const keyed = { mode: 'incremental', primaryKey: ['id'] } as const;

  it('shows the last snapshot as current and every snapshot as history', async () => {
    const lake = newLake();
    lake.run({ ...second, batches: [['{"id":2}'], ['{"id":3}']] });
    lake.run({ ...first, batches: [['{"id":1}']] });
    const database = await open(lake);
    expect(await rowsOf(database, 'select * from shop.items')).toEqual([[2n], [3n]]);
    expect(await rowsOf(database, 'select * from shop.items_history')).toEqual([
      [1n, '2026-11-21', 'r1'],
      [2n, '2026-11-21', 'r2'],
      [3n, '2026-11-21', 'r2'],
    ]);
  });

  it('does not see a run without a manifest', async () => {
    const lake = newLake();
    lake.run({ ...first, batches: [['{"id":1}']] });
    lake.run({ ...second, batches: [['{"id":2}']], unfinished: true });
    lake.run({ ...second, stream: 'other', batches: [['{"id":2}']], unfinished: true });
    const database = await open(lake);
    expect(database.tables).toEqual(['shop.items']);
    expect(await rowsOf(database, 'select count(*) from shop.items_history')).toEqual([[1n]]);
  });

  it('shows the newest row of each key by watermark, then by run, then by line', async () => {
    const lake = newLake();
    const watermark = { field: 'version', value: 1 };
    lake.run({
      ...keyed,
      ...first,
      watermark,
      batches: [['{"id":1,"version":5,"v":"a"}', '{"id":2,"version":5,"v":"b"}']],
    });
    lake.run({
      ...keyed,
      ...second,
      watermark,
      batches: [
        ['{"id":1,"version":10,"v":"c"}', '{"id":1,"version":9,"v":"older"}'],
        ['{"id":2,"version":5,"v":"d"}', '{"id":2,"version":5,"v":"e"}', '{"id":null,"v":"f"}'],
      ],
    });
    const sql = 'select id, v from shop.items order by v';
    expect(await ask(lake, sql)).toEqual([
      [1n, 'c'],
      [2n, 'e'],
      [null, 'f'],
    ]);
  });

  it('compares text watermarks as numbers or instants, not letter by letter', async () => {
    const lake = newLake();
    const lines = ['{"id":1,"w":"10","v":"new"}', '{"id":1,"w":"9","v":"old"}'];
    const late = '{"id":2,"w":"2026-03-01T01:10:00-05:00","v":"new"}';
    const early = '{"id":2,"w":"2026-03-01T01:50:00-04:00","v":"old"}';
    const watermark = { field: 'w', value: null };
    lake.run({ ...keyed, ...first, watermark, batches: [[...lines, late, early]] });
    expect(await ask(lake, 'select id, v from shop.items order by id')).toEqual([
      [1n, 'new'],
      [2n, 'new'],
    ]);
  });

  it('forgets earlier runs in the current rows after a full refresh', async () => {
    const lake = newLake();
    lake.run({ ...keyed, ...first, batches: [['{"id":1,"v":"a"}', '{"id":2,"v":"a"}']] });
    lake.run({ ...keyed, ...second, fullRefresh: true, batches: [['{"id":2,"v":"b"}']] });
    lake.run({ ...keyed, ...third, batches: [['{"id":3,"v":"c"}']] });
    const database = await open(lake);
    expect(await rowsOf(database, 'select id, v from shop.items order by id')).toEqual([
      [2n, 'b'],
      [3n, 'c'],
    ]);
    expect(await rowsOf(database, 'select count(*) from shop.items_history')).toEqual([[4n]]);
  });

  it('leaves out rows whose newest version is deleted', async () => {
    const lake = newLake();
    const deletedField = 'gone';
    lake.run({
      ...keyed,
      ...first,
      deletedField,
      batches: [['{"id":1}', '{"id":2,"gone":""}', '{"id":3,"gone":"2026-01-01"}']],
    });
    lake.run({
      ...keyed,
      ...second,
      deletedField,
      batches: [
        ['{"id":1,"gone":"2026-01-02"}', '{"id":3,"gone":null}', '{"id":4,"gone":"false"}'],
      ],
    });
    expect(await ask(lake, 'select id from shop.items order by id')).toEqual([[2n], [3n], [4n]]);
  });

  it('does not take deleted: false for deleted', async () => {
    const lake = newLake();
    const lines = ['{"id":1,"d":false}', '{"id":2,"d":true}', '{"id":3,"d":null}'];
    lake.run({ ...keyed, ...first, deletedField: 'd', batches: [lines] });
    expect(await ask(lake, 'select id from shop.items order by id')).toEqual([[1n], [3n]]);
  });

  it('keys rows by a field inside a nested value', async () => {
    const lake = newLake();
    const lines = ['{"k":{"x.y":1,"id":7},"v":1}', '{"k":{"id":7},"v":2}'];
    lake.run({ ...keyed, ...first, primaryKey: ['k.id'], batches: [lines] });
    expect(await ask(lake, 'select v from shop.items')).toEqual([[2n]]);
  });

  it('casts declared text in the current rows and keeps it in the history', async () => {
    const lake = newLake();
    const casts = { qty: 'bigint', at: 'timestamp', on: 'boolean', price: 'double' } as const;
    const line = '{"qty":"12","at":"2021-10-05T14:18:46+00:00","on":"true","price":"1.10"}';
    lake.run({
      ...first,
      casts,
      batches: [[line, '{"qty":"1.5","at":"","on":"yes","price":""}']],
    });
    const database = await open(lake);
    expect(await rowsOf(database, 'select * from shop.items')).toEqual([
      [12n, '2021-10-05 14:18:46', true, 1.1],
      [null, null, null, null],
    ]);
    expect(await rowsOf(database, 'select "on" from shop.items_history')).toEqual([
      ['true'],
      ['yes'],
    ]);
  });

  it('widens columns over runs and reads the old files with the new types', async () => {
    const lake = newLake();
    lake.run({ ...first, ...keyed, batches: [['{"id":1,"a":1}']] });
    lake.run({ ...second, ...keyed, batches: [['{"id":2,"a":"x","b":1}']] });
    expect(await ask(lake, 'select id, a, b from shop.items order by id')).toEqual([
      [1n, '1', null],
      [2n, 'x', 1n],
    ]);
  });

  it('shows no rows of an empty run, with a column to select', async () => {
    const lake = newLake();
    lake.run({ ...first, batches: [] });
    lake.run({ ...first, stream: 'blank', batches: [['{}', '{}']] });
    const database = await open(lake);
    const none = await database.query('select * from shop.items');
    expect(none.columns.map((column) => column.name)).toEqual(['_empty']);
    expect(await rowsOf(database, 'select count(*) from shop.items_history')).toEqual([[0n]]);
    expect(await rowsOf(database, 'select count(*) from shop.blank')).toEqual([[2n]]);
  });

  it('shows an empty snapshot after a full one as empty, with its columns', async () => {
    const lake = newLake();
    lake.run({ ...first, batches: [['{"id":1}']] });
    lake.run({ ...second, batches: [] });
    expect(await ask(lake, 'select id from shop.items')).toEqual([]);
  });
});
