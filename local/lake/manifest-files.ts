// The manifests of a lake folder as files: which streams have some, and what one of them says. What
// can't be read is a fault with its path, never a run less.

import { type Dirent, promises as fs } from 'node:fs';
import path from 'node:path';
import { DriplakeError, Failure } from '../../shared/core/failures.ts';
import { MANIFESTS_FOLDER } from '../../shared/core/table/keys.ts';
import { type ManifestReading, readManifest } from '../../shared/core/table/manifest.ts';

export interface StreamFolder {
  readonly source: string;
  readonly stream: string;
}

/** The streams that have a folder of manifests, in order; none when there is no lake. */
export async function streamsIn(lakeDir: string): Promise<StreamFolder[]> {
  const manifests = path.join(lakeDir, MANIFESTS_FOLDER);
  const found: StreamFolder[] = [];
  for (const source of await foldersIn(manifests)) {
    for (const stream of await foldersIn(path.join(manifests, source))) {
      found.push({ source, stream });
    }
  }
  return found;
}

export const manifestsFolder = (lakeDir: string, { source, stream }: StreamFolder): string =>
  path.join(lakeDir, MANIFESTS_FOLDER, source, stream);

/** Names of its manifests in the order of their runs. */
export const manifestFiles = async (folder: string): Promise<string[]> =>
  ((await entriesOf(folder)) ?? [])
    .map((entry) => entry.name)
    .filter(isManifest)
    .sort();

/**
 * `schema.json` stands beside the manifests; a dot opens the name of a file that is being
 * written.
 */
const isManifest = (file: string): boolean =>
  file.endsWith('.json') && file !== 'schema.json' && !file.startsWith('.');

export async function readManifestFile(file: string): Promise<ManifestReading> {
  const text = await textOf(file);
  return typeof text === 'string'
    ? readManifest(text, file)
    : { kind: 'damaged', faults: [text.fault] };
}

async function textOf(file: string): Promise<string | { readonly fault: string }> {
  try {
    return await fs.readFile(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? error.code : error;
    return { fault: `${file}: it cannot be read (${why})` };
  }
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = (await entriesOf(folder)) ?? [];
  return entries
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

export async function entriesOf(folder: string): Promise<Dirent[] | undefined> {
  try {
    return await fs.readdir(folder, { withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new DriplakeError(
      Failure.lake,
      `Cannot read the folder ${folder}.`,
      'Check that it is a folder and that you may read it.',
      { cause: error },
    );
  }
}
