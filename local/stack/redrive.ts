// What ended badly and nobody has made up for since: what `driplake redrive` starts again.

import * as z from 'zod';
import { Failure } from '../../shared/core/failures.ts';
import { covers, type Execution, type RunInput } from './executions.ts';

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
