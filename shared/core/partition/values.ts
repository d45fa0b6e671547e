// What a partition is walked with: names in braces and their values, read from a parent's lines as
// they stand there. A value that no request can carry is a fault that names the record, never a
// partition that is left out.
//
// `{"id": 7, "title": "a"}` of the parent `issue` is `{ 'issue.id': '7', 'issue.title': '"a"' }`.

import { EXCERPT_CHARS } from '../bounds.ts';
import { printable } from '../faults.ts';
import { fieldAt } from '../field-path.ts';
import { eachRecord } from '../records/lines.ts';
import { plainText } from '../records/raw.ts';
import { fieldOfEach } from '../records/record-fields.ts';
import { namesAsked, WINDOW_NAMES } from '../source/partition-schema.ts';
import type { Stream } from '../source/source.ts';
import { inBraces } from '../source/template/settings.ts';
import type { ParentSpec } from './parents.ts';

/** Raw JSON text of scalars by name: `{ 'issue.number': '17', shop: '"north"' }`. */
export type PartitionValues = Readonly<Record<string, string>>;

/** As URLs and headers have them; null is none. */
export const plainValues = (values: PartitionValues): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, raw]) => {
      const text = plainText(raw);
      return text === undefined ? [] : [[name, text]];
    }),
  );

/** The raw value of a text that is one name in braces and nothing else. */
export const rawNamed = (text: string, values: PartitionValues): string | undefined => {
  const [name] = inBraces(text, 'whole');
  return name !== undefined && Object.hasOwn(values, name) ? values[name] : undefined;
};

/** The values of one parent's records, or why one of them gives none. */
export type ParentValues =
  | { readonly kind: 'values'; readonly values: readonly PartitionValues[] }
  | { readonly kind: 'fault'; readonly reason: string };

/**
 * The values of each record in the parent's lines, in their order, without those that `where` or
 * the parent's `deletedField` leaves out.
 * @param lines NDJSON of the parent's run, whole lines
 */
export function valuesOf(lines: Uint8Array, spec: ParentSpec): ParentValues {
  const read = rowsOf(lines, spec);
  if (read.kind === 'fault') return read;
  const values = read.rows.flatMap((row) => (row && !row.isGone ? [row.values] : []));
  return { kind: 'values', values };
}

/** A record of a parent: its values, and whether it is none any more for this stream. */
export interface ParentRow {
  readonly values: PartitionValues;
  readonly isGone: boolean;
}

/** A row for each record; none for one that is gone and has not all of the values. */
export type ParentRows =
  | { readonly kind: 'rows'; readonly rows: readonly (ParentRow | undefined)[] }
  | { readonly kind: 'fault'; readonly reason: string };

/** The same of each record, those that are left out too: an earlier one of the same may not be. */
export function rowsOf(lines: Uint8Array, spec: ParentSpec): ParentRows {
  const { where, deletedField, fields } = spec;
  const eachOf = (path: string) => Array.from(fieldOfEach(lines, path));
  const columns = fields.map(({ path }) => eachOf(path));
  const wanted = where ? eachOf(where.field) : [];
  const deleted = deletedField === undefined ? [] : eachOf(deletedField);
  const rows: (ParentRow | undefined)[] = [];
  let row = -1;
  for (const record of eachRecord(lines)) {
    row++;
    const isGone = (where && !isEqual(wanted[row], where.equals)) || isSet(deleted[row]);
    const raws = columns.map((column) => column[row]);
    const read = valuesIn(record, raws, spec);
    if (typeof read === 'string' && !isGone) return { kind: 'fault', reason: read };
    rows.push(typeof read === 'string' ? undefined : { values: read, isGone });
  }
  return { kind: 'rows', rows };
}

/** The values of one record, or why a request can't carry one of them. */
function valuesIn(
  record: Uint8Array,
  raws: readonly (string | undefined)[],
  spec: ParentSpec,
): PartitionValues | string {
  const entries: [string, string][] = [];
  for (const [column, { path, isAsked }] of spec.fields.entries()) {
    const raw = raws[column] ?? nothingAt(record, path);
    const lack = isAsked ? lackOf(raw) : raw === undefined ? COMPOUND : undefined;
    if (raw === undefined || lack !== undefined) {
      return describe(spec, path, lack ?? COMPOUND, record);
    }
    entries.push([`${spec.as}.${path}`, canonical(raw)]);
  }
  return Object.fromEntries(entries);
}

const COMPOUND = 'a list or an object';

/** `null` where nothing stands; undefined where a list or an object does. */
function nothingAt(record: Uint8Array, path: string): string | undefined {
  const found = fieldAt(JSON.parse(textOf(record)), path);
  return found === undefined || found === null ? 'null' : undefined;
}

/** Why a request cannot carry it. */
function lackOf(raw: string | undefined): string | undefined {
  if (raw === undefined) return COMPOUND;
  return raw === 'null' ? 'nothing' : raw === '""' ? 'an empty text' : undefined;
}

/** A text that is written in two ways is one value. */
const canonical = (raw: string): string =>
  raw.startsWith('"') ? JSON.stringify(JSON.parse(raw)) : raw;

function isEqual(raw: string | undefined, equals: string | number | boolean | null): boolean {
  const plain = plainText(raw);
  return equals === null ? plain === undefined : plain === String(equals);
}

/** Neither null, false nor empty. */
const isSet = (raw: string | undefined): boolean => !NOT_SET.has(raw);

const NOT_SET: ReadonlySet<string | undefined> = new Set([undefined, 'null', 'false', '""']);

function describe({ parent, as }: ParentSpec, path: string, found: string, record: Uint8Array) {
  const text = printable(textOf(record));
  const shown = text.length > EXCERPT_CHARS ? `${text.slice(0, EXCERPT_CHARS)}...` : text;
  return `A record of ${parent} has ${found} where {${as}.${path}} is taken from: ${shown}`;
}

const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);

/**
 * What tells one partition of a stream from another: the values that its requests carry. A parent
 * that comes twice, changed in other fields, is one partition.
 */
export function identityOf(stream: Stream): (values: PartitionValues) => string {
  const asked = namesAsked(stream);
  const isWindowed = stream.incremental?.window !== undefined;
  const names = new Set([...asked, ...(isWindowed ? WINDOW_NAMES : [])]);
  return (values) => JSON.stringify([...names].map((name) => values[name] ?? ''));
}
