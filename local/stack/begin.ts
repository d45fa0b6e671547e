// Begins a run of the deployed sync machine. Asking twice begins one: a run that is going on and
// was asked for the same is found instead, and a repeated request has the same name.

import { createHash } from 'node:crypto';
import { ExecutionAlreadyExists, StartExecutionCommand } from '@aws-sdk/client-sfn';
import { type Execution, isSame, type RunInput, runningRuns } from './executions.ts';
import { freeGone } from './gone-leases.ts';
import type { DeployedStack } from './open-stack.ts';

export interface Begun {
  readonly arn: string;
  readonly input: RunInput;
  readonly startedAtMs: number;
  /** `running`: it was begun before, by somebody who asked for the same. */
  readonly status: 'started' | 'running';
  /** Other runs of the source that are going on: what they hold will be busy. */
  readonly others: readonly string[];
}

export async function beginRun(stack: DeployedStack, input: RunInput): Promise<Begun> {
  const running = await runningRuns(stack);
  const ofSource = running.filter((one) => one.input?.source === input.source);
  const same = ofSource.find((one) => one.input && isSame(one.input, input));
  if (same) {
    return { arn: same.arn, input, startedAtMs: same.startedAtMs, status: 'running', others: [] };
  }
  await freeGone(stack, [input.source]);
  const { arn, startedAtMs } = await start(stack, input, new Date());
  return { arn, input, startedAtMs, status: 'started', others: ofSource.map(nameOf) };
}

const nameOf = ({ name }: Execution): string => name;

async function start(
  { stepFunctions, syncMachineArn }: DeployedStack,
  input: RunInput,
  now: Date,
): Promise<{ arn: string; startedAtMs: number }> {
  const name = executionName(input, now);
  try {
    const { executionArn = '', startDate } = await stepFunctions.send(
      new StartExecutionCommand({
        stateMachineArn: syncMachineArn,
        name,
        input: JSON.stringify(input),
      }),
    );
    return { arn: executionArn, startedAtMs: Number(startDate) };
  } catch (error) {
    // The same was asked for in this very second: by another shell, or by a request whose answer
    // was lost.
    if (!(error instanceof ExecutionAlreadyExists)) throw error;
    return { arn: arnOf(syncMachineArn, name), startedAtMs: now.getTime() };
  }
}

/** `arn:aws:states:<region>:<account>:execution:<machine>:<name>` */
export const arnOf = (stateMachineArn: string, name: string): string =>
  `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;

/**
 * `jsonplaceholder-20261122T015500Z-1f0c9a3b`: the source, the second and what is asked for. At
 * most 48 + 1 + 16 + 1 + 8 = 74 of the 80 characters that a name may have.
 */
export function executionName(input: RunInput, now: Date): string {
  const second = `${now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
  const { source, streams, fullRefresh, sameData } = input;
  const asked = [source, streams?.toSorted() ?? 'all', fullRefresh === true, sameData === true];
  const mark = createHash('sha256').update(JSON.stringify(asked)).digest('hex').slice(0, 8);
  return `${input.source}-${second}-${mark}`;
}
