// Writes the rows of a query as a table, CSV, JSON or NDJSON. Every format but the table streams
// and is exact: integers of any size keep their digits, JSON columns stay JSON, null differs from
// empty text.

import type { Cell } from '../lake/cells.ts';
import type { QueryResult, ResultColumn } from '../lake/query.ts';
import { textTable } from './text-table.ts';

export const ROW_FORMATS = ['table', 'csv', 'json', 'ndjson'] as const;
export type RowFormat = (typeof ROW_FORMATS)[number];

/** A table is for eyes; a longer result is cut here and says so. */
const TABLE_ROWS = 1_000;
/** Characters of one value in a table. */
const TABLE_CELL_CHARS = 60;

/**
 * Writes all rows and returns how many were written. `write` may return a promise: it is awaited
 * before more rows are read, so a slow reader holds the query back. CSV is RFC 4180: CRLF, quotes
 * where needed, null is nothing and empty text is `""`. In JSON a number that is not finite is
 * null.
 */
export async function formatRows(
  result: QueryResult,
  format: RowFormat,
  write: (text: string) => void | Promise<void>,
): Promise<number> {
  switch (format) {
    case 'table':
      return writeTable(result, write);
    case 'csv':
      await write(csvLine(result.columns.map((column) => column.name)));
      return writeBatches(result, (rows) => write(rows.map(csvLine).join('')));
    case 'json':
      return writeJson(result, write);
    case 'ndjson':
      return writeBatches(result, (rows) =>
        write(rows.map((row) => `${jsonObject(row, result.columns)}\n`).join('')),
      );
  }
}

type Write = (text: string) => void | Promise<void>;
type Row = readonly Cell[];

async function writeBatches(
  result: QueryResult,
  each: (rows: readonly Row[], before: number) => void | Promise<void>,
): Promise<number> {
  let count = 0;
  for await (const rows of result.batches) {
    if (rows.length > 0) await each(rows, count);
    count += rows.length;
  }
  return count;
}

async function writeJson(result: QueryResult, write: Write): Promise<number> {
  await write('[');
  const count = await writeBatches(result, (rows, before) => {
    const objects = rows.map((row) => `\n  ${jsonObject(row, result.columns)}`).join(',');
    return write(before === 0 ? objects : `,${objects}`);
  });
  await write(count === 0 ? ']\n' : '\n]\n');
  return count;
}

function jsonObject(row: Row, columns: readonly ResultColumn[]): string {
  const fields = columns.map(
    ({ name, type }, index) => `${JSON.stringify(name)}:${jsonCell(row[index] ?? null, type)}`,
  );
  return `{${fields.join(',')}}`;
}

/** JSON columns and decimals are JSON text already; a line break in it can only be white space. */
function jsonCell(cell: Cell, type: string): string {
  if (typeof cell !== 'string') return jsonText(cell);
  if (type === 'JSON') return cell.replace(/[\r\n]+/g, ' ');
  return type.startsWith('DECIMAL') ? cell : JSON.stringify(cell);
}

/** `JSON.stringify` with integers of any size. */
function jsonText(cell: Cell): string {
  if (typeof cell === 'bigint') return cell.toString();
  if (cell === null || typeof cell !== 'object') return JSON.stringify(cell);
  if (isList(cell)) return `[${cell.map(jsonText).join(',')}]`;
  const fields = Object.entries(cell).map(
    ([name, value]) => `${JSON.stringify(name)}:${jsonText(value)}`,
  );
  return `{${fields.join(',')}}`;
}

/** `Array.isArray` does not narrow readonly lists. */
const isList = (cell: Cell): cell is readonly Cell[] => Array.isArray(cell);

function csvLine(row: Row): string {
  return `${row.map(csvCell).join(',')}\r\n`;
}

function csvCell(cell: Cell): string {
  if (cell === null) return '';
  const text = plainText(cell);
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function plainText(cell: Cell): string {
  return typeof cell === 'object' ? jsonText(cell) : String(cell);
}

const NUMERIC = /^(?:U?(?:TINY|SMALL|BIG|HUGE)?INT(?:EGER)?|DOUBLE|FLOAT|DECIMAL.*|BIGNUM)$/;

async function writeTable(result: QueryResult, write: Write): Promise<number> {
  const rows: Row[] = [];
  for await (const batch of result.batches) {
    rows.push(...batch.slice(0, TABLE_ROWS + 1 - rows.length));
    if (rows.length > TABLE_ROWS) break;
  }
  const shown = rows.slice(0, TABLE_ROWS);
  const table = textTable(
    result.columns.map((column) => tableCell(column.name)),
    shown.map((row) => row.map(tableCell)),
    (place) => NUMERIC.test(result.columns[place]?.type ?? ''),
  );
  await write(`${table}\n`);
  if (rows.length > TABLE_ROWS) {
    await write(`The first ${TABLE_ROWS} rows; csv, json and ndjson give all of them.\n`);
  }
  return shown.length;
}

const UNSAFE = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

/**
 * One line without control characters, which could otherwise steer the terminal; null is empty.
 */
function tableCell(cell: Cell): string {
  const text = cell === null ? '' : plainText(cell);
  const plain = text.slice(0, 2 * TABLE_CELL_CHARS).replace(UNSAFE, printable);
  const characters = [...plain];
  return characters.length <= TABLE_CELL_CHARS
    ? plain
    : `${characters.slice(0, TABLE_CELL_CHARS - 1).join('')}…`;
}

const printable = (character: string): string =>
  JSON.stringify(character).length > 3
    ? JSON.stringify(character).slice(1, -1)
    : `\\u{${character.codePointAt(0)?.toString(16)}}`;
