// Which values a declared cast loses: those that not both readers, DuckDB and Athena, read as its
// type. They are counted while columns are inferred; plain numbers and times are known by their
// bytes, anything else by its text.

import { CAST_CHARS, CASTS_NAMED, LOST_CASTS_BYTES } from '../bounds.ts';
import { printable } from '../faults.ts';
import type { Column } from './columns.ts';
import { type Cast, castOf, digitsOf, readAlike, sqlTypes } from './sql-types.ts';

/** Values that are lost, by the key of the cast. Those of keys without room stand under ''. */
export type CastLosses = Readonly<Record<string, number>>;

type Casts = Readonly<Record<string, Cast>>;

const QUOTE = 0x22;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const LETTER_N = 0x6e;
const OPEN_BRACE = 0x7b;

/** Counts what casts lose of some lines, whose keys are met as slots. */
export interface CastCounter {
  meet(key: string, slot: number): void;
  /** A value of the slot, at `from..end` of the lines. */
  see(slot: number, from: number, end: number): void;
  /** Undefined when nothing was lost. */
  losses(): CastLosses | undefined;
}

/** @param known slots by the keys that were met before */
export function castCounter(
  lines: Uint8Array,
  casts: Casts,
  known: ReadonlyMap<string | null, number>,
): CastCounter {
  const bytes = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength);
  const bySlot: (Cast | undefined)[] = [];
  const keys = new Map<number, string>();
  const lost = new Map<string, number>();
  const counter: CastCounter = {
    meet(key, slot) {
      if (!Object.hasOwn(casts, key)) return;
      bySlot[slot] = casts[key];
      keys.set(slot, key);
    },
    see(slot, from, end) {
      const cast = bySlot[slot];
      if (cast === undefined || !isLost(bytes, from, end, cast)) return;
      const key = keys.get(slot) ?? '';
      lost.set(key, (lost.get(key) ?? 0) + 1);
    },
    losses: () => (lost.size === 0 ? undefined : Object.fromEntries(lost)),
  };
  for (const key of Object.keys(casts)) {
    const slot = known.get(key);
    if (slot !== undefined) counter.meet(key, slot);
  }
  return counter;
}

/**
 * Whether the JSON value at `bytes[from..end)` is null in the current rows, though it is neither
 * null nor an empty text. Objects and lists beside text are text, and always lost.
 */
function isLost(bytes: Buffer, from: number, end: number, cast: Cast): boolean {
  const first = bytes[from];
  if (first === LETTER_N) return false;
  if (first === OPEN_BRACE || first === OPEN_BRACKET) return true;
  const isText = first === QUOTE;
  const [start, stop] = isText ? [from + 1, end - 1] : [from, end];
  if (start >= stop || isPlain(bytes, start, stop, cast)) return false;
  const raw = bytes.toString('latin1', start, stop);
  const isEscaped = isText && bytes.subarray(start, stop).includes(BACKSLASH);
  return !isReadAlike(cast, isEscaped ? unescaped(raw) : raw);
}

function unescaped(raw: string): string {
  try {
    return String(JSON.parse(`"${raw}"`));
  } catch {
    return raw;
  }
}

/** Digits that 64 bits hold whatever they are. */
const SURE_DIGITS = 18;

function isPlain(bytes: Uint8Array, start: number, stop: number, cast: Cast): boolean {
  if (cast === 'boolean') return isAt(bytes, start, stop, TRUE) || isAt(bytes, start, stop, FALSE);
  if (cast === 'timestamp') return isPlainTime(bytes, start, stop);
  if (cast !== 'bigint' && cast !== 'double') return false;
  let at = bytes[start] === MINUS ? start + 1 : start;
  if (stop - at > SURE_DIGITS || !isDigit(bytes[at])) return false;
  let points = cast === 'double' ? 1 : 0;
  for (at += 1; at < stop; at += 1) {
    if (isDigit(bytes[at])) continue;
    if (bytes[at] !== POINT || points === 0) return false;
    points -= 1;
  }
  return true;
}

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');

function isAt(bytes: Uint8Array, start: number, stop: number, word: Uint8Array): boolean {
  if (stop - start !== word.length) return false;
  for (let at = 0; at < word.length; at += 1) {
    if (bytes[start + at] !== word[at]) return false;
  }
  return true;
}

/** `2026-01-02T03:04:05`, with `Z` or `+02:00`, of a day that every month has. */
function isPlainTime(bytes: Uint8Array, start: number, stop: number): boolean {
  const length = stop - start;
  if (length !== 19 && length !== 20 && length !== 25) return false;
  for (let at = 0; at < 19; at += 1) {
    const wanted = SHAPE.charCodeAt(at);
    const byte = bytes[start + at];
    if (wanted === ZERO ? !isDigit(byte) : byte !== wanted) return false;
  }
  const two = (at: number): number =>
    ((bytes[start + at] ?? 0) - ZERO) * 10 + (bytes[start + at + 1] ?? 0) - ZERO;
  const month = two(5);
  const day = two(8);
  if (month < 1 || month > 12 || day < 1 || day > 28) return false;
  if (two(11) > 23 || two(14) > 59 || two(17) > 59) return false;
  if (length === 19) return true;
  if (length === 20) return bytes[start + 19] === 0x5a;
  const sign = bytes[start + 19];
  return (
    (sign === 0x2b || sign === MINUS) &&
    isDigit(bytes[start + 20]) &&
    isDigit(bytes[start + 21]) &&
    bytes[start + 22] === 0x3a &&
    isDigit(bytes[start + 23]) &&
    isDigit(bytes[start + 24]) &&
    two(20) < 14 &&
    two(23) < 60
  );
}

