// SQL over a lake folder: an in-memory DuckDB with the views of every stream. It reads finished
// runs only, never writes, never reaches outside the lake, and never loads or downloads an
// extension.

import { randomUUID } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type DuckDBConnection,
  DuckDBInstance,
  type DuckDBPreparedStatement,
  type DuckDBResult,
  DuckDBTimestampTZValue,
  type DuckDBType,
  ResultReturnType,
  StatementType,
} from '@duckdb/node-api';
import { DriplakeError, explain, Failure } from '../../shared/core/failures.ts';
import { quoteName, quoteText, shownName } from '../../shared/core/table/sql-text.ts';
import { duckdbViews, tableNames } from '../../shared/core/table/views.ts';
import { type Cell, cellOf } from './cells.ts';
import { type LakeTable, readLakeTables } from './lake-tables.ts';

/** A column of a result; `type` is DuckDB's name of it, `JSON` where text is known to be JSON. */
export interface ResultColumn {
  readonly name: string;
  readonly type: string;
}

/** Rows arrive in batches as they are computed; leaving the loop early ends the query. */
export interface QueryResult {
  readonly columns: readonly ResultColumn[];
  readonly batches: AsyncIterable<readonly (readonly Cell[])[]>;
}

export interface LakeDatabase {
  /** `schema.table` of every stream, sorted; each has a `_history` beside it. */
  readonly tables: readonly string[];
  /** One line for each stream or column that is in no table, and why; say them to people. */
  readonly faults: readonly string[];
  /**
   * Runs SQL that reads (several statements may stand in it; the last one's rows are returned).
   * Fails with `Driplake.Configuration` and a one-line cause, also while rows are being read.
   */
  query(sql: string): Promise<QueryResult>;
  /** Runs a COPY of our own into the one file the database was opened for; returns its rows. */
  copy(sql: string): Promise<number>;
  /** Ends running queries and frees everything. */
  close(): void;
}

/**
 * Opens the lake at `lakeDir`; fails with `Driplake.Lake` when there is none or nothing finished.
 * @param target the full path of the one file that `copy` may write; none for those who only read
 */
export async function openLakeDatabase(lakeDir: string, target?: string): Promise<LakeDatabase> {
  // DuckDB compares real paths with the folder it may read, so a linked lake is named by its own.
  const named = path.resolve(lakeDir);
  const root = await realpath(named).catch(() => named);
  const lake = await readLakeTables(root);
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    preserve_insertion_order: 'true',
    temp_directory: path.join(tmpdir(), `driplake-query-${randomUUID()}`),
  });
  // Instants are shown in UTC on every machine; the library keeps this one setting for the
  // process.
  DuckDBTimestampTZValue.timezoneOffsetInMinutes = 0;
  const setUp = await instance.connect();
  for (const sql of ATHENA_FUNCTIONS) await setUp.run(sql);
  const made = await makeViews(setUp, lake.tables);
  for (const sql of lockDown(root, target)) await setUp.run(sql);
  setUp.closeSync();

  const known: Known = { tables: made.tables.sort(), faults: [...lake.faults, ...made.faults] };
  const open = new Set<DuckDBConnection>();
  return {
    ...known,
    query: async (sql) => {
      const connection = await instance.connect();
      open.add(connection);
      return runQuery(sql, connection, known, () => {
        if (open.delete(connection)) connection.closeSync();
      });
    },
    copy: async (sql) => {
      const connection = await instance.connect();
      open.add(connection);
      try {
        return (await connection.run(sql)).rowsChanged;
      } finally {
        if (open.delete(connection)) connection.closeSync();
      }
    },
    close: () => {
      for (const connection of open) connection.closeSync();
      open.clear();
      instance.closeSync();
    },
  };
}

/** Views that cannot be made are told of and keep no others out. */
async function makeViews(connection: DuckDBConnection, lakeTables: readonly LakeTable[]) {
  const tables: string[] = [];
  const faults: string[] = [];
  for (const { model, runs } of lakeTables) {
    const { schema, current, history } = tableNames(model);
    try {
      for (const sql of duckdbViews(model, runs)) await connection.run(sql);
      tables.push(`${schema}.${current}`);
    } catch (error) {
      // One of the two may stand by now.
      await connection.run(`DROP VIEW IF EXISTS ${quoteName(schema)}.${quoteName(history)}`);
      const where = `its lines are in ${path.dirname(runs.at(-1)?.files[0] ?? '')}`;
      faults.push(
        `${model.source}/${model.stream}: DuckDB cannot have it as a table, ${where}: ${explain(error)}`,
      );
    }
  }
  return { tables, faults };
}

