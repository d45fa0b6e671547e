// Writes the partition list of a run before its first request: a piece at a time, each once, until
// it is whole or the time is over. Two rounds that list at the same time agree by the pieces that
// stand; one that died is gone on from. Memory is that of one piece and of what was seen.
//
// A parent of 2,500 records makes the pieces 0, 1000 and 2000. A round that dies behind the second
// leaves the ledger at 0: the next one finds both pieces, takes them and writes the third.
// Why: docs/decisions/021-partitions.md

import {
  OBJECTS_PER_RUN,
  PARTITION_LINE_CHARS,
  PARTITIONS_PER_PIECE,
  STREAM_LEASE_MS,
} from '../../core/bounds.ts';
import { DriplakeError, Failure } from '../../core/failures.ts';
import { hasPartitions } from '../../core/partition/parents.ts';
import { LIST_START, type ListPlace, type PartitionList } from '../../core/run/partitions.ts';
import type { StreamRun } from '../../core/run/run.ts';
import { pieceKey } from '../../core/table/keys.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Ledger } from '../../ports/ledger/ledger.ts';
import { fixOrigin, type Listing, listOf } from './origin.ts';
import { type PartitionLine, type Piece, pieceText, readPiece } from './pieces.ts';
import { openSupply, type Supply } from './supply.ts';

/** Whether the run has partitions that are not all listed yet. */
export const isToBeListed = ({ stream, run }: Pick<Listing, 'stream' | 'run'>): boolean =>
  hasPartitions(stream) && (!run.list || run.list.rest !== undefined);

/**
 * Lists the partitions of the run, all of them or as many as there is time for, and commits that.
 * @param checked the lake that they are listed in
 * @throws DriplakeError configuration, incomplete
 */
export async function listPartitions(
  listing: Listing & { readonly clock: Clock; readonly ledger: Ledger },
  checked: NonNullable<StreamRun['lake']>,
  isLate: () => boolean,
): Promise<void> {
  const { clock, ledger, state, run } = listing;
  const startedMs = clock.nowMs();
  const list = await lengthenList(listing, isLate);
  const nowMs = clock.nowMs();
  const activeMs = run.activeMs + nowMs - startedMs;
  await ledger.moveStream({
    ...state,
    revision: state.revision + 1,
    leasedAtMs: nowMs,
    streamLeaseUntilMs: nowMs + STREAM_LEASE_MS,
    run: { ...run, list, lake: checked, movedAtMs: nowMs, activeMs },
  });
}

/**
 * The run's list with as many pieces more as there is time for, one step at least.
 * @throws DriplakeError configuration, incomplete; what was listed stands
 */
async function lengthenList(listing: Listing, isLate: () => boolean): Promise<PartitionList> {
  const { lake, run } = listing;
  const origin = await fixOrigin(listing);
  let list: PartitionList = run.list ?? { partitions: 0, rest: LIST_START };
  let supply: Supply | undefined;
  while (list.rest) {
    const standing = await readPiece(lake, listOf(listing), list.partitions);
    if (standing) {
      list = behind(list, standing);
      // Another round may have cut its piece shorter than what was supplied: what stands counts.
      supply = undefined;
    } else {
      supply ??= await openSupply(listing, origin, { ...list, rest: list.rest });
      const piece = await nextPiece(supply, list.rest, isLate);
      if (await isPut(listing, list, piece)) list = behind(list, piece);
    }
    if (isLate()) break;
  }
  return list;
}

const behind = ({ partitions }: PartitionList, { lines, next }: Piece): PartitionList => ({
  partitions: partitions + lines.length,
  ...(next ? { rest: next } : {}),
});

/** As many lines as a piece has, or as there are until it is late. */
async function nextPiece(supply: Supply, from: ListPlace, isLate: () => boolean): Promise<Piece> {
  const lines: PartitionLine[] = [];
  for (let next = from; ; ) {
    const { value, done } = await supply.next();
    if (done) return { lines };
    next = value.behind;
    if (value.line) lines.push(value.line);
    if (lines.length === PARTITIONS_PER_PIECE || isLate()) return { lines, next };
  }
}

/** Whether the piece stands as it is now, or needs no place; false when another one does. */
async function isPut(listing: Listing, list: PartitionList, piece: Piece): Promise<boolean> {
  const { lake, stream } = listing;
  if (piece.lines.length === 0) return true;
  if (list.partitions + piece.lines.length > OBJECTS_PER_RUN) {
    throw faulty(`${stream.name} has more than ${OBJECTS_PER_RUN} partitions`);
  }
  const text = pieceText(piece);
  const longest = text.split('\n').reduce((most, line) => Math.max(most, line.length), 0);
  if (longest > PARTITION_LINE_CHARS) {
    const bound = `${PARTITION_LINE_CHARS} characters of values`;
    throw faulty(`A partition of ${stream.name} has ${longest}, more than ${bound}`);
  }
  const made = await lake.createText(pieceKey(listOf(listing), list.partitions), text);
  return made === 'created';
}

const faulty = (what: string): DriplakeError =>
  new DriplakeError(Failure.configuration, `${what}.`, 'Name fewer and shorter fields.');
