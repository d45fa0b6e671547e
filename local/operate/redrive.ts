// `driplake redrive`: starts again what ended badly and nobody has made up for since. Each is a
// new execution with the same input. Step Functions' own redrive would enter the Fail state again,
// or come back to streams that have another holder by now.

import type { Begun } from '../stack/begin.ts';
import type { Execution } from '../stack/executions.ts';
import { command } from '../usage/command.ts';
import { json } from '../usage/options.ts';
import { CREDENTIALS, onStack } from '../usage/stack-options.ts';

/** Executions looked through, newest first: four days of hourly runs. */
const LOOKED_THROUGH = 100;

export const redrive = command({
  name: 'redrive',
  summary: 'Start again what failed, was stopped or timed out, and was not made up for.',
  argument: { name: '[source]', about: 'only of this source' },
  options: { ...onStack, json },
  notes: [
    CREDENTIALS,
    `Each is a new execution with the same input: streams that failed go on from their kept cursors.
Step Functions' own redrive is no remedy, since it enters the state again that failed for good.`,
  ],
  async handler(asked, source) {
    const { withStack } = await import('../stack/open-stack.ts');
    const { listExecutions } = await import('../stack/executions.ts');
    const { beginRun } = await import('../stack/begin.ts');
    const { begunAnswer, checkDeployed, tellBegun } = await import('../stack/begun.ts');
    const { toRedrive } = await import('../stack/redrive.ts');
    return withStack(asked, async (stack) => {
      if (source !== undefined) await checkDeployed(stack, source);
      const last = await listExecutions(stack, stack.syncMachineArn, LOOKED_THROUGH);
      const { inputs, refused } = toRedrive(
        last.filter((one) => source === undefined || one.input?.source === source),
      );
      const begun: Begun[] = [];
      for (const input of inputs) begun.push(await beginRun(stack, input));
      process.stderr.write(refused.map(tellRefused).join(''));
      if (asked.json) {
        const answers = begun.map((one) => begunAnswer(stack, one));
        process.stdout.write(`${JSON.stringify({ stack: stack.name, redriven: answers })}\n`);
        return;
      }
      const of = source === undefined ? '' : ` of ${source}`;
      process.stdout.write(
        begun.length > 0
          ? begun.map((one) => tellBegun(stack, one, asked)).join('')
          : `There is nothing${of} to redrive in ${stack.name}: no run${of} ended badly that a later one did not make up for.\n`,
      );
    });
  },
});

const tellRefused = ({ name, cause }: Execution): string =>
  `${name} was refused for its input and is not tried again: ${cause}\n`;
