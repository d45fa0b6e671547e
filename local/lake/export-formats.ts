// The formats of an export, each as DuckDB's COPY: what stands in a line, how times and nulls are
// written. Pure text.

import { quoteName, quoteText } from '../../shared/core/table/sql-text.ts';
import type { ResultColumn } from './query.ts';

export const EXPORT_FORMATS = ['parquet', 'csv', 'ndjson'] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

/** `safe`: of CSV, whether it is for a spreadsheet, which runs what begins like a formula. */
export interface Written {
  readonly format: ExportFormat;
  readonly safe: boolean;
}

/** @param table quoted, with its schema. @param columns those of the table, in their order */
export function copyText(
  { format, safe }: Written,
  table: string,
  columns: readonly ResultColumn[],
  file: string,
): string {
  const into = `TO ${quoteText(file)}`;
  switch (format) {
    case 'parquet':
      return `COPY (SELECT * FROM ${table}) ${into} (FORMAT parquet, COMPRESSION zstd)`;
    case 'csv': {
      const options = `FORMAT csv, HEADER, DELIMITER ',', TIMESTAMPFORMAT '${ISO_TIME}'`;
      const cells = safe ? columns.map(safeCell).join(', ') : '*';
      return `COPY (SELECT ${cells} FROM ${table}) ${into} (${options})`;
    }
    case 'ndjson': {
      const lines = `SELECT ${lineOf(columns)} AS line FROM ${table}`;
      // A text per line, written as it is: JSON has neither line breaks nor U+0001 in it.
      const plain = `FORMAT csv, HEADER false, QUOTE '', ESCAPE '', DELIMITER '\u0001'`;
      return `COPY (${lines}) ${into} (${plain})`;
    }
  }
}

/** What spreadsheets take for the beginning of a formula (OWASP, CSV Injection). */
const FORMULA = '[=+@\\-\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]';

/** Text that begins like a formula gets a `'` before it, which is no part of it; so do names. */
function safeCell({ name, type }: ResultColumn): string {
  const [column, title] = [quoteName(name), quoteName(safeText(name))];
  if (type !== 'VARCHAR') return `${column} AS ${title}`;
  const isFormula = `regexp_matches(${column}, ${quoteText(`^${FORMULA}`)})`;
  return `CASE WHEN ${isFormula} THEN '''' || ${column} ELSE ${column} END AS ${title}`;
}

const safeText = (text: string): string =>
  new RegExp(`^${FORMULA}`).test(text) ? `'${text}` : text;

const ISO_TIME = '%Y-%m-%dT%H:%M:%S.%fZ';

/**
 * A row as one text. DuckDB's own JSON writer would read JSON columns anew, and what it reads it
 * rounds: `1.10` would become `1.1`.
 */
function lineOf(columns: readonly ResultColumn[]): string {
  const members = columns.map(({ name, type }, index) => {
    const start = `${index === 0 ? '{' : ','}${JSON.stringify(name)}:`;
    return `${quoteText(start)}, coalesce(${jsonOf(quoteName(name), type)}, 'null')`;
  });
  return `concat(${members.join(', ')}, '}')`;
}

function jsonOf(column: string, type: string): string {
  // A line of the lake is one line; what else breaks lines is white space between values.
  if (type === 'JSON') return `replace(CAST(${column} AS VARCHAR), chr(13), ' ')`;
  if (type.startsWith('TIMESTAMP')) return `strftime(${column}, '"${ISO_TIME}"')`;
  return `CAST(to_json(${column}) AS VARCHAR)`;
}
