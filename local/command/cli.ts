// The `driplake` command: one program of all its commands, and its exit codes. stdout is for answers,
// stderr for everything else.

import { Command, CommanderError } from 'commander';
import { DriplakeError, explain, Failure } from '../../shared/core/failures.ts';
import { VERSION } from '../../shared/pull/sign/version.ts';
import { COMMANDS } from './commands.ts';

const Exit = { done: 0, failed: 1, usage: 2 } as const;

function program(): Command {
  const driplake = new Command('driplake')
    .description('Drains paginated, rate-limited REST APIs into a data lake.')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(driplake --help lists the commands)')
    .configureHelp({ showGlobalOptions: true });
  for (const command of COMMANDS) command.addTo(driplake);
  return driplake;
}

/** What a person mends before anything can begin; what fails later is told by the run's report. */
const USAGE: readonly string[] = [Failure.configuration, Failure.credentials];

async function main(): Promise<void> {
  process.stdout.on('error', leaveStdout);
  try {
    await program().parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? Exit.done : Exit.usage;
      return;
    }
    process.stderr.write(`driplake: ${explain(error)}\n`);
    const isOurs = error instanceof DriplakeError;
    if (!isOurs) tellMore(error);
    process.exitCode = isOurs && USAGE.includes(error.name) ? Exit.usage : Exit.failed;
  }
}

function tellMore(error: unknown): void {
  if (process.env['DRIPLAKE_DEBUG']) console.error(error);
  else process.stderr.write('This is a bug: DRIPLAKE_DEBUG=1 shows where.\n');
}

/** A reader that has seen enough, as `head` has, is no failure; a full disk behind `>` is one. */
function leaveStdout(error: Error): void {
  if ('code' in error && error.code === 'EPIPE') process.exit(Exit.done);
  process.stderr.write(`driplake: stdout can't be written: ${explain(error)}\n`);
  process.exit(Exit.failed);
}

await main();
