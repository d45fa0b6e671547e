// Whether what a run has landed is all of what it asked for, and where the next one starts: totals,
// gaps, and ends that nothing shows. It decides and touches nothing.
//
// Watermark 100, and a run that lands rows up to 180:
//   it ended with a proof                   the next run starts at 180
//   its only page was full, nothing more    a warning; the next run starts at 100 again
//   its only page was not full              the next run starts at 180; 100 is remembered, for the
//                                           day on which the walk is declared otherwise
//   the API told of more rows than came     it fails; the next run starts at 100, from page 1

import { MAX_COLUMNS, MAX_COLUMNS_BYTES } from '../../core/bounds.ts';
import { DriplakeError, Failure } from '../../core/failures.ts';
import { describeMoves } from '../../core/page/moves.ts';
import { describeOlder, watermarkToKeep } from '../../core/page/watermark.ts';
import { earliestStartMs } from '../../core/run/progress.ts';
import type { StreamRun, StreamState } from '../../core/run/run.ts';
import type { Source, Stream } from '../../core/source/source.ts';
import { describeShown } from '../shown.ts';

/** A stream's run that waits to be finished, and its item. */
export interface DrainedRun {
  readonly source: Source;
  readonly stream: Stream;
  readonly state: StreamState;
  readonly run: StreamRun;
}

/**
 * What a person should know of a run that is finished all the same.
 * @throws DriplakeError incomplete, where it is not
 */
export const warningsOfCounts = ({ stream, run }: DrainedRun): readonly string[] => [
  ...(run.anew ? [`The stream was read from its start again: ${run.anew.why}.`] : []),
  ...textOf(compareTotal(stream, run)),
  ...textOf(judgeMoves(stream, run)),
  ...(run.doubt?.isFull ? [run.doubt.why] : []),
  ...textOf(judgeAsked(stream, run)),
  ...(run.crowded ? [CROWDED] : []),
  ...(run.credentialIn ? [describeShown(run.credentialIn)] : []),
];

const textOf = (text: string | undefined): readonly string[] => (text === undefined ? [] : [text]);

const CROWDED =
  `Some keys are no columns: a table has at most ${MAX_COLUMNS}, with ${MAX_COLUMNS_BYTES} bytes ` +
  'of names. They are in the lake only.';

/** Rows that were not asked for, where a run asked for what has changed. */
const judgeAsked = ({ incremental }: Stream, { from, asked }: StreamRun): string | undefined =>
  incremental && from !== undefined && asked ? describeOlder(incremental, from, asked) : undefined;

/** A gap is a difference in the count of rows that nobody could count: it means the same. */
function judgeMoves(stream: Stream, run: StreamRun): string | undefined {
  const message = describeMoves(run.moved);
  if (message === undefined || !run.moved?.gaps) return message;
  if (stream.total?.onMismatch !== 'fail') return message;
  throw incomplete(message);
}

/**
 * What a difference between the API's count and ours means: as the stream declares, else fewer
 * than any page told are a failure, and all else is a warning.
 */
function compareTotal(stream: Stream, run: StreamRun): string | undefined {
  const { expected, leastExpected: least = 0, records } = run;
  const lacks = least - records;
  if ((expected ?? records) === records && lacks <= 0) return undefined;
  // A run that its own limit ended is not meant to be whole.
  if (stream.maxPages !== undefined && run.pages >= stream.maxPages) return undefined;
  const message = `The API told of ${expected ?? `at least ${least}`} records, ${records} came.`;
  const usual = lacks > movedRows(run) ? 'fail' : 'warn';
  if ((stream.total?.onMismatch ?? usual) === 'warn') return message;
  throw incomplete(message);
}

/** Rows that are known not to be missing, though they were not landed; a gap may be any number. */
function movedRows({ moved }: StreamRun): number {
  if (!moved) return 0;
  return moved.gaps > 0 ? Number.POSITIVE_INFINITY : moved.repeats + moved.skips;
}

const incomplete = (message: string): DriplakeError =>
  new DriplakeError(
    Failure.incomplete,
    message,
    'The next run reads this stream again. If the API counts otherwise, say total.onMismatch ' +
      '"warn".',
  );

/**
 * Where the next run starts once this one has finished. Behind a gap, and behind a full page that
 * may not be the last, rows may be missing that no later watermark would bring: the next run reads
 * from where this one did.
 */
export function nextWatermark({ stream, state, run }: DrainedRun): string | undefined {
  const { incremental, zone } = stream;
  if (!incremental) return undefined;
  const isUncertain = run.moved?.gaps || run.doubt?.isFull;
  const startedAt = new Date(earliestStartMs(run)).toISOString();
  const settled = isUncertain
    ? undefined
    : watermarkToKeep(incremental, run.highest, startedAt, zone);
  return settled ?? before(state, run);
}

/** What the ledger remembers of runs without a proof once this one has finished. */
export function unprovenAfter({ state, run }: DrainedRun): Pick<StreamState, 'unproven'> {
  if (!run.doubt) return {};
  const { walk } = run;
  if (state.unproven?.walk === walk && !run.fullRefresh) return { unproven: state.unproven };
  const watermark = before(state, run);
  return { unproven: { walk, ...(watermark === undefined ? {} : { watermark }) } };
}

const before = (state: StreamState, run: StreamRun): string | undefined =>
  run.fullRefresh ? undefined : state.watermark;
