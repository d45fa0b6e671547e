// `driplake run` as a person sees it: progress while it runs, a summary at the end, and what to do
// next. Ctrl-C lands what was fetched; a second one stops at once.

import Table from 'cli-table3';
import type { RunReport, StreamReport } from '../shared/core/run.ts';
import { DEFAULTS, type RunFlags } from './flags.ts';
import { count, showProgress } from './progress.ts';
import { runSource } from './run.ts';

/** @returns the exit code */
export async function runCommand(source: string, flags: RunFlags): Promise<number> {
  const stop = interruption();
  const progress = showProgress(process.stderr);
  try {
    const report = await runSource({
      source,
      streams: flags.stream ?? [],
      lakeDir: flags.lake,
      stateDir: flags.state,
      fullRefresh: flags.fullRefresh === true,
      journal: progress,
      env: process.env,
      signal: stop.signal,
    });
    progress.done();
    process.stdout.write(flags.json ? `${JSON.stringify(report)}\n` : summary(report));
    const told = [...causes(report.streams), ...nextSteps(report, source, flags)];
    process.stderr.write(told.map((line) => `${line}\n`).join(''));
    return { done: 0, failed: 1, interrupted: 130 }[report.status];
  } finally {
    progress.done();
    stop.dispose();
  }
}

/**
 * A terminal sends Ctrl-C to everyone in front of it, and whoever started us (npx, the shell) may
 * pass it on: within this it is the same one, ms.
 */
const SAME_SIGNAL_MS = 500;

/** Aborts at the first SIGINT or SIGTERM; the second one ends the process. */
function interruption(): { signal: AbortSignal; dispose(): void } {
  const controller = new AbortController();
  let firstMs = 0;
  const onSignal = (): void => {
    if (controller.signal.aborted && performance.now() - firstMs < SAME_SIGNAL_MS) return;
    if (controller.signal.aborted) process.exit(130);
    firstMs = performance.now();
    process.stderr.write(
      '\nStopping: what was fetched is landed first. Ctrl-C again stops at once.\n',
    );
    controller.abort();
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    dispose: () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal),
  };
}

/** A table of the streams and a line for all of them. */
function summary(report: RunReport): string {
  const table = new Table({
    head: [
      'stream',
      'status',
      'pages',
      'records',
      'objects',
      'requests',
      'refused',
      'waited',
      'seconds',
    ],
    colAligns: ['left', 'left', ...Array<'right'>(7).fill('right')],
    style: { head: [], border: [], compact: true },
  });
  for (const one of report.streams) {
    table.push([
      one.stream,
      one.status,
      ...[one.pages, one.records, one.objects, one.requests, one.throttled].map(count),
      `${one.waitedSeconds.toFixed(1)} s`,
      one.seconds.toFixed(1),
    ]);
  }
  const total = (pick: (stream: StreamReport) => number): string =>
    count(report.streams.reduce((sum, stream) => sum + pick(stream), 0));
  const sums = `${total((one) => one.records)} records, ${total((one) => one.pages)} pages, ${total((one) => one.throttled)} refusals`;
  return `${table.toString()}\nRun ${report.runId} of ${report.source}: ${report.status}. ${sums}.\n`;
}

/** One line a cause, with the streams that share it. */
function causes(streams: readonly StreamReport[]): string[] {
  const shared = new Map<string, string[]>();
  for (const { stream, cause } of streams) {
    if (cause) shared.set(cause, [...(shared.get(cause) ?? []), stream]);
  }
  return [...shared].map(([cause, names]) => `${names.join(', ')}: ${cause}`);
}

/** @param named what the person called the source: a name or a path */
function nextSteps(report: RunReport, named: string, flags: RunFlags): string[] {
  const again = `driplake run ${[named, ...changed('lake', flags), ...changed('state', flags)].join(' ')}`;
  if (report.status === 'interrupted')
    return [`Its place is kept: \`${again}\` goes on from there.`];
  if (report.status === 'failed') {
    const ask = `driplake check ${[named, ...changed('state', flags)].join(' ')}`;
    return [`Nothing is lost: mend the cause (\`${ask}\` asks again), then \`${again}\` goes on.`];
  }
  if (report.streams.some((one) => one.status === 'busy')) {
    return ['Another run is draining the busy streams.'];
  }
  const [first] = report.streams;
  const table = `${report.source}.${first?.stream}`.replaceAll('-', '_');
  const query = ['driplake query', `"select * from ${table} limit 5"`, ...changed('lake', flags)];
  return [`The lake is ${flags.lake}. Ask it: ${query.join(' ')}`];
}

/** The option, when it is not at its default. */
const changed = (option: 'lake' | 'state', flags: RunFlags): string[] =>
  flags[option] === DEFAULTS[option] ? [] : [`--${option} ${flags[option]}`];
