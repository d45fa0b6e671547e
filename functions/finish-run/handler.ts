// Closes a run and tells what it did, stream by stream.

import { finishRun } from '../../shared/pull/finish/finish.ts';
import { connectLedger } from '../connect-ledger.ts';
import type { HandlerOf, LedgerConnection } from '../connection.ts';
import { finishEvent, readEvent } from '../events.ts';

export const finishRunWith: HandlerOf<LedgerConnection> = (connect) => async (event) => {
  const { source, runId, streams, others, results } = readEvent(finishEvent, event);
  const { ports, sourceOf } = await connect();
  const ends = Object.fromEntries(results.map((one) => [one.stream, one]));
  const plans = [...others, ...streams];
  return finishRun(ports, await sourceOf(source), { runId, plans, ends });
};

export const handler = finishRunWith(connectLedger);
