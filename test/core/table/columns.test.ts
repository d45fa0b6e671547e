import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_COLUMNS } from '../../../shared/core/bounds.ts';
import {
  COLUMN_TYPES,
  type ColumnType,
  joinTypes,
} from '../../../shared/core/table/column-types.ts';
import { type Column, joinColumns } from '../../../shared/core/table/columns.ts';
import { inferColumns, inspectColumns } from '../../../shared/core/table/infer-columns.ts';
import {
  addSeen,
  allColumns,
  noColumns,
  packColumns,
} from '../../../shared/core/table/stream-columns.ts';

const bytesOf = (...lines: string[]): Uint8Array =>
  new TextEncoder().encode(lines.map((line) => `${line}\n`).join(''));

const infer = (...lines: string[]) => inferColumns(bytesOf(...lines), []);

/** `name:type` of each column, with the key where it differs from the name. */
const brief = (columns: readonly Column[]): string[] =>
  columns.map(({ name, key, type }) => `${name}${name === key ? '' : `<${key}>`}:${type}`);

const anyType = fc.constantFrom<ColumnType>(...COLUMN_TYPES);

describe('the lattice of types', () => {
  it('joins whatever the order, the grouping and the repetition', () => {
    fc.assert(
      fc.property(anyType, anyType, anyType, (a, b, c) => {
        expect(joinTypes(a, b)).toBe(joinTypes(b, a));
        expect(joinTypes(joinTypes(a, b), c)).toBe(joinTypes(a, joinTypes(b, c)));
        expect(joinTypes(a, a)).toBe(a);
        expect(joinTypes(a, 'unknown')).toBe(a);
        expect(joinTypes(a, 'string')).toBe('string');
      }),
    );
  });

  it('lets only whole numbers that a double holds become doubles', () => {
    expect(joinTypes('integer', 'double')).toBe('double');
    expect(joinTypes('integer', 'bigint')).toBe('bigint');
    expect(joinTypes('bigint', 'double')).toBe('string');
    expect(joinTypes('json', 'integer')).toBe('string');
    expect(joinTypes('boolean', 'integer')).toBe('string');
  });
});

describe('the type of a value', () => {
  const cases: [string, ColumnType][] = [
    ['null', 'unknown'],
    ['true', 'boolean'],
    ['false', 'boolean'],
    ['0', 'integer'],
    ['-0', 'integer'],
    ['9007199254740991', 'integer'],
    ['-9007199254740991', 'integer'],
    ['9007199254740992', 'bigint'],
    ['9223372036854775807', 'bigint'],
    ['-9223372036854775808', 'bigint'],
    ['9223372036854775808', 'string'],
    ['-9223372036854775809', 'string'],
    ['12345678901234567890', 'string'],
    ['1.10', 'double'],
    ['1e3', 'double'],
    ['1E-3', 'double'],
    ['1e400', 'string'],
    ['"1"', 'string'],
    ['""', 'string'],
    ['"\\""', 'string'],
    ['{}', 'json'],
    ['[]', 'json'],
    ['{"a":[{"b":"]}\\"{"}]}', 'json'],
  ];
  it.each(cases)('%s is %s', (value, type) => {
    const lines = bytesOf(`{"a":${value},"after":true}`, `{"a": ${value} , "after" : true }`);
    expect(brief(inferColumns(lines, []))).toEqual([`a:${type}`, 'after:boolean']);
  });

  it('takes a number of thousands of digits as text', () => {
    expect(brief(infer(`{"a":${'9'.repeat(200_000)},"b":1}`))).toEqual(['a:string', 'b:integer']);
  });

  it('widens from null to a number to text', () => {
    expect(brief(infer('{"a":null}', '{"a":5}', '{"a":"x"}'))).toEqual(['a:string']);
    expect(brief(infer('{"a":1}', '{"a":1.10}'))).toEqual(['a:double']);
    expect(brief(infer('{"a":9007199254740993}', '{"a":1.5}'))).toEqual(['a:string']);
    expect(brief(infer('{"a":1}', '{"a":{"b":1}}'))).toEqual(['a:string']);
  });

  it('puts records that are no objects in a column named value', () => {
    expect(brief(infer('1', '2.5', 'null'))).toEqual(['value<null>:double']);
    expect(brief(infer('{"value":1}', '"x"'))).toEqual(['value:integer', 'value_2<null>:string']);
    expect(brief(infer('[1,{"a":2}]'))).toEqual(['value<null>:json']);
  });
});

