// Runs the two state machines of `infra/` on this machine, with the handlers that run in AWS. What
// crosses a task's boundary is JSON; what AWS would refuse (a state over 256 KiB, an execution past
// 25,000 events) fails here too.

import { readFile } from 'node:fs/promises';
import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import type { Connection, Handler } from '../functions/connection.ts';
import { finishRunWith } from '../functions/finish-run/handler.ts';
import { finishStreamWith } from '../functions/finish-stream/handler.ts';
import { planRunWith } from '../functions/plan-run/handler.ts';
import { pullPagesWith } from '../functions/pull-pages/handler.ts';
import { EXECUTION_EVENTS, STATE_BYTES } from '../shared/core/limits.ts';
import { countEvents } from './history.ts';

export interface MachineOptions {
  /** Names the execution: the holder of its leases. */
  readonly executionId: string;
  /** Milliseconds that an invocation may take, given those since the execution started. */
  readonly invocationMs: (sinceStartMs: number) => number;
  /** Milliseconds of every Wait, for tests; without it, waits are real. */
  readonly waitMs?: number;
}

const RETRY_MS = 100;

export type Ended =
  | { readonly kind: 'succeeded'; readonly output: unknown }
  | { readonly kind: 'failed'; readonly error: string; readonly cause: string }
  | { readonly kind: 'aborted' };

/** One execution of the sync machine. Aborted by the connection's signal; what runs then is awaited. */
export async function runSync(
  input: object,
  connection: Connection,
  options: MachineOptions,
): Promise<Ended> {
  const [sync, drain] = await Promise.all([definitionOf('sync'), definitionOf('drain')]);
  const running = new Set<Promise<unknown>>();
  const startedMs = performance.now();
  const invocationMs = () => options.invocationMs(performance.now() - startedMs);
  const connect = async () => connection;
  const task = (handler: Handler) => taskOf(handler, running, invocationMs);
  const execute = (definition: StateMachineDefinition, state: object, tasks: Tasks) =>
    runMachine(definition, state, tasks, connection, options);
  const drainTasks: Tasks = { PullPages: task(pullPagesWith(connect)) };
  const tasks: Tasks = {
    PlanRun: task(planRunWith(connect)),
    FinishStream: task(finishStreamWith(connect)),
    FinishRun: task(finishRunWith(connect)),
    async Drain({ Input }) {
      const child = await execute(drain, Input, drainTasks);
      if (child.kind === 'succeeded') return { Output: child.output };
      const cause = child.kind === 'failed' ? child.cause : 'The execution was stopped.';
      throw named('States.TaskFailed', cause);
    },
  };
  const ended = await execute(sync, input, tasks);
  await Promise.allSettled(running);
  return ended;
}

type Tasks = Record<string, (input: TaskInput) => Promise<object>>;
interface TaskInput {
  readonly Payload: unknown;
  readonly Input: object;
}

async function definitionOf(machine: 'sync' | 'drain'): Promise<StateMachineDefinition> {
  return JSON.parse(
    await readFile(new URL(`../infra/${machine}.asl.json`, import.meta.url), 'utf8'),
  );
}

/** A Lambda task: JSON in, JSON out, so much time. */
function taskOf(handler: Handler, running: Set<Promise<unknown>>, invocationMs: () => number) {
  return async ({ Payload }: TaskInput): Promise<object> => {
    const endsAt = performance.now() + invocationMs();
    const invocation = { getRemainingTimeInMillis: () => endsAt - performance.now() };
    const answer = handler(roundTrip(Payload, 'input'), invocation);
    running.add(answer);
    try {
      return { Payload: roundTrip(await answer, 'result') };
    } finally {
      running.delete(answer);
    }
  };
}

function roundTrip(value: unknown, what: 'input' | 'result'): unknown {
  const text = JSON.stringify(value) ?? 'null';
  const bytes = Buffer.byteLength(text);
  if (bytes > STATE_BYTES) {
    throw named(
      'States.DataLimitExceeded',
      `The ${what} of a task has ${bytes} bytes, more than ${STATE_BYTES}.`,
    );
  }
  return JSON.parse(text);
}

async function runMachine(
  definition: StateMachineDefinition,
  input: object,
  tasks: Tasks,
  { signal }: Connection,
  { executionId, waitMs }: MachineOptions,
): Promise<Ended> {
  // The library looks at ARNs; `${PullPages}` becomes one when the stack is deployed.
  const machine = new StateMachine(definition, { validationOptions: { checkArn: false } });
  const execution = machine.run(JSON.parse(JSON.stringify(input)), {
    overrides: {
      // biome-ignore lint/suspicious/noExplicitAny: the library types states as its own JSON value
      taskResourceLocalHandlers: tasks as any,
      ...(waitMs === undefined ? {} : { waitTimeOverrides: { WaitForPermits: waitMs } }),
      // Nothing here is throttled by a service: a retry need not wait long.
      retryIntervalOverrides: Object.fromEntries(
        Object.keys(tasks).map((name) => [name, RETRY_MS]),
      ),
    },
    context: { Execution: { Id: executionId, Name: executionId } },
  });
  const abort = () => execution.abort();
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  const overflow = countEvents(execution.eventLogs, EXECUTION_EVENTS).then((events) => {
    if (events <= EXECUTION_EVENTS) return;
    execution.abort();
    throw named('States.HistoryLimitExceeded', `The execution passed ${EXECUTION_EVENTS} events.`);
  });
  try {
    const [output] = await Promise.all([execution.result, overflow]);
    return { kind: 'succeeded', output };
  } catch (error) {
    return endedBy(error);
  } finally {
    signal?.removeEventListener('abort', abort);
  }
}

function endedBy(error: unknown): Ended {
  const { name, message, cause } = error instanceof Error ? error : new Error(String(error));
  if (name === 'ExecutionAbortedError') return { kind: 'aborted' };
  if (name === 'ExecutionError' && cause instanceof Error) {
    return { kind: 'failed', error: cause.name, cause: cause.message };
  }
  return { kind: 'failed', error: name, cause: message };
}

function named(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}
