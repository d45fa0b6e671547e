// The partitions of a run, as the ledger keeps them: how far their list is, and which of them is
// walked. The list itself is in the lake.
// Why: docs/decisions/021-partitions.md

import type { Moves } from '../page/moves.ts';

/** The list of the partitions that a run walks, which is in the lake. */
export interface PartitionList {
  /** Partitions in it so far. */
  readonly partitions: number;
  /** Where the rest of it begins; absent once it is whole. */
  readonly rest?: ListPlace;
}

/** How far a list has used what it is made of. */
export interface ListPlace {
  /** Which run of the parent, by its place in the list's origin. */
  readonly run: number;
  /** Records of it that are used up. */
  readonly record: number;
  /** Combinations with other values that are listed of the record behind those. */
  readonly inner: number;
}

export const LIST_START: ListPlace = { run: 0, record: 0, inner: 0 };

/** The list of the last finished run of a stream, for the next one. */
export interface ListedBefore {
  readonly runId: string;
  readonly partitions: number;
  /** `walkOf` of that run: values of another declaration mean nothing. */
  readonly walk: string;
}

/** Where a run is in its partitions. */
export interface PartitionProgress {
  /** The place in the list of the partition that the cursor is in. */
  readonly index: number;
  /** The place of the first one in the same piece of the list: the piece's name. */
  readonly piece: number;
  /** Of the walk through it so far. */
  readonly pages: number;
  readonly records: number;
  readonly moved?: Moves;
  /** Listed only to say that they are no partitions any more. */
  readonly gone?: number;
  /** Those that the API refused, by a verdict of the source. */
  readonly skipped?: Told;
  /** Those that ended with another number of rows than the API told, and whether that fails. */
  readonly short?: Told & { readonly fails: boolean };
  /** Those whose end nothing shows, and whether one of them may have had more. */
  readonly doubted?: Told & { readonly isFull: boolean };
}

/** How many they are, and the first of them, a text each. */
export interface Told {
  readonly count: number;
  readonly first: readonly string[];
}

export const FIRST_PARTITION: PartitionProgress = {
  index: 0,
  piece: 0,
  pages: 0,
  records: 0,
};

/** One sentence of the partitions that were skipped. */
export const describeSkipped = (skipped: Told, of: number): string =>
  describeTold(skipped, of, 'were skipped, as the source declares');

/** `12 of 2,000 partitions had more: a; b; and 10 more.` */
export function describeTold({ count, first }: Told, of: number, what: string): string {
  const more = count > first.length ? `; and ${count - first.length} more` : '';
  return `${count} of ${of} partitions ${what}: ${first.join('; ')}${more}.`;
}

/** How many partitions of a run are behind it, of those that are known so far. */
export interface PartitionsDone {
  readonly done: number;
  readonly of: number;
}

/** Of a run whose stream has partitions; those that are none any more do not count. */
export function partitionsDone({
  list,
  partition,
}: {
  readonly list?: PartitionList;
  readonly partition?: PartitionProgress;
}): PartitionsDone | undefined {
  const gone = partition?.gone ?? 0;
  return list && { done: (partition?.index ?? 0) - gone, of: list.partitions - gone };
}
