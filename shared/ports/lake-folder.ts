// The lake as a folder. A batch appears under its name whole or not at all: it is written beside
// it, flushed, and linked into place, which fails when the name is taken. (The flag `wx` would
// leave a half-written batch behind a crash, and nobody could tell it from a whole one.)

import { randomUUID } from 'node:crypto';
import { link, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { DriplakeError, Failure } from '../core/failures.ts';
import { makeFolder } from './folder.ts';
import type { Lake } from './lake.ts';
import { draftMember, type MemberDraft, RECORD_BYTES, readLines, readRecord } from './member.ts';

/** @param folder created with the first batch */
export function folderLake(folder: string): Lake<MemberDraft> {
  const root = resolve(folder);
  const pathOf = (key: string): string => join(root, key);
  return {
    place: root,
    openBatch: draftMember,
    async landBatch(key, draft, record) {
      const object = await draft.seal(record);
      const path = pathOf(key);
      const beside = await writeBeside(path, object);
      try {
        await link(beside, path);
      } catch (error) {
        if (!isCode(error, 'EEXIST')) throw unwritable(root, error);
        return { kind: 'exists', record: readRecord(await readHead(path), key) };
      } finally {
        await rm(beside, { force: true });
      }
      return { kind: 'landed', objectBytes: object.length };
    },
    async *readRecords(prefix) {
      for (const name of await namesIn(pathOf(prefix))) {
        const key = `${prefix}${name}`;
        yield { key, record: readRecord(await readHead(pathOf(key)), key) };
      }
    },
    readBatch: async (key) => readLines(await readFile(pathOf(key))),
    async writeText(key, text) {
      const path = pathOf(key);
      await rename(await writeBeside(path, Buffer.from(text)), path);
    },
    async readText(key) {
      try {
        return await readFile(pathOf(key), 'utf8');
      } catch (error) {
        if (isCode(error, 'ENOENT')) return undefined;
        throw error;
      }
    },
  };

  /** Writes and flushes a file that no reader looks at: its name starts with a dot. */
  async function writeBeside(path: string, bytes: Uint8Array): Promise<string> {
    const beside = join(dirname(path), `.${randomUUID()}.part`);
    try {
      await makeFolder(dirname(path));
      const file = await open(beside, 'wx');
      try {
        await file.writeFile(bytes);
        await file.sync();
      } finally {
        await file.close();
      }
      return beside;
    } catch (error) {
      throw unwritable(root, error);
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    const names = await readdir(folder);
    return names.filter((name) => name.endsWith('.ndjson.gz') && !name.startsWith('.')).sort();
  } catch (error) {
    if (isCode(error, 'ENOENT')) return [];
    throw error;
  }
}

async function readHead(path: string): Promise<Uint8Array> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(RECORD_BYTES), 0, RECORD_BYTES, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code;

const unwritable = (root: string, error: unknown): DriplakeError =>
  new DriplakeError(
    Failure.lake,
    `The lake ${root} can't be written: ${error instanceof Error ? error.message : String(error)}.`,
    'Make it writable, free some space, or choose another folder with --lake.',
    { cause: error },
  );
