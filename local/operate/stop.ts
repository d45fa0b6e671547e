// `driplake stop`: ends runs of a deployed stack and says what became of them.

import { PULL_TIMEOUT_SECONDS } from '../../shared/core/bounds.ts';
import type { Stopped } from '../stack/stop.ts';
import { command } from '../usage/command.ts';
import { json } from '../usage/options.ts';
import { CREDENTIALS, onStack } from '../usage/stack-options.ts';

export const stop = command({
  name: 'stop',
  summary: 'Stop runs and free their streams; the next start goes on from their cursors.',
  argument: {
    name: '[target]',
    about: 'a source, or an execution by name or ARN; without it, all',
  },
  options: { ...onStack, json },
  notes: [CREDENTIALS],
  async handler(asked, target) {
    const { accessOptions, withStack } = await import('../stack/open-stack.ts');
    const { stopRuns } = await import('../stack/stop.ts');
    const stopped = await withStack(asked, (stack) => stopRuns(stack, target));
    process.stdout.write(
      asked.json
        ? `${JSON.stringify(stopped)}\n`
        : describe(stopped, target, accessOptions(asked)),
    );
  },
});

function describe(
  { stack, executions, freed }: Stopped,
  target: string | undefined,
  access: string,
): string {
  const lines = executions.map(({ execution, source, drains }) => {
    const name = execution.split(':').at(-1);
    const streams = `${drains} ${drains === 1 ? 'stream' : 'streams'}`;
    return `Stopped ${name}: ${source}, ${streams} draining.`;
  });
  if (executions.length === 0) {
    lines.push(`Nothing ${target === undefined ? '' : `of ${target} `}is running in ${stack}.`);
  }
  if (freed.length > 0) lines.push(`Freed ${freed.join(', ')}, held by runs that have ended.`);
  if (executions.length > 0) {
    lines.push(
      `A function at work may still land its pages within ${PULL_TIMEOUT_SECONDS} s: they count once.`,
      'The cursors are kept: the next start goes on from them.',
      ...[...new Set(executions.map(({ source }) => source))].map(
        (source) => `  driplake redrive ${source} ${access}`,
      ),
    );
  }
  return lines.map((line) => `${line}\n`).join('');
}
