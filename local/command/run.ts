// `driplake run` as a person sees it: progress while it runs, a summary at the end, and what to do
// next. Ctrl-C lands what was fetched; a second one stops at once.

import { causes } from '../../shared/core/run/causes.ts';
import type { RunReport } from '../../shared/core/run/report.ts';
import { shownName } from '../../shared/core/table/sql-text.ts';
import { interruption } from '../machine/interruption.ts';
import { showProgress } from '../screen/progress.ts';
import { exitOfRun, summary } from '../screen/run-summary.ts';
import { command, type OptionsOf } from '../usage/command.ts';
import {
  DEFAULTS,
  EXIT_CODES,
  fullRefresh,
  json,
  lake,
  SOURCE,
  sameData,
  state,
  stream,
} from '../usage/options.ts';

const options = { stream, fullRefresh, sameData, lake, state, json };
type Options = OptionsOf<typeof options>;

export const run = command({
  name: 'run',
  summary: 'Sync a source into the lake; started again after a stop, it goes on.',
  argument: SOURCE,
  options,
  notes: [EXIT_CODES],
  handler: (asked, source) => runAndTell(source, asked),
});

/** @returns the exit code */
export async function runAndTell(source: string, asked: Options): Promise<number> {
  const { runSource } = await import('../machine/run.ts');
  const stop = interruption('what was fetched is landed first');
  const progress = showProgress(process.stderr);
  try {
    const report = await runSource({
      source,
      streams: asked.stream ?? [],
      lakeDir: asked.lake,
      stateDir: asked.state,
      fullRefresh: asked.fullRefresh === true,
      sameData: asked.sameData === true,
      journal: progress,
      env: process.env,
      signal: stop.signal,
    });
    progress.done();
    process.stdout.write(asked.json ? `${JSON.stringify(report)}\n` : summary(report));
    const told = [
      ...causes(report.streams),
      ...readAlong(report, asked),
      ...(await nextSteps(report, source, asked)),
    ];
    process.stderr.write(told.map((line) => `${line}\n`).join(''));
    return exitOfRun(report);
  } finally {
    progress.done();
    stop.dispose();
  }
}

/** Streams that nobody asked for, and without which those that were asked for can't be read. */
function readAlong({ streams }: RunReport, asked: Options): string[] {
  if (asked.stream === undefined) return [];
  const along = streams
    .map(({ stream }) => stream)
    .filter((name) => !asked.stream?.includes(name));
  return along.length === 0
    ? []
    : [`Read as well, since what was asked for follows from it: ${along.join(', ')}.`];
}

/** @param named what the person called the source: a name or a path */
async function nextSteps(report: RunReport, named: string, asked: Options): Promise<string[]> {
  const folders = [...changed('lake', asked), ...changed('state', asked)];
  // Streams that had not begun have not been told.
  const told = asked.sameData ? ['--same-data'] : [];
  const again = `driplake run ${[named, ...told, ...folders].join(' ')}`;
  if (report.status === 'interrupted')
    return [`Its place is kept: \`${again}\` goes on from there.`];
  if (report.status === 'failed') {
    const ask = `driplake check ${[named, ...changed('state', asked)].join(' ')}`;
    return [`Nothing is lost: mend the cause (\`${ask}\` asks again), then \`${again}\` goes on.`];
  }
  const busy = report.streams.filter((one) => one.status === 'busy').map((one) => one.stream);
  if (busy.length > 0) {
    const look = ['driplake status', ...changed('state', asked)].join(' ');
    return [`Another run is draining ${busy.join(', ')}: \`${look}\` shows how far it is.`];
  }
  const [first] = report.streams;
  const { describeNoSchema, tableNames } = await import('../../shared/core/table/views.ts');
  const noSchema = describeNoSchema(report.source);
  if (noSchema !== undefined) return [`The lake is ${asked.lake}. ${noSchema}`];
  const { schema, current } = tableNames({ source: report.source, stream: first?.stream ?? '' });
  const sql = `select * from ${shownName(schema)}.${shownName(current)} limit 5`;
  // Within the shell's quotes, those of SQL have to be the other ones.
  const quoted = sql.includes('"') ? `'${sql}'` : `"${sql}"`;
  const query = ['driplake query', quoted, ...changed('lake', asked)];
  return [`The lake is ${asked.lake}. Ask it: ${query.join(' ')}`];
}

/** The option, when it is not at its default. */
const changed = (option: 'lake' | 'state', asked: Options): string[] =>
  asked[option] === DEFAULTS[option] ? [] : [`--${option} ${asked[option]}`];
