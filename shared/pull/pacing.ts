// The pace of windows so short that they are shared as a pace: at most so many requests in any
// stretch of one, whether its length was declared or told by the API. It knows this round's own
// requests only; the budget gives each holder a part of the pace.
//
// 5 requests a second, of which this holder may make 3. Its requests were answered at 0, 100 and
// 200 ms: the fourth keeps the pace at 1,000 ms, when the first is a second ago. An answer at
// 300 ms that says 0 of 5 are left means that somebody else spends from it too: none before
// 1,300 ms.
// Why: docs/decisions/005-short-windows-as-a-pace.md

import { PACED_REQUESTS, PACED_WINDOW_MS } from '../core/bounds.ts';
import type { LeaseInHand } from '../core/budget/lease-in-hand.ts';
import { termsOf } from '../core/budget/limit-kinds.ts';
import { type LimitReport, meaningOf, type WindowReport } from '../core/limit-report.ts';
import type { Limit } from '../core/source/api-limits.ts';

export interface Pacing {
  /** Length of the longest window that is paced, ms; 0 when none is. */
  windowMs(): number;
  /** Whether the window that the report speaks of is paced rather than counted. */
  isPaced(report: WindowReport): boolean;
  /** A request was answered, and the API said this with it. */
  answered(atMs: number, reports: readonly LimitReport[]): void;
  /**
   * Requests in the stretch that ended with the last one.
   * @param paceMs its length; 0: that of the longest window
   */
  inWindow(paceMs: number): number;
  /** When one more request keeps the pace of the lease, epoch ms. */
  nextAtMs(lease: Pick<LeaseInHand, 'pace' | 'paceMs'>, nowMs: number): number;
}

export function keepPace(limits: readonly Limit[]): Pacing {
  const periodsMs = limits.map((limit) => termsOf(limit).periodMs ?? Number.POSITIVE_INFINITY);
  let recent: readonly number[] = [];
  let usedUpUntilMs = 0;

  const isPaced = ({ index, periodMs = periodsMs[index] ?? Infinity }: WindowReport): boolean =>
    periodMs <= PACED_WINDOW_MS;
  const windowMs = (): number =>
    Math.max(0, ...periodsMs.filter((periodMs) => periodMs <= PACED_WINDOW_MS));

  /**
   * When a window that the API says is used up takes the next request. If its requests are ours,
   * the first of them must be over; if somebody else spends from it too, all of it.
   */
  function usedUpUntil(report: WindowReport, atMs: number): number {
    if (!isPaced(report) || (report.remaining ?? 1) >= 1) return 0;
    const periodMs = periodsMs[report.index] ?? 0;
    const first = report.limit === undefined ? undefined : recent[recent.length - report.limit];
    return Math.max(first ?? atMs, atMs - periodMs) + periodMs;
  }

  return {
    windowMs,
    isPaced,
    answered(atMs, reports) {
      const windows = reports.flatMap((report) => meaningOf(report).counted ?? []);
      for (const { index, periodMs } of windows) {
        if (periodMs !== undefined) periodsMs[index] = periodMs;
      }
      recent = windowMs() > 0 ? [...recent.slice(1 - PACED_REQUESTS), atMs] : [];
      usedUpUntilMs = Math.max(0, ...windows.map((report) => usedUpUntil(report, atMs)));
    },
    inWindow(paceMs) {
      const sinceMs = (recent.at(-1) ?? 0) - (paceMs || windowMs());
      return recent.filter((atMs) => atMs > sinceMs).length;
    },
    nextAtMs({ pace, paceMs }, nowMs) {
      // Another round may have been told of a window that this one has not heard of yet.
      const lengthMs = paceMs || windowMs() || PACED_WINDOW_MS;
      // When the clock was set back, what was answered before counts as answered now.
      recent = recent.map((atMs) => Math.min(atMs, nowMs));
      usedUpUntilMs = Math.min(usedUpUntilMs, nowMs + lengthMs);
      const first = pace > 0 ? recent[recent.length - pace] : undefined;
      return Math.max(usedUpUntilMs, first === undefined ? 0 : first + lengthMs);
    },
  };
}
