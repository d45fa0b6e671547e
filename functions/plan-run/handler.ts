// Plans a run, wave by wave. A source that can't be read is an answer (`failed`), not an error.

import { DriplakeError, explain } from '../../shared/core/failures.ts';
import { type Execution, planNextWave, planRun } from '../../shared/pull/plan/plan.ts';
import { connectLedger } from '../connect-ledger.ts';
import type { HandlerOf, LedgerConnection } from '../connection.ts';
import { endedWave, isNextPlan, nextPlanEvent, planEvent, readEvent } from '../events.ts';

export const planRunWith: HandlerOf<LedgerConnection> = (connect) => async (event) => {
  try {
    const { ports, sourceOf, isGone } = await connect();
    const holderOf = ({ execution, startedAt }: Asker): Execution => ({
      ...{ id: execution, startedAtMs: Date.parse(startedAt), isGone },
    });
    if (isNextPlan(event)) {
      const { input, ...asker } = readEvent(nextPlanEvent, event);
      const source = await sourceOf(input.source);
      return await planNextWave(ports, source, endedWave(input), holderOf(asker));
    }
    const { input, ...asker } = readEvent(planEvent, event);
    return await planRun(ports, await sourceOf(input.source), input, holderOf(asker));
  } catch (error) {
    if (!(error instanceof DriplakeError)) throw error;
    return { kind: 'failed', cause: explain(error) };
  }
};

/** The execution that asks, as the machine names it. */
interface Asker {
  readonly execution: string;
  readonly startedAt: string;
}

export const handler = planRunWith(connectLedger);
