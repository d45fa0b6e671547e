// A Wait on this machine: a task that sleeps by the machine's clock. The interpreter's own timer ends
// at once where a wait is longer than 24.8 days, and late where the machine was asleep meanwhile.

import type { StateMachineDefinition } from 'aws-local-stepfunctions';

export interface SleepingMachine {
  readonly definition: StateMachineDefinition;
  /** By the names of the states that wait, given the state. */
  readonly waits: Readonly<Record<string, (state: object) => Promise<object>>>;
}

/**
 * The machine with its Waits as tasks, those of a constant time and those inside a Map left out.
 * @param sleep as long as the state says, seconds
 */
export function sleeping(
  definition: StateMachineDefinition,
  sleep: (seconds: number) => Promise<void>,
): SleepingMachine {
  const waits: Record<string, (state: object) => Promise<object>> = {};
  const states = Object.entries(definition.States).map(([name, state]) => {
    if (state.Type !== 'Wait' || state.SecondsPath === undefined) return [name, state] as const;
    const { SecondsPath: path, ...rest } = state;
    waits[name] = async (given) => {
      await sleep(secondsAt(given, path));
      return {};
    };
    const task = { ...rest, Type: 'Task' as const, Resource: 'sleep', ResultPath: null };
    return [name, task] as const;
  });
  return { definition: { ...definition, States: Object.fromEntries(states) }, waits };
}

/** @param path `$.waitSeconds` */
function secondsAt(state: object, path: string): number {
  const seconds: unknown = Reflect.get(state, path.replace(/^\$\./, ''));
  if (typeof seconds === 'number' && seconds >= 0) return seconds;
  throw new Error(`${path}: expected seconds to wait, got ${JSON.stringify(seconds)}`);
}
