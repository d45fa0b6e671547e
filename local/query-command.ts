// `driplake query`: rows on stdout, everything else on stderr.

import { formatRows, type RowFormat } from './format-rows.ts';
import { openLakeDatabase } from './query.ts';

/** @throws DriplakeError lake or configuration, with a one-line cause */
export async function queryCommand(
  sql: string,
  options: { readonly lake: string; readonly format: RowFormat },
): Promise<void> {
  const database = await openLakeDatabase(options.lake);
  try {
    for (const fault of database.faults) process.stderr.write(`driplake: ${fault}\n`);
    await formatRows(
      await database.query(sql),
      options.format,
      (text) => void process.stdout.write(text),
    );
  } finally {
    database.close();
  }
}
