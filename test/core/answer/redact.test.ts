import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { base64Text, redactor } from '../../../shared/core/answer/redact.ts';

const text = fc.string({ maxLength: 60, unit: 'binary' });
const credential = fc
  .string({ minLength: 4, maxLength: 30, unit: 'grapheme' })
  .filter((value) => !value.includes('*'));

describe('redactor', () => {
  it('takes a credential out wherever it stands and however it travels', () => {
    const hide = redactor(['s3cr/t +"ü']);
    const forms = [
      's3cr/t +"ü',
      's3cr%2Ft%20%2B%22%C3%BC',
      's3cr%2ft%20%2b%22%c3%bc',
      's3cr%2Ft+%2B%22%C3%BC',
      's3cr/t%20+%22%C3%BC',
      's3cr/t +\\"ü',
    ];
    for (const form of forms) expect(hide(`a=${form}&b`)).toBe('a=***&b');
  });

  it('takes a credential out however a server spells it', () => {
    const value = 's3cr/t+&="<ü';
    const hide = redactor([value]);
    const html = (text: string): string =>
      text.replaceAll(/[^a-z0-9]/g, (one) => `&#${one.codePointAt(0)};`);
    const forms = [
      's3cr\\/t+&=\\"<ü',
      's3cr\\u002ft\\u002B\\u0026\\u003d\\u0022\\u003C\\u00fc',
      's3cr\\x2ft\\x2b\\x26\\x3d\\x22\\x3c\\xfc',
      's3cr&sol;t&plus;&amp;&equals;&quot;&lt;ü',
      's3cr/t&#43;&#x26;&#61;&quot;&lt;&#xFC;',
      's3cr/t%u002b%u0026=%22%3Cü',
      encodeURIComponent(encodeURIComponent(value)),
      JSON.stringify(JSON.stringify(JSON.stringify(value))).replaceAll(/^[\\"]+|[\\"]+$/g, ''),
      JSON.stringify(`/?x=${encodeURIComponent(value)}`).slice(5, -1),
      html(encodeURIComponent(value)),
      html(JSON.stringify(value).slice(1, -1)),
      Buffer.from(value).toString('hex'),
      Buffer.from(value).toString('hex').toUpperCase(),
    ];
    for (const form of forms) expect(hide(`a=${form}&b`)).toBe('a=***&b');
  });

  it('takes a credential out that looks like a spelling itself', () => {
    for (const value of ['100%25&amp;\\u0041"', 'a%2541', 'back\\nslash']) {
      for (const spell of [String, encodeURIComponent, (one: string) => JSON.stringify(one)]) {
        expect(redactor([value])(`<${spell(value)}>`)).toMatch(/^<"?\*\*\*"?>$/);
      }
    }
  });

  it('takes the lines of a private key out one by one', () => {
    const key = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nBAQEFAASCBKcwggSjAgEA\n';
    for (const given of [key, key.replaceAll('\n', '\\n')]) {
      const left = redactor([given])('got MIIEvQIBADANBgkqhkiG9w0 and BAQEFAASCBKcwggSjAgEA');
      expect(left).toBe('got *** and ***');
    }
  });

  it('takes a password out of a Basic header, wherever it stands in it', () => {
    for (const user of ['u', 'us', 'use', 'user']) {
      const header = base64Text(`${user}:open sesame`);
      const left = redactor(['open sesame'])(`Basic ${header}`);
      expect(left).toMatch(/^Basic \S*\*\*\*\S{0,4}$/);
      expect(Buffer.from(left.split('***')[0]?.slice(6) ?? '', 'base64').toString()).not.toMatch(
        /op/,
      );
    }
  });

  it('makes one mask of occurrences that overlap or touch', () => {
    const hide = redactor(['abcd', 'cdef', 'xyz']);
    expect(hide('1abcdef2')).toBe('1***2');
    expect(hide('abcdxyzabcd, abcd')).toBe('***, ***');
  });

  it('ignores empty values and leaves other texts as they are', () => {
    fc.assert(
      fc.property(text, (any) => redactor([])(any) === any && redactor([''])(any) === any),
    );
    expect(redactor(['secret'])('nothing here')).toBe('nothing here');
  });

  it('leaves no credential in any text', () => {
    const encodings = fc.constantFrom<(value: string) => string>(
      (value) => value,
      encodeURIComponent,
      (value) => encodeURIComponent(value).replaceAll(/%../g, (triplet) => triplet.toLowerCase()),
      (value) => new URLSearchParams([['', value]]).toString().slice(1),
      (value) => JSON.stringify(value).slice(1, -1),
      (value) => encodeURIComponent(encodeURIComponent(value)),
      (value) => JSON.stringify(encodeURIComponent(value)).slice(1, -1),
      (value) => JSON.stringify(JSON.stringify(value)).slice(3, -3),
    );
    const parts = fc.array(fc.tuple(text, encodings), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(
        fc.array(credential, { minLength: 1, maxLength: 3 }),
        parts,
        (values, around) => {
          const written = around.map(([before, encode], index) => {
            return before + encode(values[index % values.length] ?? '');
          });
          const left = redactor(values)(written.join(''));
          for (const value of values) expect(left).not.toContain(value);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('leaves no credential in base64 of any text around it', () => {
    fc.assert(
      fc.property(credential, text, text, (value, before, after) => {
        const encoded = Buffer.from(before + value + after).toString('base64');
        const left = redactor([value])(encoded);
        expect(left).toContain('***');
      }),
    );
  });
});
