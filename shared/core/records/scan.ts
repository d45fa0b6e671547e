// Reads one JSON value out of bytes, as strict as RFC 8259 and JSON.parse, and builds nothing.
// `PADDING` zero bytes must follow the bytes: they end every loop, so no loop looks for the end.
// It reads bytes, not characters: whether a string is valid UTF-8 is the caller's question.
// A reader returns the offset after what it read, or a negative number that `explain` words.

import { MAX_JSON_DEPTH } from '../bounds.ts';
import { EXPECTED, fail, separator } from './mismatch.ts';

/** The longest look-ahead: four bytes of a string, or the letters after the `f` of `false`. */
export const PADDING = 4;

const SPACE = 0x20;
const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const UPPER_E = 0x45;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const LOWER_E = 0x65;
const LOWER_F = 0x66;
const LOWER_N = 0x6e;
const LOWER_T = 0x74;
const LOWER_U = 0x75;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const ULL = 0x756c6c;
const RUE = 0x727565;
const ALS = 0x616c73;

export const BYTE = {
  LINE_FEED: 0x0a,
  CARRIAGE_RETURN: 0x0d,
  QUOTE,
  COMMA,
  OPEN_LIST,
  BACKSLASH,
  CLOSE_LIST,
  OPEN_OBJECT,
  CLOSE_OBJECT,
} as const;

/** A text to scan, made once for all values of a document. */
export interface JsonText {
  bytes: Uint8Array;
  /** The same bytes, to be read four at a time. */
  view: DataView;
  /** The byte that closes the container open at each depth. */
  open: Uint8Array;
}

/** `bytes` must end with `PADDING` zero bytes. */
export function jsonText(bytes: Uint8Array): JsonText {
  const { buffer, byteOffset, length } = bytes;
  const view = new DataView(buffer, byteOffset, length);
  return { bytes, view, open: new Uint8Array(MAX_JSON_DEPTH + 1) };
}

/**
 * The end of the value at `at`, white space before it allowed; `depth` containers are open around
 * it. The loops over strings stand here and not in a function, and white space is looked for
 * before it is skipped: V8 inlines only so much, and a call for each string halves the speed.
 */
export function valueEnd(source: JsonText, at: number, depth: number): number {
  const { bytes, view, open } = source;
  let here = at;
  let level = depth;
  let inObject = false;
  for (;;) {
    if (inObject) {
      here = keyEnd(bytes, here);
      if (here < 0) return here;
    }
    if ((bytes[here] ?? 0) <= SPACE) here = skipSpace(bytes, here);
    const first = bytes[here];
    if (first === QUOTE) {
      here++;
      while (isPlain(view.getInt32(here, true))) here += 4;
      while (PLAIN[bytes[here] ?? 0] === 1) here++;
      here = bytes[here] === QUOTE ? here + 1 : stringRest(bytes, here);
      if (here < 0) return here;
    } else if (first === OPEN_OBJECT || first === OPEN_LIST) {
      if (level === MAX_JSON_DEPTH) return fail(here, EXPECTED.depth);
      const close = first === OPEN_OBJECT ? CLOSE_OBJECT : CLOSE_LIST;
      here++;
      if ((bytes[here] ?? 0) <= SPACE) here = skipSpace(bytes, here);
      if (bytes[here] !== close) {
        open[++level] = close;
        inObject = close === CLOSE_OBJECT;
        continue;
      }
      here++;
    } else {
      here = scalarEnd(bytes, here);
      if (here < 0) return here;
    }
    for (;;) {
      if (level === depth) return here;
      if ((bytes[here] ?? 0) <= SPACE) here = skipSpace(bytes, here);
      const next = bytes[here];
      if (next === COMMA) break;
      if (next !== (inObject ? CLOSE_OBJECT : CLOSE_LIST)) return fail(here, separator(inObject));
      here++;
      inObject = open[--level] === CLOSE_OBJECT;
    }
    here++;
  }
}

/**
 * Whether none of four bytes is a quote, a backslash or a control character: a byte below n
 * borrows into its top bit when n is taken from each byte (Bit Twiddling Hacks, `hasless`).
 */
function isPlain(four: number): boolean {
  const quote = four ^ 0x22222222;
  const slash = four ^ 0x5c5c5c5c;
  const below =
    ((four - 0x20202020) & ~four) |
    ((quote - 0x01010101) & ~quote) |
    ((slash - 0x01010101) & ~slash);
  return (below & 0x80808080) === 0;
}

