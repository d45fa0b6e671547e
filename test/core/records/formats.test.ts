// Records behind stars, lines of JSON and CSV: every record arrives once, as the API sent it, and a
// body that was cut off or means two things is a fault.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordsIn } from '../../../shared/core/records/formats.ts';
import { eachRecord, type RecordsSpec } from '../../../shared/core/records/records.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

/** The lines, or what is wrong. */
function read(body: string, spec: RecordsSpec): readonly string[] | string {
  const sliced = recordsIn(bytesOf(body), spec);
  if (sliced.kind === 'fault') return sliced.reason;
  const lines = [...eachRecord(sliced.lines)].map(textOf);
  expect(sliced.count).toBe(lines.length);
  expect(sliced.first && textOf(sliced.first)).toBe(lines[0]);
  expect(sliced.last && textOf(sliced.last)).toBe(lines.at(-1));
  return lines;
}

describe('a path with stars', () => {
  it('takes rows out of what wraps each of them', () => {
    const body = '{"items":[{"data":{"id":1}},{"data":{"id":9007199254740993}}],"next":"c"}';
    expect(read(body, { path: 'items.*.data' })).toEqual(['{"id":1}', '{"id":9007199254740993}']);
  });

  it('joins lists in lists, however deep', () => {
    const body =
      '{"shops":[{"days":[{"rows":[{"n":1.10}]},{"rows":[]}]},{"days":[{"rows":[{"n":2}]}]}]}';
    expect(read(body, { path: 'shops.*.days.*.rows' })).toEqual(['{"n":1.10}', '{"n":2}']);
    expect(read('[[{"a":1}],[],[{"a":2},{"a":3}]]', { path: '*' })).toHaveLength(3);
  });

  it('reads a map of records, and puts each key into its record', () => {
    const body = '{"rates":{"EUR":{"rate":1.10}, "US \\"D" : {} , "JPY":[{"rate":3},{"rate":4}]}}';
    expect(read(body, { path: 'rates.*' })).toEqual([
      '{"rate":1.10}',
      '{}',
      '{"rate":3}',
      '{"rate":4}',
    ]);
    expect(read(body, { path: 'rates.*', key: 'currency' })).toEqual([
      '{"currency":"EUR","rate":1.10}',
      '{"currency":"US \\"D"}',
      '{"currency":"JPY","rate":3}',
      '{"currency":"JPY","rate":4}',
    ]);
  });

  it('reads a map of numbers where its keys have a field', () => {
    const body = '{"rates":{"EUR":1.10,"XAU":null}}';
    expect(read(body, { path: 'rates.*', key: 'currency' })).toEqual([
      '{"currency":"EUR","value":1.10}',
      '{"currency":"XAU","value":null}',
    ]);
    expect(read(body, { path: 'rates.*' })).toContain('found 1.10');
  });

  it('has nothing to give of an empty map or list, and no other nothing', () => {
    expect(read('{"rates":{}}', { path: 'rates.*' })).toEqual([]);
    expect(read('{"items":[]}', { path: 'items.*.data' })).toEqual([]);
    expect(read('{"error":"no"}', { path: 'items.*.data' })).toContain('the key "items"');
    expect(read('{"items":[{"data":{}},{"fault":1}]}', { path: 'items.*.data' })).toContain(
      'the key "data"',
    );
    expect(read('{"items":[{"fault":1}]}', { path: 'items.*.data', missing: 'none' })).toEqual([]);
  });

  it('refuses to put a key over one that the record has', () => {
    const body = '{"rates":{"EUR":{"\\u0063urrency":"x"}}}';
    expect(read(body, { path: 'rates.*', key: 'currency' })).toContain('"currency" of its own');
  });

  it('takes an escaped star for a key', () => {
    expect(read('{"*":[{"a":1}]}', { path: '\\*' })).toEqual(['{"a":1}']);
  });

  it('shows the envelope without the list or the map', () => {
    const sliced = recordsIn(bytesOf('{"m":{"a":{}},"next":"c"}'), { path: 'm.*' });
    expect(sliced).toMatchObject({ envelope: '{"m":[],"next":"c"}', isThere: true });
  });
});

