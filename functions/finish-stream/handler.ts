// Publishes a stream that was drained.

import { finishStream } from '../../shared/pull/finish.ts';
import { connectLake } from '../connect-lake.ts';
import type { HandlerOf, LakeConnection } from '../connection.ts';
import { readEvent, roundEvent } from '../events.ts';

export const finishStreamWith: HandlerOf<LakeConnection> = (connect) => async (event) => {
  const { source: name, stream, runId, fence } = readEvent(roundEvent, event);
  const { ports, sourceOf } = await connect();
  const outcome = await finishStream(ports, await sourceOf(name), { stream, runId, fence });
  return { source: name, stream, runId, ...outcome };
};

export const handler = finishStreamWith(connectLake);
