// The lake as a folder. A batch appears under its name whole or not at all: it is written beside
// it, flushed, and linked into place, which fails when the name is taken. (The flag `wx` would
// leave a half-written batch behind a crash, and nobody could tell it from a whole one.)
//
// Why: docs/decisions/002-folder-lake-links-batches.md

import { randomUUID } from 'node:crypto';
import { type FileHandle, link, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { COMMIT_ATTEMPTS } from '../../core/bounds.ts';
import { type DriplakeError, Failure } from '../../core/failures.ts';
import {
  draftMember,
  type MemberDraft,
  RECORD_BYTES,
  readLines,
  readRecord,
} from './batch-member.ts';
import { diskFault } from './disk-faults.ts';
import { makeFolder } from './folder.ts';
import { isCode, namesUnder, objectsUnder, removeFiles, unlessGone } from './folder-walk.ts';
import type { Lake, LakeKeeping } from './lake.ts';
import { noBatch, wholeLines } from './line-chunks.ts';

/** @param folder created with the first batch */
export function folderLake(folder: string): Lake<MemberDraft> & LakeKeeping {
  const root = resolve(folder);
  const pathOf = (key: string): string => join(root, key);
  /** What the disk says no with. */
  const reading = <Read>(read: Promise<Read>): Promise<Read> =>
    read.catch((error: unknown) => Promise.reject(unreadable(root, error)));
  return {
    place: root,
    openBatch: draftMember,
    async landBatch(key, draft, record) {
      const object = await draft.seal(record);
      const path = pathOf(key);
      if (await createFile(path, object)) return { kind: 'landed', objectBytes: object.length };
      return { kind: 'exists', record: readRecord(await reading(readHead(path)), key) };
    },
    async *readRecords(prefix) {
      for (const name of await reading(namesIn(pathOf(prefix)))) {
        const key = `${prefix}${name}`;
        yield { key, record: readRecord(await reading(readHead(pathOf(key))), key) };
      }
    },
    async *readLines(key) {
      const file = await reading(unlessGone(open(pathOf(key), 'r')));
      if (!file) throw noBatch(key);
      yield* wholeLines(file.createReadStream());
    },
    readBatch: async (key) => readLines(await reading(readFile(pathOf(key)))),
    async writeText(key, text) {
      const path = pathOf(key);
      const beside = await writeBeside(path, Buffer.from(text));
      await rename(beside, path).catch((error: unknown) =>
        Promise.reject(unwritable(root, error)),
      );
    },
    createText: async (key, text) =>
      (await createFile(pathOf(key), Buffer.from(text))) ? 'created' : 'exists',
    async readText(key) {
      return (await reading(unlessGone(readFile(pathOf(key)))))?.toString();
    },
    async readWhole(key) {
      const object = await reading(unlessGone(readFile(pathOf(key))));
      return object && { record: readRecord(object, key), lines: readLines(object) };
    },
    listObjects: (prefix) => objectsUnder(root, prefix),
    async *listFolders(prefix) {
      for (const { name, isFolder } of await namesUnder(pathOf(prefix))) if (isFolder) yield name;
    },
    deleteObjects: (keys) => removeFiles(root, keys),
  };

  /** Whether the file is ours: it appears whole, and only where none stands. */
  async function createFile(path: string, bytes: Uint8Array): Promise<boolean> {
    const beside = await writeBeside(path, bytes);
    try {
      await link(beside, path);
      return true;
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw unwritable(root, error);
      return false;
    } finally {
      await rm(beside, { force: true });
    }
  }

  /** Writes and flushes a file that no reader looks at: its name starts with a dot. */
  async function writeBeside(path: string, bytes: Uint8Array): Promise<string> {
    const beside = join(dirname(path), `.${randomUUID()}.part`);
    try {
      const file = await create(beside);
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

/** Opens a new file. Its folder may be removed between the two steps, as an empty one. */
async function create(path: string): Promise<FileHandle> {
  for (let attempt = 1; ; attempt++) {
    await makeFolder(dirname(path));
    try {
      return await open(path, 'wx');
    } catch (error) {
      if (!isCode(error, 'ENOENT') || attempt >= COMMIT_ATTEMPTS) throw error;
    }
  }
}

async function namesIn(folder: string): Promise<string[]> {
  const names = (await unlessGone(readdir(folder))) ?? [];
  return names.filter((name) => name.endsWith('.ndjson.gz') && !name.startsWith('.')).sort();
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

const unwritable = (root: string, error: unknown): DriplakeError =>
  diskFault(Failure.lake, `The lake ${root} can't be written`, error, ELSEWHERE);

const unreadable = (root: string, error: unknown): DriplakeError =>
  diskFault(Failure.lake, `The lake ${root} can't be read`, error, ELSEWHERE);

const ELSEWHERE = 'choose another folder with --lake';
