// A lake for streams too long to be kept: it reads every line as it lands, says whether each page
// came once and in order, and keeps the commit records alone, packed outside of the heap, so that
// what it holds is not taken for what the pull holds. One run of one stream.

import { DriplakeError, Failure } from '../../shared/core/failures.ts';
import { batchKey } from '../../shared/core/table/keys.ts';
import type { Draft } from '../../shared/ports/lake/batch-member.ts';
import type { Lake, LakeKeeping } from '../../shared/ports/lake/lake.ts';
import { plainTexts } from '../virtual/virtual-lake.ts';
import { lineOf } from './long-stream.ts';

interface LinesDraft extends Draft {
  readonly chunks: readonly Uint8Array[];
}

interface LongLake extends Lake<LinesDraft>, Pick<LakeKeeping, 'listObjects'> {
  /** Pages whose line stands in its place, from the first one on. */
  wholePages(): number;
  objects(): number;
}

export function longLake(): LongLake {
  const records = packedTexts();
  let lines = 0;
  let whole = 0;
  const unknown = (key: string): DriplakeError =>
    new DriplakeError(Failure.lake, `There is no ${key}.`, '');
  return {
    place: 'memory',
    wholePages: () => whole,
    objects: () => records.count(),
    openBatch() {
      const chunks: Uint8Array[] = [];
      return { chunks, append: async (bytes) => void chunks.push(Uint8Array.from(bytes)) };
    },
    async landBatch(key, { chunks }, record) {
      const { sequence } = record;
      if (sequence < records.count()) {
        return { kind: 'exists', record: JSON.parse(records.at(sequence)) };
      }
      if (sequence > records.count()) throw unknown(`batch before ${key}`);
      const landed = Buffer.concat(chunks).toString().split('\n').slice(0, -1);
      for (const line of landed) if (line === lineOf(++lines)) whole++;
      records.push(JSON.stringify(record));
      return { kind: 'landed', objectBytes: landed.length };
    },
    async *readRecords(prefix) {
      for (let sequence = 0; sequence < records.count(); sequence++) {
        yield { key: batchKey(prefix, sequence), record: JSON.parse(records.at(sequence)) };
      }
    },
    async readBatch(key) {
      throw unknown(key);
    },
    readLines(key) {
      throw unknown(key);
    },
    ...plainTexts(async () => {}),
  };
}

/** Texts behind each other in one buffer, which is no part of the heap. */
function packedTexts() {
  let bytes = Buffer.alloc(1024 * 1024);
  const ends: number[] = [];
  return {
    count: () => ends.length,
    push(text: string): void {
      const start = ends.at(-1) ?? 0;
      const end = start + Buffer.byteLength(text);
      if (end > bytes.length) bytes = Buffer.concat([bytes], 2 * bytes.length);
      bytes.write(text, start);
      ends.push(end);
    },
    at: (place: number): string =>
      bytes.toString('utf8', place === 0 ? 0 : ends[place - 1], ends[place]),
  };
}
