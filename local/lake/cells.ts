// What a query's values are in JavaScript: exact, plain, and the same in every format. Integers
// of 64 bits are bigint, decimals are their digits, dates and times are ISO-like text in UTC.

import {
  DuckDBArrayValue,
  DuckDBListValue,
  DuckDBMapValue,
  DuckDBStructValue,
  DuckDBUnionValue,
  type DuckDBValue,
} from '@duckdb/node-api';

export type Cell =
  | null
  | boolean
  | number
  | bigint
  | string
  | readonly Cell[]
  | { readonly [name: string]: Cell };

/** A map becomes a list of `{key, value}`, since its keys need not be text. */
export function cellOf(value: DuckDBValue): Cell {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof DuckDBListValue || value instanceof DuckDBArrayValue) {
    return value.items.map(cellOf);
  }
  if (value instanceof DuckDBStructValue) {
    return Object.fromEntries(
      Object.entries(value.entries).map(([name, inner]) => [name, cellOf(inner)]),
    );
  }
  if (value instanceof DuckDBMapValue) {
    return value.entries.map(({ key, value: inner }) => ({
      key: cellOf(key),
      value: cellOf(inner),
    }));
  }
  if (value instanceof DuckDBUnionValue) return cellOf(value.value);
  return value.toString();
}
