// `driplake queries`: the saved queries that come with the sources, and one of them by its name.

import Table from 'cli-table3';
import { loadQueries } from '../../infra/settings/load-queries.ts';
import { DriplakeError, Failure } from '../../shared/core/failures.ts';
import type { SavedQuery } from '../../shared/core/source/saved-query.ts';

export function queriesCommand(flags: { readonly json?: true }): void {
  const queries = loadQueries();
  if (flags.json) {
    process.stdout.write(`${JSON.stringify(queries)}\n`);
    return;
  }
  const table = new Table({
    head: ['query', 'what it answers'],
    colWidths: [32, 92],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const query of queries) {
    table.push([query.name, `${query.title}. ${query.description}`.trim()]);
  }
  process.stdout.write(`${table.toString()}\n`);
}

/** @throws DriplakeError configuration, with the names that there are */
export function savedQuery(name: string): SavedQuery {
  const queries = loadQueries();
  const found = queries.find((query) => query.name === name);
  if (found) return found;
  throw new DriplakeError(
    Failure.configuration,
    `There is no saved query ${JSON.stringify(name)}.`,
    `There are: ${queries.map((query) => query.name).join(', ')}.`,
  );
}
