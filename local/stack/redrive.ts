// `driplake redrive`: starts again what ended badly and nobody has made up for since. Each is a
// new execution with the same input. Step Functions' own redrive would enter the Fail state again,
// or come back to streams that have another holder by now.

import * as z from 'zod';
import { Failure } from '../../shared/core/failures.ts';
import { type Begun, beginRun } from './begin.ts';
import { covers, type Execution, listExecutions, type RunInput } from './executions.ts';
import { type StackFlags, withStack } from './open-stack.ts';
import { begunAnswer, checkDeployed, tellBegun } from './start.ts';

/** Executions looked through, newest first: four days of hourly runs. */
const LOOKED_THROUGH = 100;

/** @param source all sources without it */
export function redriveCommand(source: string | undefined, flags: StackFlags): Promise<void> {
  return withStack(flags, async (stack) => {
    if (source !== undefined) await checkDeployed(stack, source);
    const last = await listExecutions(stack, stack.syncMachineArn, LOOKED_THROUGH);
    const { inputs, refused } = toRedrive(
      last.filter((one) => source === undefined || one.input?.source === source),
    );
    const begun: Begun[] = [];
    for (const input of inputs) begun.push(await beginRun(stack, input));
    process.stderr.write(refused.map(tellRefused).join(''));
    if (flags.json) {
      const answers = begun.map((one) => begunAnswer(stack, one));
      process.stdout.write(`${JSON.stringify({ stack: stack.name, redriven: answers })}\n`);
      return;
    }
    const of = source === undefined ? '' : ` of ${source}`;
    process.stdout.write(
      begun.length > 0
        ? begun.map((one) => tellBegun(stack, one, flags)).join('')
        : `There is nothing${of} to redrive in ${stack.name}: no run${of} ended badly that a later one did not make up for.\n`,
    );
  });
}

interface ToRedrive {
  readonly inputs: readonly RunInput[];
  /** Refused for what they were asked: the same input would be refused again. */
  readonly refused: readonly Execution[];
}

/**
 * What is left to make up for.
 * @param executions newest first. A later one, whatever became of it, stands for those before it
 * that it covers; one that is running makes up for them, and one that found streams busy does not
 * for these.
 */
export function toRedrive(executions: readonly Execution[]): ToRedrive {
  const later: RunInput[] = [];
  const inputs: RunInput[] = [];
  const refused: Execution[] = [];
  for (const one of executions) {
    const { input, status, error } = one;
    if (!input || later.some((newer) => covers(newer, input))) continue;
    if (error === Failure.configuration) {
      refused.push(one);
      continue;
    }
    const read = readBy(input, one);
    // Where nothing was refused, nobody has to say again that the data is the same; by now the
    // word might be about another account.
    later.push(status === 'SUCCEEDED' ? { ...read, sameData: true } : read);
    if (status !== 'SUCCEEDED' && status !== 'RUNNING') inputs.push(input);
  }
  return { inputs: inputs.toReversed(), refused };
}

/** What a run has read or tried to: streams that were busy it left to the run that held them. */
function readBy(input: RunInput, { output }: Execution): RunInput {
  const streams =
    report.safeParse(output === undefined ? undefined : JSON.parse(output)).data?.streams ?? [];
  if (!streams.some(({ status }) => status === 'busy')) return input;
  const read = streams.filter(({ status }) => status !== 'busy');
  return { ...input, streams: read.map(({ stream }) => stream) };
}

const report = z.object({
  streams: z.array(z.object({ stream: z.string(), status: z.string() })),
});

const tellRefused = ({ name, cause }: Execution): string =>
  `${name} was refused for its input and is not tried again: ${cause}\n`;
