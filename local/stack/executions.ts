// Executions of a deployed machine, newest first, each with what it was asked for. Lists are
// bounded: an operator looks at the last ones.

import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  ExecutionDoesNotExist,
  type ExecutionStatus,
  ListExecutionsCommand,
} from '@aws-sdk/client-sfn';
import type * as z from 'zod';
import { runInput } from '../../functions/events.ts';
import type { DeployedStack } from './open-stack.ts';

export type RunInput = z.infer<typeof runInput>;

export interface Execution {
  readonly arn: string;
  readonly name: string;
  readonly status: ExecutionStatus;
  readonly startedAtMs: number;
  readonly endedAtMs?: number;
  /** As it was given. */
  readonly inputText: string;
  /** Undefined when the text is no input of the sync machine. */
  readonly input?: RunInput;
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

/** Executions asked about at once: an account may ask 15 a second, 300 at first. */
const AT_ONCE = 10;

/**
 * The newest executions of a machine.
 * @param atMost how many are looked at
 */
export async function listExecutions(
  { stepFunctions }: Pick<DeployedStack, 'stepFunctions'>,
  stateMachineArn: string,
  atMost: number,
  statusFilter?: ExecutionStatus,
): Promise<Execution[]> {
  const { executions = [] } = await stepFunctions.send(
    new ListExecutionsCommand({
      stateMachineArn,
      maxResults: atMost,
      ...(statusFilter ? { statusFilter } : {}),
    }),
  );
  const found: Execution[] = [];
  for (let from = 0; from < executions.length; from += AT_ONCE) {
    const some = executions.slice(from, from + AT_ONCE);
    const described = some.map(({ executionArn = '' }) => describe(stepFunctions, executionArn));
    found.push(...(await Promise.all(described)));
  }
  return found;
}

/** Runs at once that are looked through: `stop` is called again for more. */
const RUNNING_RUNS = 100;

/** The runs that are going on, of all sources. */
export const runningRuns = (stack: DeployedStack): Promise<Execution[]> =>
  listExecutions(stack, stack.syncMachineArn, RUNNING_RUNS, 'RUNNING');

/** @returns undefined when Step Functions does not know it any more: it ended 90 days ago */
export async function findExecution(
  { stepFunctions }: Pick<DeployedStack, 'stepFunctions'>,
  arn: string,
): Promise<Execution | undefined> {
  try {
    return await describe(stepFunctions, arn);
  } catch (error) {
    if (error instanceof ExecutionDoesNotExist) return undefined;
    throw error;
  }
}

const describe = async (
  client: DeployedStack['stepFunctions'],
  executionArn: string,
): Promise<Execution> =>
  fromAnswer(await client.send(new DescribeExecutionCommand({ executionArn })));

function fromAnswer(answer: DescribeExecutionCommandOutput): Execution {
  const { executionArn = '', name = '', status = 'RUNNING', startDate, stopDate } = answer;
  const { input: inputText = '', output, error, cause } = answer;
  const input = readInput(inputText);
  return {
    arn: executionArn,
    name,
    status,
    startedAtMs: Number(startDate),
    inputText,
    ...(stopDate ? { endedAtMs: Number(stopDate) } : {}),
    ...(input ? { input } : {}),
    ...(output === undefined ? {} : { output }),
    ...(error === undefined ? {} : { error }),
    ...(cause === undefined ? {} : { cause }),
  };
}

function readInput(text: string): RunInput | undefined {
  try {
    return runInput.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** `newer` reads at least what `older` was asked to read, also where a source has moved. */
export const covers = (newer: RunInput, older: RunInput): boolean =>
  newer.source === older.source &&
  (newer.fullRefresh === true || older.fullRefresh !== true) &&
  (newer.fullRefresh === true || newer.sameData === true || older.sameData !== true) &&
  (newer.streams === undefined ||
    (older.streams?.every((stream) => newer.streams?.includes(stream)) ?? false));

/** The two ask for the same. */
export const isSame = (one: RunInput, other: RunInput): boolean =>
  covers(one, other) && covers(other, one);

const CONSOLES: Readonly<Record<string, string>> = {
  'aws-cn': 'console.amazonaws.cn',
  'aws-us-gov': 'console.amazonaws-us-gov.com',
};

/** Where the execution is seen in a browser. */
export function consoleLink(executionArn: string): string {
  const [, partition = '', , region = ''] = executionArn.split(':');
  const host = CONSOLES[partition] ?? 'console.aws.amazon.com';
  return `https://${region}.${host}/states/home?region=${region}#/v2/executions/details/${executionArn}`;
}

/** `jsonplaceholder photos,users, full refresh` */
export const describeInput = ({ input, inputText }: Execution): string =>
  input
    ? [
        [input.source, input.streams?.join(',')].filter(Boolean).join(' '),
        ...(input.fullRefresh ? ['full refresh'] : []),
        ...(input.sameData ? ['same data'] : []),
      ].join(', ')
    : inputText;
