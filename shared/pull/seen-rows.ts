// What of a page was read before, told by hashes of its rows: by key, else by bytes. Rows that were
// read are left out; a page that does not join what was read last is not taken.
//
// Pages of 100 that overlap by 5: behind rows 1 to 100 the next is asked for from row 96. When it
// begins with the marks of 96 to 100, its first five rows are left out. When row 3 was deleted
// meanwhile, it begins with those of 97 to 100 and row 101, which is read: nothing was lost. When
// none of the five is there, the walk steps back until it finds them.
// Why: docs/decisions/011-offset-pages-overlap.md

import { hash } from 'node:crypto';
import {
  KEYLESS_EVIDENCE_SHARE,
  OVERLAP_SEARCHES,
  OVERLAP_STEPS,
  TAIL_ROWS,
} from '../core/bounds.ts';
import type { Cursor, NumberCursor, OffsetCursor } from '../core/page/cursor.ts';
import type { Moves } from '../core/page/moves.ts';
import { joinPage, overlapFrom, tailAfter } from '../core/page/overlap.ts';
import { fieldOfEach } from '../core/records/record-fields.ts';
import { eachRecord } from '../core/records/records.ts';
import { IS_COUNTED } from '../core/source/pagination-schema.ts';
import type { Stream } from '../core/source/source.ts';

export type Sight =
  | {
      readonly kind: 'taken';
      /** The lines without those that were read before, byte for byte, and how many they are. */
      readonly lines: Uint8Array;
      readonly rows: number;
      readonly moved?: Partial<Moves>;
      /** The cursor behind this page, with what the next one needs to know of it. */
      remember(next: Cursor): Cursor;
    }
  /** Nothing of the page is taken; the walk goes on at `cursor`. */
  | { readonly kind: 'passed'; readonly cursor: Cursor; readonly moved: Partial<Moves> };

/**
 * @param run the cursor that led to the page, and what has moved so far
 * @param lines NDJSON of the page
 */
export function lookBack(
  stream: Stream,
  { cursor, moved }: { readonly cursor: Cursor; readonly moved?: Moves },
  lines: Uint8Array,
  rows: number,
): Sight {
  const { pagination, primaryKey } = stream;
  if (!IS_COUNTED[pagination.kind] || (cursor !== null && !isCounted(cursor)))
    return untouched(lines, rows);
  const last = cursor && 'offset' in cursor ? cursor : null;
  // A walk that began with an overlap keeps it, whatever the source says by now.
  const declared = 'overlap' in pagination ? pagination.overlap : undefined;
  const overlap = declared ?? last?.overlap;
  if (overlap !== undefined) {
    const steps = (moved?.gaps ?? 0) < OVERLAP_SEARCHES ? OVERLAP_STEPS : 0;
    return joined(primaryKey, last, lines, { overlap, steps });
  }
  return primaryKey ? withoutRepeats(cursor?.tail ?? [], lines, rows) : untouched(lines, rows);
}

const isCounted = (cursor: Cursor): cursor is OffsetCursor | NumberCursor =>
  cursor !== null && ('offset' in cursor || 'page' in cursor);

const untouched = (lines: Uint8Array, rows: number): Sight => ({
  kind: 'taken',
  lines,
  rows,
  remember: (next) => next,
});

/** A page of a walk that overlaps: what it repeats must join what was read last. */
function joined(
  primaryKey: Stream['primaryKey'],
  last: OffsetCursor | null,
  lines: Uint8Array,
  { overlap, steps }: { readonly overlap: number; readonly steps: number },
): Sight {
  const marks = marksOf([...eachRecord(lines)], lines, primaryKey);
  const tail = last?.overlap === undefined ? [] : (last.tail ?? []);
  // Rows without a key may be alike: one of them that looks the same proves little.
  const evidence = primaryKey ? 1 : Math.ceil((last?.overlap ?? 0) * KEYLESS_EVIDENCE_SHARE);
  const joint = joinPage(last ?? { offset: 0 }, marks, evidence, steps);
  if (joint.kind === 'back') {
    return { kind: 'passed', cursor: joint.cursor, moved: { refetches: 1 } };
  }
  if (joint.kind === 'gap') return { kind: 'passed', cursor: joint.cursor, moved: { gaps: 1 } };
  // With a key, a row that was read lately is known wherever it stands.
  const lately = new Set(primaryKey ? tail : []);
  const known = new Set<number>();
  for (const [row, mark] of marks.entries()) {
    if (row < joint.rows || lately.has(mark)) known.add(row);
  }
  const rows = marks.length;
  const moved = {
    repeats: Math.max(0, joint.shift) + known.size - joint.rows,
    skips: Math.max(0, -joint.shift),
  };
  return {
    kind: 'taken',
    lines: linesWithout(lines, known),
    rows: rows - known.size,
    ...(moved.repeats + moved.skips === 0 ? {} : { moved }),
    remember(next) {
      if (!next || !('offset' in next)) return next;
      const read = tailAfter(tail, marks, joint.rows);
      return overlapFrom(next.offset, { rows, before: known.size }, overlap, { last, tail: read });
    },
  };
}

/**
 * A page of a walk that does not overlap: a row with a key that comes again unchanged is the same
 * row, pushed on by others before it. One that comes again changed is a newer version of it.
 */
function withoutRepeats(tail: readonly string[], lines: Uint8Array, rows: number): Sight {
  const records = [...eachRecord(lines)];
  const known = new Set(tail);
  const repeated = new Set<number>();
  for (const [row, record] of records.slice(0, TAIL_ROWS).entries()) {
    if (known.has(markOf(record))) repeated.add(row);
  }
  const repeats = repeated.size;
  const read = records.slice(-TAIL_ROWS).map(markOf);
  const remembered = [...tail, ...read].slice(-TAIL_ROWS);
  return {
    kind: 'taken',
    lines: linesWithout(lines, repeated),
    rows: rows - repeats,
    ...(repeats === 0 ? {} : { moved: { repeats } }),
    remember: (next) => (isCounted(next) ? { ...next, tail: remembered } : next),
  };
}

/** A mark for each row: of its key where it has one, else of its bytes. */
function marksOf(
  records: readonly Uint8Array[],
  lines: Uint8Array,
  primaryKey: readonly string[] | undefined,
): readonly string[] {
  if (!primaryKey) return records.map(markOf);
  const fields = primaryKey.map((field) => [...fieldOfEach(lines, field)]);
  return records.map((record, row) => {
    const key = fields.map((values) => values[row]);
    const isWhole = key.every((value) => value !== undefined && value !== 'null');
    return markOf(isWhole ? JSON.stringify(key) : record);
  });
}

/** 64 bits: a walk of 50 million pages takes two rows for one once in 10^8 walks. */
const markOf = (row: Uint8Array | string): string => hash('sha256', row, 'base64url').slice(0, 11);

/** Lines without some of them, byte for byte. */
function linesWithout(lines: Uint8Array, leftOut: ReadonlySet<number>): Uint8Array {
  if (leftOut.size === 0) return lines;
  const end = Math.max(...leftOut) + 1;
  const kept: Uint8Array[] = [];
  let [row, start] = [0, 0];
  for (const record of eachRecord(lines)) {
    if (row === end) break;
    const next = start + record.length + 1;
    if (!leftOut.has(row)) kept.push(lines.subarray(start, next));
    start = next;
    row++;
  }
  const rest = lines.subarray(start);
  return kept.length === 0 ? rest : Buffer.concat([...kept, rest]);
}
