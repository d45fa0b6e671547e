// Counts the history events that an execution would have in AWS, from the local event log: a Task
// has five (entered, scheduled, started, succeeded, exited), each retry three more, all other
// states two, a Map two more and two for each of its items.

import type { StateMachine } from 'aws-local-stepfunctions';

type Events = ReturnType<StateMachine['run']>['eventLogs'];

/** All events of the execution, or the count at which it passed `limit`. */
export async function countEvents(events: Events, limit: number): Promise<number> {
  let count = 0;
  for await (const event of events) {
    count += weightOf(event);
    if (count > limit) break;
  }
  return count;
}

function weightOf(event: Awaited<ReturnType<Events['next']>>['value']): number {
  switch (event.type) {
    case 'StateExited':
      return event.state.type === 'Task' ? 4 : event.state.type === 'Map' ? 2 : 1;
    case 'StateRetried':
      return 3;
    default:
      return 1;
  }
}
