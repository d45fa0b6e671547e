// The `driplake` command: its options, its exit codes, and which file does each of its words.
// stdout is for answers, stderr for everything else.

import { Command, CommanderError, Option } from 'commander';
import { DriplakeError, explain, Failure } from '../../shared/core/failures.ts';
import { VERSION } from '../../shared/pull/sign/version.ts';
import { EXPORT_FORMATS } from '../lake/export-formats.ts';
import { DEFAULTS, type RunFlags } from '../machine/flags.ts';
import { ROW_FORMATS } from '../screen/format-rows.ts';
import type { StackFlags } from '../stack/open-stack.ts';
import { addStackCommands, stackOption, withAccess } from '../stack/stack-commands.ts';
import type { CompactFlags } from './compact-command.ts';
import type { ExportFlags } from './export-command.ts';
import type { QueryFlags } from './query-command.ts';

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
/** The opposite of a full refresh, for a source that is refused for its new address. */
const sameData = () =>
  new Option('--same-data', 'the source has moved, its data is the same: go on').conflicts(
    'fullRefresh',
  );
const json = () => new Option('--json', 'print one JSON object on stdout');

function program(): Command {
  const driplake = new Command('driplake')
    .description('Drains paginated, rate-limited REST APIs into a data lake.')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError('(driplake --help lists the commands)')
    .configureHelp({ showGlobalOptions: true });
  addSourceCommands(driplake);
  addLakeCommands(driplake);
  addStatus(driplake);
  addStackCommands(driplake, { stream, sameData, json });
  return driplake;
}

/** The words that are about a source: each names one, or lists all. */
function addSourceCommands(driplake: Command): void {
  driplake
    .command('run')
    .description('Sync a source into the lake; started again after a stop, it goes on.')
    .argument('<source>', 'name of a source, or path of a source file')
    .addOption(stream())
    .option('--full-refresh', 'read everything again, whatever was read before')
    .addOption(sameData())
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
    .command('sources')
    .description('The sources that come with Driplake, and their streams.')
    .addOption(json())
    .action(async (options: { json?: true }) => {
      const { sourcesCommand } = await import('./sources.ts');
      await sourcesCommand(options);
    });
}

/** The words that are about what has landed. */
function addLakeCommands(driplake: Command): void {
  driplake
    .command('query')
    .description(
      'SQL over the lake: <source>.<stream> has the current rows, <stream>_history all.',
    )
    .argument('[sql]', 'one or more statements; "-" in a source is "_" here')
    .option('--saved <name>', 'a saved query in place of SQL; "driplake queries" lists them')
    .addOption(lake())
    .addOption(
      new Option('--format <format>', 'how rows are printed')
        .choices(ROW_FORMATS)
        .default('table'),
    )
    .action(async (sql: string | undefined, options: QueryFlags) => {
      const { queryCommand } = await import('./query-command.ts');
      await queryCommand(sql, options);
    });
  driplake
    .command('queries')
    .description('The saved queries that come with the sources.')
    .addOption(json())
    .action(async (options: { json?: true }) => {
      const { queriesCommand } = await import('./queries.ts');
      queriesCommand(options);
    });
  driplake
    .command('export')
    .description('The current rows of a stream as Parquet, CSV or NDJSON; a file is whole or not.')
    .argument('<source.stream>', 'such as lightspeed-x.products')
    .addOption(
      new Option('--format <format>', 'how rows are written')
        .choices(EXPORT_FORMATS)
        .makeOptionMandatory(),
    )
    .option('-o, --output <file>', 'where to; "-" or nothing is stdout, for csv and ndjson')
    .option('--history', 'all rows of all finished runs')
    .option('--force', 'replace a file that is there')
    .addOption(lake())
    .action(async (table: string, options: ExportFlags) => {
      const { exportCommand } = await import('./export-command.ts');
      await exportCommand(table, options);
    });
  driplake
    .command('compact')
    .description('Merge the small objects of finished runs; what is read stays the same.')
    .argument('[source.stream]', 'such as lightspeed-x.products, or a whole source; all of them')
    .addOption(lake())
    .addOption(state())
    .addOption(json())
    .addHelpText('after', EXIT_HELP)
    .action(async (part: string | undefined, options: CompactFlags) => {
      const { compactCommand } = await import('./compact-command.ts');
      process.exitCode = await compactCommand(part, options);
    });
}

/** Of this machine's ledger, or of a deployed stack's. */
function addStatus(driplake: Command): void {
  withAccess(driplake.command('status').addOption(stackOption()))
    .description('Streams, cursors, budgets and last runs, also while a run is going on.')
    .addOption(state())
    .addOption(json())
    .addHelpText('after', STATUS_HELP)
    .action(
      async ({ stack, ...options }: Partial<StackFlags> & { state: string }, command: Command) => {
        if (stack !== undefined) {
          const { stackStatusCommand } = await import('../stack/stack-status.ts');
          return stackStatusCommand({ ...options, stack });
        }
        if (options.profile ?? options.region) {
          command.error("error: options '--profile' and '--region' go with '--stack <name>'");
        }
        const { statusCommand } = await import('./status.ts');
        return statusCommand(options);
      },
    );
}

const STATUS_HELP = `
Of this machine, or with --stack of a deployed stack, with its last executions.`;

const EXIT_HELP = `
Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted with its state kept.`;

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
