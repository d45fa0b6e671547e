import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rawReader } from '../../../shared/core/records/raw.ts';
import { fieldOfEach } from '../../../shared/core/records/record-fields.ts';

const linesOf = (...records: readonly string[]): Uint8Array =>
  new TextEncoder().encode(records.map((record) => `${record}\n`).join(''));

describe('the field of each record', () => {
  it('is the source text of a scalar, never rounded, and nothing where there is none', () => {
    const lines = linesOf(
      '{"v":9007199254740993,"deep":{"at":"a"}}',
      '{"v":1.10}',
      '{"w":1}',
      '{"v":{"v":1}}',
      '{"v":[1]}',
      '{"v" : null}',
      '7',
      '{"v":1,"v":"\\u00e9"}',
    );
    expect([...fieldOfEach(lines, 'v')]).toEqual([
      '9007199254740993',
      '1.10',
      undefined,
      undefined,
      undefined,
      'null',
      undefined,
      '"\\u00e9"',
    ]);
    expect([...fieldOfEach(lines, 'deep.at')][0]).toBe('"a"');
  });

  it('is followed into lists as well', () => {
    expect([...fieldOfEach(linesOf('{"at":[{"t":"x"}]}', '{}'), 'at.0.t')]).toEqual([
      '"x"',
      undefined,
    ]);
  });

  it('is what a parser would read', () => {
    const record = fc.dictionary(
      fc.constantFrom('a', 'b', 'a.b', '', '__proto__'),
      fc.jsonValue(),
    );
    const paths = fc.constantFrom('a', 'b', 'a.b', 'a\\.b', 'a.a.b', '__proto__');
    fc.assert(
      fc.property(fc.array(record, { maxLength: 5 }), paths, (records, path) => {
        const texts = records.map((one) => JSON.stringify(one));
        const expected = texts.map((text) => rawReader(text)(path));
        expect([...fieldOfEach(linesOf(...texts), path)]).toEqual(expected);
      }),
    );
  });
});
