// Closes a run and tells what it did, stream by stream.

import { finishRun } from '../../shared/pull/finish/close.ts';
import { connectLedger } from '../connect-ledger.ts';
import type { HandlerOf, LedgerConnection } from '../connection.ts';
import { endedEvent, endedWave, readEvent } from '../events.ts';

export const finishRunWith: HandlerOf<LedgerConnection> = (connect) => async (event) => {
  const ended = readEvent(endedEvent, event);
  const { ports, sourceOf } = await connect();
  return finishRun(ports, await sourceOf(ended.source), endedWave(ended));
};

export const handler = finishRunWith(connectLedger);
