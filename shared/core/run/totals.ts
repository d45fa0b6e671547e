// What it means when the API tells of another number of rows than came.

import type { Moves } from '../page/moves.ts';
import type { Stream } from '../source/source.ts';

/** What a walk counted, and what its pages told. */
export interface WalkCounts {
  readonly pages: number;
  readonly records: number;
  readonly moved?: Moves | undefined;
  readonly expected?: number | undefined;
  readonly leastExpected?: number | undefined;
}

/**
 * The difference between the API's count and ours in one sentence, and whether it fails the run: as
 * the stream declares, else fewer than any page told are a failure, and all else is a warning.
 */
export function judgeTotal(
  stream: Pick<Stream, 'maxPages' | 'total'>,
  { expected, leastExpected: least = 0, pages, records, moved }: WalkCounts,
): { readonly message: string; readonly fails: boolean } | undefined {
  const lacks = least - records;
  if ((expected ?? records) === records && lacks <= 0) return undefined;
  // A run that its own limit ended is not meant to be whole.
  if (stream.maxPages !== undefined && pages >= stream.maxPages) return undefined;
  const message = `The API told of ${expected ?? `at least ${least}`} records, ${records} came.`;
  const usual = lacks > movedRows(moved) ? 'fail' : 'warn';
  return { message, fails: (stream.total?.onMismatch ?? usual) === 'fail' };
}

/** Rows that are known not to be missing, though they were not landed; a gap may be any number. */
function movedRows(moved: Moves | undefined): number {
  if (!moved) return 0;
  return moved.gaps > 0 ? Number.POSITIVE_INFINITY : moved.repeats + moved.skips;
}
