// The run behind the end of one partition: what belongs to a walk begins anew with each of them,
// what belongs to the run goes on.
//
// Partition 6 of 2,000 ends behind 3 pages: the run is at partition 7, its cursor at the first
// page. Behind partition 1,999 the run has ended.

import { PARTITION_CHARS, PARTITIONS_NAMED } from '../bounds.ts';
import type { Stream } from '../source/source.ts';
import { startOfWalk } from './loops.ts';
import {
  FIRST_PARTITION,
  type PartitionList,
  type PartitionProgress,
  type Told,
} from './partitions.ts';
import type { Progress } from './run.ts';
import { judgeTotal } from './totals.ts';

/** A run whose list is empty has ended before its first page. */
export const endedWithout = (progress: Progress, list: PartitionList | undefined): Progress =>
  list?.partitions === 0 && !list.rest ? { ...progress, ended: true } : progress;

/** What was counted in the present walk: that of its partition, or of the run where it has none. */
export const countsOfWalk = ({
  partition,
  ...run
}: Progress): Pick<PartitionProgress, 'pages' | 'records' | 'moved'> => partition ?? run;

/** A partition that is walked, as the round knows it. */
export interface WalkedPartition {
  /** For people: `issue.number 17`. */
  readonly name: string;
  /** Partitions of the run. */
  readonly of: number;
  /** The piece of the list that the next one is in. */
  readonly nextPiece: number;
  /** Where its walk reads from: the watermark when the run began, or `first` where it is new. */
  readonly from?: string | undefined;
}

/**
 * The run behind the end of a walk.
 * @param after the progress with the page that ended it
 */
export function behindPartition(
  after: Progress,
  stream: Stream,
  walked: WalkedPartition,
): Progress {
  const { name } = walked;
  const { partition = FIRST_PARTITION, doubt, expected, leastExpected } = after;
  const { short, doubted } = partition;
  const { pages, records, moved } = partition;
  const total = judgeTotal(stream, { expected, leastExpected, pages, records, moved });
  const isShort = total && {
    ...oneMore(short, `${name}: ${total.message}`),
    fails: total.fails || short?.fails === true,
  };
  const isDoubted = doubt && {
    ...oneMore(doubted, `${name}: ${doubt.why}`),
    isFull: doubt.isFull || doubted?.isFull === true,
  };
  return atNext(after, walked, {
    ...(isShort ? { short: isShort } : {}),
    ...(isDoubted ? { doubted: isDoubted } : {}),
  });
}

/** The run behind a partition that the API refused. */
export const behindSkipped = (
  progress: Progress,
  walked: WalkedPartition,
  reason: string,
): Progress =>
  atNext(progress, walked, {
    skipped: oneMore(progress.partition?.skipped, `${walked.name}: ${reason}`),
  });

/** The run behind a line of its list that is no partition. */
export const behindGone = (progress: Progress, walked: WalkedPartition): Progress =>
  atNext(progress, walked, { gone: (progress.partition?.gone ?? 0) + 1 });

/** Without what is of the present walk alone: behind its end, nothing says that any more. */
export function withoutWalk<One extends Progress>({
  listed: _listed,
  expected: _expected,
  leastExpected: _least,
  doubt: _doubt,
  cookies: _cookies,
  toldEnd: _told,
  ...run
}: One) {
  return run;
}

/** At the first page of the next partition, or at the end. */
function atNext(
  progress: Progress,
  { of, nextPiece }: WalkedPartition,
  told: Partial<PartitionProgress>,
): Progress {
  const { partition = FIRST_PARTITION } = progress;
  const { moved: _moved, ...kept } = partition;
  const index = partition.index + 1;
  const next = { ...kept, ...told, index, piece: nextPiece, pages: 0, records: 0 };
  return { ...withoutWalk(progress), loops: startOfWalk, partition: next, ended: index >= of };
}

const oneMore = (before: Told | undefined, text: string): Told => ({
  count: (before?.count ?? 0) + 1,
  first: [...(before?.first ?? []), cut(text)].slice(0, PARTITIONS_NAMED),
});

const cut = (text: string): string =>
  text.length > PARTITION_CHARS ? `${text.slice(0, PARTITION_CHARS - 3)}...` : text;
