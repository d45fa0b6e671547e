// Which SQL type a column has where: in DuckDB, in Athena's queries (Trino) and in Glue's tables
// (Hive). The three rows of a type hold the same values.

import * as z from 'zod/mini';
import type { ColumnType } from './column-types.ts';

export interface SqlTypes {
  readonly duckdb: string;
  readonly athena: string;
  readonly glue: string;
}

const PLAIN_CASTS = ['boolean', 'bigint', 'double', 'timestamp', 'date'] as const;

/** Digits of the longest decimal that both readers hold. */
const DECIMAL_DIGITS = 38;

type Decimal = `decimal(${number},${number})`;

/** SQL types that a source may declare for fields that arrive as text. */
export const castSchema = z.union([
  z.enum(PLAIN_CASTS),
  z
    .templateLiteral(['decimal(', z.int(), ',', z.int(), ')'])
    .check(z.refine(isDecimal, { error: '"decimal(p,s)", where 1 <= p <= 38 and 0 <= s <= p' })),
]);
export type Cast = z.infer<typeof castSchema>;

/** All digits of a decimal, and those behind its point. */
export function digitsOf(cast: Decimal): readonly [precision: number, scale: number] {
  const [precision = 0, scale = 0] = cast.match(/\d+/g)?.map(Number) ?? [];
  return [precision, scale];
}

function isDecimal(cast: Decimal): boolean {
  const [precision, scale] = digitsOf(cast);
  return precision >= 1 && precision <= DECIMAL_DIGITS && scale <= precision;
}

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
const castTypes: Readonly<Record<(typeof PLAIN_CASTS)[number], SqlTypes>> = {
  boolean: BOOLEAN,
  bigint: BIGINT,
  double: DOUBLE,
  timestamp: { duckdb: 'TIMESTAMP', athena: 'timestamp(3)', glue: 'timestamp' },
  date: { duckdb: 'DATE', athena: 'date', glue: 'date' },
};

const isOfDecimals = (cast: Cast): cast is Decimal => !Object.hasOwn(castTypes, cast);

/** The types of a column in `<stream>_history`; with its cast, if it has one, in `<stream>`. */
export function sqlTypes(type: ColumnType, cast?: Cast): SqlTypes {
  if (cast === undefined) return columnTypes[type];
  return isOfDecimals(cast)
    ? { duckdb: cast.toUpperCase(), athena: cast, glue: cast }
    : castTypes[cast];
}

/** What a text must be for both readers to read it alike, as their regular expressions have it. */
export function readAlike(cast: Exclude<Cast, 'timestamp'>): string {
  if (isOfDecimals(cast)) {
    const [precision, scale] = digitsOf(cast);
    const fraction = scale === 0 ? '' : `([.][0-9]{1,${scale}})?`;
    return `[+-]?0*[0-9]{1,${Math.max(1, precision - scale)}}${fraction}`;
  }
  return PATTERNS[cast];
}

const PATTERNS = {
  boolean: '(?i)(true|false|t|f|1|0)',
  bigint: '[+-]?[0-9]+',
  double: '[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?',
  date: '[0-9]{4}-[0-9]{2}-[0-9]{2}',
} as const;

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
