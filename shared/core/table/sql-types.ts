// Which SQL type a column has where: in DuckDB, in Athena's queries (Trino) and in Glue's tables
// (Hive). The three rows of a type hold the same values.

import type { ColumnType } from './column-types.ts';

export interface SqlTypes {
  readonly duckdb: string;
  readonly athena: string;
  readonly glue: string;
}

/** SQL types that a source may declare for fields that arrive as text. */
export const CASTS = ['boolean', 'bigint', 'double', 'timestamp'] as const;
export type Cast = (typeof CASTS)[number];

const BOOLEAN = { duckdb: 'BOOLEAN', athena: 'boolean', glue: 'boolean' };
const BIGINT = { duckdb: 'BIGINT', athena: 'bigint', glue: 'bigint' };
const DOUBLE = { duckdb: 'DOUBLE', athena: 'double', glue: 'double' };
const TEXT = { duckdb: 'VARCHAR', athena: 'varchar', glue: 'string' };

/** Nested values are text in Glue: no type of it grows with the data. */
const columnTypes: Readonly<Record<ColumnType, SqlTypes>> = {
  unknown: TEXT,
  boolean: BOOLEAN,
  integer: BIGINT,
  bigint: BIGINT,
  double: DOUBLE,
  json: { ...TEXT, duckdb: 'JSON' },
  string: TEXT,
};

/** Instants are UTC without a zone: Athena keeps no type with one in a table or a view. */
const castTypes: Readonly<Record<Cast, SqlTypes>> = {
  boolean: BOOLEAN,
  bigint: BIGINT,
  double: DOUBLE,
  timestamp: { duckdb: 'TIMESTAMP', athena: 'timestamp(3)', glue: 'timestamp' },
};

/** The types of a column in `<stream>_history`; with its cast, if it has one, in `<stream>`. */
export const sqlTypes = (type: ColumnType, cast?: Cast): SqlTypes =>
  cast === undefined ? columnTypes[type] : castTypes[cast];

interface Declared {
  readonly key: string | null;
  readonly type: ColumnType;
}

/** The cast that applies to a column: only text is cast. */
export function castOf(
  { key, type }: Declared,
  casts: Readonly<Record<string, Cast>> | undefined,
): Cast | undefined {
  if (key === null || (type !== 'string' && type !== 'unknown')) return undefined;
  return casts !== undefined && Object.hasOwn(casts, key) ? casts[key] : undefined;
}
