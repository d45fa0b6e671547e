// Whether the records of a page have what their stream says of them: the fields of the primary key,
// each key once, and a watermark. A wrong name there is no fault of any page, and yet tables would
// keep every reading of a record, or one record of many, and each run would read everything.

import { printable } from '../../shared/core/faults.ts';
import { widenWatermark } from '../../shared/core/page/watermark.ts';
import { fieldOfEach } from '../../shared/core/records/record-fields.ts';
import type { Stream } from '../../shared/core/source/source.ts';
import { describeCasts } from '../../shared/core/table/cast-losses.ts';
import { type Column, describeLeftOut } from '../../shared/core/table/columns.ts';
import { inspectColumns } from '../../shared/core/table/infer-columns.ts';
import { count } from '../screen/text-table.ts';

/**
 * One sentence for each thing that does not fit, with the fields that would; none of an empty page.
 * @param lines NDJSON, as `sliceRecords` makes it
 * @param columns of these lines
 */
export function misfits(
  stream: Stream,
  lines: Uint8Array,
  columns: readonly Column[],
): readonly string[] {
  if (lines.length === 0) return [];
  const page = { lines, fields: columns.flatMap(fieldOf) };
  return [
    ...keyMisfits(stream, page),
    ...watermarkMisfits(stream, page),
    ...describeLeftOut(columns).map((told) => `${stream.name}: ${told}`),
    ...castMisfits(stream, lines, columns),
  ];
}

/** What casts would make of these records. */
function castMisfits(
  { name, casts }: Stream,
  lines: Uint8Array,
  columns: readonly Column[],
): readonly string[] {
  if (casts === undefined) return [];
  const { lost = {} } = inspectColumns(lines, [], casts);
  return describeCasts(casts, columns, lost).map((one) => `${name}: ${one}`);
}

interface Page {
  readonly lines: Uint8Array;
  /** Names of the fields that hold a number or a text. */
  readonly fields: readonly string[];
}

type Values = readonly (string | undefined)[];

/** How many fields are looked at and how many are named, where one is to be suggested. */
const LOOKED_AT = 200;
const NAMED = 4;
const ENOUGH = 10;

function keyMisfits({ name, primaryKey = [] }: Stream, page: Page): readonly string[] {
  const columns = primaryKey.map((field) => valuesOf(page, field));
  const rows = columns[0]?.length ?? 0;
  const missing = primaryKey.flatMap((field, index) => {
    const lacking = (columns[index] ?? []).filter((value) => !isThere(value)).length;
    if (lacking === 0) return [];
    const where =
      isNone(lacking, rows) ?? `missing or null in ${count(lacking)} of ${records(rows)}`;
    return [`primaryKey ${printable(field)} is ${where}: such rows are never merged`];
  });
  const keys = Array.from({ length: rows }, (_, row) => columns.map((values) => values[row]))
    .filter((key) => key.every(isThere))
    .map((key) => key.join());
  const repeated = keys.length - new Set(keys).size;
  const fields = primaryKey.map(printable).join(', ');
  const twice = `primaryKey ${fields} is not unique: ${count(repeated)} of ${records(rows)} repeat that of another, and the table shows one of each`;
  const faults = [...missing, ...(repeated > 0 ? [twice] : [])];
  if (faults.length === 0) return [];
  // Of a few records, any field may be unique by chance.
  const unnamed = rows >= ENOUGH;
  const better = suggest(page, { name: KEY_NAME, unnamed, not: primaryKey, fits: isKey });
  return faults.map((fault) => `${name}: ${fault}${like(better, 'a key')}`);
}

function watermarkMisfits({ name, incremental }: Stream, page: Page): readonly string[] {
  if (!incremental) return [];
  const { field, type } = incremental;
  const isMark = (value: string | undefined): boolean =>
    widenWatermark(incremental, undefined, value) !== undefined;
  const values = [...fieldOfEach(page.lines, field)];
  if (values.some(isMark)) return [];
  const rows = values.length;
  const lacking = values.filter((value) => !isThere(value)).length;
  const [kind, what] =
    type === 'integer' ? ['a whole number', 'a watermark'] : ['an ISO date', 'a time of change'];
  const where = isNone(lacking, rows) ?? `${kind} in none of ${records(rows)}`;
  const fits = (others: Values): boolean =>
    others.some(isThere) && others.filter(isThere).every(isMark);
  const better = suggest(page, { name: MARK_NAME, unnamed: true, not: [field], fits });
  const fault = `incremental.field ${printable(field)} is ${where}: each run reads everything`;
  return [`${name}: ${fault}${like(better, what)}`];
}

const isNone = (lacking: number, rows: number): string | undefined =>
  lacking === rows ? `in none of ${records(rows)}` : undefined;

/** Ids, and what is numbered or coded. */
const KEY_NAME = /(^|[_\W]|[a-z](?=[A-Z]))(id|uuid|guid|key|sku|handle|code|number)$/i;
const MARK_NAME = /updat|modif|chang|version|stamp/i;

interface Wanted {
  readonly name: RegExp;
  /** Whether a field that fits may have any name, when none has one like this. */
  readonly unnamed: boolean;
  readonly not: readonly string[];
  readonly fits: (values: Values) => boolean;
}

function suggest(page: Page, { name, unnamed, not, fits }: Wanted): readonly string[] {
  const fitting = page.fields
    .slice(0, LOOKED_AT)
    .filter((field) => !not.includes(field) && fits(valuesOf(page, field)));
  const named = fitting.filter((field) => name.test(field));
  return (named.length > 0 || !unnamed ? named : fitting).slice(0, NAMED);
}

const isKey = (values: Values): boolean =>
  values.every(isThere) && new Set(values).size === values.length;

/** A key with dots in it is a column before it is a path, as in the tables. */
const valuesOf = ({ lines, fields }: Page, field: string): Values => [
  ...fieldOfEach(lines, fields.includes(field) ? field.replaceAll(/[\\.]/g, '\\$&') : field),
];

const isThere = (value: string | undefined): boolean => value !== undefined && value !== 'null';

const fieldOf = ({ key, type }: Column): readonly string[] =>
  key !== null && (type === 'string' || type === 'integer' || type === 'bigint') ? [key] : [];

const records = (rows: number): string => `${count(rows)} record${rows === 1 ? '' : 's'}`;

const like = (fields: readonly string[], what: string): string => {
  if (fields.length === 0) return '';
  return `; ${fields.map(printable).join(', ')} ${fields.length === 1 ? 'looks' : 'look'} like ${what}`;
};
