// What AWS bounds in an execution: the events of its history and the bytes of its states. Counted
// as the Step Functions developer guide lists them, retries aside: nothing fails in virtual time.

import type { State } from '../../infra/parts/definition.ts';

/** ExecutionStarted, and ExecutionSucceeded or ExecutionFailed. */
export const ENDS_EVENTS = 2;

/** MapIterationStarted and MapIterationSucceeded. */
export const ITEM_EVENTS = 2;

/**
 * History events of one pass through a state: each is entered and exited (Fail is never exited); a
 * Lambda task is scheduled, started and succeeds between, a nested execution is submitted too; a
 * Map starts and succeeds.
 */
export function eventsOf(state: State): number {
  switch (state.Type) {
    case 'Task':
      return state.Resource.includes('startExecution') ? 6 : 5;
    case 'Map':
      return 4;
    case 'Fail':
      return 1;
    default:
      return 2;
  }
}

/** Bytes of a state's input as JSON, which is how the quota counts it. */
export const bytesOf = (data: unknown): number => Buffer.byteLength(JSON.stringify(data) ?? '');
