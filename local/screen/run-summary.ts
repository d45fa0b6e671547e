// What a run did, for a person: a table of its streams and a line for all of them. The same for a
// run on this machine and for one in AWS.

import type { RunReport, StreamReport } from '../../shared/core/run/report.ts';
import { describeDrift } from '../../shared/core/table/stream-columns.ts';
import { count, textTable } from './text-table.ts';

/** A table of the streams and a line for all of them. */
export function summary(report: RunReport): string {
  const head = [
    ...['stream', 'status', 'pages', 'records', 'objects'],
    ...['requests', 'throttled', 'waited', 'seconds'],
  ];
  const rows = report.streams.map((one) => [
    one.stream,
    one.status,
    ...[one.pages, one.records, one.objects, one.requests, one.throttled].map(count),
    `${one.waitedSeconds.toFixed(1)} s`,
    one.seconds.toFixed(1),
  ]);
  const total = (pick: (stream: StreamReport) => number): string =>
    count(report.streams.reduce((sum, stream) => sum + pick(stream), 0));
  const sums = `${total((one) => one.records)} records, ${total((one) => one.pages)} pages, ${total((one) => one.throttled)} throttled`;
  const told = `Run ${report.runId} of ${report.source}: ${report.status}. ${sums}.`;
  const table = textTable(head, rows, (place) => place > 1);
  return [table, told, ...drifts(report.streams), ''].join('\n');
}

/** One line a stream whose columns changed. */
const drifts = (streams: readonly StreamReport[]): string[] =>
  streams.flatMap(({ stream, drift }) => (drift ? [`${stream}: ${describeDrift(drift)}`] : []));

/** Of a run, or of another work that was told. */
export const EXIT_OF_RUN = { done: 0, failed: 1, interrupted: 130 } as const;

/** Who waits for a run wants its rows: streams that another run holds are not done. */
export function exitOfRun({ status, streams }: RunReport): number {
  const isBusy = status === 'done' && streams.some((stream) => stream.status === 'busy');
  return isBusy ? EXIT_OF_RUN.failed : EXIT_OF_RUN[status];
}
