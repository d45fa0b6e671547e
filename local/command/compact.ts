// `driplake compact`: merges the small objects of finished runs and removes what is left over, also
// while a run is going on. It can be stopped anywhere; the next one goes on from there.

import { createLogUpdate } from 'log-update';
import type { StreamCompaction } from '../../shared/core/run/compaction.ts';
import type { CompactReport } from '../../shared/pull/compact/compact.ts';
import type { CompactStep } from '../../shared/pull/compact/compact-run.ts';
import { interruption } from '../machine/interruption.ts';
import { EXIT_OF_RUN } from '../screen/run-summary.ts';
import { count, textTable } from '../screen/text-table.ts';
import { command } from '../usage/command.ts';
import { EXIT_CODES, json, lake, state } from '../usage/options.ts';

export const compact = command({
  name: 'compact',
  summary: 'Merge the small objects of finished runs; what is read stays the same.',
  argument: {
    name: '[source.stream]',
    about: 'such as lightspeed-x.products, or a whole source; all of them',
  },
  options: { lake, state, json },
  notes: [EXIT_CODES],
  async handler({ lake: lakeDir, state: stateDir, json }, part) {
    const { compactFolder } = await import('../machine/compact-folder.ts');
    const stop = interruption('the object that is being merged is given up');
    const progress = showSteps();
    try {
      const { signal } = stop;
      const report = await compactFolder({
        lakeDir,
        stateDir,
        part,
        signal,
        onStep: progress.note,
      });
      progress.done();
      const status = statusOf(report);
      const answer = { status, streams: report.streams };
      process.stdout.write(json ? `${JSON.stringify(answer)}\n` : summary(report));
      for (const fault of report.streams.flatMap(({ faults }) => faults)) {
        process.stderr.write(`driplake: ${fault}\n`);
      }
      if (report.more)
        process.stderr.write('What is done is kept; the next compaction goes on.\n');
      return EXIT_OF_RUN[status];
    } finally {
      progress.done();
      stop.dispose();
    }
  },
});

const statusOf = ({ more, streams }: CompactReport): 'done' | 'failed' | 'interrupted' => {
  if (more) return 'interrupted';
  return streams.some(({ faults }) => faults.length > 0) ? 'failed' : 'done';
};

/** On a terminal, one line that says what is going on; elsewhere nothing. */
function showSteps(): { note(step: CompactStep): void; done(): void } {
  if (!process.stderr.isTTY) return { note: () => {}, done: () => {} };
  const log = createLogUpdate(process.stderr);
  return {
    note({ source, stream, runId, kind, done, of }) {
      const objects = of === undefined ? count(done) : `${count(done)} of ${count(of)}`;
      log(`${source}.${stream} ${runId}: ${kind}, ${objects} objects`);
    },
    done: () => log.clear(),
  };
}

/** A table of the streams and a line for all of them. */
function summary({ streams }: CompactReport): string {
  const head = [
    ...['stream', 'runs', 'objects', 'merged into', 'MB'],
    ...['removed', 'to be removed', 'leftovers'],
  ];
  const rows = streams.map((one) => [
    `${one.source}.${one.stream}`,
    ...[one.runs, one.objectsBefore, one.objectsAfter].map(count),
    (one.bytes / 1e6).toFixed(1),
    ...[one.removed, one.waiting, one.leftovers].map(count),
  ]);
  const sum = (pick: (stream: StreamCompaction) => number): number =>
    streams.reduce((total, stream) => total + pick(stream), 0);
  const runs = sum((one) => one.runs);
  const from = `${count(sum((one) => one.objectsBefore))} objects of ${count(runs)} ${runs === 1 ? 'run' : 'runs'}`;
  const merged =
    runs === 0
      ? 'There is nothing to merge.'
      : `${from} became ${count(sum((one) => one.objectsAfter))}.`;
  const waiting = sum((one) => one.waiting);
  const later = `${count(waiting)} old ones stay for a day, for queries that began before; a later compaction removes them.`;
  const table = textTable(head, rows, (place) => place > 0);
  return `${table}\n${merged}${waiting > 0 ? ` ${later}` : ''}\n`;
}
