// The lake: batches that are written once, and the manifests that say which of them count. Below
// the interface stands the one in memory.

import type { CommitRecord } from '../../core/run/run.ts';
import {
  type Draft,
  draftMember,
  type MemberDraft,
  readLines,
  readRecord,
} from './batch-member.ts';
import { noBatch } from './line-chunks.ts';

export interface Lake<D extends Draft = Draft> {
  /** Where it is, for people. */
  readonly place: string;
  openBatch(): D;
  /**
   * Writes a batch under a key that nothing stands under yet; tells what stands there if it does.
   */
  landBatch(key: string, draft: D, record: CommitRecord): Promise<Landing>;
  /** Commit records of all batches under a prefix, in the order of their keys. */
  readRecords(
    prefix: string,
  ): AsyncIterable<{ readonly key: string; readonly record: CommitRecord }>;
  /** The NDJSON lines of a batch. */
  readBatch(key: string): Promise<Uint8Array>;
  /**
   * The same of a batch of any size, or of many that were merged: whole lines, as many at a time as
   * memory is meant to hold.
   * @throws DriplakeError incomplete, when there is no such batch
   */
  readLines(key: string): AsyncIterable<Uint8Array>;
  /**
   * Writes a small text whole: a manifest. The same key may be written again with the same text.
   */
  writeText(key: string, text: string): Promise<void>;
  /** Writes a small text under a key that nothing stands under yet; what stands there stays. */
  createText(key: string, text: string): Promise<'created' | 'exists'>;
  readText(key: string): Promise<string | undefined>;
}

/** What compaction needs beside: to look around, and to remove. Nobody else deletes. */
export interface LakeKeeping {
  /** A batch's lines with its commit record; nothing when there is no such batch. */
  readWhole(key: string): Promise<WholeBatch | undefined>;
  /** All that lies under a prefix, in the order of keys, also what no reader looks at. */
  listObjects(prefix: string): AsyncIterable<LakeObject>;
  /** Names of the folders right below a prefix, which is empty or ends with a slash, in order. */
  listFolders(prefix: string): AsyncIterable<string>;
  /** Removes objects; those that are not there count as removed. */
  deleteObjects(keys: readonly string[]): Promise<void>;
}

export interface WholeBatch {
  readonly record: CommitRecord;
  readonly lines: Uint8Array;
}

export interface LakeObject {
  readonly key: string;
  /** As it is stored. */
  readonly bytes: number;
  /** When the lake took it, by the lake's own clock: a writer that was late can't set it back. */
  readonly modifiedMs: number;
}

export type Landing =
  | { readonly kind: 'landed'; readonly objectBytes: number }
  | { readonly kind: 'exists'; readonly record: CommitRecord };

/**
 * A lake that lives as long as the process: for simulations and tests.
 * @param clock of what it says about its objects' age; without one, all of them are ancient
 */
export function memoryLake(clock: { nowMs(): number } = { nowMs: () => 0 }): Lake<MemberDraft> &
  LakeKeeping & {
    readonly objects: ReadonlyMap<string, Uint8Array>;
  } {
  const objects = new Map<string, Uint8Array>();
  const modified = new Map<string, number>();
  const put = (key: string, object: Uint8Array): void => {
    objects.set(key, object);
    modified.set(key, clock.nowMs());
  };
  const keysUnder = (prefix: string): string[] =>
    [...objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  return {
    place: 'memory',
    objects,
    openBatch: draftMember,
    async landBatch(key, draft, record) {
      const object = await draft.seal(record);
      const standing = objects.get(key);
      if (standing) return { kind: 'exists', record: readRecord(standing, key) };
      put(key, object);
      return { kind: 'landed', objectBytes: object.length };
    },
    async *readRecords(prefix) {
      for (const key of keysUnder(prefix))
        yield { key, record: readRecord(objects.get(key) ?? new Uint8Array(), key) };
    },
    async *readLines(key) {
      const object = objects.get(key);
      if (!object) throw noBatch(key);
      yield readLines(object);
    },
    async readBatch(key) {
      return readLines(objects.get(key) ?? new Uint8Array());
    },
    async writeText(key, text) {
      put(key, Buffer.from(text));
    },
    async createText(key, text) {
      if (objects.has(key)) return 'exists';
      put(key, Buffer.from(text));
      return 'created';
    },
    async readText(key) {
      const object = objects.get(key);
      return object && Buffer.from(object).toString();
    },
    async readWhole(key) {
      const object = objects.get(key);
      return object && { record: readRecord(object, key), lines: readLines(object) };
    },
    async *listObjects(prefix) {
      for (const key of keysUnder(prefix)) {
        const bytes = objects.get(key)?.length ?? 0;
        yield { key, bytes, modifiedMs: modified.get(key) ?? 0 };
      }
    },
    async *listFolders(prefix) {
      const below = keysUnder(prefix).map((key) => key.slice(prefix.length).split('/'));
      yield* new Set(below.flatMap(([name = '', ...rest]) => (rest.length > 0 ? [name] : [])));
    },
    async deleteObjects(keys) {
      for (const key of keys) objects.delete(key);
    },
  };
}
