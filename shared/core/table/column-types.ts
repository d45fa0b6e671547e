// The types a column can have, and how two of them join. The lattice only widens: in whatever
// order values are seen, the type ends the same, and no whole number ever loses a digit.
//
//                        string
//         /         /       |      \
//     boolean     json   bigint   double
//         \         \       |      /
//          \         \     integer
//                   unknown (only null seen)
//
// Whole numbers are `integer` while a double holds them exactly (to 2^53 - 1) and `bigint` up to
// 64 bits. Only an `integer` may become `double`; a `bigint` that meets decimals becomes text: no
// id is ever rounded. Decimals are doubles (`1.10` reads as 1.1); digits that a double cannot hold
// are in the lake's bytes only.

import { NUMBER_CHARS } from '../bounds.ts';

export const COLUMN_TYPES = [
  'unknown',
  'boolean',
  'integer',
  'bigint',
  'double',
  'json',
  'string',
] as const;

/**
 * What a column holds. `integer` and `bigint` are both 64-bit in SQL; `json` is the text of
 * objects and lists; `string` takes everything: text, whole numbers beyond 64 bits, numbers no
 * double can hold, and mixtures (a whole number beside text reads as its digits, an object beside
 * text as its JSON text; decimals in either read as doubles).
 */
export type ColumnType = (typeof COLUMN_TYPES)[number];

/** One bit for each kind of value; a column's history is the bits it has seen. */
export const SEEN = {
  unknown: 0,
  boolean: 1,
  integer: 2,
  bigint: 4,
  double: 8,
  json: 16,
  string: 32,
} as const;

/** The least type that holds both: commutative, associative, idempotent, `unknown` is neutral. */
export function joinTypes(a: ColumnType, b: ColumnType): ColumnType {
  return typeOfSeen(SEEN[a] | SEEN[b]);
}

/** The type of a column that has seen these kinds of values (bits of `SEEN`). */
export function typeOfSeen(bits: number): ColumnType {
  switch (bits) {
    case 0:
      return 'unknown';
    case SEEN.boolean:
      return 'boolean';
    case SEEN.integer:
      return 'integer';
    case SEEN.bigint:
    case SEEN.bigint | SEEN.integer:
      return 'bigint';
    case SEEN.double:
    case SEEN.double | SEEN.integer:
      return 'double';
    case SEEN.json:
      return 'json';
    default:
      return 'string';
  }
}

const POINT = 0x2e;
const UPPER_E = 0x45;
const LOWER_E = 0x65;

const SAFE_DIGITS = 15;
const MOST_INT64_DIGITS = 19;
const LEAST_INT64 = -(2n ** 63n);
const MOST_INT64 = 2n ** 63n - 1n;
const MOST_SAFE = BigInt(Number.MAX_SAFE_INTEGER);

/** The bit of the JSON number at `bytes[at..end)`. It never rounds to decide. */
export function seenOfNumber(bytes: Uint8Array, at: number, end: number): number {
  let decimal = false;
  for (let index = at; index < end; index += 1) {
    const byte = bytes[index];
    if (byte === LOWER_E || byte === UPPER_E) return seenOfText(textOf(bytes, at, end));
    if (byte === POINT) decimal = true;
  }
  if (end - at > SAFE_DIGITS) return seenOfText(textOf(bytes, at, end));
  return decimal ? SEEN.double : SEEN.integer;
}

const textOf = (bytes: Uint8Array, at: number, end: number): string =>
  String.fromCharCode(...bytes.subarray(at, Math.min(end, at + NUMBER_CHARS)));

function seenOfText(text: string): number {
  if (text.length >= NUMBER_CHARS) return SEEN.string;
  if (/[.eE]/.test(text)) return Number.isFinite(Number(text)) ? SEEN.double : SEEN.string;
  const digits = text.startsWith('-') ? text.length - 1 : text.length;
  if (digits > MOST_INT64_DIGITS) return SEEN.string;
  const value = BigInt(text);
  if (value < LEAST_INT64 || value > MOST_INT64) return SEEN.string;
  return value <= MOST_SAFE && value >= -MOST_SAFE ? SEEN.integer : SEEN.bigint;
}
