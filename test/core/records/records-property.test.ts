// Any document, any path, any white space: compared with JSON.parse and with the tokens that it
// was made of. Any damage: accepted exactly when JSON.parse accepts the text, and it is UTF-8.

import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { eachRecord, sliceRecords } from '../../../shared/core/records/records.ts';

type Node =
  | { kind: 'scalar'; raw: string }
  | { kind: 'list'; items: Node[] }
  | { kind: 'object'; members: Member[] };
type Member = readonly [rawKey: string, value: Node];

interface Style {
  newline: string;
  indent: string;
  space: string;
}

/** Fixed, so that a run says the same each time; any other must pass as well. */
const SEED = 20261121;

describe('sliceRecords', () => {
  it('gives the records of any document by their own bytes, however it is indented', () => {
    fc.assert(
      fc.property(documents(), styles(), ({ root, path }, style) => {
        const text = render(root, style, 0);
        const target = follow(root, path);
        const outcome = sliceRecords(bytesOf(text), { path: path.map(escapeKey).join('.') });
        if (target.isTwice || target.node?.kind !== 'list') {
          expect(outcome.kind).toBe('fault');
          return;
        }
        if (outcome.kind === 'fault') throw new Error(`${outcome.reason}: ${text}`);
        const wanted = target.node.items.map((item) => render(item, style, path.length + 1));
        const lines = [...eachRecord(outcome.lines)].map(textOf);
        expect(lines).toEqual(wanted.map((raw) => raw.replace(/[\r\n][ \t\r\n]*/g, '')));
        expect(outcome.count).toBe(wanted.length);
        expect(outcome.first && textOf(outcome.first)).toBe(lines[0]);
        expect(outcome.last && textOf(outcome.last)).toBe(lines.at(-1));
        const { records, envelope } = parsedApart(text, path);
        expect(lines.map((line) => JSON.stringify(JSON.parse(line)))).toEqual(records);
        expect(JSON.stringify(JSON.parse(outcome.envelope))).toBe(envelope);
      }),
      { numRuns: 1_000, seed: SEED },
    );
  });

  it('accepts a damaged body exactly when JSON.parse accepts it and it is UTF-8', () => {
    fc.assert(
      fc.property(documents(), styles(), damages(), ({ root }, style, damage) => {
        const body = damage(bytesOf(render(root, style, 0)));
        const outcome = sliceRecords(body, { path: '', single: 'record' });
        expect([outcome.kind, textOf(body)]).toEqual([
          isContainer(body) ? 'records' : 'fault',
          textOf(body),
        ]);
      }),
      { numRuns: 4_000, seed: SEED },
    );
  });

  it('accepts short strings of JSON characters exactly when JSON.parse does', () => {
    const pieces = fc.constantFrom(
      ...['[', ']', '{', '}', ',', ':', '"', '"a"', '\\', '\\u00', '0', '1', '-', '.', 'e', '+'],
      ...['true', 'fals', 'null', ' ', '\n', '\t', '\f', '\0', '\u00a0', '\ufeff', 'é', '\u2028'],
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 8 }), (parts) => {
        const body = bytesOf(`[${parts.join('')}]`);
        const outcome = sliceRecords(body, { path: '' });
        expect([outcome.kind, parts]).toEqual([isContainer(body) ? 'records' : 'fault', parts]);
      }),
      { numRuns: 10_000, seed: SEED },
    );
  });

  it('judges each byte at each place of a string as JSON.parse does', () => {
    for (let length = 0; length < 12; length++) {
      for (let byte = 0; byte < 256; byte++) {
        const body = bytesOf(`["${'x'.repeat(length)}?yyyyy"]`);
        body[length + 2] = byte;
        const outcome = sliceRecords(body, { path: '' });
        expect([outcome.kind, length, byte]).toEqual([
          isContainer(body) ? 'records' : 'fault',
          length,
          byte,
        ]);
      }
    }
  });

  it('never takes the beginning of a page for the page', () => {
    fc.assert(
      fc.property(documents(), styles(), ({ root }, style) => {
        const body = bytesOf(render({ kind: 'list', items: [root] }, style, 0));
        for (let length = 0; length < body.length; length++) {
          const spec = { path: 'auto', single: 'record', missing: 'none' } as const;
          expect(sliceRecords(body.subarray(0, length), spec).kind).toBe('fault');
        }
      }),
      { numRuns: 50, seed: SEED },
    );
  });

  it('answers any bytes with records or a fault of one line, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.string(), (body, path) => {
        const outcome = sliceRecords(body, { path, single: 'record', missing: 'none' });
        if (outcome.kind === 'fault') expect(outcome.reason).toMatch(/^expected [^\r\n]+$/);
      }),
      { numRuns: 2_000, seed: SEED },
    );
  });
});

const bytesOf = (text: string) => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
const escapeKey = (key: string) => key.replace(/[.\\]/g, '\\$&');

/** A document and a path: mostly one that leads to a list, among keys that may come twice. */
function documents(): fc.Arbitrary<{ root: Node; path: string[] }> {
  const level = fc.record({ key: keys(), before: members(1), after: members(1) });
  const target = fc.oneof(
    { weight: 6, arbitrary: fc.array(nodes(3), { maxLength: 6 }).map(listOf) },
    { weight: 1, arbitrary: nodes(1) },
  );
  return fc.tuple(fc.array(level, { maxLength: 3 }), target).map(([levels, leaf]) => {
    const root = levels.reduceRight<Node>(
      (inner, { key, before, after }) => ({
        kind: 'object',
        members: [...before, [key, inner], ...after],
      }),
      leaf,
    );
    const path = levels.map(({ key }) => String(JSON.parse(key)));
    const isWord = path.length === 1 && (path[0] === '' || path[0] === 'auto');
    return isWord ? { root: { kind: 'list', items: [root] }, path: [] } : { root, path };
  });
}

