// Infers columns from NDJSON while records pass. One walk over the bytes that looks at top-level
// keys and at the first byte of each value, steps over everything nested, and allocates nothing
// for a record shaped like the one before. It is not a validator: a line that is no JSON gives
// what was read of it, and never a hang.
//
// `{"id":1,"at":null}` and `{"id":2.5,"at":"2026"}` are the columns id double and at string: null
// widens to anything, an integer to a double, and whatever does not fit becomes text.

import { MAX_COLUMNS, MAX_NAME_BYTES } from '../bounds.ts';
import {
  afterBlank,
  afterNested,
  afterNumber,
  afterString,
  lineEnd,
} from '../records/line-steps.ts';
import { type CastCounter, type CastLosses, castCounter } from './cast-losses.ts';
import { SEEN, seenOfNumber, typeOfSeen } from './column-types.ts';
import { type Column, type ColumnsRoom, columnsRoom, nameColumn, takenNames } from './columns.ts';
import type { Cast } from './sql-types.ts';

/** What one piece of NDJSON showed. */
export interface ColumnInspection {
  /** `known` widened by these lines; `known` itself when they change nothing. */
  readonly columns: readonly Column[];
  readonly records: number;
  /** Values that are in no column since there was no room for more. They stay in the lake. */
  readonly omitted: number;
  /**
   * True when a strict reader refuses one of these lines though its neighbours are fine: a key
   * twice in one object, or half of a surrogate pair (`"\ud83d"`, text cut inside an emoji). Such
   * a stream is read leniently.
   */
  readonly lenient: boolean;
  /** Values of these lines that a declared cast reads as null, by its key; absent without any. */
  readonly lost?: CastLosses;
}

/** The columns after these lines, as `inspectColumns` says. */
export function inferColumns(lines: Uint8Array, known: readonly Column[]): readonly Column[] {
  return inspectColumns(lines, known).columns;
}

/** Reads complete NDJSON lines (UTF-8, the last newline may be missing) once, front to back. */
export function inspectColumns(
  lines: Uint8Array,
  known: readonly Column[],
  casts?: Readonly<Record<string, Cast>>,
): ColumnInspection {
  const slots = openSlots(known);
  slots.counter = casts && castCounter(lines, casts, slots.byKey);
  let at = 0;
  let records = 0;
  while (at < lines.length) {
    at = afterBlank(lines, at);
    const first = lines[at];
    if (first !== NEWLINE && first !== undefined) {
      records += 1;
      slots.walked += 1;
      if (first === OPEN_BRACE) at = afterRecord(lines, at, slots, slots.walked);
      else at = afterBare(lines, at, slots);
    }
    if (lines[at] !== NEWLINE) at = lineEnd(lines, at);
    at += 1;
  }
  const columns = columnsOf(slots, known);
  const lost = slots.counter?.losses();
  slots.counter = undefined;
  remembered.set(columns, slots);
  return {
    columns,
    records,
    omitted: slots.omitted,
    lenient: slots.repeated || hasHalfPair(lines),
    ...(lost === undefined ? {} : { lost }),
  };
}

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const LETTER_F = 0x66;
const LETTER_N = 0x6e;
const LETTER_T = 0x74;

/**
 * Two slots stand after the columns: where a record starts, and where keys without a column go.
 */
const START = MAX_COLUMNS;
const NOWHERE = MAX_COLUMNS + 1;

/**
 * A slot for each column, in the order of the columns; parallel arrays since this is the inner
 * loop.
 */
interface Slots {
  readonly keys: (string | null)[];
  readonly byKey: Map<string | null, number>;
  /** The key as it last stood between its quotes, escapes and all. */
  readonly raw: (Uint8Array | undefined)[];
  readonly seen: Uint8Array;
  /** The slot that followed this one last time. */
  readonly next: Uint16Array;
  /** The record that had this key last, to notice a key that comes twice. */
  readonly metIn: Uint32Array;
  /** For keys that have no slot yet. */
  readonly room: ColumnsRoom;
  /** Records walked with these slots. */
  walked: number;
  omitted: number;
  repeated: boolean;
  /** Of the lines in work. */
  counter: CastCounter | undefined;
}

/**
 * What was learned of a stream's keys, for its next page: without it, pages of a hundred records
 * take a fifth longer. By the columns that the page before returned; no answer depends on it.
 */
const remembered = new WeakMap<readonly Column[], Slots>();

function openSlots(known: readonly Column[]): Slots {
  const before = remembered.get(known);
  if (before === undefined || before.walked > MOST_WALKED) return newSlots(known);
  // They are about to change: until this call returns, they belong to no columns.
  remembered.delete(known);
  known.slice(0, MAX_COLUMNS).forEach((column, slot) => {
    before.seen[slot] = SEEN[column.type];
  });
  before.omitted = 0;
  before.repeated = false;
  return before;
}

/** A page has fewer records than are left of 32 bits then. */
const MOST_WALKED = 2 ** 31;

function newSlots(known: readonly Column[]): Slots {
  const encoder = new TextEncoder();
  const next = new Uint16Array(MAX_COLUMNS + 2);
  const seen = new Uint8Array(MAX_COLUMNS + 2);
  const keys = known.slice(0, MAX_COLUMNS).map((column) => column.key);
  known.slice(0, MAX_COLUMNS).forEach((column, slot) => {
    seen[slot] = SEEN[column.type];
    next[slot] = slot + 1;
  });
  return {
    keys,
    byKey: new Map(keys.map((key, slot) => [key, slot])),
    raw: keys.map((key) =>
      key === null ? undefined : encoder.encode(JSON.stringify(key).slice(1, -1)),
    ),
    seen,
    next,
    metIn: new Uint32Array(MAX_COLUMNS + 2),
    room: columnsRoom(known),
    walked: 0,
    omitted: 0,
    repeated: false,
    counter: undefined,
  };
}

