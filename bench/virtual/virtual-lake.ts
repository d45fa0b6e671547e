// A lake in memory that keeps batches as they are: compression runs on another thread, which a
// virtual clock cannot see. It counts the calls that S3 would bill.

import { DriplakeError, Failure } from '../../shared/core/failures.ts';
import type { CommitRecord } from '../../shared/core/run/run.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Draft } from '../../shared/ports/lake/batch-member.ts';
import type { Lake, LakeKeeping } from '../../shared/ports/lake/lake.ts';

export interface LakeUsage {
  puts: number;
  gets: number;
}

interface PlainDraft extends Draft {
  readonly chunks: readonly Uint8Array[];
}

type PlainLake = Lake<PlainDraft> & Pick<LakeKeeping, 'listObjects'>;

/** @param callMs milliseconds of one call */
export function plainLake(clock: Clock, usage: LakeUsage, callMs: number): PlainLake {
  const batches = new Map<string, { lines: Uint8Array; record: CommitRecord }>();
  const put = async (): Promise<void> => {
    usage.puts++;
    await clock.sleep(callMs);
  };
  return {
    place: 'memory',
    openBatch() {
      const chunks: Uint8Array[] = [];
      return { chunks, append: async (lines) => void chunks.push(Uint8Array.from(lines)) };
    },
    async landBatch(key, { chunks }, record) {
      await put();
      const standing = batches.get(key);
      if (standing) return { kind: 'exists', record: standing.record };
      const lines = Buffer.concat(chunks);
      batches.set(key, { lines, record });
      return { kind: 'landed', objectBytes: lines.length };
    },
    async *readRecords(prefix) {
      for (const key of [...batches.keys()].filter((one) => one.startsWith(prefix)).sort()) {
        usage.gets++;
        const { record } = batches.get(key) ?? missing(key);
        yield { key, record };
      }
    },
    async *readLines(key) {
      usage.gets++;
      yield (batches.get(key) ?? missing(key)).lines;
    },
    async readBatch(key) {
      usage.gets++;
      return (batches.get(key) ?? missing(key)).lines;
    },
    ...plainTexts(put),
  };
}

/** The small texts of a lake, kept as they are. @param put happens before each write */
export function plainTexts(
  put: () => Promise<void>,
): Pick<Lake, 'writeText' | 'createText' | 'readText'> & Pick<LakeKeeping, 'listObjects'> {
  const texts = new Map<string, string>();
  return {
    async writeText(key, text) {
      await put();
      texts.set(key, text);
    },
    async createText(key, text) {
      await put();
      if (texts.has(key)) return 'exists';
      texts.set(key, text);
      return 'created';
    },
    readText: async (key) => texts.get(key),
    async *listObjects(prefix) {
      for (const [key, text] of texts) {
        if (key.startsWith(prefix)) yield { key, bytes: text.length, modifiedMs: 0 };
      }
    },
  };
}

function missing(key: string): never {
  throw new DriplakeError(Failure.lake, `There is no ${key}.`, '');
}