describe('names', () => {
  it('gives the later key a suffix when names differ by letter case only', () => {
    expect(brief(infer('{"id":1,"ID":2,"Id":3,"id_2":4}'))).toEqual([
      'id:integer',
      'ID_2<ID>:integer',
      'Id_3<Id>:integer',
      'id_2_2<id_2>:integer',
    ]);
  });

  it('keeps letters of any script and replaces what SQL engines refuse', () => {
    const columns = infer('{"größe":1,"注文":2,"a.b":3,"a b":4,"@attributes":5,"":6,"x\\ny":7}');
    expect(brief(columns)).toEqual([
      'größe:integer',
      '注文:integer',
      'a_b<a.b>:integer',
      'a_b_2<a b>:integer',
      '_attributes<@attributes>:integer',
      '_<>:integer',
      'x_y<x\ny>:integer',
    ]);
  });

  it('keeps the names that the history table adds for itself', () => {
    expect(brief(infer('{"_run_id":1,"_DATE":2,"_sequence":3}'))).toEqual([
      '_run_id_2<_run_id>:integer',
      '_DATE_2<_DATE>:integer',
      '_sequence:integer',
    ]);
  });

  it('cuts a long key to whole characters that Glue has room for', () => {
    const names = ['a', 'é', '注', '𝒳'].map((letter) => {
      const [column] = infer(JSON.stringify({ [letter.repeat(300)]: 1 }));
      return [column?.name.replaceAll(letter, ''), Buffer.byteLength(column?.name ?? '')];
    });
    expect(names).toEqual([
      ['', 240],
      ['', 240],
      ['', 240],
      ['', 240],
    ]);
  });

  it('gives a new column a name of its own where a run called it like another one', () => {
    const known = infer('{"id":1,"ID":1}');
    const seen = infer('{"ID":1,"Id":2}');
    expect(brief(seen)).toEqual(['ID:integer', 'Id_2<Id>:integer']);
    expect(brief(joinColumns(known, seen))).toEqual([
      'id:integer',
      'ID_2<ID>:integer',
      'Id_3<Id>:integer',
    ]);
  });

  it('knows a key again however it is escaped', () => {
    expect(brief(infer('{"gr\\u00f6\\u00dfe":1}', '{"größe":2.5}', '{"gr\\u00f6ße":3}'))).toEqual([
      'größe:double',
    ]);
  });

  it('keeps names unique in any letter case, whatever the keys', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'grapheme' })), (keys) => {
        const names = infer(JSON.stringify(Object.fromEntries(keys.map((key) => [key, 1])))).map(
          (column) => column.name.toLowerCase(),
        );
        expect(new Set(names).size).toBe(names.length);
      }),
    );
  });
});

