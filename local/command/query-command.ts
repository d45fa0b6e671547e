// `driplake query`: rows on stdout, everything else on stderr.

import { DriplakeError, Failure } from '../../shared/core/failures.ts';
import { openLakeDatabase } from '../lake/query.ts';
import { formatRows, type RowFormat } from '../screen/format-rows.ts';
import { savedQuery } from './queries.ts';

export interface QueryFlags {
  readonly lake: string;
  readonly format: RowFormat;
  /** Name of a saved query, in place of SQL. */
  readonly saved?: string;
}

/** @throws DriplakeError lake or configuration, with a one-line cause */
export async function queryCommand(sql: string | undefined, flags: QueryFlags): Promise<void> {
  const text = questionOf(sql, flags.saved);
  const database = await openLakeDatabase(flags.lake);
  try {
    for (const fault of database.faults) process.stderr.write(`driplake: ${fault}\n`);
    await formatRows(
      await database.query(text),
      flags.format,
      (rows) => void process.stdout.write(rows),
    );
  } finally {
    database.close();
  }
}

function questionOf(sql: string | undefined, saved: string | undefined): string {
  if (sql !== undefined && saved === undefined) return sql;
  if (sql === undefined && saved !== undefined) return savedQuery(saved).sql;
  throw new DriplakeError(
    Failure.configuration,
    sql === undefined ? 'There is no query.' : 'There are two queries.',
    'Give either SQL or --saved <name>; `driplake queries` lists the names.',
  );
}
