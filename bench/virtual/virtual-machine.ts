// Walks the two machines of `infra/` on a virtual clock and counts what AWS would bill. It knows the
// states that they use and refuses any other; faults are caught where they say, never retried.

import type { Connection, Handler } from '../../functions/connection.ts';
import { finishRunWith } from '../../functions/finish-run/handler.ts';
import { finishStreamWith } from '../../functions/finish-stream/handler.ts';
import { planRunWith } from '../../functions/plan-run/handler.ts';
import { pullPagesWith } from '../../functions/pull-pages/handler.ts';
import {
  type Definition,
  definitionText,
  readDefinition,
  type State,
} from '../../infra/parts/definition.ts';
import { bytesOf, ENDS_EVENTS, eventsOf, ITEM_EVENTS } from './virtual-history.ts';

/** What an execution of the sync machine and its children used. */
export interface Usage {
  /** States entered, and one for the start of each execution. */
  transitions: number;
  /** Invocations of all functions, and how long they ran, sleeps inside included. */
  invocations: number;
  busyMs: number;
  /** History events of each execution, as they began: the sync machine's first. */
  readonly events: number[];
  /** The longest that a state's input was. */
  stateBytes: number;
}

export type Walked =
  | { readonly kind: 'succeeded'; readonly output: unknown }
  | { readonly kind: 'failed'; readonly error: string; readonly cause: string };

export interface WalkOptions {
  readonly executionId: string;
  /** Milliseconds that each invocation may take. */
  readonly invocationMs: number;
  readonly usage: Usage;
}

export const newUsage = (): Usage => ({
  transitions: 0,
  invocations: 0,
  busyMs: 0,
  events: [],
  stateBytes: 0,
});

/** One execution of the sync machine, on the clock of the connection. */
export async function walkSync(
  input: object,
  connection: Connection,
  options: WalkOptions,
): Promise<Walked> {
  const { clock } = connection.ports;
  const connect = async () => connection;
  const drain = readDefinition(definitionText('drain'));
  const walk = walkerOf(connection, options);
  const task = (handler: Handler): Task => lambda(handler, connection, options);
  const drainTasks = { PullPages: task(pullPagesWith(connect)) };
  const tasks: Tasks = {
    PlanRun: task(planRunWith(connect)),
    FinishStream: task(finishStreamWith(connect)),
    FinishRun: task(finishRunWith(connect)),
    async Drain({ Input }) {
      const child = await walk(drain, Input, drainTasks);
      if (child.kind === 'succeeded') return { Output: child.output };
      throw Object.assign(new Error(child.cause), { name: 'States.TaskFailed' });
    },
  };
  const startedAt = new Date(clock.nowMs()).toISOString();
  return walk(readDefinition(definitionText('sync')), input, tasks, startedAt);
}

/** Gets the state's parameters, gives its result. */
type Task = (parameters: Fields) => Promise<Fields>;
type Tasks = Readonly<Record<string, Task>>;
type Fields = Readonly<Record<string, unknown>>;

/** A function as a task: JSON in, JSON out, billed for the time it takes. */
function lambda(handler: Handler, { ports: { clock } }: Connection, options: WalkOptions): Task {
  return async ({ Payload }) => {
    const { usage, invocationMs } = options;
    const startedMs = clock.nowMs();
    const getRemainingTimeInMillis = () => startedMs + invocationMs - clock.nowMs();
    const answer = await handler(throughJson(Payload), { getRemainingTimeInMillis });
    usage.invocations++;
    usage.busyMs += clock.nowMs() - startedMs;
    return { Payload: throughJson(answer) };
  };
}

const throughJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

type Steps = Pick<Definition, 'StartAt'> & { readonly States: Readonly<Record<string, State>> };

/** One execution while it runs: what `$$` is there, and who counts its events. */
interface Execution {
  readonly context: object;
  readonly count: (events: number) => void;
}

