// Plans a run. A source that can't be read is an answer (`failed`), not an error.

import { DriplakeError, explain } from '../../shared/core/failures.ts';
import { planRun } from '../../shared/pull/plan/plan.ts';
import { connectLedger } from '../connect-ledger.ts';
import type { HandlerOf, LedgerConnection } from '../connection.ts';
import { planEvent, readEvent } from '../events.ts';

export const planRunWith: HandlerOf<LedgerConnection> = (connect) => async (event) => {
  try {
    const { input, execution, startedAt } = readEvent(planEvent, event);
    const { ports, sourceOf, isGone } = await connect();
    const source = await sourceOf(input.source);
    const holder = { id: execution, startedAtMs: Date.parse(startedAt), isGone };
    return await planRun(ports, source, input, holder);
  } catch (error) {
    if (!(error instanceof DriplakeError)) throw error;
    return { kind: 'failed', cause: explain(error) };
  }
};

export const handler = planRunWith(connectLedger);
