// Runs one execution of a state machine on this machine, with functions in the place of Lambdas.
// What crosses a task's boundary is JSON; what AWS would refuse (a state over 256 KiB, an execution
// past 25,000 events) ends the execution here too, and no Catch of the machine can stop that.

import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { EXECUTION_EVENTS, STATE_BYTES } from '../../shared/core/bounds.ts';
import { type Clock, systemClock } from '../../shared/ports/clock.ts';
import { countEvents } from './execution-events.ts';
import { sleeping } from './waits.ts';

export type { StateMachineDefinition };

export interface ExecutionOptions {
  /** `$$.Execution.Id` */
  readonly id: string;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds of every Wait, for tests; without it, waits are real. */
  readonly waitMs?: number | undefined;
  /** By which it waits; the machine's own when absent. */
  readonly clock?: Pick<Clock, 'sleep'> | undefined;
}

export type Ended =
  | { readonly kind: 'succeeded'; readonly output: unknown }
  | { readonly kind: 'failed'; readonly error: string; readonly cause: string }
  | { readonly kind: 'aborted' };

/** What a Task state hands over: its Parameters. */
export interface TaskInput {
  readonly Payload: unknown;
  readonly Input: object;
}

/** Functions by the name of their Task state. */
export type Tasks = Readonly<Record<string, (input: TaskInput) => Promise<object>>>;

const RETRY_MS = 100;

export async function runExecution(
  definition: StateMachineDefinition,
  input: object,
  tasks: Tasks,
  { id, signal, waitMs, clock = systemClock() }: ExecutionOptions,
): Promise<Ended> {
  const { definition: asTasks, waits } = sleeping(definition, (seconds) =>
    clock.sleep(waitMs ?? seconds * 1000, signal),
  );
  // Tests validate the definitions; doing it again would take half a second of every run.
  const machine = new StateMachine(asTasks, { validationOptions: { noValidate: true } });
  const over = Promise.withResolvers<never>();
  const names = Object.keys(tasks);
  const waiting = new Set(Object.keys(waits));
  const nested = new Set(nestedIn(definition));
  const execution = machine.run(JSON.parse(JSON.stringify(input)), {
    overrides: {
      // biome-ignore lint/suspicious/noExplicitAny: the library types states as its own JSON value
      taskResourceLocalHandlers: { ...bounded(tasks, over.reject), ...waits } as any,
      // Nothing here is throttled by a service: a retry need not wait long.
      retryIntervalOverrides: sameFor(names, RETRY_MS),
    },
    context: { Execution: { Id: id, Name: id } },
  });
  const abort = () => execution.abort();
  signal?.addEventListener('abort', abort, { once: true });
  if (signal?.aborted) abort();
  const counted = countEvents(execution.eventLogs, EXECUTION_EVENTS, { nested, waiting }).then(
    (events) => {
      if (events <= EXECUTION_EVENTS) return;
      throw named(
        'States.HistoryLimitExceeded',
        `The execution passed ${EXECUTION_EVENTS} events.`,
      );
    },
  );
  try {
    const [output] = await Promise.race([over.promise, Promise.all([execution.result, counted])]);
    return { kind: 'succeeded', output };
  } catch (error) {
    return endedBy(error);
  } finally {
    execution.abort();
    signal?.removeEventListener('abort', abort);
  }
}

/** The tasks with JSON going in and coming out; one that is too long ends the execution. */
function bounded(tasks: Tasks, end: (why: Error) => void): Tasks {
  const checked = (value: unknown, what: string): string => {
    const text = JSON.stringify(value) ?? 'null';
    const bytes = Buffer.byteLength(text);
    if (bytes <= STATE_BYTES) return text;
    const cause = `The ${what} has ${bytes} bytes, more than ${STATE_BYTES}.`;
    const error = named('States.DataLimitExceeded', cause);
    end(error);
    throw error;
  };
  return Object.fromEntries(
    Object.entries(tasks).map(([name, task]) => [
      name,
      async (input: TaskInput): Promise<object> => {
        const given: TaskInput = JSON.parse(checked(input, `input of ${name}`));
        return JSON.parse(checked(await task(given), `result of ${name}`));
      },
    ]),
  );
}

/** Names of the states that start another execution, those inside a Map too. */
const nestedIn = ({ States }: Pick<StateMachineDefinition, 'States'>): string[] =>
  Object.entries(States).flatMap(([name, state]) => {
    if (state.Type === 'Task') return state.Resource.includes('startExecution') ? [name] : [];
    return state.Type === 'Map' && state.ItemProcessor ? nestedIn(state.ItemProcessor) : [];
  });

const sameFor = (names: readonly string[], ms: number): Record<string, number> =>
  Object.fromEntries(names.map((name) => [name, ms]));

function endedBy(error: unknown): Ended {
  const { name, message, cause } = error instanceof Error ? error : new Error(String(error));
  if (name === 'ExecutionAbortedError') return { kind: 'aborted' };
  if (name === 'ExecutionError' && cause instanceof Error) {
    return { kind: 'failed', error: cause.name, cause: cause.message };
  }
  return { kind: 'failed', error: name, cause: message };
}

export function named(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}
