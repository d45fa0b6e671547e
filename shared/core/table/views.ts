// The SQL of a stream's tables, from one model, for DuckDB and for Athena: `<stream>_history`
// with every row that a finished run wrote, and `<stream>` with the current rows. Pure text; it
// never reads a file.
//
// Key 7 with watermark 3 in run R1 and 5 in run R2: the history has both rows, the current rows
// have that of R2. A stream without a key: the rows of its last whole run.
// Why: docs/decisions/010-one-model-two-catalogues.md

import type { ColumnType } from './column-types.ts';
import { type Column, EMPTY_COLUMN, RUN_ID_COLUMN } from './columns.ts';
import { filesSelect, jsonPointer } from './duckdb-files.ts';
import { quoteName, quoteText } from './sql-text.ts';
import { type Cast, castOf, readAlike, type SqlTypes, sqlTypes } from './sql-types.ts';

/** A stream as a table. Fields are top-level keys, or dotted paths into a nested one. */
export interface TableModel {
  readonly source: string;
  readonly stream: string;
  readonly columns: readonly Column[];
  /** Empty when records have no key: then every row of the current runs is current. */
  readonly primaryKey: readonly string[];
  /** The field that grows when a record changes. */
  readonly watermark?: string;
  readonly mode: 'snapshot' | 'incremental';
  /** A record whose newest version has this neither null, false nor empty is no current row. */
  readonly deletedField?: string;
  /**
   * Applied to text columns of the current rows; what does not parse is null there, text in the
   * history.
   */
  readonly casts?: Readonly<Record<string, Cast>>;
  /** Some line is not for strict JSON readers (`ColumnInspection.lenient`). */
  readonly lenient?: boolean;
}

/** A finished run and its files, in the order in which the rows came. */
export interface TableRun {
  readonly runId: string;
  /** No row of an earlier run is current any more. */
  readonly replacesEarlier: boolean;
  readonly files: readonly string[];
}

/** `-` cannot stand in an SQL name: source `lightspeed-x` is schema `lightspeed_x`. */
export function tableNames(model: { source: string; stream: string }) {
  const plain = (name: string) => name.replace(/[^A-Za-z0-9_]/g, '_');
  const table = plain(model.stream);
  return { schema: plain(model.source), current: table, history: `${table}_history` };
}

/** Schemas and catalogues of DuckDB's own: a schema named like one is told from neither. */
const NAMES_OF_DUCKDB = ['information_schema', 'memory', 'pg_catalog', 'system', 'temp'];

/** Why DuckDB can have no tables of this source, if it can't. */
export function describeNoSchema(source: string): string | undefined {
  const { schema } = tableNames({ source, stream: '' });
  if (!NAMES_OF_DUCKDB.includes(schema)) return undefined;
  return `DuckDB keeps the name ${schema} for itself: name the source otherwise to query it.`;
}

/** A snapshot replaces all rows of earlier runs, and so does a full refresh. */
export const replacesEarlier = (run: {
  readonly mode: TableModel['mode'];
  readonly fullRefresh: boolean;
}): boolean => run.mode === 'snapshot' || run.fullRefresh;

/**
 * The runs that hold the current rows, of finished runs in order: a snapshot's last one; of an
 * incremental stream those since the last that replaced all before it.
 */
export function currentRuns<Run extends { readonly replacesEarlier: boolean }>(
  mode: TableModel['mode'],
  runs: readonly Run[],
): readonly Run[] {
  if (mode === 'snapshot') return runs.slice(-1);
  const last = runs.findLastIndex((run) => run.replacesEarlier);
  return last < 0 ? runs : runs.slice(last);
}

/**
 * Statements that create or replace both views in DuckDB over the runs' files, named by full
 * paths.
 */
export function duckdbViews(model: TableModel, runs: readonly TableRun[]): readonly string[] {
  const names = tableNames(model);
  const schema = quoteName(names.schema);
  const files = runs.flatMap((run) => run.files);
  const current = currentRuns(model.mode, runs).flatMap((run) => run.files);
  const history = `${schema}.${quoteName(names.history)}`;
  // Rows stay in the order of the files and their lines, so their number is their age.
  const aged = `SELECT *, row_number() OVER () AS "_line" FROM (${filesSelect(model, current)})`;
  const rows = currentSelect(model, DUCKDB, `(${aged})`);
  return [
    `CREATE SCHEMA IF NOT EXISTS ${schema}`,
    `CREATE OR REPLACE VIEW ${history} AS ${filesSelect(model, files)}`,
    `CREATE OR REPLACE VIEW ${schema}.${quoteName(names.current)} AS ${rows}`,
  ];
}

/**
 * Athena's select of the current rows over the Glue table `<stream>_history`, whose partitions are
 * the finished runs, with `_run_id` as partition column. Rows with equal watermarks are told
 * apart by run and path, so run ids must sort by begin; Athena knows no line numbers in a file.
 * @param currentFrom the run from which rows are current; all of them are without it
 */
export function athenaSelect(model: TableModel, currentFrom: string | undefined): string {
  const names = tableNames(model);
  const operator = model.mode === 'snapshot' ? '=' : '>=';
  const filter =
    currentFrom === undefined
      ? ''
      : ` WHERE "${RUN_ID_COLUMN}" ${operator} ${quoteText(currentFrom)}`;
  // Glue knows names in lower case only.
  const columns = model.columns.map((column) => ({ ...column, name: column.name.toLowerCase() }));
  const table = `"${names.schema.toLowerCase()}"."${names.history.toLowerCase()}"`;
  const rows = `(SELECT *, "$path" AS "_line" FROM ${table}${filter})`;
  return currentSelect({ ...model, columns }, ATHENA, rows);
}

