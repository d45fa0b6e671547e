// Walks one response body along the path to its records, slices them and validates all the rest.
// A key that occurs twice on that path is a fault, since nobody can say which one is meant. It does
// not judge what it found: whether an object, a missing key or null are records is decided by the
// caller.

import { MAX_JSON_DEPTH } from '../bounds.ts';
import { splitPath } from '../field-path.ts';
import { breaksIn, type Lines, linesOfList, type PageText } from './lines.ts';
import { EXPECTED, fail, separator } from './mismatch.ts';
import { BYTE, jsonText, keyEnd, PADDING, skipSpace, valueEnd } from './scan.ts';

const { BACKSLASH, CLOSE_OBJECT, COMMA, OPEN_LIST, OPEN_OBJECT, QUOTE } = BYTE;

/** From a value's first byte to behind its last. */
export interface Span {
  start: number;
  end: number;
}

/** What the path led to. `level` keys were followed; offsets are those of the body. */
export type Found =
  | { kind: 'list'; level: number; start: number; end: number; lines: Lines }
  | { kind: 'value'; level: number; start: number; end: number }
  | { kind: 'absent'; level: number; start: number };

/** A key that is looked for, and its bytes if it can stand in JSON without an escape. */
interface Name {
  text: string;
  bytes: Uint8Array | undefined;
}

/** A way into a value: at each level one key, or several that are all followed. */
export type Steps = readonly (readonly Name[])[];

/** Made once for all values that are followed. */
export const stepsOf = (keys: readonly (readonly string[])[]): Steps =>
  keys.map((level) => level.map(nameOf));

interface Walk {
  page: PageText;
  /** What a key that is followed twice means: `last` counts, as with JSON.parse. */
  twice: 'fault' | 'last';
  /** The names that lead on at each level: one of a path, several where each would do. */
  names: Steps;
  /** One for each name of the last level. */
  found: Found[];
}

/**
 * Follows `names` from the value at `at`. Gives the end of that value, the value as `whole`, and
 * what was found for each key of the last level; or a negative number of the scanner. Only a list
 * at the end of the path is sliced.
 */
export function followPath(
  page: PageText,
  at: number,
  names: Steps,
  twice: Walk['twice'],
): { end: number; whole: Found; found: Found[] } | number {
  const slots = names.at(-1) ?? [undefined];
  const walk: Walk = {
    page,
    twice,
    names,
    found: slots.map(() => ({ kind: 'absent', level: 0, start: at })),
  };
  const end = walkValue(walk, at, 0, 0);
  if (end < 0) return end;
  return { end, whole: { kind: 'value', level: 0, start: at, end }, found: walk.found };
}

/** The body's text, with an empty list where the records were, if there were any. */
export function envelopeText(body: Uint8Array, records: Span | undefined): string {
  if (records === undefined) return textOf(body);
  const before = textOf(body.subarray(0, records.start));
  return `${before}[]${textOf(body.subarray(records.end))}`;
}

/**
 * The first of some dotted paths on which a key comes twice in a document, so that what stands
 * there has two meanings.
 * @param json valid JSON
 */
export function ambiguousPath(json: string, paths: readonly string[]): string | undefined {
  const body = new TextEncoder().encode(json);
  return paths.find((path) => {
    // A list at the end of a path is sliced in place: each path is followed in a copy.
    const bytes = new Uint8Array(body.length + PADDING);
    bytes.set(body);
    const page = { ...jsonText(bytes), body, nextBreak: breaksIn(body) };
    const steps = stepsOf(splitPath(path).map((key) => [key]));
    return typeof followPath(page, 0, steps, 'fault') === 'number';
  });
}

/** UTF-8, without the byte order mark that a body may begin with. */
function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function walkValue(walk: Walk, at: number, level: number, slot: number): number {
  const { bytes } = walk.page;
  const start = skipSpace(bytes, at);
  const last = level === walk.names.length;
  if (last && bytes[start] === OPEN_LIST) {
    const lines = linesOfList(walk.page, start, level);
    if (typeof lines === 'number') return lines;
    walk.found[slot] = { kind: 'list', level, start, end: lines.end, lines };
    return lines.end;
  }
  if (!last && bytes[start] === OPEN_OBJECT) return walkMembers(walk, start, level, slot);
  const end = valueEnd(walk.page, start, level);
  walk.found[slot] = { kind: 'value', level, start, end };
  return end;
}

function walkMembers(walk: Walk, start: number, level: number, slot: number): number {
  const { bytes } = walk.page;
  const names = walk.names[level] ?? [];
  if (level === MAX_JSON_DEPTH) return fail(start, EXPECTED.depth);
  walk.found[slot] = { kind: 'absent', level, start };
  let here = skipSpace(bytes, start + 1);
  if (bytes[here] === CLOSE_OBJECT) return here + 1;
  const met = new Set<number>();
  for (;;) {
    const key = skipSpace(bytes, here);
    here = keyEnd(bytes, key);
    if (here < 0) return here;
    const next = whichName(names, bytes, key, here);
    if (next < 0) here = valueEnd(walk.page, here, level + 1);
    else if (walk.twice === 'fault' && met.has(next)) return fail(key, EXPECTED.once);
    else here = walkValue(walk, here, level + 1, next);
    met.add(next);
    if (here < 0) return here;
    here = skipSpace(bytes, here);
    if (bytes[here] === CLOSE_OBJECT) return here + 1;
    if (bytes[here] !== COMMA) return fail(here, separator(true));
    here++;
  }
}

/** The index of the name that the key between `start` and its colon spells, or -1. */
function whichName(names: readonly Name[], bytes: Uint8Array, start: number, end: number): number {
  const found = names.findIndex((name) => isAt(name.bytes, bytes, start));
  if (found >= 0) return found;
  let at = start;
  while (at < end && bytes[at] !== BACKSLASH) at++;
  if (at === end) return -1;
  const text: unknown = JSON.parse(textOf(bytes.subarray(start, end - 1)));
  return names.findIndex((name) => name.text === text);
}

/** Whether the key whose quote is at `start` has these bytes, which hold nothing to be escaped. */
function isAt(name: Uint8Array | undefined, bytes: Uint8Array, start: number): boolean {
  if (name === undefined || bytes[start + name.length + 1] !== QUOTE) return false;
  for (let index = 0; index < name.length; index++) {
    if (bytes[start + 1 + index] !== name[index]) return false;
  }
  return true;
}

function nameOf(text: string): Name {
  const plain = JSON.stringify(text) === `"${text}"`;
  return { text, bytes: plain ? new TextEncoder().encode(text) : undefined };
}