function nodes(depth: number): fc.Arbitrary<Node> {
  const scalar = scalars().map((raw): Node => ({ kind: 'scalar', raw }));
  if (depth === 0) return scalar;
  return fc.oneof(
    { weight: 3, arbitrary: scalar },
    { weight: 1, arbitrary: fc.array(nodes(depth - 1), { maxLength: 3 }).map(listOf) },
    { weight: 2, arbitrary: members(depth - 1).map(objectOf) },
  );
}

function members(depth: number): fc.Arbitrary<Member[]> {
  return fc.array(fc.tuple(keys(), nodes(depth)), { maxLength: 3 });
}

function listOf(items: Node[]): Node {
  return { kind: 'list', items };
}

function objectOf(list: Member[]): Node {
  return { kind: 'object', members: list };
}

function keys(): fc.Arbitrary<string> {
  const known = fc.constantFrom('"data"', '"d\\u0061ta"', '"@attributes"', '"a.b"', '"__proto__"');
  return fc.oneof(known, strings());
}

function scalars(): fc.Arbitrary<string> {
  const numbers = fc.constantFrom('0', '-0', '1.10', '9223372036854775807', '1E+05', '-2.50e-3');
  return fc.oneof(fc.constantFrom('true', 'false', 'null', '""'), numbers, strings());
}

/** The raw JSON of a string, written plainly or with an escape for each UTF-16 unit. */
function strings(): fc.Arbitrary<string> {
  const structural = fc.constantFrom(
    '],',
    '}{',
    '":"',
    '\\"',
    'a\nb',
    '\r\n  ',
    '\ud83d',
    '\u2028',
  );
  const text = fc.oneof(structural, fc.string({ unit: 'binary', maxLength: 12 }));
  return fc.tuple(text, fc.boolean()).map(([value, plain]) => {
    return plain ? JSON.stringify(value) : `"${value.split('').map(escapeUnit).join('')}"`;
  });
}

function escapeUnit(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function styles(): fc.Arbitrary<Style> {
  return fc.constantFrom(
    { newline: '', indent: '', space: '' },
    { newline: '', indent: '', space: ' ' },
    { newline: '\n', indent: '  ', space: ' ' },
    { newline: '\r\n', indent: '\t', space: '' },
    { newline: '\r', indent: ' ', space: '\t' },
    { newline: ' \n\n', indent: '', space: '  \t' },
  );
}

function damages(): fc.Arbitrary<(body: Uint8Array) => Uint8Array> {
  const bytes = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 3 }),
    fc.constantFrom(...'[]{},:"\\01-.etfn \n').map(bytesOf),
    fc.constantFrom(bytesOf('\ufeff'), bytesOf('é'), new Uint8Array([0xed, 0xa0, 0x80])),
  );
  return fc
    .array(fc.tuple(fc.nat(), fc.nat(2), bytes), { maxLength: 3 })
    .map((changes) => (body: Uint8Array) => {
      return changes.reduce((damaged, [at, removed, added]) => {
        const start = at % (damaged.length + 1);
        const tail = damaged.subarray(start + removed);
        return new Uint8Array([...damaged.subarray(0, start), ...added, ...tail]);
      }, body);
    });
}

function render(node: Node, style: Style, depth: number): string {
  if (node.kind === 'scalar') return node.raw;
  const inner = style.newline + style.indent.repeat(depth + 1);
  const outer = style.newline + style.indent.repeat(depth);
  const [open, close] = node.kind === 'list' ? ['[', ']'] : ['{', '}'];
  const parts =
    node.kind === 'list'
      ? node.items.map((item) => render(item, style, depth + 1))
      : node.members.map(([key, value]) => {
          return `${key}${style.space}:${style.space}${render(value, style, depth + 1)}`;
        });
  if (parts.length === 0) return `${open}${style.space}${close}`;
  const joined = parts.join(`${style.space},${style.newline ? inner : style.space}`);
  return `${open}${inner}${joined}${outer}${close}`;
}

/** What the path leads to, and whether a key on it has two values. */
function follow(root: Node, path: string[]): { node: Node | undefined; isTwice?: boolean } {
  let node: Node | undefined = root;
  for (const key of path) {
    if (node?.kind !== 'object') return { node: undefined };
    const found: Member[] = node.members.filter(([raw]) => JSON.parse(raw) === key);
    if (found.length > 1) return { node: undefined, isTwice: true };
    node = found[0]?.[1];
  }
  return { node };
}

/** The records and the rest by JSON.parse, written by JSON.stringify to be compared. */
function parsedApart(text: string, path: string[]): { records: string[]; envelope: string } {
  const box = { root: JSON.parse(text) };
  let holder = box;
  let key = 'root';
  for (const next of path) {
    holder = Reflect.get(holder, key);
    key = next;
  }
  const records: unknown[] = Reflect.get(holder, key);
  const found = records.map((record) => JSON.stringify(record));
  Reflect.defineProperty(holder, key, { value: [] });
  return { records: found, envelope: JSON.stringify(box.root) };
}

function isContainer(body: Uint8Array): boolean {
  if (!isUtf8(body)) return false;
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    return typeof value === 'object' && value !== null;
  } catch {
    return false;
  }
}
