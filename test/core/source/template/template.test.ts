import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fillTemplate, type Place } from '../../../../shared/core/source/template/template.ts';

const fill = (template: string, values: Readonly<Record<string, string>>, place: Place) =>
  fillTemplate(template, values, place);

const text = (
  template: string,
  values: Readonly<Record<string, string>>,
  place: Place,
): string => {
  const filled = fill(template, values, place);
  if (filled.kind === 'misfit') throw new Error(`${filled.name} holds ${filled.what}`);
  return filled.text;
};

/** Characters that mean something in one of the places, beside any others. */
const unit = fc.oneof(
  fc.constantFrom(...'/?#&=%+;,:@"\'\\{}<> .\r\n\t\0é\u{1f600}\ud800'),
  fc.constantFrom('..', '%2e', '%2F', '\r\nX: y', '{b}', '","c":"', '&c=', '\\u0022'),
  fc.string({ unit: 'binary', maxLength: 4 }),
);
const value = fc.array(unit, { maxLength: 6 }).map((units) => units.join(''));

const RUNS = { numRuns: 3_000 };

describe('a template', () => {
  it('is filled in each place as it is written there', () => {
    const values = { 'order.id': 'A/1 "ü"', shop: '17' };
    const template = 'x{shop}-{order.id}';
    expect(text(template, values, 'path')).toBe('x17-A%2F1%20%22%C3%BC%22');
    expect(text(template, values, 'query')).toBe('x17-A%2F1%20%22%C3%BC%22');
    expect(text(template, values, 'form')).toBe('x17-A%2F1+%22%C3%BC%22');
    expect(text(template, values, 'json')).toBe('x17-A/1 "ü"');
    expect(text('Token {shop}', values, 'header')).toBe('Token 17');
    expect(text('{shop}', values, 'cookie')).toBe('17');
  });

  it('keeps braces that are none of the names', () => {
    const template = '{"a": {b}} {c}, comments{message} {toString}';
    expect(text(template, { b: '1' }, 'json')).toBe('{"a": 1} {c}, comments{message} {toString}');
  });

  it('puts all values in at one go: braces in a value name nothing', () => {
    expect(text('{a}/{b}', { a: '{b}', b: 'secret' }, 'json')).toBe('{b}/secret');
  });

  it('refuses what cannot stand there, by its name and without the value', () => {
    const why = (value: string, place: Place) => fill('a{b}', { b: value }, place);
    expect(why('', 'query')).toEqual({ kind: 'misfit', name: 'b', what: 'nothing' });
    for (const [bad, place] of [
      ['x\r\ny', 'header'],
      [' x', 'header'],
      ['ü', 'header'],
      ['x;y', 'cookie'],
      ['\ud800', 'path'],
      ['\ud800', 'query'],
      ['\ud800', 'form'],
    ] as const) {
      const filled = why(bad, place);
      expect(filled).toMatchObject({ kind: 'misfit', name: 'b' });
      expect(JSON.stringify(filled)).not.toContain(bad);
    }
  });

  it('refuses dots that would lead to another place of the path', () => {
    const dots = { kind: 'misfit', name: 'b', what: expect.stringContaining('dots') };
    expect(fill('a/{b}/c', { b: '..' }, 'path')).toEqual(dots);
    expect(fill('a/.{b}', { b: '.' }, 'path')).toEqual(dots);
    expect(fill('a/%2E{b}?c', { b: '.' }, 'path')).toEqual(dots);
    expect(fill('a?b={b}', { b: '..' }, 'path')).toMatchObject({ text: 'a?b=..' });
    expect(fill('a/{b}', { b: '...' }, 'path')).toMatchObject({ text: 'a/...' });
  });
});

describe('whatever a value holds', () => {
  it('it is one segment of the path, or one value behind the question mark', () => {
    fc.assert(
      fc.property(value, (b) => {
        const filled = fill('/v1/x{b}/items?sort={b}&z=1', { b }, 'path');
        if (filled.kind === 'misfit') return;
        const url = new URL(filled.text, 'https://api.example');
        expect(url.pathname.split('/').map(decodeURIComponent)).toEqual([
          '',
          'v1',
          `x${b}`,
          'items',
        ]);
        expect([...url.searchParams]).toEqual([
          ['sort', b],
          ['z', '1'],
        ]);
        expect(url.hash).toBe('');
      }),
      RUNS,
    );
  });

  it('it is a whole segment of the path, or refused', () => {
    fc.assert(
      fc.property(value, (b) => {
        const filled = fill('/v1/{b}/items', { b }, 'path');
        const isBad = b === '' || !b.isWellFormed() || b === '.' || b === '..';
        expect(filled.kind).toBe(isBad ? 'misfit' : 'filled');
        if (filled.kind === 'misfit') return;
        const { pathname } = new URL(filled.text, 'https://api.example');
        expect(decodeURIComponent(pathname.split('/')[2] ?? '')).toBe(b);
        expect(pathname.split('/')).toHaveLength(4);
      }),
      RUNS,
    );
  });

  it('it is one value of a query, and of a form', () => {
    fc.assert(
      fc.property(value, (b) => {
        for (const place of ['query', 'form'] as const) {
          const filled = fill('between {b}, {b}', { b }, place);
          if (filled.kind === 'misfit') continue;
          const pairs = new URLSearchParams(`a=1&b=${filled.text}&c=2`);
          expect([...pairs]).toEqual([
            ['a', '1'],
            ['b', `between ${b}, ${b}`],
            ['c', '2'],
          ]);
        }
      }),
      RUNS,
    );
  });

  it('it is one text of a JSON body', () => {
    fc.assert(
      fc.property(value, (b) => {
        const filled = fill('x{b}', { b }, 'json');
        if (filled.kind === 'misfit') return;
        const body = JSON.stringify({ a: filled.text, z: 1 });
        expect(JSON.parse(body)).toEqual({ a: `x${b}`, z: 1 });
      }),
      RUNS,
    );
  });

  it('it is one header and one cookie, as it was, or refused', () => {
    fc.assert(
      fc.property(value, (b) => {
        for (const place of ['header', 'cookie'] as const) {
          const filled = fill('{b}', { b }, place);
          if (filled.kind === 'misfit') continue;
          const headers = new Headers({
            cookie: `a=1; b=${filled.text}; c=2`,
            token: filled.text,
          });
          expect(headers.get('token')).toBe(b);
          if (place === 'header') continue;
          expect(headers.get('cookie')?.split('; ')).toEqual(['a=1', `b=${b}`, 'c=2']);
        }
      }),
      RUNS,
    );
  });
});
