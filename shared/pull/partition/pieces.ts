// The pieces of a run's partition list, as they stand in the lake: each is named by the place of
// its first partition, is written once and says what the next one begins with, so that whoever
// comes second goes on from what stands. One that is gone or damaged is told, never guessed.
//
// `.../00001000.ndjson`: 1,000 lines like `{"values":{"issue.number":"17"}}`, and behind them
// `{"next":{"run":0,"record":2000,"inner":0}}`.

import * as z from 'zod/mini';
import { PARTITION_CHARS } from '../../core/bounds.ts';
import { DriplakeError, Failure } from '../../core/failures.ts';
import { startingPoint } from '../../core/page/watermark.ts';
import type { PartitionValues } from '../../core/partition/values.ts';
import { plainText } from '../../core/records/raw.ts';
import type { WalkedPartition } from '../../core/run/next-partition.ts';
import type { ListPlace, PartitionProgress } from '../../core/run/partitions.ts';
import type { StreamRun } from '../../core/run/run.ts';
import type { Stream } from '../../core/source/source.ts';
import { pieceKey, type RunFolder } from '../../core/table/keys.ts';
import type { Lake } from '../../ports/lake/lake.ts';

/** A line of the list. */
export interface PartitionLine {
  readonly values: PartitionValues;
  /** No finished run has walked it: it begins at `first`. */
  readonly isNew?: true;
  /** It is no partition any more, and says so to those before it that know it. */
  readonly isGone?: true;
}

export interface Piece {
  readonly lines: readonly PartitionLine[];
  /** What the next piece begins with; absent in the last one. */
  readonly next?: ListPlace;
}

/** The run whose list it is. */
export type ListName = Omit<RunFolder, 'date'>;

type Reads = Pick<Lake, 'readText'>;

const values = z.record(z.string(), z.string());
const line = z.strictObject({
  values,
  isNew: z.exactOptional(z.literal(true)),
  isGone: z.exactOptional(z.literal(true)),
});
const count = z.int().check(z.nonnegative());
const place = z.strictObject({ run: count, record: count, inner: count });
const tail = z.strictObject({ next: z.nullable(place) });

export const pieceText = ({ lines, next }: Piece): string =>
  [...lines, { next: next ?? null }].map((one) => `${JSON.stringify(one)}\n`).join('');

/**
 * The piece that begins with this partition; undefined when there is none.
 * @throws DriplakeError incomplete, when it is damaged
 */
export async function readPiece(
  lake: Reads,
  list: ListName,
  first: number,
): Promise<Piece | undefined> {
  const key = pieceKey(list, first);
  const text = await lake.readText(key);
  if (text === undefined) return undefined;
  try {
    const parsed = text
      .trimEnd()
      .split('\n')
      .map((one): unknown => JSON.parse(one));
    const { next } = tail.parse(parsed.pop());
    return { lines: z.array(line).parse(parsed), ...(next ? { next } : {}) };
  } catch {
    throw spoilt(`${key} is damaged, a part of the partition list`);
  }
}

/** All pieces of a list up to this many partitions. @throws DriplakeError incomplete */
export async function* piecesOf(
  lake: Reads,
  list: ListName,
  partitions: number,
): AsyncGenerator<Piece, void, undefined> {
  for (let first = 0; first < partitions; ) {
    const piece = await wholePiece(lake, list, first);
    yield piece;
    first += piece.lines.length;
  }
}

async function wholePiece(lake: Reads, list: ListName, first: number): Promise<Piece> {
  const piece = await readPiece(lake, list, first);
  if (piece && piece.lines.length > 0) return piece;
  throw spoilt(`${pieceKey(list, first)} is gone from the lake, a part of the partition list`);
}

const spoilt = (what: string): DriplakeError =>
  new DriplakeError(Failure.incomplete, `${what}.`, 'The next run reads this stream again.');

/** A partition as a round walks it. */
export interface ListedPartition extends WalkedPartition {
  readonly values: PartitionValues;
  readonly isGone: boolean;
}

/** The partitions of a run. */
export interface Partitions {
  /** @throws DriplakeError incomplete */
  at(place: Pick<PartitionProgress, 'index' | 'piece'>): Promise<ListedPartition>;
}

/** Reads a run's list a piece at a time, forwards. */
export function openPartitions(
  lake: Reads,
  list: ListName,
  { incremental }: Stream,
  run: Pick<StreamRun, 'from' | 'list' | 'startedAtMs'>,
): Partitions {
  let held: { readonly first: number; readonly piece: Piece } | undefined;
  const fresh = incremental && startingPoint(incremental, undefined, run.startedAtMs);
  return {
    async at({ index, piece: first }) {
      if (held?.first !== first) held = { first, piece: await wholePiece(lake, list, first) };
      const { lines } = held.piece;
      const { values: here, isNew, isGone } = lines[index - first] ?? { values: {} };
      const behind = first + lines.length;
      return {
        name: nameOf(here),
        of: run.list?.partitions ?? 0,
        nextPiece: index + 1 < behind ? first : behind,
        from: isNew ? fresh : run.from,
        values: here,
        isGone: isGone === true,
      };
    },
  };
}

/** For people: `issue.number 17, shop north`. */
function nameOf(here: PartitionValues): string {
  const text = Object.entries(here)
    .map(([name, raw]) => `${name} ${plainText(raw) ?? 'null'}`)
    .join(', ');
  return text.length > PARTITION_CHARS / 2 ? `${text.slice(0, PARTITION_CHARS / 2)}...` : text;
}