describe('inferring', () => {
  const value = fc.oneof(
    fc.constantFrom('null', 'true', '7', '9007199254740993', '1.10', '1e9', '"x"', '""'),
    fc.jsonValue().map((json) => JSON.stringify(json)),
  );
  const key = fc.oneof(fc.constantFrom('id', 'ID', 'a.b', 'ü', '__proto__', ''), fc.string());
  const record = fc
    .uniqueArray(fc.tuple(key, value), { selector: ([name]) => name, maxLength: 8 })
    .map((fields) => `{${fields.map(([k, v]) => `${JSON.stringify(k)}:${v}`).join(',')}}`);

  const typesByKey = (columns: readonly Column[]) =>
    new Map(columns.map((column) => [column.key, column.type]));

  it('sees what a parser sees, in any order of records and cut into any pages', () => {
    fc.assert(
      fc.property(fc.array(record, { maxLength: 12 }), fc.nat(12), (records, cut) => {
        const whole = infer(...records);
        const first = infer(...records.slice(0, cut));
        const rest = bytesOf(...records.slice(cut));
        expect(inferColumns(rest, first)).toEqual(whole);
        expect(typesByKey(infer(...records.toReversed()))).toEqual(typesByKey(whole));
        const keys = new Set(records.flatMap((line) => Object.keys(Object(JSON.parse(line)))));
        expect(new Set(whole.map((column) => column.key))).toEqual(keys);
      }),
    );
  });

  it('joins pages read apart to the types of pages read in a row', () => {
    fc.assert(
      fc.property(fc.array(record), fc.array(record), (one, two) => {
        const a = infer(...one);
        const b = infer(...two);
        const whole = typesByKey(infer(...one, ...two));
        expect(typesByKey(joinColumns(a, b))).toEqual(whole);
        expect(typesByKey(joinColumns(b, a))).toEqual(whole);
        expect(joinColumns(joinColumns(a, b), b)).toEqual(joinColumns(a, b));
      }),
    );
  });

  it('returns the known columns themselves when a page changes nothing', () => {
    const known = infer('{"a":1,"b":"x"}');
    expect(inferColumns(bytesOf('{"b":null,"a":2}'), known)).toBe(known);
    expect(inferColumns(new Uint8Array(), known)).toBe(known);
    expect(joinColumns(known, known)).toBe(known);
  });

  it('keeps names and order when columns come, go and change', () => {
    const known = infer('{"b":1,"a":null}');
    expect(brief(inferColumns(bytesOf('{"c":1,"a":"x"}', '{"A":1}'), known))).toEqual([
      'b:integer',
      'a:string',
      'c:integer',
      'A_2<A>:integer',
    ]);
  });

  it('reads lines with blanks, carriage returns and no last newline', () => {
    const text = '\n {"a" : 1 ,\t"b":[ ] }\r\n\r\n{}\n{"a":2}';
    const inspection = inspectColumns(new TextEncoder().encode(text), []);
    expect(brief(inspection.columns)).toEqual(['a:integer', 'b:json']);
    expect(inspection.records).toBe(3);
  });

  it('never hangs or fails on bytes that are no JSON, and reads the lines after them', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (noise) => {
        inspectColumns(noise, []);
      }),
    );
    expect(brief(infer('{"a":1', '{"a":1,}', '{"a"', '{', '{"z":1}'))).toContain('z:integer');
  });

  it('stops adding columns at the limit and counts what it leaves out', () => {
    const fields = Array.from({ length: MAX_COLUMNS + 5 }, (_, index) => `"k${index}":${index}`);
    const line = `{${fields.join(',')}}`;
    const inspection = inspectColumns(bytesOf(line, line, '"bare"'), []);
    expect(inspection.columns).toHaveLength(MAX_COLUMNS);
    expect(inspection.omitted).toBe(11);
    expect(inspection.lenient).toBe(false);
    const more = [{ name: 'late', key: 'late', type: 'string' } as const];
    expect(joinColumns(inspection.columns, more)).toBe(inspection.columns);
  });

  it('stops adding columns before the ledger has no room for their keys', () => {
    const record = (start: string) => {
      const keys = Array.from({ length: MAX_COLUMNS }, (_, at) => start.padEnd(300, '"') + at);
      return bytesOf(JSON.stringify(Object.fromEntries(keys.map((key) => [key, 1]))));
    };
    const [first, second] = ['a', 'b'].map((start) => inspectColumns(record(start), []));
    expect(first?.omitted).toBeGreaterThan(0);
    const before = addSeen(noColumns, 'run-1', first?.columns ?? []);
    const after = addSeen(before, 'run-2', second?.columns ?? []);
    for (const kept of [before, after]) {
      expect(Buffer.byteLength(JSON.stringify(packColumns(kept)))).toBeLessThan(400_000);
      expect(allColumns(kept).length).toBeGreaterThan(300);
    }
  });

  it('tells when a strict reader would refuse a line', () => {
    const lenient = (...lines: string[]) => inspectColumns(bytesOf(...lines), []).lenient;
    expect(lenient('{"a":1,"a":2}')).toBe(true);
    expect(lenient('{"a":1}', '{"a":2}')).toBe(false);
    expect(lenient('{"a":"\\ud83d\\ude00"}')).toBe(false);
    expect(lenient('{"a":"\\ud83d"}')).toBe(true);
    expect(lenient('{"a":"\\uDE00"}')).toBe(true);
    expect(lenient('{"a":{"b":"\\ud83dx"}}')).toBe(true);
    expect(lenient('{"a":"\\\\ud83d"}')).toBe(false);
  });
});
