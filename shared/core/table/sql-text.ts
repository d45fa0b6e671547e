// Names and text as SQL writes them, the same in DuckDB and in Athena: whatever stands inside, the
// result is one identifier or one literal.

/** `a"b` -> `"a""b"`. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** `it's` -> `'it''s'`. */
export function quoteText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