interface Known {
  readonly tables: readonly string[];
  readonly faults: readonly string[];
}

/** What Athena calls by another name, so that a saved query is one text for both. */
const ATHENA_FUNCTIONS = [
  'CREATE MACRO at_timezone(instant, zone) AS timezone(zone, instant)',
  'CREATE MACRO json_extract_scalar(value, path) AS json_extract_string(value, path)',
];

/** After these, files are read in the lake only and no setting can be changed back. */
function lockDown(root: string, target: string | undefined): string[] {
  return [
    `SET GLOBAL TimeZone = 'UTC'`,
    ...(target === undefined ? [] : [`SET allowed_paths = [${quoteText(target)}]`]),
    `SET allowed_directories = [${quoteText(`${root}${path.sep}`)}]`,
    'SET enable_external_access = false',
    'SET lock_configuration = true',
  ];
}

/**
 * CREATE makes in-memory objects only (a PIVOT needs one); what could write a file is not here.
 */
const ALLOWED = new Set([StatementType.SELECT, StatementType.EXPLAIN, StatementType.CREATE]);

async function runQuery(
  sql: string,
  connection: DuckDBConnection,
  known: Known,
  close: () => void,
): Promise<QueryResult> {
  try {
    const { statement, result } = await lastResult(sql, connection);
    const names = result.deduplicatedColumnNames();
    const columns = result.columnTypes().map((type, index) => ({
      name: names[index] ?? '',
      type: typeName(type),
    }));
    return { columns, batches: batchesOf(statement, result, known, close) };
  } catch (error) {
    close();
    throw sqlFault(error, known);
  }
}

interface Running {
  readonly statement: DuckDBPreparedStatement;
  readonly result: DuckDBResult;
}

async function lastResult(sql: string, connection: DuckDBConnection): Promise<Running> {
  const statements = await connection.extractStatements(sql);
  for (let index = 0; index < statements.count; index += 1) {
    const statement = await statements.prepare(index);
    if (!ALLOWED.has(statement.statementType)) {
      const kind = StatementType[statement.statementType] ?? 'such';
      throw rejection(`A query only reads; ${kind} statements are refused.`, 'Use SELECT.');
    }
    if (index === statements.count - 1) return { statement, result: await statement.stream() };
    await statement.run();
  }
  throw emptyQuery();
}

const emptyQuery = () => rejection('The query is empty.', 'Give one SELECT.');

/** All that the binding says of text without a statement. */
const NO_STATEMENT = 'Error in native callback';

const typeName = (type: DuckDBType): string => type.alias ?? type.toString();

/**
 * The binding ends a stream that fails on the way as if all rows had come; only the result's kind
 * tells. The statement is then run again for its cause, so that cut-off rows are never the answer.
 */
async function* batchesOf(
  statement: DuckDBPreparedStatement,
  result: DuckDBResult,
  known: Known,
  close: () => void,
) {
  try {
    for await (const rows of result.yieldRows()) yield rows.map((row) => row.map(cellOf));
    if (result.returnType === ResultReturnType.INVALID) {
      await statement.run();
      throw rejection('The query failed while its rows were read.', 'Ask again.');
    }
  } catch (error) {
    throw sqlFault(error, known);
  } finally {
    close();
  }
}

const rejection = (message: string, remedy: string): DriplakeError =>
  new DriplakeError(Failure.configuration, message, remedy);

const MISSING_TABLE = /Table with name (.+?) does not exist/;

/**
 * DuckDB's message without the excerpt of the query; an unknown table is answered with the known
 * ones.
 */
function sqlFault(error: unknown, known: Known): DriplakeError {
  if (error instanceof DriplakeError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (message === NO_STATEMENT) return emptyQuery();
  const cause = message
    .replace(/^Failed to extract statements: /, '')
    .replace(/\n\s*LINE \d+:[\s\S]*$/, '')
    .replace(/\s+/g, ' ')
    .trim();
  const missing = MISSING_TABLE.exec(cause);
  if (missing === null)
    return new DriplakeError(Failure.configuration, cause, '', { cause: error });
  const shown = known.tables.map((table) => table.split('.').map(shownName).join('.'));
  const tables = `Tables: ${shown.join(', ') || 'none'}; each has a <table>_history.`;
  return new DriplakeError(
    Failure.configuration,
    `There is no table ${missing[1]?.replaceAll('"', '')}.`,
    [tables, ...known.faults].join(' '),
    { cause: error },
  );
}