/** The columns of `<stream>` in their order, and the type that each has after its cast. */
export function currentColumns(
  model: Pick<TableModel, 'columns' | 'casts'>,
): readonly { readonly name: string; readonly types: SqlTypes }[] {
  if (model.columns.length === 0) return [{ name: EMPTY_COLUMN, types: sqlTypes('unknown') }];
  return model.columns.map((column) => ({
    name: column.name,
    types: sqlTypes(column.type, castOf(column, model.casts)),
  }));
}

/** Where the dialects differ; everything else is one text. */
interface Dialect {
  readonly nested: (column: string, path: readonly string[]) => string;
  readonly instant: (text: string) => string;
  /** The text where both dialects read it alike, else null. */
  readonly plain: (text: string, cast: Exclude<Cast, 'timestamp'>) => string;
  /** Newest first, of rows with equal watermarks. */
  readonly age: readonly string[];
}

const DUCKDB: Dialect = {
  nested: (column, path) => `json_extract_string(${column}, ${jsonPointer(path)})`,
  instant: (text) => `(TRY_CAST(${text} AS TIMESTAMPTZ) AT TIME ZONE 'UTC')`,
  // A cast alone rounds `1.5` and takes `yes`.
  plain: (text, cast) =>
    `CASE WHEN regexp_full_match(${text}, '${readAlike(cast)}') THEN ${text} END`,
  age: ['"_line" DESC'],
};

const ATHENA: Dialect = {
  nested: (column, path) =>
    `json_extract_scalar(${column}, ${quoteText(`$${path.map(subscript).join('')}`)})`,
  // It wants the `T` where DuckDB takes a space too, and takes a year alone where DuckDB does not.
  instant: (text) =>
    `CAST(TRY(from_iso8601_timestamp(regexp_replace(regexp_extract(${text}, ` +
    `'^\\d{4}-\\d{2}-\\d{2}.*'), '^(.{10}) ', '$1T'))) AT TIME ZONE 'UTC' AS TIMESTAMP(3))`,
  plain: (text, cast) =>
    `CASE WHEN regexp_like(${text}, '^(?:${readAlike(cast)})$') THEN ${text} END`,
  age: [`"${RUN_ID_COLUMN}" DESC`, '"_line" DESC'],
};

/** One row of each key: by watermark, then by age. Rows without a key all stay. */
function currentSelect(model: TableModel, dialect: Dialect, rows: string): string {
  const columns = model.columns.map((column) => currentColumn(column, model.casts, dialect));
  const select = `SELECT ${columns.length === 0 ? quoteName(EMPTY_COLUMN) : columns.join(', ')}`;
  const deleted = fieldOf(model, dialect, model.deletedField);
  const alive = deleted === undefined ? [] : [isNotSet(deleted)];
  const key = model.primaryKey.map((field) => fieldOf(model, dialect, field)?.sql);
  if (key.length === 0 || key.includes(undefined)) {
    return `${select} FROM ${rows}${where(alive)}`;
  }
  const order = [
    ...watermarkOrder(fieldOf(model, dialect, model.watermark), dialect),
    ...dialect.age,
  ];
  const rank = `row_number() OVER (PARTITION BY ${key.join(', ')} ORDER BY ${order.join(', ')})`;
  const ranked = `(SELECT *, ${rank} AS "_rank" FROM ${rows})`;
  const newest = ['"_rank" = 1', ...key.map((field) => `${field} IS NULL`)].join(' OR ');
  return `${select} FROM ${ranked}${where([`(${newest})`, ...alive])}`;
}

/** A key in Trino's JSON path, where a backslash stands before a quote and before itself. */
const subscript = (key: string): string => `["${key.replaceAll(/["\\]/g, '\\$&')}"]`;

const where = (conditions: readonly string[]): string =>
  conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;

function currentColumn(column: Column, casts: TableModel['casts'], dialect: Dialect): string {
  const name = quoteName(column.name);
  const cast = castOf(column, casts);
  if (cast === undefined) return name;
  const text = `NULLIF(${name}, '')`;
  if (cast === 'timestamp') return `${dialect.instant(text)} AS ${name}`;
  return `TRY_CAST(${dialect.plain(text, cast)} AS ${cast.toUpperCase()}) AS ${name}`;
}

interface Field {
  readonly sql: string;
  readonly type: ColumnType;
}

/** A field's expression; undefined when no record had it yet. */
function fieldOf(model: TableModel, dialect: Dialect, path?: string): Field | undefined {
  if (path === undefined) return undefined;
  const whole = model.columns.find((column) => column.key === path);
  if (whole !== undefined) return { sql: quoteName(whole.name), type: whole.type };
  const steps = path.split('.');
  const head = model.columns.find((column) => column.key === steps[0] && column.type === 'json');
  if (head === undefined) return undefined;
  return { sql: dialect.nested(quoteName(head.name), steps.slice(1)), type: 'string' };
}

/** Text compares as a number or an instant, never letter by letter: `9` < `10`, offsets differ. */
function watermarkOrder(field: Field | undefined, dialect: Dialect): string[] {
  if (field === undefined) return [];
  const values =
    field.type === 'string'
      ? [`TRY_CAST(${field.sql} AS DECIMAL(38, 9))`, dialect.instant(field.sql)]
      : [field.sql];
  return values.map((value) => `${value} DESC NULLS LAST`);
}

function isNotSet(field: Field): string {
  return field.type === 'boolean'
    ? `NOT coalesce(${field.sql}, false)`
    : `lower(coalesce(CAST(${field.sql} AS VARCHAR), '')) IN ('', 'false')`;
}
