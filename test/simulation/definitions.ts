// The two state machines as they are deployed: the real definitions on the emulator of `local/`,
// whose timers and chance are those of the simulated world while it runs.

import { StateMachine, type StateMachineDefinition } from 'aws-local-stepfunctions';
import { definitionText } from '../../infra/parts/definition.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import { named } from './world/invoked.ts';
import type { Ended, Engine, Tasks } from './world/machine.ts';

const [syncMachine, drainMachine] = (['sync', 'drain'] as const).map((machine) => {
  const definition: StateMachineDefinition = JSON.parse(definitionText(machine));
  // The library looks at ARNs; `${PullPages}` becomes one when the stack is deployed.
  return new StateMachine(definition, { validationOptions: { checkArn: false } });
});

type Parameters = Readonly<Record<'Payload' | 'Input', object>>;
type Handlers = Readonly<Record<string, (parameters: Parameters) => Promise<object>>>;

export async function runDefinitions(engine: Engine): Promise<Ended> {
  const { id, input, clock, signal } = engine;
  const startedAt = new Date(clock.nowMs()).toISOString();
  // A stopped execution starts nothing more; the emulator's sleeps only end at once.
  const perform = (name: keyof Tasks, payload: object): Promise<object> =>
    signal.aborted ? new Promise(() => {}) : engine.tasks[name](payload);
  const lambda = (name: keyof Tasks) => async (given: Parameters) => ({
    Payload: await perform(name, given.Payload),
  });
  const handlers: Handlers = {
    // The emulator stamps an execution with the time of this machine.
    PlanRun: async ({ Payload }) => ({
      Payload: await perform('PlanRun', { ...Payload, startedAt }),
    }),
    FinishStream: lambda('FinishStream'),
    FinishRun: lambda('FinishRun'),
    async Drain({ Input }) {
      const child = await execute(drainMachine, Input, { PullPages: lambda('PullPages') }, engine);
      if (child.kind === 'succeeded') return { Output: child.output };
      if (child.kind === 'stopped') await new Promise<never>(() => {});
      throw named('States.TaskFailed', 'The execution failed.');
    },
  };
  return execute(syncMachine, input, handlers, { ...engine, id });
}

async function execute(
  machine: StateMachine | undefined,
  input: object,
  handlers: Handlers,
  { id, signal }: Engine,
): Promise<Ended> {
  if (!machine) throw new Error('there is no such machine');
  const execution = machine.run(JSON.parse(JSON.stringify(input)), {
    overrides: {
      // biome-ignore lint/suspicious/noExplicitAny: the library types states as its own JSON value
      taskResourceLocalHandlers: handlers as any,
    },
    context: { Execution: { Id: id } },
  });
  const abort = () => execution.abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return { kind: 'succeeded', output: await execution.result };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (error.name === 'ExecutionAbortedError') return { kind: 'stopped' };
    return { kind: 'failed', error: error.cause instanceof Error ? error.cause.name : error.name };
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/**
 * Lets everything that asks the process for time or chance have those of the simulated world until
 * `act` has ended. One world at a time.
 */
export async function withVirtualTime<Answer>(
  clock: Clock,
  random: () => number,
  act: () => Promise<Answer>,
): Promise<Answer> {
  const real = { setTimeout, clearTimeout, now: Date.now, random: Math.random };
  const timers = new Map<number, AbortController>();
  let timer = 0;
  const start = (wake: () => void, ms = 0): number => {
    const over = new AbortController();
    timers.set(++timer, over);
    clock.sleep(ms, over.signal).then(() => over.signal.aborted || wake());
    return timer;
  };
  Object.assign(globalThis, {
    setTimeout: start,
    clearTimeout: (at: number) => timers.get(at)?.abort(),
  });
  Object.assign(Date, { now: () => clock.nowMs() });
  Object.assign(Math, { random });
  try {
    return await act();
  } finally {
    Object.assign(globalThis, { setTimeout: real.setTimeout, clearTimeout: real.clearTimeout });
    Object.assign(Date, { now: real.now });
    Object.assign(Math, { random: real.random });
  }
}
