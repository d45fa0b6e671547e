import { describe, expect, it } from 'vitest';
import { plainText, rawField } from '../../../shared/core/records/raw.ts';

describe('the source text of a field', () => {
  it.each([
    ['{"a":{"b":12345678901234567890}}', 'a.b', '12345678901234567890'],
    ['{"a":1.10}', 'a', '1.10'],
    ['{"a":"\\u00e9"}', 'a', '"\\u00e9"'],
    ['{"@odata.nextLink":"x"}', '@odata\\.nextLink', '"x"'],
    ['{"a":{"b.c":1}}', 'a.b\\.c', '1'],
    ['{"a":[{"b":2}]}', 'a.0.b', '2'],
    ['{"a":null}', 'a', 'null'],
    ['{"__proto__":{"a":1}}', '__proto__.a', '1'],
    ['{"a":{"b":1}}', 'a', undefined],
    ['{"a":1}', 'b', undefined],
    ['{"a":1}', 'toString', undefined],
    ['"text"', 'length', undefined],
  ])('%s at %s', (text, path, expected) => {
    expect(rawField(text, path)).toBe(expected);
  });
});

describe('the plain text of a field', () => {
  it.each([
    ['"a\\u00e9"', 'a\u00e9'],
    ['12345678901234567890', '12345678901234567890'],
    ['true', 'true'],
    ['null', undefined],
    [undefined, undefined],
  ])('of %s is %s', (raw, expected) => expect(plainText(raw)).toBe(expected));
});
