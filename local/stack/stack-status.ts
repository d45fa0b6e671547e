// `driplake status --stack`: the ledger of a deployed stack, as `driplake status` tells the local
// one, and the last executions of its sync machine.

import { describeStatus, type LedgerStatus, readStatus } from '../ledger/ledger-status.ts';
import { textTable } from '../screen/text-table.ts';
import { describeInput, type Execution, listExecutions, type RunInput } from './executions.ts';
import { type StackAccess, withStack } from './open-stack.ts';

/** Executions that are shown: a day of hourly runs would be 24. */
const EXECUTIONS = 10;

/** @returns what is printed: for people, or as JSON */
export function tellStackStatus(access: StackAccess, json: boolean): Promise<string> {
  return withStack(access, async (stack) => {
    const [executions, ledger] = await Promise.all([
      listExecutions(stack, stack.syncMachineArn, EXECUTIONS),
      readStatus(stack.ledger, Date.now()),
    ]);
    return json
      ? `${JSON.stringify({ stack: stack.name, executions: executions.map(answer), ...ledger })}\n`
      : describe(stack.name, executions, ledger);
  });
}

interface ExecutionAnswer {
  readonly execution: string;
  readonly status: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  /** As it was given, when it is no input of the sync machine. */
  readonly input: RunInput | string;
  readonly error?: string;
  readonly cause?: string;
}

const answer = (one: Execution): ExecutionAnswer => ({
  execution: one.arn,
  status: one.status,
  startedAt: new Date(one.startedAtMs).toISOString(),
  ...(one.endedAtMs === undefined ? {} : { endedAt: new Date(one.endedAtMs).toISOString() }),
  input: one.input ?? one.inputText,
  ...(one.error === undefined ? {} : { error: one.error }),
  ...(one.cause === undefined ? {} : { cause: one.cause }),
});

function describe(name: string, executions: readonly Execution[], ledger: LedgerStatus): string {
  if (executions.length === 0 && ledger.runs.length === 0) {
    return `Nothing has run in ${name} yet: \`driplake start <source> --stack ${name}\`.\n`;
  }
  const head = ['execution', 'status', 'started', 'took', 'input'];
  const rows = executions.map((one) => [
    one.name,
    one.status.toLowerCase(),
    new Date(one.startedAtMs).toISOString().slice(0, 19),
    one.endedAtMs === undefined
      ? ''
      : `${((one.endedAtMs - one.startedAtMs) / 1000).toFixed(1)} s`,
    describeInput(one),
  ]);
  const table = textTable(head, rows, (place) => place === 3);
  const bad = executions.filter(({ cause }) => cause);
  const told = bad.map((one) => {
    const cause = one.cause?.replaceAll('\n', '\n    ');
    return `  ${one.name}: ${one.error ?? one.status}: ${cause}\n`;
  });
  return `${describeStatus(ledger)}${table}\n${told.join('')}`;
}
