// One bad name spoils nothing: whatever a key, a stream, a source or a file of the lake is called
// or holds, all that can be made of the tables is there, and what is not is named.

import { mkdirSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ask, cleanUpLakes, lakeOf, newLake, open, rowsOf } from './hand-made-lake.ts';

cleanUpLakes();

const lines = (...values: object[]): string[] => values.map((value) => JSON.stringify(value));

describe('keys that no table can have as a column', () => {
  const odd = lines({ id: 1, 'a\0b': 1, 'cut\ud83d': 2, a: 3, 'a\0': 4 }, { id: 2 });

  it('are left out and named, and all other columns are there', async () => {
    const lake = lakeOf(...odd);
    lake.run({ runId: 'r1', stream: 'good', batches: [lines({ id: 7 })] });
    const database = await open(lake);
    expect(await rowsOf(database, 'select * from shop.items')).toEqual([
      [1n, 3n],
      [2n, null],
    ]);
    expect(await rowsOf(database, 'select count(*) from shop.items_history')).toEqual([[2n]]);
    expect(await rowsOf(database, 'select id from shop.good')).toEqual([[7n]]);
    expect(database.faults).toEqual([
      'shop/items: The keys "a\\u{0}b", "cut\\u{d83d}", "a\\u{0}" are no columns: no table can ' +
        'have such names. Their values are in the lines of the lake only.',
    ]);
  });

  it('leave their stream a table where there are no others', async () => {
    expect(await ask(lakeOf(...lines({ '\0': 1 })), 'select * from shop.items')).toEqual([[null]]);
  });

  it('do not key the rows', async () => {
    const lake = newLake();
    lake.run({ runId: 'r1', primaryKey: ['a\0b'], batches: [odd] });
    expect(await ask(lake, 'select id from shop.items')).toEqual([[1n], [2n]]);
  });
});

describe('keys that are odd and fine', () => {
  it('are columns beside each other', async () => {
    const long = 'x'.repeat(5_000);
    const keys = [
      '',
      '*',
      '$',
      '-',
      '0',
      '__proto__',
      'constructor',
      'ID',
      'iD',
      '_line',
      '_rank',
    ];
    const more = [
      '_driplake_file',
      '@driplake_file',
      'filename',
      'line',
      'record',
      '\\',
      "'",
      '"',
    ];
    const all = [
      ...keys,
      ...more,
      '\u2028',
      '\u202e',
      'a\nb',
      '\u0001',
      'ı',
      'İ',
      long,
      `${long}y`,
    ];
    const text = all.map((key, index) => `${JSON.stringify(key)}:${index}`).join();
    const rows = await ask(lakeOf(`{${text}}`), 'select * from shop.items');
    expect(rows).toEqual([all.map((_, index) => BigInt(index))]);
  });

  it('are columns to a strict reader too', async () => {
    const all = [
      '*',
      '$',
      '-',
      '0',
      '__proto__',
      '_line',
      '@driplake_file',
      'filename',
      "'",
      '"',
      '\\',
    ];
    const text = all.map((key, index) => `${JSON.stringify(key)}:${index}`).join();
    const rows = await ask(lakeOf(`{${text}}`), 'select * from shop.items');
    expect(rows).toEqual([all.map((_, index) => BigInt(index))]);
  });

  it('key the rows wherever they lie in a value', async () => {
    const lake = newLake();
    const record = { k: { 'a"b/~c': 1 } };
    const primaryKey = ['k.a"b/~c'];
    lake.run({
      runId: 'r1',
      primaryKey,
      batches: [lines({ ...record, v: 1 }, { ...record, v: 2 })],
    });
    expect(await ask(lake, 'select v from shop.items')).toEqual([[2n]]);
  });
});

