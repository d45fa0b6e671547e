// Counts the history events that an execution would have in AWS, from the local event log: a Task
// has five (entered, scheduled, started, succeeded, exited), a nested execution six (submitted
// too), each retry three more, all other states two, a Map two more and two for each of its items.

import type { StateMachine } from 'aws-local-stepfunctions';

type Events = ReturnType<StateMachine['run']>['eventLogs'];

/**
 * All events of the execution, or the count at which it passed `limit`.
 * @param nested names of the states that start another execution
 */
export async function countEvents(
  events: Events,
  limit: number,
  nested: ReadonlySet<string>,
): Promise<number> {
  let count = 0;
  for await (const event of events) {
    count += weightOf(event, nested);
    if (count > limit) break;
  }
  return count;
}

function weightOf(
  event: Awaited<ReturnType<Events['next']>>['value'],
  nested: ReadonlySet<string>,
): number {
  switch (event.type) {
    case 'StateExited':
      if (event.state.type === 'Task') return nested.has(event.state.name) ? 5 : 4;
      return event.state.type === 'Map' ? 2 : 1;
    case 'StateRetried':
      return 3;
    default:
      return 1;
  }
}
