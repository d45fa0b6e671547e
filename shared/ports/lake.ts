// The lake: batches that are written once, and the manifests that say which of them count. Below
// the interface stands the one in memory.

import type { CommitRecord } from '../core/run.ts';
import { type Draft, draftMember, type MemberDraft, readLines, readRecord } from './member.ts';

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
   * Writes a small text whole: a manifest. The same key may be written again with the same text.
   */
  writeText(key: string, text: string): Promise<void>;
  readText(key: string): Promise<string | undefined>;
}

export type Landing =
  | { readonly kind: 'landed'; readonly objectBytes: number }
  | { readonly kind: 'exists'; readonly record: CommitRecord };

/** A lake that lives as long as the process: for simulations and tests. */
export function memoryLake(): Lake<MemberDraft> & {
  readonly objects: ReadonlyMap<string, Uint8Array>;
} {
  const objects = new Map<string, Uint8Array>();
  return {
    place: 'memory',
    objects,
    openBatch: draftMember,
    async landBatch(key, draft, record) {
      const object = await draft.seal(record);
      const standing = objects.get(key);
      if (standing) return { kind: 'exists', record: readRecord(standing, key) };
      objects.set(key, object);
      return { kind: 'landed', objectBytes: object.length };
    },
    async *readRecords(prefix) {
      const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).sort();
      for (const key of keys)
        yield { key, record: readRecord(objects.get(key) ?? new Uint8Array(), key) };
    },
    async readBatch(key) {
      return readLines(objects.get(key) ?? new Uint8Array());
    },
    async writeText(key, text) {
      objects.set(key, Buffer.from(text));
    },
    async readText(key) {
      const object = objects.get(key);
      return object && Buffer.from(object).toString();
    },
  };
}
