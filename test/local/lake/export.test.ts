import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  watch,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { exportTable } from '../../../local/lake/export.ts';
import type { ExportFormat } from '../../../local/lake/export-formats.ts';
import { cleanUpWorkplaces, workplace } from '../command.ts';
import { cleanUpLakes, type HandMadeLake, lakeOf, newLake } from './hand-made-lake.ts';

cleanUpLakes();
cleanUpWorkplaces();

/** The folder that exports go to, beside the lake. */
function outOf(lake: HandMadeLake): string {
  const out = path.join(path.dirname(lake.dir), 'out');
  mkdirSync(out, { recursive: true });
  return out;
}

async function exported(
  lake: HandMadeLake,
  format: ExportFormat,
  over: {
    table?: string;
    history?: boolean;
    overwrite?: boolean;
    name?: string;
    safe?: boolean;
  } = {},
) {
  const { name = `rows.${format}`, ...rest } = over;
  const file = path.join(outOf(lake), name);
  const order = { lake: lake.dir, table: 'shop.items', history: false, overwrite: false };
  const told = await exportTable({ ...order, ...rest, format, file });
  expect(readdirSync(outOf(lake))).toContain(name);
  return { ...told, file, text: format === 'parquet' ? '' : readFileSync(file, 'utf8') };
}

const AWKWARD = [
  '{"id":9007199254740993,"a.b":"x,\\"y\\"\\n","price":1.10,"big":98765432109876543210,"at":"2026-11-21T10:00:00+02:00","deep":{"p":1.5,"id":98765432109876543210,"e":[]},"flag":true,"é":""}',
  '{"id":2,"a.b":null,"price":3,"big":1,"at":"","deep":[1,"日本"],"flag":false,"é":"\\u0001日本"}',
  '{"id":3}',
];

const awkward = (): HandMadeLake => {
  const lake = newLake("it's a lake");
  lake.run({ runId: 'r1', casts: { at: 'timestamp' }, batches: [AWKWARD] });
  return lake;
};

describe('an export as NDJSON', () => {
  it('has the rows of the table, with JSON as JSON and every digit of it', async () => {
    const { rows, bytes, text } = await exported(awkward(), 'ndjson');
    expect(text.split('\n')).toEqual([
      '{"id":9007199254740993,"a_b":"x,\\"y\\"\\n","price":1.1,"big":"98765432109876543210","at":"2026-11-21T08:00:00.000000Z","deep":{"p":1.5,"id":98765432109876543210,"e":[]},"flag":true,"é":""}',
      '{"id":2,"a_b":null,"price":3.0,"big":"1","at":null,"deep":[1,"日本"],"flag":false,"é":"\\u0001日本"}',
      '{"id":3,"a_b":null,"price":null,"big":null,"at":null,"deep":null,"flag":null,"é":null}',
      '',
    ]);
    expect({ rows, bytes }).toEqual({ rows: 3, bytes: Buffer.byteLength(text) });
  });

  it('keeps a row on its line, whatever stands in it', async () => {
    const lake = lakeOf(
      '{"a":"line\\nbreak\\r","b":{"c":"\\n"},"d":[\r1]}',
      '{"a":"\\u0001\\"\'"}',
    );
    const lines = (await exported(lake, 'ndjson')).text.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { a: 'line\nbreak\r', b: { c: '\n' }, d: [1] },
      { a: '\u0001"\'', b: null, d: null },
    ]);
  });
});

