// Records behind a `*` in their path, which stands for each element of a list or each value of an
// object: rows that are wrapped (`items.*.data`), lists in lists (`shops.*.orders`) and maps of
// records (`rates.*`). What is behind the last one is a list of records, or a record.
//
// Of `{"rates":{"EUR":{"rate":1.10},"USD":{"rate":1}}}` the path `rates.*` with the key `currency`
// gives `{"currency":"EUR","rate":1.10}` and `{"currency":"USD","rate":1}`.

import { Buffer } from 'node:buffer';
import { withHead } from './head.ts';
import { eachRecord } from './lines.ts';
import { paddedCopy, type RecordsSpec, type Sliced, sliceRecords, withEnds } from './records.ts';
import { BYTE, jsonText, keyEnd, skipSpace, valueEnd } from './scan.ts';

/** The keys of a path as they are written, a `*` among them; `\*` is a key of that name. */
const written = (path: string): string[] => path.match(/(?:\\.|[^.\\])+/gs) ?? [];

export const hasStar = (path: string): boolean => written(path).includes('*');

/** The paths before, between and behind the stars: of `a.b.*.c` they are `a.b` and `c`. */
function parts(path: string): string[] {
  const found: string[][] = [[]];
  for (const key of written(path)) {
    if (key === '*') found.push([]);
    else found.at(-1)?.push(key);
  }
  return found.map((keys) => keys.join('.'));
}

/** Where the first of its lists or objects stands; a path without a star is that itself. */
export const beforeStar = (path: string): string => parts(path)[0] ?? '';

/** @param spec its path has a star */
export function recordsBehindStars(body: Uint8Array, spec: RecordsSpec): Sliced {
  const [before = '', ...behind] = parts(spec.path);
  const outer = containerAt(body, { ...spec, path: before });
  if (outer.kind === 'fault') return outer;
  const found: Uint8Array[] = [];
  const fault = gather(outer.elements, behind, spec, found);
  if (fault !== undefined) return { kind: 'fault', reason: fault };
  const lines = Buffer.concat(found);
  let [count, last] = [0, 0];
  for (const record of eachRecord(lines)) {
    last = record.byteOffset - lines.byteOffset;
    count++;
  }
  const { isThere, envelope } = outer.sliced;
  return withEnds({ lines, count, last }, { isThere, envelope });
}

type Container = {
  readonly kind: 'elements';
  readonly sliced: Whole;
  readonly elements: Iterable<Element>;
};
type Whole = Extract<Sliced, { kind: 'records' }>;
type Fault = Extract<Sliced, { kind: 'fault' }>;

/** `key`: of an object's value its key, as JSON. */
interface Element {
  readonly value: Uint8Array;
  readonly key?: string;
}

/** The elements of the list, or the values of the object, that a path without stars leads to. */
function containerAt(body: Uint8Array, { single: _one, ...spec }: RecordsSpec): Container | Fault {
  const list = sliceRecords(body, spec);
  if (list.kind === 'records')
    return { kind: 'elements', sliced: list, elements: elementsOf(list) };
  const map = sliceRecords(body, { ...spec, single: 'record' });
  if (map.kind === 'fault') return map;
  return { kind: 'elements', sliced: map, elements: map.first ? membersOf(map.first) : [] };
}

function* elementsOf({ lines }: Whole): Generator<Element> {
  for (const value of eachRecord(lines)) yield { value };
}

/** @param object one valid JSON object */
function* membersOf(object: Uint8Array): Generator<Element> {
  const bytes = paddedCopy(object);
  const text = jsonText(bytes);
  let here = skipSpace(bytes, skipSpace(bytes, 0) + 1);
  while (bytes[here] !== BYTE.CLOSE_OBJECT) {
    const behind = keyEnd(bytes, here);
    const key = textOf(bytes.subarray(here, behind - 1)).trim();
    const start = skipSpace(bytes, behind);
    const end = valueEnd(text, start, 1);
    yield { key, value: bytes.subarray(start, end) };
    const next = skipSpace(bytes, end);
    here = bytes[next] === BYTE.COMMA ? skipSpace(bytes, next + 1) : next;
  }
}

/**
 * Adds the lines behind each element to `found`.
 * @returns what is wrong, if anything is
 */
function gather(
  elements: Iterable<Element>,
  [path = '', ...behind]: readonly string[],
  spec: RecordsSpec,
  found: Uint8Array[],
): string | undefined {
  for (const { value, key } of elements) {
    if (behind.length > 0) {
      const inner = containerAt(value, { ...spec, path });
      const fault =
        inner.kind === 'fault' ? inner.reason : gather(inner.elements, behind, spec, found);
      if (fault !== undefined) return fault;
      continue;
    }
    const name = key === undefined ? undefined : spec.key;
    const head = name === undefined ? '' : `${JSON.stringify(name)}:${key}`;
    if (head !== '' && path === '' && isScalar(value)) {
      found.push(bytesOf(`{${head},"value":${textOf(value)}}\n`));
      continue;
    }
    const sliced = sliceRecords(value, { ...spec, path, single: 'record' });
    if (sliced.kind === 'fault') return `behind *: ${sliced.reason}`;
    const lines =
      name === undefined ? sliced.lines : withHead(sliced.lines, [[name, key ?? 'null']]);
    if (typeof lines === 'string') return lines;
    found.push(lines);
  }
  return undefined;
}

const isScalar = ([first]: Uint8Array): boolean =>
  first !== BYTE.OPEN_OBJECT && first !== BYTE.OPEN_LIST;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
