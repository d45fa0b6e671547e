// When each permit of a lease may be spent. A lease is ready when all of its permits fit at once;
// the first of them fit earlier, and a holder who stays awake need not wait for the last.

import { PACED_WINDOW_MS } from '../bounds.ts';
import type { LimitReport } from '../limit-report.ts';
import type { Allowance } from './budget.ts';

type BucketReport = Extract<LimitReport, { kind: 'leaky-bucket' }>;

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
  const leaks = allowance.limits.map((limit, index) => {
    if (limit.kind !== 'leaky-bucket') {
      return limit.periodSeconds * 1000 <= PACED_WINDOW_MS ? 0 : Number.POSITIVE_INFINITY;
    }
    const report = reports.find((one) => one.index === index && one.kind !== 'window');
    // The lease was reckoned with what the API last told anyone: by a slower, declared leak it
    // would be spent too early.
    if (report === undefined && limit.headers?.leakPerSecond !== undefined) return Infinity;
    const told = report?.kind === 'window' ? undefined : report?.leakMilli;
    return told ?? limit.leakPerSecond * 1000;
  });
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

/**
 * When another request fits by the API's own report, epoch ms; `answeredAtMs` when it does now.
 * A request dearer than the bucket fits when it is empty.
 */
export function fitsAtMs(
  report: BucketReport,
  costMilli: number,
  shareForOthers: number,
  answeredAtMs: number,
  leak: Leak | undefined,
): number {
  const usable = Math.max(1, Math.floor(report.sizeMilli * (1 - shareForOthers)));
  const excess = report.levelMilli + Math.min(costMilli, usable) - usable;
  if (excess <= 0) return answeredAtMs;
  const perSecond = report.leakMilli ?? leak?.perSecondMilli;
  if (perSecond === undefined) return Number.POSITIVE_INFINITY;
  return answeredAtMs + Math.ceil((excess * 1000) / perSecond);
}