function walkerOf({ ports: { clock } }: Connection, { usage, executionId }: WalkOptions) {
  async function walk(
    steps: Steps,
    input: unknown,
    tasks: Tasks,
    startedAt = '',
  ): Promise<Walked> {
    usage.transitions++;
    const place = usage.events.push(ENDS_EVENTS) - 1;
    const count = (events: number): void => {
      usage.events[place] = (usage.events[place] ?? 0) + events;
    };
    const context = { Execution: { Id: executionId, StartTime: startedAt } };
    return through(steps, input, tasks, { count, context });
  }

  async function through(
    steps: Steps,
    input: unknown,
    tasks: Tasks,
    execution: Execution,
  ): Promise<Walked> {
    let data = input;
    for (let name = steps.StartAt; ; ) {
      const state = steps.States[name];
      if (!state) throw new Error(`the machine has no state ${name}`);
      usage.transitions++;
      usage.stateBytes = Math.max(usage.stateBytes, bytesOf(data));
      execution.count(eventsOf(state));
      let next: string | undefined;
      switch (state.Type) {
        case 'Task':
          [data, next] = await perform(tasks[name] ?? unknownTask(name), state, data, execution);
          break;
        case 'Choice':
          next = chosen(state, data);
          break;
        case 'Wait':
          await clock.sleep(Number(at(data, state.SecondsPath)) * 1000);
          next = state.Next;
          break;
        case 'Map':
          data = await eachItem(state, data, (item) => {
            execution.count(ITEM_EVENTS);
            return through(state.ItemProcessor, item, tasks, execution);
          });
          next = state.Next;
          break;
        case 'Pass':
          data = filled(state.Parameters, data, execution.context);
          next = state.Next;
          break;
        case 'Succeed':
          return { kind: 'succeeded', output: data };
        case 'Fail':
          return failure(state, data);
      }
      if (next === undefined) return { kind: 'succeeded', output: data };
      name = next;
    }
  }

  return walk;
}

/** As many items at a time as the state allows; results in the order of the items. */
async function eachItem(
  state: Extract<State, { Type: 'Map' }>,
  data: unknown,
  walkItem: (item: unknown) => Promise<Walked>,
): Promise<Fields> {
  const items = at(data, state.ItemsPath);
  if (!Array.isArray(items)) throw new Error(`${state.ItemsPath} is no list`);
  const results: unknown[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      const ended = await walkItem(item);
      results[index] = ended.kind === 'succeeded' ? ended.output : ended;
    }
  };
  const width = Number(at(data, state.MaxConcurrencyPath));
  await Promise.all(Array.from({ length: width }, worker));
  return { ...fieldsOf(data), [(state.ResultPath ?? '$').slice(2)]: results };
}

function failure(state: Extract<State, { Type: 'Fail' }>, data: unknown): Walked {
  const cause = state.CausePath === undefined ? state.Cause : at(data, state.CausePath);
  return { kind: 'failed', error: state.Error, cause: String(cause) };
}

function unknownTask(name: string): never {
  throw new Error(`nobody performs ${name}`);
}

async function perform(
  task: Task,
  state: Extract<State, { Type: 'Task' }>,
  data: unknown,
  { context }: Execution,
): Promise<[unknown, string | undefined]> {
  try {
    const result = await task(filled(state.Parameters, data, context));
    return [at(result, state.OutputPath ?? '$'), state.Next];
  } catch (error) {
    const [catcher] = state.Catch ?? [];
    if (!catcher || !(error instanceof Error)) throw error;
    const failure = { Error: error.name, Cause: error.message };
    const place = (catcher.ResultPath ?? '$').slice(2);
    return [{ ...fieldsOf(data), [place]: failure }, catcher.Next];
  }
}

function chosen(state: Extract<State, { Type: 'Choice' }>, data: unknown): string {
  const found = state.Choices.find((rule) => at(data, rule.Variable) === rule.StringEquals);
  const next = found?.Next ?? state.Default;
  if (next === undefined) throw new Error('no choice fits');
  return next;
}

/** Parameters with every `name.$` replaced by what its path points at. */
function filled(template: Fields, data: unknown, context: object): Fields {
  const entries = Object.entries(template).map(([key, value]): [string, unknown] => {
    if (key.endsWith('.$') && typeof value === 'string') {
      const inContext = value.startsWith('$$');
      return [key.slice(0, -2), at(inContext ? context : data, value.replace(/^\$\$/, '$'))];
    }
    const nested = typeof value === 'object' && value !== null;
    return [key, nested ? filled(fieldsOf(value), data, context) : value];
  });
  return Object.fromEntries(entries);
}

/** What a path such as `$.plan.streams` points at. */
function at(data: unknown, path: string): unknown {
  const names = path.split('.').slice(1);
  return names.reduce((value: unknown, name) => fieldsOf(value)[name], data);
}

const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? { ...value } : {};
