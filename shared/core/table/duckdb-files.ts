// How DuckDB reads the lake's files as typed rows: strict and fast where every record allows it,
// line by line where keys differ only by letter case, records are no objects, or a line is not
// for strict readers.

import { MAX_RECORD_BYTES } from '../bounds.ts';
import type { ColumnType } from './column-types.ts';
import { type Column, DATE_COLUMN, EMPTY_COLUMN, RUN_ID_COLUMN } from './columns.ts';
import { quoteName, quoteText } from './sql-text.ts';
import { sqlTypes } from './sql-types.ts';

/** What reading needs to know of a stream. */
export interface FileRows {
  readonly columns: readonly Column[];
  readonly lenient?: boolean;
}

const typeOf = (type: ColumnType): string => sqlTypes(type).duckdb;

/** A virtual column with the file's path; a stream with this very key is read line by line. */
const FILE_COLUMN = '_driplake_file';

/** Left to itself, DuckDB reads `dt` and `run` from the path over the record's own. */
const NAMING = `filename = '${FILE_COLUMN}', hive_partitioning = false`;

/**
 * A select of all columns, `_date` and `_run_id` over files named by full paths, in their order.
 * Both come from the path, which has them wherever a run lies: `dt=<date>/run=<run>/<file>`.
 */
export function filesSelect(model: FileRows, files: readonly string[]): string {
  if (files.length === 0) return `SELECT ${emptyColumns(model)} WHERE false`;
  const list = `[${files.map(quoteText).join(', ')}]`;
  const readable = isReadable(model);
  const values = model.columns.map((column) => {
    const value = readable ? quoteName(column.key ?? '') : lineValue(column);
    return `${value} AS ${quoteName(column.name)}`;
  });
  const columns = [
    ...(values.length === 0 ? [NO_VALUE] : values),
    `${place(1)} AS "${DATE_COLUMN}"`,
    `${place(2)} AS "${RUN_ID_COLUMN}"`,
  ];
  return `SELECT ${columns.join(', ')} FROM ${readable ? records(model, list) : lines(list)}`;
}

const NO_VALUE = `CAST(NULL AS VARCHAR) AS "${EMPTY_COLUMN}"`;

const place = (group: number): string =>
  `regexp_extract(${FILE_COLUMN}, ` +
  `'dt=([^/\\\\]+)[/\\\\]run=([^/\\\\]+)[/\\\\][0-9]+[.]ndjson[.]gz$', ${group})`;

/** A stream without rows still has its columns; one that never had any shows `_empty`. */
function emptyColumns(model: FileRows): string {
  const typed = model.columns.map(
    ({ name, type }) => `CAST(NULL AS ${typeOf(type)}) AS ${quoteName(name)}`,
  );
  const columns = [
    ...(typed.length === 0 ? [NO_VALUE] : typed),
    `CAST(NULL AS VARCHAR) AS "${DATE_COLUMN}"`,
    `CAST(NULL AS VARCHAR) AS "${RUN_ID_COLUMN}"`,
  ];
  return columns.join(', ');
}

/**
 * DuckDB's record reader wants objects whose keys differ by more than letter case, and strict
 * JSON.
 */
function isReadable(model: FileRows): boolean {
  const keys = model.columns.map((column) => column.key?.toLowerCase() ?? '');
  const distinct = new Set([...keys, FILE_COLUMN, '']);
  return !model.lenient && keys.length > 0 && distinct.size === keys.length + 2;
}

function records(model: FileRows, list: string): string {
  const columns = model.columns
    .map((column) => `${quoteText(column.key ?? '')}: '${typeOf(column.type)}'`)
    .join(', ');
  return (
    `read_json(${list}, format = 'newline_delimited', columns = {${columns}}, ` +
    `compression = 'gzip', maximum_object_size = ${MAX_RECORD_BYTES}, ${NAMING})`
  );
}

/**
 * Every line as text, then as JSON. In a line that is no strict JSON, half of a surrogate pair
 * becomes U+FFFD; whole pairs stay, and so does text that looks like one (`\\ud83d`).
 */
function lines(list: string): string {
  const read =
    `read_csv(${list}, auto_detect = false, header = false, delim = chr(1), quote = '', ` +
    `escape = '', new_line = '\\n', strict_mode = false, columns = {'line': 'VARCHAR'}, ` +
    `compression = 'gzip', max_line_size = ${MAX_RECORD_BYTES}, ${NAMING})`;
  const sound = `CASE WHEN json_valid(line) THEN line ELSE ${withoutHalves('line')} END`;
  const record = `CAST(${sound} AS JSON) AS record`;
  return `(SELECT ${record}, ${FILE_COLUMN} FROM ${read} WHERE trim(line) <> '')`;
}

/**
 * Escaped backslashes and whole pairs are set aside behind characters that no line holds: what
 * then looks like an escape of a surrogate is a half.
 */
function withoutHalves(line: string): string {
  const hex = '[0-9a-fA-F]';
  const high = `[dD][89abAB]${hex}{2}`;
  const low = `[dD][c-fC-F]${hex}{2}`;
  const alone = `replace(${line}, '\\\\', chr(1))`;
  const paired = `regexp_replace(${alone}, '\\\\u(${high})\\\\u(${low})', chr(2) || '\\1\\2', 'g')`;
  const whole = `regexp_replace(${paired}, '\\\\u(${high}|${low})', '\\\\ufffd', 'g')`;
  const back = `regexp_replace(${whole}, '\\x02(${hex}{4})(${hex}{4})', '\\\\u\\1\\\\u\\2', 'g')`;
  return `replace(${back}, chr(1), '\\\\')`;
}

/** RFC 6901, as an SQL literal: any key can be said so. */
export const jsonPointer = (keys: readonly string[]): string =>
  quoteText(keys.map((key) => `/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''));

function lineValue(column: Column): string {
  const pointer = jsonPointer(column.key === null ? [] : [column.key]);
  const value =
    column.type === 'json' ? `NULLIF((record->${pointer}), 'null')` : `(record->>${pointer})`;
  const own = `CAST(${value} AS ${typeOf(column.type)})`;
  return column.key === null ? `CASE WHEN json_type(record) <> 'OBJECT' THEN ${own} END` : own;
}
