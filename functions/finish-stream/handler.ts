// Publishes a stream that was drained.

import { finishStream } from '../../shared/pull/finish.ts';
import { connectPorts } from '../connect-ports.ts';
import type { HandlerOf } from '../connection.ts';
import { readEvent, roundEvent } from '../events.ts';

export const finishStreamWith: HandlerOf = (connect) => async (event) => {
  const { source: name, stream, runId, fence } = readEvent(roundEvent, event);
  const { ports, sourceOf } = await connect();
  const outcome = await finishStream(ports, await sourceOf(name), { stream, runId, fence });
  return { source: name, stream, runId, ...outcome };
};

export const handler = finishStreamWith(connectPorts);
