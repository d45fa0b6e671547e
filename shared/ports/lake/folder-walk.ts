// Walks a folder as if it were a flat list of keys, in their order, and removes files of it with
// the folders that are empty then. What another process removes meanwhile is no fault.

import { readdir, rm, rmdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { LakeObject } from './lake.ts';

/** All files whose key starts with the prefix; a key is the path from the root, with slashes. */
export async function* objectsUnder(root: string, prefix: string): AsyncIterable<LakeObject> {
  yield* walk(root, prefix.slice(0, prefix.lastIndexOf('/') + 1), prefix);
}

/** @param folder key of a folder, with a slash at its end */
async function* walk(root: string, folder: string, prefix: string): AsyncIterable<LakeObject> {
  for (const { name, isFolder } of await namesUnder(join(root, folder))) {
    const key = `${folder}${name}${isFolder ? '/' : ''}`;
    if (isFolder && (key.startsWith(prefix) || prefix.startsWith(key))) {
      yield* walk(root, key, prefix);
    }
    if (isFolder || !key.startsWith(prefix)) continue;
    const found = await unlessGone(stat(join(root, key)));
    // A file keeps the time of its writing when it is renamed into place; the other one moves.
    if (found)
      yield { key, bytes: found.size, modifiedMs: Math.max(found.mtimeMs, found.ctimeMs) };
  }
}

/** What is in a folder, in the order of keys; nothing when there is no such folder. */
export async function namesUnder(
  folder: string,
): Promise<readonly { readonly name: string; readonly isFolder: boolean }[]> {
  const entries = (await unlessGone(readdir(folder, { withFileTypes: true }))) ?? [];
  const names = entries.map((entry) => ({ name: entry.name, isFolder: entry.isDirectory() }));
  const sortKey = (one: { name: string; isFolder: boolean }): string =>
    one.isFolder ? `${one.name}/` : one.name;
  return names.sort((a, b) => (sortKey(a) < sortKey(b) ? -1 : 1));
}

/** Removes files by their keys, and each folder that holds nothing any more, up to the root. */
export async function removeFiles(root: string, keys: readonly string[]): Promise<void> {
  for (const key of keys) await rm(join(root, key), { force: true });
  for (const folder of new Set(keys.map((key) => dirname(key)))) {
    for (let at = folder; at !== '.' && (await removed(join(root, at))); at = dirname(at));
  }
}

/** Whether the folder is gone now. */
async function removed(folder: string): Promise<boolean> {
  try {
    await rmdir(folder);
    return true;
  } catch (error) {
    // A folder with something in it stays: EEXIST is what some systems say for ENOTEMPTY.
    if (isCode(error, 'ENOTEMPTY', 'EEXIST')) return false;
    if (isCode(error, 'ENOENT')) return true;
    throw error;
  }
}

/** What was looked for; nothing when it is not there. */
export async function unlessGone<Found>(look: Promise<Found>): Promise<Found | undefined> {
  try {
    return await look;
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

/** Whether the system gave one of these codes, such as `ENOENT`. */
export const isCode = (error: unknown, ...codes: readonly string[]): boolean =>
  error instanceof Error && 'code' in error && codes.includes(String(error.code));
