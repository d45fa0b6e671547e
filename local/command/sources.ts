// `driplake sources`: the sources that come with Driplake.

import Table from 'cli-table3';
import { sourceNamed } from '../../functions/read-source.ts';
import { secretFields } from '../../shared/core/source/credential-kinds.ts';
import { variable } from '../../shared/core/source/variable.ts';
import { sourceNames } from '../source/find-source.ts';

export async function sourcesCommand(flags: { readonly json?: true }): Promise<void> {
  const sources = await Promise.all((await sourceNames()).map(sourceNamed));
  if (flags.json) {
    const told = sources.map((source) => ({
      source: source.name,
      description: source.description ?? '',
      streams: source.streams.map((stream) => stream.name),
      needs: secretFields(source).map((field) => variable(source.name, field)),
    }));
    process.stdout.write(`${JSON.stringify(told)}\n`);
    return;
  }
  const table = new Table({
    head: ['source', 'what it is', 'streams', 'needs'],
    colWidths: [23, 34, 44, 44],
    wordWrap: true,
    style: { head: [], border: [] },
  });
  for (const source of sources) {
    table.push([
      source.name,
      source.description ?? '',
      source.streams.map((stream) => stream.name).join(', '),
      secretFields(source)
        .map((field) => variable(source.name, field))
        .join(' ') || 'nothing',
    ]);
  }
  process.stdout.write(`${table.toString()}\n`);
}
