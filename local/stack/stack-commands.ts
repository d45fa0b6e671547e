// The words of the `driplake` command that go to a deployed stack. Each loads its file, and with
// it the SDK of AWS, only when it is used.

import { type Command, InvalidArgumentError, Option } from 'commander';
import type { LogFlags } from './logs.ts';
import type { StackFlags } from './open-stack.ts';
import type { StartFlags } from './start.ts';

export const STACK_HELP = `
Credentials are those of the AWS CLI: a profile, single sign-on or the environment.`;

/** The stack that is meant, and the way to it. `status` works without one. */
export const stackOption = () =>
  new Option('--stack <name>', 'a deployed stack, as `npx cdk deploy` named it').argParser(
    (name: string) => {
      // `--stack "$STACK"` where nobody has set it.
      if (name === '') throw new InvalidArgumentError('It is empty.');
      return name;
    },
  );

export const withAccess = (command: Command): Command =>
  command
    .addOption(new Option('--profile <name>', 'profile of your AWS configuration'))
    .addOption(new Option('--region <name>', 'AWS region of the stack'));

const onStack = (command: Command): Command =>
  withAccess(command.addOption(stackOption().makeOptionMandatory())).addHelpText(
    'after',
    STACK_HELP,
  );

/** @param shared makers of the options that local commands have too */
export function addStackCommands(
  driplake: Command,
  shared: { readonly [name in 'stream' | 'sameData' | 'json']: () => Option },
): void {
  const { stream, sameData, json } = shared;
  onStack(driplake.command('start'))
    .description('Start a run of a deployed source; one that is going on is found, not doubled.')
    .argument('<source>', 'name of a source that was deployed')
    .addOption(stream())
    .option('--full-refresh', 'read everything again, whatever was read before')
    .addOption(sameData())
    .option('--wait', 'follow the run and print what `driplake run` prints')
    .addOption(json())
    .addHelpText(
      'after',
      `
Exit codes: 0 started (with --wait: done), 1 failed, 2 wrong usage, configuration or credentials,
130 stopped, or no longer waited for.`,
    )
    .action(async (source: string, flags: StartFlags) => {
      const { startCommand } = await import('./start.ts');
      process.exitCode = await startCommand(source, flags);
    });
  onStack(driplake.command('logs'))
    .description('What the functions of a stack logged, in the order of time.')
    .option('--source <name>', 'only of this source')
    .option('-s, --stream <name>', 'only of this stream')
    .option('--run <id>', 'only of this run, as `status` names it')
    .option('--errors', 'only warnings, errors and functions that broke off')
    .option(
      '--since <time>',
      'a span (90s, 15m, 1h, 2d) or a moment (default: the beginning of --run, else 1h)',
    )
    .option('--follow', 'go on with what is logged from now on')
    .option('--json', 'print the lines as they are, one JSON value each')
    .action(async (flags: LogFlags) => {
      const { logsCommand } = await import('./logs.ts');
      await logsCommand(flags);
    });
  onStack(driplake.command('stop'))
    .description('Stop runs and free their streams; the next start goes on from their cursors.')
    .argument('[target]', 'a source, or an execution by name or ARN; without it, all')
    .addOption(json())
    .action(async (target: string | undefined, flags: StackFlags) => {
      const { stopCommand } = await import('./stop.ts');
      await stopCommand(target, flags);
    });
  onStack(driplake.command('redrive'))
    .description('Start again what failed, was stopped or timed out, and was not made up for.')
    .argument('[source]', 'only of this source')
    .addOption(json())
    .addHelpText(
      'after',
      `
Each is a new execution with the same input: streams that failed go on from their kept cursors.
Step Functions' own redrive is no remedy, since it enters the state again that failed for good.`,
    )
    .action(async (source: string | undefined, flags: StackFlags) => {
      const { redriveCommand } = await import('./redrive.ts');
      await redriveCommand(source, flags);
    });
}
