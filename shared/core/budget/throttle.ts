// What a throttled request does to a budget: the whole scope waits, for everyone who shares it.
//
// A 429 that says "in 30 s" stops everybody for 30 s. One that says nothing stops them for 1 s, the
// next in a row for 2, 4, 8 and so on up to a minute; after one that was served, for 1 s again. One
// that says "in 0 s" again and again stops them for as long as one that says nothing. Those that
// come while the scope is stopped are the same refusal, told to several holders.

import {
  BACKOFF_LONGEST_MS,
  THROTTLE_LONGEST_MS,
  THROTTLE_SHORTEST_MS,
  THROTTLED_IN_A_ROW,
} from '../bounds.ts';
import { type LimitReport, meaningOf } from '../limit-report.ts';
import type { Budget, Spending } from './budget.ts';
import { movesOf } from './limit-states.ts';

/** What is known beside the throttled answer. */
export interface ThrottledAt {
  /** What the API said of its limits meanwhile. */
  readonly reports: readonly LimitReport[];
  /** What who was throttled was told comes so much later by our clock: its own is behind. */
  readonly delayMs: number;
  /** Others of its requests were served: then it is the first in a row. */
  readonly wasServed: boolean;
}

/** Throttles the scope until the time that the API gave, but longer each time in a row. */
export function throttleScope(
  throttled: Budget,
  { untilMs: toldMs, waitMs = 0, why }: NonNullable<Spending['throttle']>,
  { reports, delayMs, wasServed }: ThrottledAt,
): Budget {
  const endsAtMs = toldMs === undefined ? undefined : toldMs + delayMs;
  const budget = reopened(throttled, reports, endsAtMs);
  const isSame = budget.throttledUntilMs > budget.clockMs;
  const inARow = Math.max(0, budget.throttledInARow - (isSame ? 1 : 0));
  const before = wasServed ? 0 : inARow;
  const doubledMs = Math.min(BACKOFF_LONGEST_MS, THROTTLE_SHORTEST_MS * 2 ** before);
  const askedMs = endsAtMs ?? budget.clockMs + Math.ceil(waitMs);
  const untilMs = Math.min(
    Math.max(askedMs, budget.clockMs + doubledMs),
    budget.clockMs + THROTTLE_LONGEST_MS,
  );
  const throttledInARow = Math.min(before + 1, THROTTLED_IN_A_ROW);
  if (untilMs <= budget.throttledUntilMs) return { ...budget, throttledInARow };
  return {
    ...budget,
    throttledUntilMs: untilMs,
    throttledAtMs: budget.clockMs,
    throttledWhy: why,
    throttledInARow,
  };
}

/** The windows that a throttled request says more of than our log does. */
const reopened = (
  budget: Budget,
  reports: readonly LimitReport[],
  untilMs = Number.POSITIVE_INFINITY,
): Budget => ({
  ...budget,
  limits: budget.limits.map((state, index) => {
    const isUsedUp = reports.some((one) => one.index === index && meaningOf(one).isExhausted);
    return movesOf(state).reopen(untilMs, isUsedUp);
  }),
});
