// Records are sliced byte for byte out of pages as the APIs send them; all else is a named fault.

import { describe, expect, it } from 'vitest';
import { MAX_ENVELOPE_BYTES, MAX_JSON_DEPTH } from '../../../shared/core/bounds.ts';
import {
  eachRecord,
  type RecordsSpec,
  sliceRecords,
} from '../../../shared/core/records/records.ts';

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

function slice(body: string | Uint8Array, spec: RecordsSpec) {
  const outcome = sliceRecords(typeof body === 'string' ? bytesOf(body) : body, spec);
  if (outcome.kind === 'fault') throw new Error(outcome.reason);
  return {
    lines: [...eachRecord(outcome.lines)].map(textOf),
    ndjson: textOf(outcome.lines),
    count: outcome.count,
    envelope: JSON.parse(outcome.envelope),
    first: outcome.first && textOf(outcome.first),
    last: outcome.last && textOf(outcome.last),
  };
}

function reasonOf(body: string | Uint8Array, spec: RecordsSpec = { path: 'data' }): string {
  const outcome = sliceRecords(typeof body === 'string' ? bytesOf(body) : body, spec);
  return outcome.kind === 'fault' ? outcome.reason : `${outcome.count} records`;
}

describe('the bytes of a record', () => {
  it('keeps 64-bit integers, decimals, key order, escapes and duplicate keys as they were', () => {
    const records = [
      '{"id":9223372036854775807,"price":1.10,"b":1,"a":2,"10":3,"9":4}',
      '{"url":"https:\\/\\/x.test\\/","e":"\\u00e9\\ud83d\\ude00é😀","a":"\\ud800","a":2}',
      '{"n":-0,"big":123456789012345678901234567890,"exp":1E+05,"nested":{"list":[[],{},""]}}',
    ];
    const body = `{"data":[${records.join(',')}],"version":{"max":9}}`;
    expect(slice(body, { path: 'data' })).toEqual({
      lines: records,
      ndjson: `${records.join('\n')}\n`,
      count: 3,
      envelope: { data: [], version: { max: 9 } },
      first: records[0],
      last: records[2],
    });
  });

  it('keeps spaces inside a record and drops those between records', () => {
    const { ndjson } = slice('{"data" : [ {"a": 1, "b": [2]} ,\t{"a": 2} ] }', { path: 'data' });
    expect(ndjson).toBe('{"a": 1, "b": [2]}\n{"a": 2}\n');
  });

  it('takes the line breaks and the indentation out of an indented page', () => {
    const record = { id: '1', name: 'a\nb', tags: ['x', 'y'], none: {} };
    const body = JSON.stringify({ data: [record, record] }, null, 2).replaceAll('\n', '\r\n');
    const line = '{"id": "1","name": "a\\nb","tags": ["x","y"],"none": {}}';
    expect(slice(body, { path: 'data' }).lines).toEqual([line, line]);
  });

  it('makes a line of each scalar and list of a list', () => {
    const { lines } = slice('["a,]","",null,true,-1.50,[1,\n 2],[],{}]\n', { path: '' });
    expect(lines).toEqual(['"a,]"', '""', 'null', 'true', '-1.50', '[1,2]', '[]', '{}']);
  });

  it('skips one byte order mark, and refuses a second', () => {
    const body = '\ufeff{"data":[1],"\ufeffkey":2}';
    expect(slice(body, { path: 'data' })).toMatchObject({ lines: ['1'], first: '1', last: '1' });
    expect(slice(body, { path: 'data' }).envelope).toEqual({ data: [], '\ufeffkey': 2 });
    expect(reasonOf(`\ufeff${body}`)).toBe('expected a JSON value, found byte 0xef at byte 3');
  });

  it('leaves the body as it was and shares no memory with it', () => {
    const body = bytesOf('{"data":[ {"a":\n1} , {"b":2} ]}');
    const copy = body.slice();
    const outcome = sliceRecords(body, { path: 'data' });
    expect(body).toEqual(copy);
    body.fill(0);
    expect(outcome.kind === 'records' && textOf(outcome.lines)).toBe('{"a":1}\n{"b":2}\n');
  });

  it('reads a view into a larger buffer', () => {
    const view = bytesOf('garbage[1,2]garbage').subarray(7, 12);
    expect(slice(view, { path: '' }).lines).toEqual(['1', '2']);
  });
});

