// Turns a JSON list into NDJSON inside its own buffer: a record's bytes stay where they are and
// the comma behind them becomes a line feed. Bytes move only where white space must go: between
// records, and where a line break would split a line. It never re-serialises a value.

import { Buffer } from 'node:buffer';
import { MAX_JSON_DEPTH } from '../bounds.ts';
import { EXPECTED, fail, separator } from './mismatch.ts';
import { BYTE, type JsonText, skipSpace, valueEnd } from './scan.ts';

const { LINE_FEED, CARRIAGE_RETURN, COMMA, CLOSE_LIST } = BYTE;

/** A response body in work: `bytes` is a copy of `body`, with zero bytes for the scanner. */
export interface PageText extends JsonText {
  body: Uint8Array;
  /** The first line break at or after an offset; offsets asked for never decrease. */
  nextBreak: (from: number) => number;
}

/** Where in `Page.bytes` the lines are, where the last one begins, and where the list ends. */
export interface Lines {
  from: number;
  to: number;
  last: number;
  count: number;
  end: number;
}

/** The list at `at`, inside `depth` containers, as lines; a negative number if it is not JSON. */
export function linesOfList(page: PageText, at: number, depth: number): Lines | number {
  const { bytes } = page;
  if (depth === MAX_JSON_DEPTH) return fail(at, EXPECTED.depth);
  const from = at + 1;
  let start = skipSpace(bytes, from);
  if (bytes[start] === CLOSE_LIST) return { from, to: from, last: from, count: 0, end: start + 1 };
  let to = from;
  let last = from;
  for (let count = 1; ; count++) {
    const end = valueEnd(page, start, depth + 1);
    if (end < 0) return end;
    const next = skipSpace(bytes, end);
    const after = bytes[next];
    if (after !== COMMA && after !== CLOSE_LIST) return fail(next, separator(false));
    last = to;
    to = moveRecord(page, start, end, to);
    bytes[to++] = LINE_FEED;
    if (after === CLOSE_LIST) return { from, to, last, count, end: next + 1 };
    start = skipSpace(bytes, next + 1);
  }
}

/** One value of the body as one line, in a buffer of its own. */
export function lineOfValue(body: Uint8Array, start: number, end: number): Uint8Array {
  const line = new Uint8Array(end - start + 1);
  line.set(body.subarray(start, end));
  const length = moveWithoutBreaks(line, 0, end - start, 0);
  line[length] = LINE_FEED;
  return line.subarray(0, length + 1);
}

/** The records of NDJSON lines, without their line feeds: views, valid as long as `lines` is. */
export function* eachRecord(lines: Uint8Array): Generator<Uint8Array, void, undefined> {
  const search = searchable(lines);
  let start = 0;
  while (start < lines.length) {
    const feed = search.indexOf(LINE_FEED, start);
    const end = feed < 0 ? lines.length : feed;
    yield lines.subarray(start, end);
    start = end + 1;
  }
}

/** See `Page.nextBreak`: remembers what it found, so that a body is searched only once. */
export function breaksIn(body: Uint8Array): (from: number) => number {
  const search = searchable(body);
  let feed = -1;
  let carriage = -1;
  const next = (byte: number, from: number): number => {
    const found = search.indexOf(byte, from);
    return found < 0 ? body.length : found;
  };
  return (from) => {
    if (feed < from) feed = next(LINE_FEED, from);
    if (carriage < from) carriage = next(CARRIAGE_RETURN, from);
    return Math.min(feed, carriage);
  };
}

/** The same bytes as a Buffer, which searches twenty times as fast as a Uint8Array. */
function searchable(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Bytes below which a loop copies faster than a call of `copyWithin`. */
const SHORT = 48;

/**
 * The record between two offsets of a page, to where `to` is in it: not behind where it stands.
 * @returns the end of it there, its line breaks left out
 */
export function moveRecord(page: PageText, start: number, end: number, to: number): number {
  const whole = page.nextBreak(start) >= end;
  if (whole && start === to) return end;
  if (!whole || end - start < SHORT) return moveWithoutBreaks(page.bytes, start, end, to);
  page.bytes.copyWithin(to, start, end);
  return to + end - start;
}

/** A line break in JSON is never part of a string: it goes, with what indents the next line. */
function moveWithoutBreaks(bytes: Uint8Array, start: number, end: number, target: number): number {
  let to = target;
  let here = start;
  while (here < end) {
    let byte = bytes[here] ?? 0;
    while (byte > CARRIAGE_RETURN && here < end) {
      bytes[to++] = byte;
      byte = bytes[++here] ?? 0;
    }
    if (here === end) break;
    if (byte === LINE_FEED || byte === CARRIAGE_RETURN) {
      here = skipSpace(bytes, here);
    } else {
      bytes[to++] = byte;
      here++;
    }
  }
  return to;
}
