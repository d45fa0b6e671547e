// `driplake compact`: merges the small objects of finished runs and removes what is left over, also
// while a run is going on. It can be stopped anywhere; the next one goes on from there.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { createLogUpdate } from 'log-update';
import { COMPACT_BYTES } from '../../shared/core/bounds.ts';
import { DriplakeError, Failure } from '../../shared/core/failures.ts';
import type { StreamCompaction } from '../../shared/core/run/compaction.ts';
import { manifestsOnly } from '../../shared/ports/catalogue/catalogue.ts';
import { systemClock } from '../../shared/ports/clock.ts';
import { silentJournal } from '../../shared/ports/journal.ts';
import { folderLake } from '../../shared/ports/lake/lake-folder.ts';
import { systemRandom } from '../../shared/ports/random.ts';
import { type CompactReport, compactLake } from '../../shared/pull/compact/compact.ts';
import type { CompactStep } from '../../shared/pull/compact/compact-run.ts';
import { interruption } from '../machine/interruption.ts';
import { openLedger } from '../machine/ledger.ts';
import { EXIT_OF_RUN } from '../screen/run-summary.ts';
import { count, textTable } from '../screen/text-table.ts';

export interface CompactFlags {
  readonly lake: string;
  readonly state: string;
  readonly json?: true;
}

/**
 * @param part a source, or a stream as `source.stream`; without a word, the whole lake
 * @returns the exit code
 * @throws DriplakeError configuration, lake, ledger
 */
export async function compactCommand(
  part: string | undefined,
  flags: CompactFlags,
): Promise<number> {
  checkFolders(flags);
  const { source, stream } = partOf(part);
  const stop = interruption('the object that is being merged is given up');
  const progress = showSteps();
  const clock = systemClock();
  const ledger = await openLedger(flags.state, clock, systemRandom());
  try {
    const lake = folderLake(flags.lake);
    const ports = { clock, ledger, lake, catalogue: manifestsOnly, journal: silentJournal };
    const report = await compactLake(ports, {
      source,
      stream,
      mergedBytes: COMPACT_BYTES,
      isLate: () => stop.signal.aborted,
      signal: stop.signal,
      onStep: progress.note,
    });
    progress.done();
    const status = statusOf(report);
    const answer = { status, streams: report.streams };
    process.stdout.write(flags.json ? `${JSON.stringify(answer)}\n` : summary(report));
    for (const fault of report.streams.flatMap(({ faults }) => faults)) {
      process.stderr.write(`driplake: ${fault}\n`);
    }
    if (report.more) process.stderr.write('What is done is kept; the next compaction goes on.\n');
    return EXIT_OF_RUN[status];
  } finally {
    progress.done();
    stop.dispose();
    await ledger.close();
  }
}

/** @throws DriplakeError configuration */
function partOf(part = ''): { source?: string; stream?: string } {
  if (part === '') return {};
  const [source = '', stream, ...rest] = part.split('.');
  if (rest.length === 0) return stream === undefined ? { source } : { source, stream };
  throw new DriplakeError(
    Failure.configuration,
    `${JSON.stringify(part)} is neither a source nor a stream.`,
    'A stream is named like lightspeed-x.products.',
  );
}

/** Without the ledger nobody knows which runs are still going on. */
function checkFolders({ lake, state }: CompactFlags): void {
  if (!existsSync(lake)) {
    throw new DriplakeError(
      Failure.lake,
      `There is no lake folder at ${lake}.`,
      'Run `driplake run <source>` first, or name the folder with --lake.',
    );
  }
  if (existsSync(join(state, 'ledger'))) return;
  throw new DriplakeError(
    Failure.configuration,
    `Nothing has run with the state folder ${state}: it does not say which runs are unfinished.`,
    'Name the folder that the runs of this lake were made with: --state.',
  );
}

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