function columnsOf(slots: Slots, known: readonly Column[]): readonly Column[] {
  let changed = slots.keys.length !== known.length;
  let taken: Set<string> | undefined;
  const columns = slots.keys.map((key, slot) => {
    const type = typeOfSeen(slots.seen[slot] ?? 0);
    const before = known[slot];
    if (before?.type === type) return before;
    changed = true;
    if (before) return { ...before, type };
    taken ??= takenNames(known);
    return { name: nameColumn(key, taken), key, type };
  });
  return changed ? columns : known;
}

/** Walks one object from its brace; returns where it stopped: after it, or at what is no JSON. */
function afterRecord(bytes: Uint8Array, start: number, slots: Slots, record: number): number {
  let at = afterBlank(bytes, start + 1);
  let previous = START;
  while (bytes[at] === QUOTE) {
    const slot = slotAt(bytes, at + 1, slots, previous);
    at += 2 + (slots.raw[slot]?.length ?? 0);
    if (slot === NOWHERE) slots.omitted += 1;
    else if (slots.metIn[slot] === record) slots.repeated = true;
    slots.metIn[slot] = record;
    previous = slot;
    if (bytes[at] !== COLON) at = afterBlank(bytes, at);
    if (bytes[at] !== COLON) return at;
    const value = afterBlank(bytes, at + 1);
    at = afterValue(bytes, value, slots.seen, slot);
    if (slots.counter !== undefined) slots.counter.see(slot, value, at);
    if (bytes[at] !== COMMA) at = afterBlank(bytes, at);
    if (bytes[at] !== COMMA) break;
    at = afterBlank(bytes, at + 1);
  }
  return bytes[at] === CLOSE_BRACE ? at + 1 : at;
}

function afterBare(bytes: Uint8Array, at: number, slots: Slots): number {
  const slot = slots.byKey.get(null) ?? addSlot(slots, null);
  if (slot === NOWHERE) slots.omitted += 1;
  return afterValue(bytes, at, slots.seen, slot);
}

/**
 * Guesses the key that followed `previous` last time, then the one after it, then looks the key
 * up.
 */
function slotAt(bytes: Uint8Array, at: number, slots: Slots, previous: number): number {
  const guess = slots.next[previous] ?? 0;
  if (isKey(bytes, at, slots.raw[guess])) return guess;
  const second = slots.next[guess] ?? 0;
  const slot = isKey(bytes, at, slots.raw[second]) ? second : lookUp(bytes, at, slots);
  slots.next[previous] = slot;
  return slot;
}

function isKey(bytes: Uint8Array, at: number, key: Uint8Array | undefined): boolean {
  if (key === undefined || bytes[at + key.length] !== QUOTE) return false;
  for (let index = key.length - 1; index >= 0; index -= 1) {
    if (bytes[at + index] !== key[index]) return false;
  }
  return true;
}

function lookUp(bytes: Uint8Array, at: number, slots: Slots): number {
  const raw = bytes.slice(at, afterString(bytes, at) - 1);
  const key = decodeKey(raw);
  const slot = slots.byKey.get(key) ?? addSlot(slots, key);
  slots.raw[slot] = raw;
  return slot;
}

function addSlot(slots: Slots, key: string | null): number {
  // Its name is not known yet, but is hardly longer than this.
  const name = (key ?? '').slice(0, MAX_NAME_BYTES);
  if (!slots.room.take({ name, key })) return NOWHERE;
  const slot = slots.keys.push(key) - 1;
  slots.byKey.set(key, slot);
  if (key !== null) slots.counter?.meet(key, slot);
  return slot;
}

function decodeKey(raw: Uint8Array): string {
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(raw);
  if (!text.includes('\\')) return text;
  try {
    return String(JSON.parse(`"${text}"`));
  } catch {
    return text;
  }
}

function afterValue(bytes: Uint8Array, at: number, seen: Uint8Array, slot: number): number {
  const first = bytes[at];
  const before = seen[slot] ?? 0;
  switch (first) {
    case QUOTE:
      seen[slot] = before | SEEN.string;
      return afterString(bytes, at + 1);
    case OPEN_BRACE:
    case OPEN_BRACKET:
      seen[slot] = before | SEEN.json;
      return afterNested(bytes, at);
    case LETTER_N:
      return at + 4;
    case LETTER_T:
    case LETTER_F:
      seen[slot] = before | SEEN.boolean;
      return at + (first === LETTER_T ? 4 : 5);
    default: {
      const end = afterNumber(bytes, at);
      if (end > at && (before & SEEN.string) === 0)
        seen[slot] = before | seenOfNumber(bytes, at, end);
      return end;
    }
  }
}

const ESCAPES = /\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F])|.)/g;

/** Most pages have no surrogate escape at all, and two native searches say so. */
function hasHalfPair(lines: Uint8Array): boolean {
  const text = Buffer.from(lines.buffer, lines.byteOffset, lines.byteLength);
  if (text.indexOf('\\ud') < 0 && text.indexOf('\\uD') < 0) return false;
  for (const found of text.toString('latin1').matchAll(ESCAPES)) {
    if (found[1] !== undefined) return true;
  }
  return false;
}