describe('an export as CSV for spreadsheets', () => {
  const FORMULAS = ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1', '\n=1', '\uFF1D1'];
  const PLAIN = ["'=1", 'a=1', '1-1', '日本'];
  const lakeOfTexts = () =>
    lakeOf(
      ...[...FORMULAS, ...PLAIN].map((text, id) =>
        JSON.stringify({ id, '=name': text, number: -id, deep: { a: text } }),
      ),
    );
  /** The first and second cell of each row, as a reader of CSV has them. */
  const read = async (file: string) => {
    const duckdb = await (await DuckDBInstance.create(':memory:')).connect();
    const sql = `SELECT * FROM read_csv('${file}', header = false, all_varchar = true)`;
    return (await duckdb.runAndReadAll(sql)).getRowsJson();
  };

  it('has a mark before what they would run, in names and in text, and nowhere else', async () => {
    const { file } = await exported(lakeOfTexts(), 'csv', { safe: true });
    const [names, ...rows] = await read(file);
    expect(names).toEqual(['id', '_name', 'number', 'deep']);
    expect(rows.map((row) => row[1])).toEqual([...FORMULAS.map((text) => `'${text}`), ...PLAIN]);
    expect(rows.map((row) => row[2])).toEqual(rows.map((_row, id) => String(-id)));
  });

  it('is the text as it is without being asked for', async () => {
    const { file } = await exported(lakeOfTexts(), 'csv');
    const [, ...rows] = await read(file);
    expect(rows.map((row) => row[1])).toEqual([...FORMULAS, ...PLAIN]);
  });

  it('is refused for a format that no spreadsheet runs', async () => {
    const place = workplace();
    const ended = await place.run('export', 'a.b', '--format', 'parquet', '--safe');
    expect(ended.code).toBe(2);
    expect(ended.stderr).toContain('--safe is for --format csv.');
  });
});

describe('an export as CSV', () => {
  it('tells null from empty text and quotes what needs it', async () => {
    const { text } = await exported(awkward(), 'csv');
    expect(text).toBe(
      [
        'id,a_b,price,big,at,deep,flag,é',
        '9007199254740993,"x,""y""\n",1.1,98765432109876543210,2026-11-21T08:00:00.000000Z,"{""p"":1.5,""id"":98765432109876543210,""e"":[]}",true,""',
        '2,,3.0,1,,"[1,""日本""]",false,\u0001日本',
        '3,,,,,,,',
        '',
      ].join('\n'),
    );
  });
});

describe('an export as Parquet', () => {
  it('has the types of the table and is compressed with zstd', async () => {
    const { file, rows } = await exported(awkward(), 'parquet');
    expect(rows).toBe(3);
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    const ask = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson();
    const from = `'${file.replaceAll("'", "''")}'`;
    expect(
      await ask(`select id, big, deep, flag, "at"::varchar like '2026%' from ${from}`),
    ).toEqual([
      [
        '9007199254740993',
        '98765432109876543210',
        '{"p":1.5,"id":98765432109876543210,"e":[]}',
        true,
        true,
      ],
      ['2', '1', '[1,"日本"]', false, null],
      ['3', null, null, null, null],
    ]);
    const types = await ask(`select column_type from (describe select * from ${from})`);
    expect(types.flat()).toEqual([
      'BIGINT',
      'VARCHAR',
      'DOUBLE',
      'VARCHAR',
      'TIMESTAMP',
      'JSON',
      'BOOLEAN',
      'VARCHAR',
    ]);
    const codecs = await ask(`select distinct compression from parquet_metadata(${from})`);
    expect(codecs).toEqual([['ZSTD']]);
    connection.closeSync();
  });
});

describe('what is exported', () => {
  it('is the current rows, or the whole history', async () => {
    const lake = newLake();
    for (const runId of ['r1', 'r2']) {
      lake.run({ source: 'x-y', stream: 'a-b', runId, batches: [[`{"run":"${runId}"}`]] });
    }
    const table = 'x-y.a-b';
    expect((await exported(lake, 'csv', { table })).text).toBe('run\nr2\n');
    const history = { table: 'x_y.a_b', history: true, name: 'all' };
    const { text } = await exported(lake, 'ndjson', history);
    expect(text.match(/"run":"r[12]"/g)).toEqual(['"run":"r1"', '"run":"r2"']);
  });

  it('may be nothing', async () => {
    const lake = newLake();
    lake.run({ runId: 'r1', batches: [] });
    for (const format of ['csv', 'ndjson', 'parquet'] as const) {
      expect((await exported(lake, format)).rows).toBe(0);
    }
  });
});

