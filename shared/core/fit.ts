// Makes a stored budget agree with what the source declares now: a file that was edited counts from
// the next permit on, without forgetting what was spent.

import { newBucket } from './bucket.ts';
import { type Allowance, type Budget, newBudget } from './budget.ts';
import type { Limit } from './limit-spec.ts';
import { newWindow } from './window.ts';

/** The budget to go on with; a new one where there is none, or where other kinds of limits stood. */
export function fitBudget(stored: Budget | undefined, allowance: Allowance, nowMs: number): Budget {
  if (!stored || stored.limits.length !== allowance.limits.length)
    return newBudget(allowance, nowMs);
  return {
    ...stored,
    limits: stored.limits.map((state, index) => agree(state, allowance.limits[index], nowMs)),
  };
}

/** What the API said wins over the declaration; where it never spoke, the declaration counts. */
function agree(
  state: Budget['limits'][number],
  limit: Limit | undefined,
  nowMs: number,
): Budget['limits'][number] {
  if (limit === undefined) return state;
  if (limit.kind === 'leaky-bucket') {
    const declared = newBucket(limit, nowMs);
    if (state.kind !== 'leaky-bucket') return declared;
    const { sizeMilli, leakMilli } = declared;
    return state.wordAtMs > 0 ? state : { ...state, sizeMilli, leakMilli };
  }
  const declared = newWindow(limit);
  if (state.kind !== 'window') return declared;
  const { limit: requests, periodMs } = declared;
  return state.wordAtMs > 0 ? state : { ...state, limit: requests, periodMs };
}
