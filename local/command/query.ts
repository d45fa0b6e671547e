// `driplake query`: rows on stdout, everything else on stderr.

import { DriplakeError, Failure } from '../../shared/core/failures.ts';
import { formatRows, ROW_FORMATS } from '../screen/format-rows.ts';
import { command } from '../usage/command.ts';
import { lake } from '../usage/options.ts';

export const query = command({
  name: 'query',
  summary: 'SQL over the lake: <source>.<stream> has the current rows, <stream>_history all.',
  argument: { name: '[sql]', about: 'one or more statements; "-" in a source is "_" here' },
  options: {
    saved: {
      takes: '<name>',
      about: 'a saved query in place of SQL; "driplake queries" lists them',
    },
    lake,
    format: {
      takes: '<format>',
      about: 'how rows are printed',
      among: ROW_FORMATS,
      default: 'table',
    },
  },
  async handler({ saved, lake, format }, sql) {
    const text = await questionOf(sql, saved);
    const { openLakeDatabase } = await import('../lake/query.ts');
    const database = await openLakeDatabase(lake);
    try {
      for (const fault of database.faults) process.stderr.write(`driplake: ${fault}\n`);
      const result = await database.query(text);
      await formatRows(result, format, (rows) => void process.stdout.write(rows));
    } finally {
      database.close();
    }
  },
});

/** @throws DriplakeError configuration */
async function questionOf(sql: string | undefined, saved: string | undefined): Promise<string> {
  const { savedQuery } = await import('../lake/saved-query.ts');
  if (sql !== undefined && saved === undefined) return sql;
  if (sql === undefined && saved !== undefined) return savedQuery(saved).sql;
  throw new DriplakeError(
    Failure.configuration,
    sql === undefined ? 'There is no query.' : 'There are two queries.',
    'Give either SQL or --saved <name>; `driplake queries` lists the names.',
  );
}