describe('half of a surrogate pair', () => {
  const textOf = async (json: string) => {
    const rows = await ask(lakeOf(`{"id":1,"t":${json}}`), 'select t from shop.items');
    return rows[0]?.[0];
  };

  it.each([
    ['\\ud83d\\ude00 and cut \\ud83d', '😀 and cut \ufffd'],
    ['\\ud83d\\ud83d\\ude00x\\ude00', '\ufffd😀x\ufffd'],
    ['\\uD83D\\uDE00\\uDC00\\u00e9', '😀\ufffdé'],
    ['text \\\\ud83d and \\ud83d', 'text \\ud83d and \ufffd'],
    ['\\\\\\ud83d\\ude00\\\\\\\\ud83d\\"\\ud83d', '\\😀\\\\ud83d"\ufffd'],
    ['\\ud83d\\\\ude00', '\ufffd\\ude00'],
    ['half \\ud83d then \\\\ud83d', 'half \ufffd then \\ud83d'],
    ['\\ud83d\\n\\ude00', '\ufffd\n\ufffd'],
  ])('is all that is replaced in %s', async (escaped, text) => {
    expect(await textOf(`"${escaped}"`)).toBe(text);
  });

  it('alone is replaced, whatever escapes stand around it', async () => {
    const pieces = ['\\\\', '\\"', '\\ud83d', '\\uDE00', '\\u00e9', '\\u005c', 'ud83d', '😀', '/'];
    const texts = fc.sample(fc.array(fc.constantFrom(...pieces), { maxLength: 12 }), {
      numRuns: 500,
      seed: 1,
    });
    const escaped = texts.map((parts) => `"${parts.join('')}"`);
    const lake = lakeOf(...escaped.map((json) => `{"t":${json}}`), '{"t":"\\ud83d"}');
    const rows = await ask(lake, 'select t from shop.items');
    const wanted = escaped.map((json) => String(JSON.parse(json)).toWellFormed());
    expect(rows.map(([text]) => text)).toEqual([...wanted, '\ufffd']);
  });

  it('is replaced in a value of megabytes, which else stays', async () => {
    const long = '\\ud83d\\ude00 \\\\ud83d é'.repeat(100_000);
    const text = '😀 \\ud83d é'.repeat(100_000);
    expect(await textOf(`"${long}\\ud83d"`)).toBe(`${text}\ufffd`);
  });
});

describe('sources with a name of SQL', () => {
  it('keep no other out of the tables, and are named where theirs cannot be made', async () => {
    const lake = lakeOf('{"id":1}');
    const names = ['memory', 'main', 'driplake', 'temp', 'system', 'information-schema'];
    for (const source of names) lake.run({ source, runId: 'r1', batches: [['{"id":2}']] });
    const database = await open(lake);
    expect(database.tables).toEqual(['driplake.items', 'main.items', 'shop.items']);
    for (const table of database.tables) {
      expect(await rowsOf(database, `select count(*) from ${table}`)).toEqual([[1n]]);
    }
    expect(database.faults).toEqual(
      ['information-schema', 'memory', 'system', 'temp'].map(
        (source) =>
          `${source}/items: DuckDB keeps the name ${source.replace('-', '_')} for itself: ` +
          `name the source otherwise to query it. Its lines are in ${lake.dir}/${source}/items/.`,
      ),
    );
  });
});

describe('files of the lake', () => {
  it('that cannot be read leave their own stream out only', async () => {
    const lake = lakeOf('{"id":1}');
    mkdirSync(path.join(lake.dir, '_manifests/shop/folder/r1.json'), { recursive: true });
    lake.run({ runId: 'r1', stream: 'endless', batches: [], objects: 0 });
    for (const [runId, objects] of [['r2', 2_000_000_000] as const, ['r3', 99_000_000] as const]) {
      const endless = lake.manifest({ stream: 'endless', runId, objects });
      lake.write(`_manifests/shop/endless/${runId}.json`, endless);
    }
    const database = await open(lake);
    expect(database.tables).toContain('shop.items');
    expect(await rowsOf(database, 'select id from shop.items')).toEqual([[1n]]);
    const faults = database.faults.join('\n');
    expect(faults).toMatch(/folder\/r1\.json: it cannot be read \(EISDIR\)/);
    expect(faults).toMatch(/endless\/r2\.json: objects: expected a number of at most/);
    expect(faults).toMatch(/endless\/r3\.json: 99000000 of 99000000 batches are missing/);
  });

  it('that are damaged leave their own stream out only', async () => {
    const lake = lakeOf('{"id":1}');
    for (const stream of ['cut', 'blank', 'words']) {
      lake.run({ runId: 'r1', stream, batches: [['{"id":1}']] });
    }
    const batch = (stream: string) => `shop/${stream}/dt=2026-11-21/run=r1/00000000.ndjson.gz`;
    lake.write(batch('cut'), Buffer.from([0x1f, 0x8b, 8, 0, 0]));
    lake.write(batch('blank'), '');
    lake.write(batch('words'), 'these are words');
    const database = await open(lake);
    expect(database.tables).toEqual(['shop.items']);
    expect(database.faults).toHaveLength(3);
    for (const [index, stream] of ['blank', 'cut', 'words'].entries()) {
      expect(database.faults[index]).toContain(`shop/${stream}: DuckDB cannot have it as a table`);
      expect(database.faults[index]).toContain(batch(stream));
    }
    expect(await rowsOf(database, 'select id from shop.items')).toEqual([[1n]]);
  });
});