describe('lines of JSON', () => {
  const lines: RecordsSpec = { path: '', format: 'lines' };

  it('keeps the bytes of each, whatever breaks the lines', () => {
    const body = '\ufeff{"id":9007199254740993, "a":[1]}\r\n\n {"b":"\\u00e9"} \n{"c":1.10}';
    expect(read(body, lines)).toEqual([
      '{"id":9007199254740993, "a":[1]}',
      '{"b":"\\u00e9"}',
      '{"c":1.10}',
    ]);
  });

  it('finds any list of values again', () => {
    const value = fc.jsonValue();
    const space = fc.constantFrom('\n', '\r\n', '\n\n', ' \n');
    fc.assert(
      fc.property(fc.array(fc.tuple(value, space), { minLength: 1 }), (values) => {
        const body = values.map(([one, gap]) => `${JSON.stringify(one)}${gap}`).join('');
        expect(read(body, lines)).toEqual(values.map(([one]) => JSON.stringify(one)));
      }),
    );
  });

  it('is no whole page where the last line is cut off', () => {
    expect(read('{"a":1}\n{"b":', lines)).toContain('found the end of the body');
    expect(read('{"a":1}\nInternal error', lines)).toContain('found "I" at byte 8');
  });

  it('is empty only where that is declared', () => {
    expect(read('', lines)).toContain('an empty body');
    expect(read('\n', { ...lines, missing: 'none' })).toEqual([]);
  });
});

describe('CSV', () => {
  const csv: RecordsSpec = { path: '', format: 'csv' };

  it('gives an object of strings a row, quotes and line breaks in values included', () => {
    const body = '\ufeffid,name\r\n007,"a ""b"",\nc"\r\n1.10,\r\n"",é\\\t\r\n';
    expect(read(body, csv)).toEqual([
      '{"id":"007","name":"a \\"b\\",\\nc"}',
      '{"id":"1.10","name":""}',
      '{"id":"","name":"é\\\\\\t"}',
    ]);
  });

  it('takes another delimiter', () => {
    expect(read('a;b\n1,5;2', { ...csv, delimiter: ';' })).toEqual(['{"a":"1,5","b":"2"}']);
  });

  it('finds any table again', () => {
    const cell = fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed());
    const table = fc
      .integer({ min: 2, max: 4 })
      .chain((columns) =>
        fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: 1 }),
      );
    const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
    const plain = (text: string) => (/[",\r\n]/.test(text) ? quoted(text) : text);
    fc.assert(
      fc.property(table, fc.boolean(), (rows, always) => {
        const names = (rows[0] ?? []).map((_, index) => `c${index}`);
        const write = always ? quoted : plain;
        // An empty first value and nothing else in a row of two still has its comma.
        const body = [names, ...rows].map((row) => row.map(write).join(',')).join('\r\n');
        const records = rows.map((row) =>
          JSON.stringify(Object.fromEntries(names.map((name, index) => [name, row[index]]))),
        );
        expect(read(body, csv)).toEqual(records);
      }),
    );
  });

  it('refuses rows that do not fit their header, and headers that name nothing', () => {
    expect(read('a,b\n1,2\n3\n', csv)).toBe(
      'expected 2 values in each row, as in the header, found 1 in row 3',
    );
    expect(read('a,b\n1,2,3\n', csv)).toContain('found 3 in row 2');
    expect(read('a,a\n1,2\n', csv)).toContain('"a" twice');
    expect(read('a,\n1,2\n', csv)).toContain('found ""');
  });

  it('is no whole page where a quote never closes, or more stands behind one', () => {
    expect(read('a\n"b', csv)).toContain('the one at byte 2');
    expect(read('a\n"b"c', csv)).toContain('at byte 5');
  });

  it('has no rows under a header whose columns are known; any other line may be any text', () => {
    const columns = ['b'];
    expect(read('a,b\r\n', { ...csv, columns })).toEqual([]);
    expect(read('a,b\r\n', csv)).toContain('primaryKey');
    expect(read('Too busy, come back', { ...csv, columns })).toContain(
      'with "b", found "Too busy"',
    );
    expect(read('', { ...csv, columns })).toContain('an empty body');
    expect(read('', { ...csv, missing: 'none' })).toEqual([]);
  });

  it.each(['<html>\n<p>\n', '{"error":"no"}\n', '[]', ' <html>\nBack soon'])(
    'takes no other document for a table: %j',
    (body) => expect(read(body, csv)).toMatch(/expected (a header|2 values)/),
  );
});
