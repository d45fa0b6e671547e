// `driplake run` as a person sees it: progress while it runs, a summary at the end, and what to do
// next. Ctrl-C lands what was fetched; a second one stops at once.

import { causes, type RunReport } from '../../shared/core/run/run.ts';
import { DEFAULTS, type RunFlags } from '../machine/flags.ts';
import { interruption } from '../machine/interruption.ts';
import { runSource } from '../machine/run.ts';
import { showProgress } from '../screen/progress.ts';
import { EXIT_OF_RUN, summary } from '../screen/run-summary.ts';

/** @returns the exit code */
export async function runCommand(source: string, flags: RunFlags): Promise<number> {
  const stop = interruption('what was fetched is landed first');
  const progress = showProgress(process.stderr);
  try {
    const report = await runSource({
      source,
      streams: flags.stream ?? [],
      lakeDir: flags.lake,
      stateDir: flags.state,
      fullRefresh: flags.fullRefresh === true,
      sameData: flags.sameData === true,
      journal: progress,
      env: process.env,
      signal: stop.signal,
    });
    progress.done();
    process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : summary(report));
    const told = [...causes(report.streams), ...nextSteps(report, source, flags)];
    process.stderr.write(told.map((line) => `${line}\n`).join(''));
    return EXIT_OF_RUN[report.status];
  } finally {
    progress.done();
    stop.dispose();
  }
}

/** @param named what the person called the source: a name or a path */
function nextSteps(report: RunReport, named: string, flags: RunFlags): string[] {
  const folders = [...changed('lake', flags), ...changed('state', flags)];
  // Streams that had not begun have not been told.
  const told = flags.sameData ? ['--same-data'] : [];
  const again = `driplake run ${[named, ...told, ...folders].join(' ')}`;
  if (report.status === 'interrupted')
    return [`Its place is kept: \`${again}\` goes on from there.`];
  if (report.status === 'failed') {
    const ask = `driplake check ${[named, ...changed('state', flags)].join(' ')}`;
    return [`Nothing is lost: mend the cause (\`${ask}\` asks again), then \`${again}\` goes on.`];
  }
  const busy = report.streams.filter((one) => one.status === 'busy').map((one) => one.stream);
  if (busy.length > 0) {
    const look = ['driplake status', ...changed('state', flags)].join(' ');
    return [`Another run is draining ${busy.join(', ')}: \`${look}\` shows how far it is.`];
  }
  const [first] = report.streams;
  const table = `${report.source}.${first?.stream}`.replaceAll('-', '_');
  const query = ['driplake query', `"select * from ${table} limit 5"`, ...changed('lake', flags)];
  return [`The lake is ${flags.lake}. Ask it: ${query.join(' ')}`];
}

/** The option, when it is not at its default. */
const changed = (option: 'lake' | 'state', flags: RunFlags): string[] =>
  flags[option] === DEFAULTS[option] ? [] : [`--${option} ${flags[option]}`];
