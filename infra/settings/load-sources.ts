// The sources that a deployment names, read from sources/ and checked. An unknown name is an error
// that lists the known ones.

import { readdirSync } from 'node:fs';
import { DriplakeError, Failure } from '../../shared/core/failures.ts';
import { readSource, type Source } from '../../shared/core/source/source.ts';
import { CORRECT_CONTEXT } from './settings.ts';

const folder = new URL('../../sources/', import.meta.url);

export async function loadSources(names: readonly string[]): Promise<Source[]> {
  const known = readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -'.ts'.length));
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new DriplakeError(
      Failure.configuration,
      `sources: expected names out of ${known.join(', ')}, got ${unknown.join(', ')}`,
      CORRECT_CONTEXT,
    );
  }
  return Promise.all(names.map(loadSource));
}

async function loadSource(name: string): Promise<Source> {
  const file = `${name}.ts`;
  const module: { default?: unknown } = await import(new URL(file, folder).href);
  return readSource(module.default, `sources/${file}`);
}
