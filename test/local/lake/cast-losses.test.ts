// What is counted as lost by casts, beside what DuckDB makes of the same values.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { inferColumns, inspectColumns } from '../../../shared/core/table/infer-columns.ts';
import type { Cast } from '../../../shared/core/table/sql-types.ts';
import { ask, cleanUpLakes, newLake } from './hand-made-lake.ts';

cleanUpLakes();

const bytesOf = (lines: readonly string[]) => new TextEncoder().encode(`${lines.join('\n')}\n`);

const lostOf = (cast: Cast, values: readonly string[]): number => {
  const lines = bytesOf(values.map((value) => `{"x": 1, "v": ${value}}`));
  return inspectColumns(lines, [], { v: cast }).lost?.['v'] ?? 0;
};
const isLost = (cast: Cast, text: string): boolean => lostOf(cast, [JSON.stringify(text)]) === 1;

/** Whether each text is null in the current rows; a text that nothing reads makes the column text. */
async function nullsOf(cast: Cast, texts: readonly string[]): Promise<boolean[]> {
  const lake = newLake();
  const lines = [...texts, 'text'].map((v, n) => JSON.stringify({ n, v }));
  lake.run({ runId: 'r1', casts: { v: cast }, batches: [lines] });
  const rows = await ask(lake, 'select v is null from shop.items order by n');
  return rows.slice(0, -1).map(([isNull]) => isNull === true);
}

const words = {
  bigint: [
    '7',
    '-7',
    '+7',
    '007',
    '9223372036854775807',
    '9223372036854775808',
    '-9223372036854775808',
  ],
  double: ['1.5', '.5', '1.', '-1.5e3', '1e400', '1E5', ' 1 ', '1e', '1,5', '1d', '0x1F', '--1'],
  boolean: ['true', 'TRUE', 'f', 'F', '1', '0', 'yes', 'no', 'on', 'truE', '2', ' true'],
  timestamp: [
    ...['2026-01-02', '2026-01-02T03:04', '2026-01-02 03:04:05', '2026-01-02T03:04:05Z'],
    ...['2026-01-02T03:04Z', '2026-01-02T03:04:05.123Z', '2026-01-02T03:04:05+02:00'],
    ...[
      '2026-01-02T03:04:05+0200',
      '2026-01-02T03:04:05-05',
      '2026-02-30',
      '2026-02-29T00:00:00Z',
    ],
    ...['2024-02-29T23:59:59Z', '2026-13-01', '2026-01-02T24:00:01', '2026-01-02T23:59:60Z'],
    ...['2026-01-02t03:04:05z', '2026-01-02T', '20260102', '1700000000', '2026-01-31T10:00:00'],
  ],
  date: [
    '2026-01-02',
    '0001-01-01',
    '9999-12-31',
    '2026-02-30',
    '2024-02-29',
    '2026-1-2',
    '20260102',
  ],
  'decimal(5,2)': ['1.5', '999.99', '-0999.9', '1000', '1.005', '1.50', '.5', '5.', '1e2', '+7'],
  'decimal(2,2)': ['0.99', '1.00', '00.5', '0'],
  'decimal(38,0)': ['9'.repeat(38), '9'.repeat(39), '1.0'],
} as const satisfies Partial<Record<Cast, readonly string[]>>;

const casts = [
  ...(['bigint', 'double', 'boolean', 'timestamp', 'date'] as const),
  ...(['decimal(5,2)', 'decimal(2,2)', 'decimal(38,0)'] as const),
];

describe('a value is counted as lost', () => {
  it.each(casts)('whenever DuckDB reads it as null: %s', async (cast) => {
    const odd = fc.sample(
      fc.oneof(
        fc.stringMatching(/^[ +-]?[0-9]{0,22}[.]?[0-9]{0,3}(e[0-9]{1,2})?[ d]?$/),
        fc.stringMatching(
          /^20[0-9]{2}-[01][0-9]-[0-3][0-9]([T ][0-2][0-9]:[0-6][0-9](:[0-6][0-9]([.][0-9]{1,3})?)?)?(Z|[+-][01][0-9]:?[0-9]0)?$/,
        ),
        fc.string({ minLength: 1, unit: 'grapheme' }),
      ),
      { numRuns: 1_500, seed: 3 },
    );
    const texts = [...Object.values(words).flat(), ...odd.filter((text) => text !== '')];
    const nulls = await nullsOf(cast, texts);
    const missed = texts.filter((text, at) => nulls[at] && !isLost(cast, text));
    expect(missed).toEqual([]);
    // Athena reads some texts as null that DuckDB takes; of plain values, none.
    const extra = words[cast].filter((text) => !nulls[texts.indexOf(text)] && isLost(cast, text));
    expect(extra).toEqual([]);
  });

  it('of whole numbers and booleans exactly then', async () => {
    const texts = [...words.bigint, ...words.double, ...words.boolean, ' 5 ', '5\n', '١', 'null'];
    for (const cast of ['bigint', 'boolean'] as const) {
      expect(texts.map((text) => isLost(cast, text))).toEqual(await nullsOf(cast, texts));
    }
  });

  it('where only one reader has a value', () => {
    for (const text of ['inf', 'nan', '1_000', '1d']) expect(isLost('double', text)).toBe(true);
    for (const text of ['2026-1-2', '2026-01-02T24:00:00Z', '2026-01-02T03:04:05+15:00']) {
      expect(isLost('timestamp', text)).toBe(true);
    }
  });

  it('by its text, whatever its type, and never for null and empty text', () => {
    expect(lostOf('bigint', ['null', '""', '5', '"5"', '"\\u0035"'])).toBe(0);
    expect(lostOf('bigint', ['1.5', 'true', '{"a":1}', '[]', '"\\n5"', '"x"'])).toBe(6);
    expect(lostOf('boolean', ['true', 'false', '1', '0', '"t"'])).toBe(0);
    expect(lostOf('double', ['1', '1.5', '-2e3', '"1.10"'])).toBe(0);
    expect(lostOf('timestamp', ['1700000000', 'true'])).toBe(2);
  });

  it('alike in lines that follow each other, and not by others that have no casts', () => {
    const lines = bytesOf(['{"v":"a","w":1}', '{"v":"5"}', '{"w":"b","v":"c"}']);
    const first = inspectColumns(lines, [], { v: 'bigint', w: 'bigint', x: 'double' });
    expect(first.lost).toEqual({ v: 2, w: 1 });
    const again = inspectColumns(lines, first.columns, { v: 'bigint' });
    expect(again).toMatchObject({ lost: { v: 2 } });
    expect(again.columns).toBe(first.columns);
    expect(inspectColumns(lines, first.columns)).not.toHaveProperty('lost');
    expect(inferColumns(lines, first.columns)).toBe(first.columns);
    const odd = bytesOf(['{"__proto__":"x","constructor":"y"}']);
    expect(inspectColumns(odd, [], { v: 'bigint' })).not.toHaveProperty('lost');
  });
});