/** The offset after the colon of the key at `at`; white space before both is allowed. */
export function keyEnd(bytes: Uint8Array, at: number): number {
  let here = at;
  if ((bytes[here] ?? 0) <= SPACE) here = skipSpace(bytes, here);
  if (bytes[here] !== QUOTE) return fail(here, EXPECTED.key);
  here++;
  while (PLAIN[bytes[here] ?? 0] === 1) here++;
  here = bytes[here] === QUOTE ? here + 1 : stringRest(bytes, here);
  if (here < 0) return here;
  if (bytes[here] === COLON) return here + 1;
  here = skipSpace(bytes, here);
  return bytes[here] === COLON ? here + 1 : fail(here, EXPECTED.colon);
}

/** From the first byte of a string that is not `PLAIN` to behind the closing quote. */
function stringRest(bytes: Uint8Array, at: number): number {
  let here = at;
  while (bytes[here] !== QUOTE) {
    if (bytes[here] !== BACKSLASH) return fail(here, EXPECTED.character);
    const kind = bytes[here + 1] ?? 0;
    if (SHORT_ESCAPE[kind] === 1) here += 2;
    else if (kind === LOWER_U && fourHex(bytes, here + 2)) here += 6;
    else return fail(here, EXPECTED.escape);
    while (PLAIN[bytes[here] ?? 0] === 1) here++;
  }
  return here + 1;
}

function fourHex(bytes: Uint8Array, at: number): boolean {
  for (let here = at; here < at + 4; here++) {
    if (HEX[bytes[here] ?? 0] !== 1) return false;
  }
  return true;
}

function scalarEnd(bytes: Uint8Array, at: number): number {
  switch (bytes[at]) {
    case LOWER_N:
      return threeAt(bytes, at + 1) === ULL ? at + 4 : fail(at, EXPECTED.literal);
    case LOWER_T:
      return threeAt(bytes, at + 1) === RUE ? at + 4 : fail(at, EXPECTED.literal);
    case LOWER_F:
      if (threeAt(bytes, at + 1) !== ALS || bytes[at + 4] !== LOWER_E) break;
      return at + 5;
    default:
      return numberEnd(bytes, at);
  }
  return fail(at, EXPECTED.literal);
}

function threeAt(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0);
}

function numberEnd(bytes: Uint8Array, at: number): number {
  let here = bytes[at] === MINUS ? at + 1 : at;
  if (bytes[here] === ZERO) {
    here++;
  } else {
    const first = here;
    while (DIGIT[bytes[here] ?? 0] === 1) here++;
    if (here === first) return fail(here, here === at ? EXPECTED.value : EXPECTED.digit);
  }
  if (bytes[here] === POINT) {
    const first = ++here;
    while (DIGIT[bytes[here] ?? 0] === 1) here++;
    if (here === first) return fail(here, EXPECTED.digit);
  }
  const letter = bytes[here];
  return letter === LOWER_E || letter === UPPER_E ? exponentEnd(bytes, here + 1) : here;
}

function exponentEnd(bytes: Uint8Array, at: number): number {
  const sign = bytes[at];
  const first = sign === PLUS || sign === MINUS ? at + 1 : at;
  let here = first;
  while (DIGIT[bytes[here] ?? 0] === 1) here++;
  return here === first ? fail(here, EXPECTED.digit) : here;
}

/** White space of RFC 8259: space, tab, line feed, carriage return. */
export function skipSpace(bytes: Uint8Array, at: number): number {
  let here = at;
  while (WHITE[bytes[here] ?? 0] === 1) here++;
  return here;
}

const DIGIT = tableOf('0123456789');
const HEX = tableOf('0123456789abcdefABCDEF');
const SHORT_ESCAPE = tableOf('"\\/bfnrt');
const WHITE = tableOf(' \t\n\r');
/** What stands in a string as itself: all but control characters, the quote and the backslash. */
const PLAIN = new Uint8Array(256).fill(1, SPACE);
PLAIN[QUOTE] = 0;
PLAIN[BACKSLASH] = 0;

function tableOf(characters: string): Uint8Array {
  const table = new Uint8Array(256);
  for (const byte of new TextEncoder().encode(characters)) table[byte] = 1;
  return table;
}
