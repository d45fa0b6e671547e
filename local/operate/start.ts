// `driplake start`: begins a run of a deployed source and says how to follow it, or follows it.

import { inputOf } from '../machine/run-input.ts';
import { command } from '../usage/command.ts';
import { fullRefresh, json, sameData, stream } from '../usage/options.ts';
import { CREDENTIALS, onStack } from '../usage/stack-options.ts';

export const start = command({
  name: 'start',
  summary: 'Start a run of a deployed source; one that is going on is found, not doubled.',
  argument: { name: '<source>', about: 'name of a source that was deployed' },
  options: {
    ...onStack,
    stream,
    fullRefresh,
    sameData,
    wait: { about: 'follow the run and print what `driplake run` prints' },
    json,
  },
  notes: [
    CREDENTIALS,
    `Exit codes: 0 started (with --wait: done), 1 failed, 2 wrong usage, configuration or credentials,
130 stopped, or no longer waited for.`,
  ],
  async handler(asked, source) {
    const { withStack } = await import('../stack/open-stack.ts');
    const { beginRun } = await import('../stack/begin.ts');
    const { begunAnswer, checkDeployed, tellBegun } = await import('../stack/begun.ts');
    const { followToTheEnd } = await import('../stack/follow-command.ts');
    return withStack(asked, async (stack) => {
      const streams = [...new Set(asked.stream ?? [])];
      await checkDeployed(stack, source, streams);
      const begun = await beginRun(stack, inputOf(source, streams, asked));
      process.stderr.write(tellBegun(stack, begun, asked, asked.wait));
      if (asked.wait) return followToTheEnd(stack, begun, asked, asked.json === true);
      process.stdout.write(
        asked.json ? `${JSON.stringify(begunAnswer(stack, begun))}\n` : `${begun.arn}\n`,
      );
      return 0;
    });
  },
});
