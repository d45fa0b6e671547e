// The `driplake` command: its options, its exit codes, and which file does each of its words.
// stdout is for answers, stderr for everything else.

import { Command, CommanderError, Option } from 'commander';
import { DriplakeError, explain, Failure } from '../shared/core/failures.ts';
import { VERSION } from '../shared/pull/version.ts';
import { DEFAULTS, type RunFlags } from './flags.ts';
import { ROW_FORMATS } from './format-rows.ts';

const Exit = { done: 0, failed: 1, usage: 2 } as const;

const lake = () =>
  new Option('--lake <dir>', 'folder of the lake').default(DEFAULTS.lake).env('DRIPLAKE_LAKE_DIR');
const state = () =>
  new Option('--state <dir>', 'folder of cursors, budgets and tokens')
    .default(DEFAULTS.state)
    .env('DRIPLAKE_STATE_DIR');
/** Given once for each stream: a list would swallow the source that may follow it. */
const stream = () =>
  new Option('-s, --stream <name>', 'only this stream; may be repeated').argParser(
    (name: string, before: readonly string[] | undefined) => [...(before ?? []), name],
  );
const json = () => new Option('--json', 'print one JSON object on stdout');

function program(): Command {
  const driplake = new Command('driplake')
    .description('Drains paginated, rate-limited REST APIs into a data lake.')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(driplake --help lists the commands)')
    .configureHelp({ showGlobalOptions: true });
  driplake
    .command('run')
    .description('Sync a source into the lake; started again after a stop, it goes on.')
    .argument('<source>', 'name of a source, or path of a source file')
    .addOption(stream())
    .option('--full-refresh', 'read everything again, whatever was read before')
    .addOption(lake())
    .addOption(state())
    .addOption(json())
    .addHelpText('after', EXIT_HELP)
    .action(async (source: string, options: RunFlags) => {
      const { runCommand } = await import('./run-command.ts');
      process.exitCode = await runCommand(source, options);
    });
  driplake
    .command('check')
    .description('One request a stream: credentials, limits, records, columns; writes nothing.')
    .argument('<source>', 'name of a source, or path of a source file')
    .addOption(stream())
    .addOption(state())
    .addOption(json())
    .action(async (source: string, options: RunFlags) => {
      const { checkCommand } = await import('./check.ts');
      process.exitCode = await checkCommand(source, options);
    });
  driplake
    .command('plan')
    .description('Pages, time and dollars that a run is expected to take, and why.')
    .argument('<source>', 'name of a source, or path of a source file')
    .addOption(stream())
    .addOption(state())
    .addOption(json())
    .action(async (source: string, options: RunFlags) => {
      const { planCommand } = await import('./plan.ts');
      process.exitCode = await planCommand(source, options);
    });
  driplake
    .command('query')
    .description(
      'SQL over the lake: <source>.<stream> has the current rows, <stream>_history all.',
    )
    .argument('<sql>', 'one or more statements; "-" in a source is "_" here')
    .addOption(lake())
    .addOption(
      new Option('--format <format>', 'how rows are printed')
        .choices(ROW_FORMATS)
        .default('table'),
    )
    .action(
      async (sql: string, options: { lake: string; format: (typeof ROW_FORMATS)[number] }) => {
        const { queryCommand } = await import('./query-command.ts');
        await queryCommand(sql, options);
      },
    );
  driplake
    .command('status')
    .description('Streams, cursors, budgets and last runs, also while a run is going on.')
    .addOption(state())
    .addOption(json())
    .action(async (options: { state: string; json?: true }) => {
      const { statusCommand } = await import('./status.ts');
      await statusCommand(options);
    });
  driplake
    .command('sources')
    .description('The sources that come with Driplake, and their streams.')
    .addOption(json())
    .action(async (options: { json?: true }) => {
      const { sourcesCommand } = await import('./sources.ts');
      await sourcesCommand(options);
    });
  return driplake;
}

const EXIT_HELP = `
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted with its state kept.`;

/** What a person mends before anything can begin; what fails later is told by the run's report. */
const USAGE: readonly string[] = [Failure.configuration, Failure.credentials];

async function main(): Promise<void> {
  process.stdout.on('error', leaveQuietly);
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

/** A reader that has seen enough, as `head` has, is no failure. */
function leaveQuietly(error: Error): void {
  if ('code' in error && error.code === 'EPIPE') process.exit(Exit.done);
  throw error;
}

await main();
