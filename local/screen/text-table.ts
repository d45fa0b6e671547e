// Tables and numbers as people read them on a terminal: one look for all of them.

import Table from 'cli-table3';

/**
 * A table with a line for each row, of any width; it ends without a line break.
 * @param isRight whether the column of this place has numbers, which stand to the right
 */
export function textTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  isRight: (place: number) => boolean,
): string {
  const table = new Table({
    head: [...head],
    colAligns: head.map((_, place) => (isRight(place) ? 'right' : 'left')),
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) table.push([...row]);
  return table.toString();
}

/** `1,234,567`, wherever the machine stands. */
export const count = (number: number): string => number.toLocaleString('en-US');
