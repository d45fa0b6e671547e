// Finds the source that a person named, by name or by file, and checks what they asked of it.

import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Environment, sourceNamed, withBaseUrl } from '../../functions/read-source.ts';
import { DriplakeError, explain, Failure } from '../../shared/core/failures.ts';
import { readSource, type Source } from '../../shared/core/source/source.ts';

/**
 * The source that a person named: a file's path, or one of `sources/`.
 * @throws DriplakeError configuration, with every fault of the file
 */
export async function findSource(named: string, env: Environment): Promise<Source> {
  const isPath = /\.([mc]?[jt]s|json)$/.test(named) || named.includes('/');
  return withBaseUrl(isPath ? await sourceIn(named) : await sourceNamed(named), env);
}

async function sourceIn(file: string): Promise<Source> {
  const path = resolve(file);
  if (!existsSync(path)) {
    throw new DriplakeError(
      Failure.configuration,
      `There is no file ${file}.`,
      'Give the path of a source file, or the name of a source (`driplake sources`).',
    );
  }
  let module: { default?: unknown };
  try {
    const isJson = path.endsWith('.json');
    module = await import(pathToFileURL(path).href, isJson ? { with: { type: 'json' } } : {});
  } catch (error) {
    throw new DriplakeError(
      Failure.configuration,
      `${file} can't be read: ${explain(error)}${lineOf(error, path)}.`,
      path.endsWith('.json')
        ? 'It must be one object in JSON: a source.'
        : 'It must be a module whose default export is a source.',
    );
  }
  if (module.default === undefined) {
    throw new DriplakeError(
      Failure.configuration,
      `${file} has no default export.`,
      'Write `export default defineSource({ ... })`.',
    );
  }
  return readSource(module.default, file);
}

/**
 * ` (line 4)`, where Node tells it: the stack of a syntax error opens with file and line, that of
 * another error has the file with its line in a frame. A file that this one imports is named.
 */
function lineOf(error: unknown, path: string): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  const [, file = '', opening] = /^(\/.*|\w:.*|file:.*):(\d+)\n/.exec(stack) ?? [];
  const other = file.replace(/^file:\/\//, '');
  if (opening !== undefined) {
    return other === path ? ` (line ${opening})` : ` (${other}, line ${opening})`;
  }
  const [, frame = ''] = stack.split(`${pathToFileURL(path).href}:`);
  const line = /^\d+/.exec(frame)?.[0];
  return line === undefined ? '' : ` (line ${line})`;
}

/** @throws DriplakeError configuration, naming the streams that there are */
export function checkStreams(source: Source, streams: readonly string[]): void {
  const names = source.streams.map((stream) => stream.name);
  const unknown = streams.filter((name) => !names.includes(name));
  if (unknown.length === 0) return;
  throw new DriplakeError(
    Failure.configuration,
    `${source.name} has no stream ${unknown.join(', ')}.`,
    `It has: ${names.join(', ')}.`,
  );
}

/** Names of the files of `sources/`. */
export async function sourceNames(): Promise<string[]> {
  const folder = join(import.meta.dirname, '..', '..', 'sources');
  const files = await readdir(folder);
  return files
    .filter((file) => file.endsWith('.ts'))
    .map((file) => basename(file, '.ts'))
    .sort();
}