describe('the path to the records', () => {
  it.each([
    ['data.data.categories', '{"data":{"data":{"categories":[1,2]}}}'],
    ['@attributes.rows', '{"@attributes":{"rows":[1,2]}}'],
    ['a\\.b.c', '{"a":{"b":{"c":[3]}},"a.b":{"c":[1,2]}}'],
    ['back\\\\slash', '{"back\\\\slash":[1,2]}'],
    ['data', '{"dat":[3],"d\\u0061ta":[1,2],"data2":[4]}'],
    ['Größe', '{"Größe":[1,2]}'],
    ['a..b', '{"a":{"":{"b":[1,2]}}}'],
    ['\\auto', '{"data":[3],"auto":[1,2]}'],
    ['data', '{"data":[1,2],"other":{"data":[3]},"rows":1,"rows":2}'],
  ])('follows %s', (path, body) => {
    expect(slice(body, { path }).lines).toEqual(['1', '2']);
  });

  it('refuses a key on the way that comes twice: nobody can say which one is meant', () => {
    const once = 'expected each key on the way once, found one again at byte';
    expect(reasonOf('{"data":[{"id":1}],"next":null,"data":[]}')).toBe(`${once} 31`);
    expect(reasonOf('{"a":{"b":[1]},"a":{"c":[2]}}', { path: 'a.b' })).toBe(`${once} 15`);
    expect(reasonOf('{"a":{"b":[1],"\\u0062":null}}', { path: 'a.b' })).toBe(`${once} 14`);
    expect(reasonOf('{"data":[1,2],\n"data":5}', { path: 'auto' })).toBe(`${once} 15`);
    const kept = slice('{"data":[{"id":1,"id":2}]}', { path: 'data' });
    expect(kept.lines).toEqual(['{"id":1,"id":2}']);
  });

  it('finds by itself a bare list, else data, results, items or records', () => {
    const auto: RecordsSpec = { path: 'auto' };
    expect(slice(' [1,2]', auto).lines).toEqual(['1', '2']);
    expect(slice('{"records":[4],"items":[3],"results":[2],"data":1}', auto).lines).toEqual(['2']);
    expect(slice('{"items":[1],"data":[]}', auto).count).toBe(0);
    expect(slice('{"data":{"id":1}}', { ...auto, single: 'record' }).lines).toEqual(['{"id":1}']);
    expect(slice('{"data":null}', { ...auto, missing: 'null' }).count).toBe(0);
    expect(reasonOf('"text"', auto)).toBe('expected a list, found a string at byte 0');
    expect(reasonOf('{"data":{"id":1}}', auto)).toBe(
      'expected a list at "data", found an object at byte 8',
    );
  });

  it('takes a document without any of them for no record and for no empty page', () => {
    const unknown = 'expected a list at data, results, items, records, found none of them';
    for (const spec of [{}, { single: 'record' }, { missing: 'none' }] as const) {
      expect(reasonOf('{"error":"it broke"}', { path: 'auto', ...spec })).toBe(unknown);
      expect(reasonOf('{}', { path: 'auto', ...spec })).toBe(unknown);
    }
  });
});

describe('one record, no records', () => {
  it('reads an object instead of a list as one record, when the source says so', () => {
    const body = '{"@attributes":{"next":"","previous":""},"Item":{"itemID":"1",\n "x":""}}';
    expect(slice(body, { path: 'Item', single: 'record' })).toMatchObject({
      lines: ['{"itemID":"1","x":""}'],
      envelope: { '@attributes': { next: '', previous: '' }, Item: [] },
      last: '{"itemID":"1","x":""}',
    });
    expect(reasonOf(body, { path: 'Item' })).toBe(
      'expected a list at "Item", found an object at byte 48',
    );
  });

  it.each([
    ['Category', '{"@attributes":{"count":"0"}}'],
    ['Category', '{"Category":""}'],
    ['Category', '{"Category":null}'],
    ['Prices.ItemPrice', '{"Prices":""}'],
    ['data.rows', 'null'],
    ['', ' null '],
    ['auto', 'null'],
  ])(
    'reads the missing rows of %s in %s as zero rows only when the source says so',
    (path, body) => {
      expect(slice(body, { path, missing: 'none' })).toEqual({
        lines: [],
        ndjson: '',
        count: 0,
        envelope: JSON.parse(body),
        first: undefined,
        last: undefined,
      });
      expect(reasonOf(body, { path })).toMatch(/^expected .*, found .* at byte \d+$/);
    },
  );

  it('knows null apart from a missing key, when the source says so', () => {
    const spec: RecordsSpec = { path: 'data.rows', missing: 'null' };
    expect(slice('{"data":{"rows":null}}', spec).count).toBe(0);
    expect(slice('{"data":{"rows":[1]}}', spec).count).toBe(1);
    for (const body of ['{"data":{}}', '{"data":null}', '{"data":{"rows":""}}', 'null', '{}']) {
      expect(reasonOf(body, spec)).toMatch(/^expected /);
    }
  });

  it('says whether the key of the list was there', () => {
    const isThere = (body: string): unknown => {
      const sliced = sliceRecords(bytesOf(body), { path: 'data.rows', missing: 'none' });
      return sliced.kind === 'records' && sliced.isThere;
    };
    const there = ['{"data":{"rows":[1]}}', '{"data":{"rows":[]}}', '{"data":{"rows":null}}'];
    expect(there.map(isThere)).toEqual([true, true, true]);
    const missing = ['{"data":{}}', '{"data":null}', '{"httpCode":"500"}', '{}'];
    expect(missing.map(isThere)).toEqual([false, false, false, false]);
  });

  it('reads an empty list as zero rows always', () => {
    expect(slice('{"data":[ ],"version":null}', { path: 'data' })).toMatchObject({
      count: 0,
      ndjson: '',
      envelope: { data: [], version: null },
    });
  });

  it('does not take another value for missing rows', () => {
    const spec: RecordsSpec = { path: 'data.rows', missing: 'none', single: 'record' };
    for (const body of ['{"data":[]}', '{"data":0}', '{"data":"x"}', '{"data":{"rows":false}}']) {
      expect(reasonOf(body, spec)).toMatch(/^expected /);
    }
  });
});

