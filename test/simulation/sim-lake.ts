// A lake in memory whose batches stay as they are: compression runs on another thread, which a
// virtual clock cannot see. What it holds can be looked at without a call.

import { DriplakeError, Failure } from '../../shared/core/failures.ts';
import type { CommitRecord } from '../../shared/core/run.ts';
import type { Lake } from '../../shared/ports/lake.ts';
import type { Draft } from '../../shared/ports/member.ts';

export interface StoredBatch {
  readonly lines: string;
  readonly record: CommitRecord;
}

export interface SimDraft extends Draft {
  readonly chunks: readonly Uint8Array[];
}

export interface SimLake extends Lake<SimDraft> {
  readonly batches: Map<string, StoredBatch>;
  readonly texts: ReadonlyMap<string, string>;
  /** Batches under a prefix, in the order of their keys. */
  under(prefix: string): readonly (StoredBatch & { readonly key: string })[];
}

export function simLake(): SimLake {
  const batches = new Map<string, StoredBatch>();
  const texts = new Map<string, string>();
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
      return { kind: 'landed', objectBytes: lines.length };
    },
    async *readRecords(prefix) {
      yield* under(prefix);
    },
    readBatch: async (key) => Buffer.from(batchAt(key).lines),
    async writeText(key, text) {
      texts.set(key, text);
    },
    readText: async (key) => texts.get(key),
  };
}
