// The columns of a stream: which key each comes from, what it is called in SQL, and how two sets
// of them join. Names are the same in DuckDB and Athena; a column keeps its name for ever, and
// its type only widens.

import {
  COLUMN_ENTRY_BYTES,
  KEY_CHARS,
  KEYS_NAMED,
  MAX_COLUMNS,
  MAX_COLUMNS_BYTES,
  MAX_NAME_BYTES,
} from '../bounds.ts';
import { printable } from '../faults.ts';
import { type ColumnType, joinTypes } from './column-types.ts';

/** Names that the history table adds to the stream's own, in every dialect. */
export const DATE_COLUMN = '_date';
export const RUN_ID_COLUMN = '_run_id';
/** What stands in a table without a column of its own: SQL has no table without any. */
export const EMPTY_COLUMN = '_empty';
const RESERVED_NAMES = [DATE_COLUMN, RUN_ID_COLUMN, EMPTY_COLUMN, '_line', '_rank'];

/**
 * One column of a stream. `key` is the JSON key, exactly; null where the record itself is the
 * value.
 */
export interface Column {
  readonly name: string;
  readonly key: string | null;
  readonly type: ColumnType;
}

/**
 * Both sets as one: the columns of `a` in their order and with their names, widened by those of
 * `b`, then the keys that only `b` has. Returns `a` itself when `b` adds nothing. Types join
 * whatever the order.
 */
export function joinColumns(a: readonly Column[], b: readonly Column[]): readonly Column[] {
  const joined = new Map<string | null, Column>(a.map((column) => [column.key, column]));
  const names = takenNames(a);
  let room: ColumnsRoom | undefined;
  let changed = false;
  for (const column of b) {
    const before = joined.get(column.key);
    if (before === undefined) {
      room ??= columnsRoom(a);
      if (!room.take(column)) continue;
    }
    const type = joinTypes(before?.type ?? 'unknown', column.type);
    if (before?.type === type) continue;
    const name = before?.name ?? keptName(column, names);
    joined.set(column.key, { name, key: column.key, type });
    changed = true;
  }
  return changed ? [...joined.values()] : a;
}

/**
 * The columns that a table can have. No SQL can say U+0000, and half of a surrogate pair is not
 * the same character to any two readers: such keys stand in the lake's lines only.
 */
export const tableColumns = (columns: readonly Column[]): readonly Column[] =>
  columns.filter(({ key }) => isSayable(key));

const isSayable = (key: string | null): boolean =>
  key === null || (key.isWellFormed() && !key.includes('\0'));

/** A sentence that names the keys which `tableColumns` leaves out; none when none is. */
export function describeLeftOut(columns: readonly Column[]): readonly string[] {
  const keys = columns.flatMap(({ key }) => (key === null || isSayable(key) ? [] : [key]));
  const named = keys.slice(0, KEYS_NAMED).map((key) => printable(`"${key.slice(0, KEY_CHARS)}"`));
  if (named.length === 0) return [];
  const more = keys.length > named.length ? ` and ${keys.length - named.length} more` : '';
  return [
    keys.length === 1
      ? `The key ${named[0]} is no column: no table can have such a name. Its values are in the lines of the lake only.`
      : `The keys ${named.join(', ')}${more} are no columns: no table can have such names. Their values are in the lines of the lake only.`,
  ];
}

/** What is left for new columns, in number and in bytes. */
export interface ColumnsRoom {
  /** Whether there is room for this one; it is taken then. */
  take(column: Pick<Column, 'name' | 'key'>): boolean;
}

export function columnsRoom(columns: readonly Column[]): ColumnsRoom {
  let count = columns.length;
  let bytes = columns.reduce((sum, column) => sum + columnBytes(column), 0);
  return {
    take(column) {
      const more = columnBytes(column);
      if (count >= MAX_COLUMNS || bytes + more > MAX_COLUMNS_BYTES) return false;
      count += 1;
      bytes += more;
      return true;
    },
  };
}

/** As the ledger keeps it, in JSON. */
const columnBytes = ({ name, key }: Pick<Column, 'name' | 'key'>): number =>
  Buffer.byteLength(name) + Buffer.byteLength(JSON.stringify(key)) + COLUMN_ENTRY_BYTES;

/**
 * The names in use, folded, to be given to `nameColumn` again and again: it adds what it gives
 * out.
 */
export function takenNames(columns: readonly Column[]): Set<string> {
  return new Set([...RESERVED_NAMES, ...columns.map((column) => fold(column.name))]);
}

/**
 * The SQL name of a JSON key: letters, digits and marks of any script and `_` stay, every other
 * character becomes `_` (`a.b` -> `a_b`, `@attributes` -> `_attributes`, an empty key -> `_`).
 * Where that name is taken in any letter case, the later key gets `_2`, `_3`, ...: of `id` and
 * `ID`, the first seen keeps its name. Neither Athena nor DuckDB can tell `id` from `ID`. The
 * record itself (key null) is called `value`.
 */
export function nameColumn(key: string | null, taken: Set<string>): string {
  return freeName(key ?? 'value', taken);
}

/** The name that the column has, unless another key has it here. */
function keptName(column: Column, taken: Set<string>): string {
  if (taken.has(fold(column.name))) return nameColumn(column.key, taken);
  taken.add(fold(column.name));
  return column.name;
}

function freeName(wanted: string, taken: Set<string>): string {
  const plain = wanted.normalize('NFC').replace(/[^\p{L}\p{M}\p{N}_]/gu, '_');
  const stem = plain === '' ? '_' : cut(plain);
  let name = stem;
  for (let count = 2; taken.has(fold(name)); count += 1) name = `${stem}_${count}`;
  taken.add(fold(name));
  return name;
}

/** As many whole characters as the bytes allow. */
function cut(name: string): string {
  if (name.length * MOST_BYTES <= MAX_NAME_BYTES) return name;
  let bytes = 0;
  const kept = [...name].filter((character) => {
    // Glue has it in lower case, which is longer for some.
    bytes += Math.max(Buffer.byteLength(character), Buffer.byteLength(character.toLowerCase()));
    return bytes <= MAX_NAME_BYTES;
  });
  return kept.join('');
}

/** Of one UTF-16 unit in UTF-8, in lower case too. */
const MOST_BYTES = 3;

function fold(name: string): string {
  return name.toLowerCase();
}
