// Publishes a stream that was drained.

import { finishStream } from '../../shared/pull/finish/finish.ts';
import { connectCatalogue } from '../connect-catalogue.ts';
import type { HandlerOf, PublishConnection } from '../connection.ts';
import { readEvent, roundEvent } from '../events.ts';

export const finishStreamWith: HandlerOf<PublishConnection> = (connect) => async (event) => {
  const { source: name, stream, runId, fence } = readEvent(roundEvent, event);
  const { ports, sourceOf } = await connect();
  const outcome = await finishStream(ports, await sourceOf(name), { stream, runId, fence });
  return { source: name, stream, runId, ...outcome };
};

export const handler = finishStreamWith(connectCatalogue);
