import { describe, expect, it } from 'vitest';
import type { Cell } from '../../../local/lake/cells.ts';
import type { QueryResult } from '../../../local/lake/query.ts';
import { formatRows, type RowFormat } from '../../../local/screen/format-rows.ts';

type Row = readonly Cell[];

function resultOf(columns: Record<string, string>, ...batches: Row[][]): QueryResult {
  return {
    columns: Object.entries(columns).map(([name, type]) => ({ name, type })),
    batches: (async function* () {
      yield* batches;
    })(),
  };
}

async function textOf(result: QueryResult, format: RowFormat): Promise<string> {
  let text = '';
  await formatRows(result, format, (piece) => {
    text += piece;
  });
  return text;
}

const awkward = () =>
  resultOf(
    { id: 'BIGINT', 'na"me': 'VARCHAR', n: 'JSON', d: 'DECIMAL(10,2)', l: 'INT[]', f: 'DOUBLE' },
    [[9007199254740993n, 'a,"b"\nc', '{"a":[1]}', '12.50', [9007199254740993n], 1.5]],
    [],
    [[null, '', null, null, null, Number.NaN]],
  );

describe('CSV', () => {
  it('quotes by RFC 4180 and tells null from empty text', async () => {
    expect(await textOf(awkward(), 'csv')).toBe(
      'id,"na""me",n,d,l,f\r\n' +
        '9007199254740993,"a,""b""\nc","{""a"":[1]}",12.50,[9007199254740993],1.5\r\n' +
        ',"",,,,NaN\r\n',
    );
  });
});

describe('JSON', () => {
  const rows = [
    '{"id":9007199254740993,"na\\"me":"a,\\"b\\"\\nc","n":{"a":[1]},"d":12.50,' +
      '"l":[9007199254740993],"f":1.5}',
    '{"id":null,"na\\"me":"","n":null,"d":null,"l":null,"f":null}',
  ];

  it('keeps the digits of integers and decimals, and JSON columns as JSON', async () => {
    expect(await textOf(awkward(), 'json')).toBe(`[\n  ${rows.join(',\n  ')}\n]\n`);
    expect(await textOf(awkward(), 'ndjson')).toBe(`${rows.join('\n')}\n`);
  });

  it('writes an empty list for no rows', async () => {
    expect(await textOf(resultOf({ a: 'BIGINT' }), 'json')).toBe('[]\n');
    expect(await textOf(resultOf({ a: 'BIGINT' }), 'ndjson')).toBe('');
  });

  it('writes nested values with integers of any size', async () => {
    const cell = { 'a"': [1n, null, 'x', { b: 2n ** 70n }], c: true };
    const text = await textOf(resultOf({ s: 'STRUCT' }, [[cell]]), 'ndjson');
    expect(text).toBe('{"s":{"a\\"":[1,null,"x",{"b":1180591620717411303424}],"c":true}}\n');
  });

  it('keeps each row on one line when JSON text has line breaks', async () => {
    const text = await textOf(resultOf({ j: 'JSON' }, [['{\n"a": 1\r\n}']]), 'ndjson');
    expect(text).toBe('{"j":{ "a": 1 }}\n');
  });
});

describe('a table', () => {
  it('aligns numbers right and text left', async () => {
    const result = resultOf({ n: 'BIGINT', name: 'VARCHAR' }, [
      [1n, 'a'],
      [12345n, null],
    ]);
    expect((await textOf(result, 'table')).split('\n')).toEqual([
      '┌───────┬──────┐',
      '│     n │ name │',
      '├───────┼──────┤',
      '│     1 │ a    │',
      '│ 12345 │      │',
      '└───────┴──────┘',
      '',
    ]);
  });

  it('cuts long values and shows control characters instead of sending them', async () => {
    const text = await textOf(
      resultOf({ t: 'VARCHAR' }, [['x'.repeat(500)], ['a\nb\u001b[31m\u007f\u202e']]),
      'table',
    );
    expect(text).toContain(`│ ${'x'.repeat(59)}… │`);
    expect(text).toContain('a\\nb\\u001b[31m\\u{7f}\\u{202e}');
  });

  it('stops reading after a thousand rows and says so', async () => {
    let read = 0;
    const result: QueryResult = {
      columns: [{ name: 'n', type: 'BIGINT' }],
      batches: (async function* () {
        for (;;) {
          read += 1;
          yield Array.from({ length: 400 }, (_, n) => [BigInt(n)]);
        }
      })(),
    };
    const text = await textOf(result, 'table');
    expect(read).toBe(3);
    expect(text.split('\n').length).toBe(1_000 + 4 + 2);
    expect(text).toContain('The first 1000 rows; csv, json and ndjson give all of them.');
  });
});

it('waits for a slow reader before it reads on, and counts the rows', async () => {
  const order: string[] = [];
  const result: QueryResult = {
    columns: [{ name: 'n', type: 'BIGINT' }],
    batches: (async function* () {
      order.push('read 1');
      yield [[1n]];
      order.push('read 2');
      yield [[2n], [3n]];
    })(),
  };
  const count = await formatRows(result, 'ndjson', async (text) => {
    await Promise.resolve();
    order.push(`wrote ${text.length}`);
  });
  expect(order).toEqual(['read 1', 'wrote 8', 'read 2', 'wrote 16']);
  expect(count).toBe(3);
});
