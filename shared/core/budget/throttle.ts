// What a refusal does to a budget: the whole scope waits, for everyone who shares it.

import { BACKOFF_LONGEST_MS, BLOCK_LONGEST_MS, BLOCK_SHORTEST_MS } from '../bounds.ts';
import type { Budget, Spending } from './budget.ts';
import * as windows from './window.ts';

/**
 * Blocks the scope until the time that the API gave, or for twice as long as the last time.
 * @param lagMs how far the clock of who was refused is behind ours: that time comes later here
 * @param wasServed others of its requests were served: then this refusal is the first in a row
 */
export function refuse(
  refused: Budget,
  refusal: NonNullable<Spending['refusal']>,
  lagMs: number,
  wasServed: boolean,
): Budget {
  const toldMs = refusal.untilMs === undefined ? undefined : refusal.untilMs + lagMs;
  const budget = reopened(refused, toldMs);
  const before = wasServed ? 0 : budget.refusals;
  const doubled = Math.min(BACKOFF_LONGEST_MS, BLOCK_SHORTEST_MS * 2 ** before);
  const asked = toldMs ?? budget.clockMs + Math.max(doubled, refusal.waitMs ?? 0);
  const untilMs = Math.min(
    Math.max(asked, budget.clockMs + BLOCK_SHORTEST_MS),
    budget.clockMs + BLOCK_LONGEST_MS,
  );
  const refusals = toldMs === undefined ? Math.min(before + 1, 16) : before;
  if (untilMs <= budget.blockedUntilMs) return { ...budget, refusals };
  return { ...budget, blockedUntilMs: untilMs, blockedWhy: refusal.why, refusals };
}

/** The windows that a refusal says more of than our log does. */
const reopened = (budget: Budget, untilMs = Number.POSITIVE_INFINITY): Budget => ({
  ...budget,
  limits: budget.limits.map((state) =>
    state.kind === 'window' ? windows.reopen(state, untilMs) : state,
  ),
});