describe('a body that is not what it should be', () => {
  it.each([
    ['', 'expected a JSON value, found the end of the body at byte 0'],
    ['  ', 'expected a JSON value, found the end of the body at byte 2'],
    ['<!DOCTYPE html><html>', 'expected a JSON value, found "<" at byte 0'],
    ['{"data":[{"a":1},{"a":', 'expected a JSON value, found the end of the body at byte 22'],
    ['{"data":[1]}{', 'expected nothing after the JSON value, found "{" at byte 12'],
    ['{"data":[1]}\0', 'expected nothing after the JSON value, found byte 0x00 at byte 12'],
    ['{"data":[1,]}', 'expected a JSON value, found "]" at byte 11'],
    ['{"data":[1}', 'expected a comma or a closing bracket, found "}" at byte 10'],
    ['{"data":[{"a":1]}', 'expected a comma or a closing brace, found "]" at byte 15'],
    ['{"data":[1],}', 'expected a key in double quotes, found "}" at byte 12'],
    ['{"data" [1]}', 'expected a colon after the key, found "[" at byte 8'],
    ['{"data":[nul]}', 'expected true, false or null, found "n" at byte 9'],
    ['{"data":[NaN]}', 'expected a JSON value, found "N" at byte 9'],
    ['{"data":[01]}', 'expected a comma or a closing bracket, found "1" at byte 10'],
    ['{"data":[-]}', 'expected a digit, found "]" at byte 10'],
    ['{"data":[1.]}', 'expected a digit, found "]" at byte 11'],
    ['{"data":[1e+]}', 'expected a digit, found "]" at byte 12'],
    ['{"data":["\\x"]}', 'expected an escape that JSON knows, found "\\\\" at byte 10'],
    ['{"data":["\\u12g4"]}', 'expected an escape that JSON knows, found "\\\\" at byte 10'],
    [
      '{"data":["a\nb"]}',
      'expected a closing quote or a character that a string may hold, found byte 0x0a at byte 11',
    ],
  ])('is a fault: %j', (body, reason) => {
    for (const missing of [{}, { missing: 'none', single: 'record' } as const]) {
      expect(reasonOf(body, { path: 'data', ...missing })).toBe(reason);
    }
  });

  it('says where UTF-8 is damaged, also behind the records', () => {
    const body = bytesOf(`{"data":["${'é€😀'.repeat(50)}"],"x":"é"}`);
    const at = body.length - 4;
    body[at] = 0x20;
    const reason = `expected UTF-8, found a damaged character at byte ${at + 1}`;
    expect(reasonOf(body)).toBe(reason);
  });

  it('refuses nesting that the readers of the lake refuse', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(slice(nested(MAX_JSON_DEPTH), { path: '' }).count).toBe(1);
    const reason = 'expected at most 1000 containers inside each other, found "[" at byte 1000';
    expect(reasonOf(nested(MAX_JSON_DEPTH + 1), { path: '' })).toBe(reason);
    expect(reasonOf('['.repeat(1_000_000), { path: '' })).toBe(reason);
  });

  it('refuses to parse a large document whose path leads to a small part of it', () => {
    const body = `{"data":[1],"rest":"${'x'.repeat(MAX_ENVELOPE_BYTES)}"}`;
    expect(reasonOf(body)).toMatch(
      /^expected at most 4194304 bytes beside the records, found \d+$/,
    );
  });
});

describe('a page of 30 MB', () => {
  it('is sliced whole', () => {
    const record = `{"id":"${'x'.repeat(290)}"}`;
    const body = bytesOf(`{"data":[${Array.from({ length: 100_000 }, () => record).join(',')}]}`);
    const outcome = sliceRecords(body, { path: 'data' });
    expect(outcome).toMatchObject({ kind: 'records', count: 100_000 });
    expect(outcome.kind === 'records' && outcome.lines.length).toBe(body.length - 10);
  });
});
