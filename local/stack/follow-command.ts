// `driplake start --wait` as a person sees it: progress while the run goes on in AWS, the summary
// of `driplake run` at its end. Ctrl-C stops the looking, not the run.

import { DriplakeError } from '../../shared/core/failures.ts';
import { causes } from '../../shared/core/run/causes.ts';
import type { RunReport } from '../../shared/core/run/report.ts';
import { interruption } from '../machine/interruption.ts';
import { showProgress } from '../screen/progress.ts';
import { EXIT_OF_RUN, exitOfRun, summary } from '../screen/run-summary.ts';
import type { Begun } from './begin.ts';
import { followRun } from './follow.ts';
import { accessOptions, type DeployedStack, type StackAccess } from './open-stack.ts';

/** @returns the exit code of the run, or 130 when nobody waited for it */
export async function followToTheEnd(
  stack: DeployedStack,
  begun: Begun,
  to: StackAccess,
  json: boolean,
): Promise<number> {
  const leave = interruption('only the looking, the run goes on');
  const progress = showProgress(process.stderr);
  try {
    const report = await followRun(stack, begun, progress, leave.signal);
    progress.done();
    const access = accessOptions(to);
    const source = begun.input.source;
    if (!report) {
      process.stderr.write(
        `The run goes on. Stop it with \`driplake stop ${source} ${access}\`.\n`,
      );
      return EXIT_OF_RUN.interrupted;
    }
    process.stdout.write(json ? `${JSON.stringify(report)}\n` : summary(report));
    const told = [...causes(report.streams), ...nextSteps(report, stack, access)];
    process.stderr.write(told.map((line) => `${line}\n`).join(''));
    return exitOfRun(report);
  } catch (error) {
    progress.done();
    // What broke is the looking: a sign-in that has run out, a network that is gone.
    if (!(error instanceof DriplakeError)) process.stderr.write('The run goes on without us.\n');
    throw error;
  } finally {
    progress.done();
    leave.dispose();
  }
}

function nextSteps(report: RunReport, stack: DeployedStack, access: string): string[] {
  const named = (status: string): string[] =>
    report.streams.filter((one) => one.status === status).map((one) => `--stream ${one.stream}`);
  const again = (streams: readonly string[]): string =>
    `driplake start ${[report.source, ...streams, access].join(' ')}`;
  if (report.status === 'interrupted') {
    return [`The run was stopped; its place is kept: \`${again([])}\` goes on from there.`];
  }
  if (report.status === 'failed') {
    return [
      `Nothing is lost: see \`driplake logs --errors --source ${report.source} ${access}\`, mend ` +
        `the cause, then \`${again(named('failed'))}\` goes on.`,
    ];
  }
  if (named('busy').length > 0) return ['Another run is draining the busy streams.'];
  return [`The lake is ${stack.lakeUrl}.`];
}