const SHAPE = '0000-00-00T00:00:00';

const isDigit = (byte: number | undefined): boolean =>
  byte !== undefined && byte >= ZERO && byte <= 0x39;

/** What both readers take, as `views.ts` writes the cast. */
function isReadAlike(cast: Cast, text: string): boolean {
  if (cast === 'timestamp') return isTime(text);
  if (!wholly(readAlike(cast)).test(text)) return false;
  if (cast === 'bigint') return isInt64(text);
  if (cast === 'date') return isDay(text);
  return cast === 'boolean' || cast === 'double' || fits(text, cast);
}

/** JavaScript has no flags inside of a pattern. */
const wholly = (pattern: string): RegExp =>
  new RegExp(`^(?:${pattern.replace('(?i)', '')})$`, pattern.startsWith('(?i)') ? 'i' : '');

/** Digits before the point; the pattern has bounded those behind it. */
function fits(text: string, cast: Parameters<typeof digitsOf>[0]): boolean {
  const [precision, scale] = digitsOf(cast);
  const [whole = ''] = text.replace(/^[+-]?0*/, '').split('.');
  return whole.length <= precision - scale;
}

function isInt64(text: string): boolean {
  const digits = text.replace(/^([+-]?)0+(?=\d)/, '$1');
  if (digits.length > 20) return false;
  return BigInt.asIntN(64, BigInt(digits.replace('+', ''))) === BigInt(digits.replace('+', ''));
}

/** Seconds may be missing where no zone stands; offsets go to 14 hours. */
const TIME = new RegExp(
  String.raw`^(\d{4}-\d\d-\d\d)(?:[T ](?:[01]\d|2[0-3]):[0-5]\d` +
    String.raw`(?::[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:0\d|1[0-3])(?::?[0-5]\d)?|[+-]14(?::?00)?)?)?)?$`,
);

function isTime(text: string): boolean {
  const [, day] = TIME.exec(text) ?? [];
  return day !== undefined && isDay(day);
}

function isDay(day: string): boolean {
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

/** Both together. */
export function addLosses(a: CastLosses, b: CastLosses): CastLosses {
  const sum = new Map(Object.entries(a));
  for (const [key, count] of Object.entries(b)) sum.set(key, (sum.get(key) ?? 0) + count);
  return Object.fromEntries(sum);
}

/** As a batch's head keeps them: what has no room is counted under ''. */
export function boundLosses(losses: CastLosses): CastLosses {
  let bytes = 0;
  let others = 0;
  const kept = Object.entries(losses).filter(([key, count]) => {
    const size = Buffer.byteLength(JSON.stringify(key)) + COUNT_BYTES;
    if (key !== '' && bytes + size <= LOST_CASTS_BYTES) {
      bytes += size;
      return true;
    }
    others += count;
    return false;
  });
  return Object.fromEntries(others > 0 ? [...kept, ['', others]] : kept);
}

/** A colon, a comma and a count of records. */
const COUNT_BYTES = 12;

/** Whether somebody may miss the cast of a column that is no text. */
function isIdle({ type }: Column, cast: Cast): boolean {
  if (type === 'unknown' || type === 'string') return false;
  if (sqlTypes(type).duckdb === sqlTypes('string', cast).duckdb) return false;
  return cast !== 'double' || type === 'json' || type === 'boolean';
}

/**
 * One sentence for each cast that loses values, has no effect or names no column.
 * @param columns all of the stream; without any, nothing is known of a cast
 */
export function describeCasts(
  casts: Casts | undefined,
  columns: readonly Column[],
  losses: CastLosses,
): readonly string[] {
  if (casts === undefined || columns.length === 0) return [];
  const keys = new Map(columns.map((column) => [column.key, column]));
  const told = Object.entries(casts).flatMap(([key, cast]) => {
    const column = keys.get(key);
    const name = `casts.${printable(key.slice(0, CAST_CHARS))}`;
    if (column === undefined) return [`${name} names no column: no record has this field.`];
    const lost = losses[key] ?? 0;
    if (isIdle(column, cast)) {
      return [
        `${name} has no effect: the field is ${column.type}, and only text is cast to ${cast}.`,
      ];
    }
    if (lost === 0 || castOf(column, casts) === undefined) return [];
    const values = lost === 1 ? '1 value is' : `${lost} values are`;
    return [`${name} loses what it casts: ${values} no ${cast}, and null in the current rows.`];
  });
  const others = losses[''] ?? 0;
  const more = told.length - CASTS_NAMED;
  return [
    ...told.slice(0, CASTS_NAMED),
    ...(more > 0 ? [`${more} more casts lose values, have no effect or name no column.`] : []),
    ...(others > 0 ? [`${others} more values of other casts are null in the current rows.`] : []),
  ];
}
