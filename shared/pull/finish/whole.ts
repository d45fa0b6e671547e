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
import { COUNTS_OTHERWISE, countsOtherwise } from '../../core/page/page-facts.ts';
import { describeOlder, watermarkToKeep } from '../../core/page/watermark.ts';
import { hasPartitions } from '../../core/partition/parents.ts';
import { describeSkipped, describeTold } from '../../core/run/partitions.ts';
import { earliestStartMs } from '../../core/run/progress.ts';
import type { PublishedRun, StreamRun, StreamState } from '../../core/run/run.ts';
import { judgeTotal } from '../../core/run/totals.ts';
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
  ...warningsOfPartitions(run),
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

/** What a person should know of a run's partitions. @throws DriplakeError incomplete */
function warningsOfPartitions({ list, partition }: StreamRun): readonly string[] {
  const of = (list?.partitions ?? 0) - (partition?.gone ?? 0);
  const { skipped, short, doubted } = partition ?? {};
  if (short?.fails) throw incomplete(describeTold(short, of, SHORT));
  return [
    ...(skipped ? [describeSkipped(skipped, of)] : []),
    ...(short ? [describeTold(short, of, SHORT)] : []),
    ...(doubted?.isFull ? [describeTold(doubted, of, 'may have more')] : []),
  ];
}

const SHORT = 'have another number of rows than the API tells';

/**
 * The list is whole, and the run has come to its end.
 * @throws DriplakeError incomplete
 */
export function verifyPartitions({ stream, run }: DrainedRun): void {
  const { list, partition } = run;
  if (!hasPartitions(stream) || !list) return;
  const walked = partition?.index ?? 0;
  if (list.rest === undefined && walked === list.partitions) return;
  const of = list.rest ? `the first ${list.partitions}, which are not all` : `${list.partitions}`;
  throw incomplete(`${walked} partitions were walked of ${of}.`);
}

/** Of a run without partitions; each of these is judged when its walk ends. */
function compareTotal(stream: Stream, run: StreamRun): string | undefined {
  const judged = judgeTotal(stream, run);
  if (judged?.fails)
    throw incomplete(judged.message, countsOtherwise(stream, run.from === undefined));
  return judged?.message;
}

const incomplete = (message: string, otherwise = COUNTS_OTHERWISE): DriplakeError =>
  new DriplakeError(
    Failure.incomplete,
    message,
    `The next run reads this stream again. ${otherwise}`,
  );

/**
 * Where the next run starts once this one has finished. Behind a gap, and behind a full page that
 * may not be the last, rows may be missing that no later watermark would bring: the next run reads
 * from where this one did.
 */
export function nextWatermark({ stream, state, run }: DrainedRun): string | undefined {
  const { incremental, zone } = stream;
  if (!incremental) return undefined;
  const startedAt = new Date(earliestStartMs(run)).toISOString();
  const settled = isUncertain(run)
    ? undefined
    : watermarkToKeep(incremental, run.highest, startedAt, zone);
  return settled ?? before(state, run);
}

/** Rows may be missing that no later run would bring. */
const isUncertain = ({ moved, doubt, partition }: StreamRun): boolean =>
  (moved?.gaps ?? 0) > 0 || doubt?.isFull === true || partition?.doubted?.isFull === true;

/**
 * What the next run knows of partitions: those of this one, or of the one before where rows may be
 * missing, so that it reads from where this one did.
 */
export function listedAfter({ state, run }: DrainedRun): Pick<StreamState, 'listed'> {
  const { list, walk, runId } = run;
  if (list && !isUncertain(run)) return { listed: { runId, partitions: list.partitions, walk } };
  return state.listed && !run.fullRefresh ? { listed: state.listed } : {};
}

/** A run of what has changed may well bring no list: what is known of all rows stays. */
export function publishedAfter({ state, run }: DrainedRun, id: string): PublishedRun {
  const hadRows = run.listed === true && run.records > 0;
  const listed = hadRows || (run.from !== undefined && state.published?.listed === true);
  return { runId: run.runId, id, ...(listed ? { listed } : {}) };
}

/** What the ledger remembers of runs without a proof once this one has finished. */
export function unprovenAfter({ state, run }: DrainedRun): Pick<StreamState, 'unproven'> {
  if (!run.doubt && !run.partition?.doubted) return {};
  const { walk } = run;
  if (state.unproven?.walk === walk && !run.fullRefresh) return { unproven: state.unproven };
  const watermark = before(state, run);
  return { unproven: { walk, ...(watermark === undefined ? {} : { watermark }) } };
}

const before = (state: StreamState, run: StreamRun): string | undefined =>
  run.fullRefresh ? undefined : state.watermark;
