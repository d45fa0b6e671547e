// When each permit of a lease may be spent. A lease is ready when all of its permits fit at once;
// the first of them fit earlier, and a holder who stays awake need not wait for the last.
//
// A lease of 3 permits of 1 from a bucket that leaks 1/s, ready at 12:00:30: one fits at 12:00:28,
// the next at 12:00:29, the last at 12:00:30. In a window of five minutes all three fit at its end.
// Why: docs/decisions/003-budget-as-reservations.md

import type { LimitReport } from '../limit-report.ts';
import type { Allowance } from './budget.ts';
import { termsOf } from './limit-kinds.ts';

/** Thousandths of a unit that leak in a second from the bucket that leaks fastest. */
export interface Leak {
  readonly perSecondMilli: number;
}

/**
 * The leak by which permits become ready one after another; undefined when something other than
 * buckets must be waited for, such as a window, which frees its permits all at once. Of several
 * buckets the fastest decides: it is the one that frees its permits last.
 */
export function leakOf(allowance: Allowance, reports: readonly LimitReport[]): Leak | undefined {
  const leaks = allowance.limits.map((limit, index) =>
    termsOf(limit).leakMilli(reports.find((one) => one.index === index)),
  );
  const perSecondMilli = Math.max(0, ...leaks);
  return perSecondMilli > 0 && Number.isFinite(perSecondMilli) ? { perSecondMilli } : undefined;
}

/**
 * When the next permit of a lease fits, epoch ms. Let the lease be ready at T with k permits left:
 * then k x cost fit at T, so (k - 1) x cost / leak earlier one of them fits. Spent at these times,
 * the level never passes the one that the grant reckoned with.
 */
export const nextPermitAtMs = (
  readyAtMs: number,
  left: number,
  costMilli: number,
  leak: Leak | undefined,
): number =>
  leak ? readyAtMs - Math.floor(((left - 1) * costMilli * 1000) / leak.perSecondMilli) : readyAtMs;
