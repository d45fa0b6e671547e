// Counts the history events that an execution would have in AWS, from the local event log: a Task
// has five (entered, scheduled, started, succeeded, exited), a nested execution six (submitted
// too), each retry three more, all other states two, a Map two more and two for each of its items.

import type { StateMachine } from 'aws-local-stepfunctions';

type Events = ReturnType<StateMachine['run']>['eventLogs'];

/**
 * All events of the execution, or the count at which it passed `limit`.
 * @param kinds names of the states that start another execution, and of those that are Waits there
 */
export async function countEvents(events: Events, limit: number, kinds: Kinds): Promise<number> {
  let count = 0;
  for await (const event of events) {
    count += weightOf(event, kinds);
    if (count > limit) break;
  }
  return count;
}

interface Kinds {
  readonly nested: ReadonlySet<string>;
  readonly waiting: ReadonlySet<string>;
}

function weightOf(
  event: Awaited<ReturnType<Events['next']>>['value'],
  { nested, waiting }: Kinds,
): number {
  switch (event.type) {
    case 'StateExited':
      if (waiting.has(event.state.name)) return 1;
      if (event.state.type === 'Task') return nested.has(event.state.name) ? 5 : 4;
      return event.state.type === 'Map' ? 2 : 1;
    case 'StateRetried':
      return 3;
    default:
      return 1;
  }
}
