// A lake in memory whose batches stay as they are: compression runs on another thread, which a
// virtual clock cannot see. What it holds can be looked at without a call.

import { DriplakeError, Failure } from '../../../shared/core/failures.ts';
import type { CommitRecord } from '../../../shared/core/run/run.ts';
import type { Draft } from '../../../shared/ports/lake/batch-member.ts';
import type { Lake, LakeKeeping } from '../../../shared/ports/lake/lake.ts';
import { noBatch } from '../../../shared/ports/lake/line-chunks.ts';

export interface StoredBatch {
  readonly lines: string;
  readonly record: CommitRecord;
}

export interface SimDraft extends Draft {
  readonly chunks: readonly Uint8Array[];
}

export interface SimLake extends Lake<SimDraft>, LakeKeeping {
  readonly batches: Map<string, StoredBatch>;
  readonly texts: ReadonlyMap<string, string>;
  /** Batches under a prefix, in the order of their keys. */
  under(prefix: string): readonly (StoredBatch & { readonly key: string })[];
}

/** @param clock of the lake itself, which is right */
export function simLake(clock: { nowMs(): number }): SimLake {
  const batches = new Map<string, StoredBatch>();
  const texts = new Map<string, string>();
  const modified = new Map<string, number>();
  const stamp = (key: string): void => void modified.set(key, clock.nowMs());
  const keysUnder = (prefix: string): string[] =>
    [...batches.keys(), ...texts.keys()].filter((key) => key.startsWith(prefix)).sort();
  const batchAt = (key: string): StoredBatch => {
    const batch = batches.get(key);
    if (batch) return batch;
    throw new DriplakeError(Failure.lake, `There is no ${key}.`, '');
  };
  const under: SimLake['under'] = (prefix) =>
    [...batches]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, batch]) => ({ key, ...batch }))
      .sort((a, b) => (a.key < b.key ? -1 : 1));
  return {
    place: 'memory',
    batches,
    texts,
    under,
    openBatch() {
      const chunks: Uint8Array[] = [];
      return { chunks, append: async (lines) => void chunks.push(Uint8Array.from(lines)) };
    },
    async landBatch(key, { chunks }, record) {
      const standing = batches.get(key);
      if (standing) return { kind: 'exists', record: standing.record };
      const lines = Buffer.concat(chunks);
      batches.set(key, { lines: lines.toString(), record });
      stamp(key);
      return { kind: 'landed', objectBytes: lines.length };
    },
    async *readRecords(prefix) {
      yield* under(prefix);
    },
    async *readLines(key) {
      const batch = batches.get(key);
      if (!batch) throw noBatch(key);
      // A line at a time, so that a round may be late between any two.
      for (const line of batch.lines.split('\n').slice(0, -1)) yield Buffer.from(`${line}\n`);
    },
    readBatch: async (key) => Buffer.from(batchAt(key).lines),
    async writeText(key, text) {
      texts.set(key, text);
      stamp(key);
    },
    async createText(key, text) {
      if (texts.has(key)) return 'exists';
      texts.set(key, text);
      stamp(key);
      return 'created';
    },
    readText: async (key) => texts.get(key),
    async readWhole(key) {
      const batch = batches.get(key);
      return batch && { record: batch.record, lines: Buffer.from(batch.lines) };
    },
    async *listObjects(prefix) {
      for (const key of keysUnder(prefix)) {
        const bytes = (batches.get(key)?.lines ?? texts.get(key) ?? '').length;
        yield { key, bytes, modifiedMs: modified.get(key) ?? 0 };
      }
    },
    async *listFolders(prefix) {
      const below = keysUnder(prefix).map((key) => key.slice(prefix.length).split('/'));
      yield* new Set(below.flatMap(([name = '', ...rest]) => (rest.length > 0 ? [name] : [])));
    },
    async deleteObjects(keys) {
      for (const key of keys) {
        batches.delete(key);
        texts.delete(key);
      }
    },
  };
}
