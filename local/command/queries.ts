// `driplake queries`: the saved queries that come with the sources.

import Table from 'cli-table3';
import type { SavedQuery } from '../../shared/core/table/saved-query.ts';
import { command } from '../usage/command.ts';
import { json } from '../usage/options.ts';

export const queries = command({
  name: 'queries',
  summary: 'The saved queries that come with the sources.',
  options: { json },
  async handler({ json }) {
    const { loadQueries } = await import('../../infra/settings/load-queries.ts');
    const found = loadQueries();
    process.stdout.write(json ? `${JSON.stringify(found)}\n` : tableOf(found));
  },
});

function tableOf(found: readonly SavedQuery[]): string {
  const table = new Table({
    head: ['query', 'what it answers'],
    colWidths: [32, 92],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const query of found) {
    table.push([query.name, `${query.title}. ${query.description}`.trim()]);
  }
  return `${table.toString()}\n`;
}
