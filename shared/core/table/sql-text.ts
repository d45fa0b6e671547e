// Names and text as SQL writes them, the same in DuckDB and in Athena: whatever stands inside, the
// result is one identifier or one literal.

/** `a"b` -> `"a""b"`. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** The name as people would type it: in quotes only where SQL would take it for something else. */
export const shownName = (name: string): string =>
  /^[a-z_][a-z0-9_]*$/i.test(name) && !WORDS_OF_SQL.has(name.toLowerCase())
    ? name
    : quoteName(name);

/** Reserved by DuckDB (`duckdb_keywords()`) or by Athena (its manual, words of SELECT). */
const WORDS_OF_SQL: ReadonlySet<string> = new Set(
  `all alter analyse analyze and anti any array as asc asof asymmetric at authorization between
  binary both by case cast check collate collation column columns concurrently constraint create
  cross cube current_date current_path current_time current_timestamp current_user deallocate
  default deferrable delete desc describe distinct do drop else end escape except execute exists
  extract false fetch first for foreign freeze from full generated glob group grouping having
  ilike in initially inner insert intersect into is isnull join lambda last lateral leading left
  like limit localtime localtimestamp map natural normalize not notnull null nulls of offset on
  only or order outer overlaps pivot pivot_longer pivot_wider placing positional prepare primary
  qualify recursive references returning right rollup select semi show similar some struct
  summarize symmetric table tablesample then to trailing true try_cast uescape union unique
  unnest unpack unpivot using values variadic verbose when where window with`.split(/\s+/),
);

/** `it's` -> `'it''s'`. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
