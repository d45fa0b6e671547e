// `driplake sources`: the sources that come with Driplake.

import Table from 'cli-table3';
import { secretFields } from '../../shared/core/source/credentials/credential-kinds.ts';
import type { Source } from '../../shared/core/source/source.ts';
import { variable } from '../../shared/core/source/variable.ts';
import { command } from '../usage/command.ts';
import { json } from '../usage/options.ts';

export const sources = command({
  name: 'sources',
  summary: 'The sources that come with Driplake, and their streams.',
  options: { json },
  async handler({ json }) {
    const { sourceNamed } = await import('../../functions/read-source.ts');
    const { sourceNames } = await import('../source/find-source.ts');
    const found = await Promise.all((await sourceNames()).map(sourceNamed));
    process.stdout.write(json ? `${JSON.stringify(found.map(answerOf))}\n` : tableOf(found));
  },
});

const answerOf = (source: Source) => ({
  source: source.name,
  description: source.description ?? '',
  streams: source.streams.map((stream) => stream.name),
  needs: needsOf(source),
});

const needsOf = (source: Source): string[] =>
  secretFields(source).map((field) => variable(source.name, field));

function tableOf(found: readonly Source[]): string {
  const table = new Table({
    head: ['source', 'what it is', 'streams', 'needs'],
    colWidths: [23, 34, 44, 44],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const source of found) {
    table.push([
      source.name,
      source.description ?? '',
      source.streams.map((stream) => stream.name).join(', '),
      needsOf(source).join(' ') || 'nothing',
    ]);
  }
  return `${table.toString()}\n`;
}
