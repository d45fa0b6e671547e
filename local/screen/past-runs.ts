// Runs that were, newest first, for people: what ran, when, how it ended, rows and dollars. What
// nobody has counted is `-`, never 0. The same for runs of this machine and of a deployed stack.

import { PRICES, priceOfRun } from '../../shared/core/budget/estimate.ts';
import { causes } from '../../shared/core/run/causes.ts';
import type { StreamCounts, StreamReport } from '../../shared/core/run/report.ts';
import { count, textTable } from './text-table.ts';

/** What `driplake runs --json` prints of each. */
export interface PastRun {
  /** Absent when the run ended before it had one. */
  readonly runId?: string;
  /** ARN of its execution in a deployed stack. */
  readonly execution?: string;
  readonly source: string;
  /**
   * `published`: of an earlier run only what it published is known; whether other streams of it
   * failed is not kept.
   */
  readonly status: 'running' | 'done' | 'failed' | 'interrupted' | 'timed out' | 'published';
  readonly startedAt: string;
  readonly endedAt?: string;
  /** Absent when nobody knows any more what it read. */
  readonly streams?: readonly PastStream[];
  /** Of all its streams, so far; absent without them. */
  readonly pages?: number;
  readonly records?: number;
  /** About what it costs in AWS, at list prices. */
  readonly dollars?: number;
  /** Why it failed as a whole; why a stream did stands with the stream. */
  readonly cause?: string;
}

export interface PastStream extends StreamCounts {
  readonly stream: string;
  readonly status: StreamReport['status'] | 'running';
  readonly cause?: string;
}

/** The run with the sums of its streams. */
export function withSums(
  run: Omit<PastRun, 'streams' | 'pages' | 'records' | 'dollars'>,
  streams: readonly PastStream[] | undefined,
): PastRun {
  if (streams === undefined) return run;
  const drained = streams.filter(({ status }) => status !== 'busy');
  const sum = (pick: (stream: PastStream) => number): number =>
    drained.reduce((total, stream) => total + pick(stream), 0);
  return {
    ...run,
    streams,
    pages: sum(({ pages }) => pages),
    records: sum(({ records }) => records),
    dollars: Number(priceOfRun(drained).toPrecision(2)),
  };
}

/** Columns of a terminal that nobody has widened. */
const WIDTH = 80;
/** What stands around the cells of five columns: a line before each and behind the last, blanks. */
const BORDERS = 6 + 5 * 2;

/** @param where what the dollars are: of this machine's runs, or of a stack's */
export function describeRuns(runs: readonly PastRun[], where: 'here' | 'in AWS'): string {
  const head = ['started', 'source', 'status', 'records', where === 'here' ? 'in AWS' : 'cost'];
  const rows = runs.map((run) => [
    run.startedAt.slice(0, 16).replace('T', ' '),
    sourceOf(run),
    run.status,
    run.records === undefined ? '-' : count(run.records),
    run.dollars === undefined ? '-' : dollars(run.dollars),
  ]);
  const fitted = rows.map((row) =>
    row.with(1, shortened(row[1] ?? '', roomFor(1, [head, ...rows]))),
  );
  const table = textTable(head, fitted, (place) => place > 2);
  return `${[table, ...runs.flatMap(toldOf), ...legend(runs, where)].join('\n')}\n`;
}

/** `jsonplaceholder (6)`: with the number of its streams. */
const sourceOf = ({ source, streams }: PastRun): string =>
  [source || '-', ...(streams ? [`(${streams.length})`] : [])].join(' ');

/** `$0.0016`, and what is less than a hundredth of a cent as such. */
const dollars = (amount: number): string =>
  amount === 0 || amount >= 0.0001 ? `$${plain(amount)}` : '<$0.0001';

const plain = (amount: number): string => amount.toFixed(amount < 0.01 ? 4 : 2);

/** Characters that the others leave to a column. */
const roomFor = (column: number, rows: readonly (readonly string[])[]): number =>
  (rows[0] ?? []).reduce(
    (left, _, place) =>
      place === column ? left : left - Math.max(...rows.map((row) => row[place]?.length ?? 0)),
    WIDTH - BORDERS,
  );

/** The number of streams stays when the name of the source is cut. */
function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const [name = '', streams] = text.split(' ');
  const end = streams === undefined ? '…' : `… ${streams}`;
  return `${name.slice(0, most - end.length)}${end}`;
}

/** Why a run has not done what it was asked, with the id that `driplake logs --run` takes. */
function toldOf({ runId, execution, cause, streams = [], status }: PastRun): string[] {
  if (status === 'done' || status === 'published') return [];
  const name = runId ?? execution?.split(':').at(-1) ?? '';
  const told = [...(cause === undefined ? [] : [cause]), ...causes(streams)];
  return told.map((line) => `  ${name} ${line.replaceAll('\n', ' ')}`);
}

function legend(runs: readonly PastRun[], where: 'here' | 'in AWS'): string[] {
  const prices = `at list prices of ${PRICES.asOf}`;
  return [
    ...(runs.some(({ status }) => status === 'published')
      ? ['published: what is in the lake; whether other streams failed is not kept.']
      : []),
    ...(runs.some(({ records }) => records === undefined)
      ? ['-: what that run counted is not kept.']
      : []),
    where === 'here'
      ? `in AWS: about what it would cost there ${prices}; here, nothing.`
      : `cost: about, of its pages, seconds and streams, ${prices}.`,
  ];
}