describe('a place that can not be written', () => {
  it('is told before anything is read', async () => {
    const lake = lakeOf('{"id":1}');
    const first = await exported(lake, 'csv');
    writeFileSync(first.file, 'mine');
    await expect(exported(lake, 'csv')).rejects.toMatchObject({
      name: 'Driplake.Configuration',
      message: expect.stringContaining('rows.csv is there already.'),
      remedy: 'Name another file, or say --force.',
    });
    expect(readFileSync(first.file, 'utf8')).toBe('mine');
    expect((await exported(lake, 'csv', { overwrite: true })).text).toBe('id\n1\n');
    await expect(exported(lake, 'csv', { name: 'no/x.csv' })).rejects.toThrow(
      /^Cannot write into/,
    );
    await expect(exported(lake, 'csv', { name: '.', overwrite: true })).rejects.toThrow(
      /is no file/,
    );
    await expect(exported(lake, 'csv', { table: 'shop.nope', name: 'x' })).rejects.toMatchObject({
      message: 'There is no stream shop.nope in the lake.',
      remedy: 'There are: shop.items.',
    });
    expect(readdirSync(outOf(lake))).toEqual(['rows.csv']);
  });

  it('is left as it was when the rows can not be read to their end', async () => {
    const lake = newLake();
    const rows = Array.from(
      { length: 5_000 },
      (_, id) => `{"id":${id},"text":"${'x'.repeat(99)}"}`,
    );
    lake.run({ runId: 'r1', batches: [rows, rows, rows] });
    lake.write('shop/items/dt=2026-11-21/run=r1/00000002.ndjson.gz', 'no gzip at all');
    for (const format of ['csv', 'ndjson', 'parquet'] as const) {
      await expect(exported(lake, format)).rejects.toMatchObject({ name: 'Driplake.Lake' });
    }
    expect(readdirSync(outOf(lake))).toEqual([]);
  });
});

describe('the command', () => {
  it('writes to stdout what it would write to a file, and tells on stderr', async () => {
    const lake = lakeOf('{"id":1,"o":{"a":1.5}}');
    const place = workplace();
    const args = ['export', 'shop.items', '--lake', lake.dir, '--format'];
    const csv = await place.run(...args, 'csv');
    expect(csv).toMatchObject({ code: 0, stdout: 'id,o\n1,"{""a"":1.5}"\n' });
    expect(csv.stderr).toMatch(/^1 rows, 21 bytes in .* -> stdout\n$/);
    const ndjson = await place.run(...args, 'ndjson', '--output', '-');
    expect(ndjson.stdout).toBe('{"id":1,"o":{"a":1.5}}\n');
    expect(await place.run(...args, 'parquet')).toMatchObject({ code: 2, stdout: '' });
    const file = await place.run(...args, 'parquet', '-o', 'items.parquet');
    expect(file).toMatchObject({ code: 0, stdout: '' });
    expect(readdirSync(place.dir)).toEqual(['items.parquet']);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)(
    'leaves nothing under the name of the file when %s ends it',
    async (signal) => {
      const lake = newLake();
      lake.run({ runId: 'r1', batches: [AWKWARD, AWKWARD, AWKWARD] });
      // DuckDB waits for what nobody writes into the pipe: the export can't be over before.
      const last = path.join(lake.dir, 'shop/items/dt=2026-11-21/run=r1/00000002.ndjson.gz');
      rmSync(last);
      expect(spawnSync('mkfifo', [last]).status).toBe(0);
      const place = workplace();
      const begun = new Promise<void>((resolve) => {
        const watcher = watch(place.dir, (_, name) => {
          if (!name?.endsWith('.part')) return;
          watcher.close();
          resolve();
        });
      });
      const args = ['shop.items', '--lake', lake.dir, '--format', 'csv', '-o', 'items.csv'];
      const running = place.start('export', ...args);
      await begun;
      running.kill(signal);
      expect((await running.ended).signal).toBe(signal);
      expect(existsSync(path.join(place.dir, 'items.csv'))).toBe(false);
      expect(readdirSync(place.dir)).toHaveLength(signal === 'SIGKILL' ? 1 : 0);
    },
  );
});
