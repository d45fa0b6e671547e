// Permits that one round holds, and what the API has reported to it. Pure: the round asks the clock
// and the ledger, and gives here what it learned.
//
// A bucket of 60 that leaks 1/s, requests that cost 10. At t = 0 a lease of 3 is granted that is
// ready at t = 20 s: by then all 3 fit, so they fit one by one at t = 0, 10 and 20 s. The answer to
// the first reports a level of 58: the next one fits 8 s later, sooner than the lease is used up,
// so it is waited for and the lease goes on. At a level of 95 it fits at t = 45 s, later than one
// behind the whole lease would (20 + 10 s): somebody else has spent what was granted here, and the
// rest of the lease is given up.
// Why: docs/decisions/003-budget-as-reservations.md

import { type LimitReport, meaningOf, type WindowReport } from '../limit-report.ts';
import type { Allowance } from './budget.ts';
import { termsOf } from './limit-kinds.ts';
import { type ReportTimes, steadyEnd } from './report-times.ts';

/** Permits of one lease. Times are epoch ms. */
export interface LeaseInHand {
  /** Permits that are not spent. */
  readonly left: number;
  /** What each was granted for. */
  readonly costMilli: number;
  /** When all of its permits fit together. */
  readonly readyAtMs: number;
  readonly grantedAtMs: number;
  /** Requests in any stretch of `paceMs`; 0 without a paced window. */
  readonly pace: number;
  readonly paceMs: number;
  /** Whether the ledger knows of it, and has to be told what became of it. */
  readonly isOpen: boolean;
  /** When each request was answered that the ledger has not been told of. */
  readonly answeredAtMs: readonly number[];
}

/** What the API reported last, and what follows from it. */
export interface LastReport extends ReportTimes {
  readonly limits: readonly LimitReport[];
  /** What a request costs: as it was reported, else as it was declared. */
  readonly costMilli: number;
  /** The next request does not fit before, epoch ms. */
  readonly notBeforeMs: number;
}

export const noLease = (costMilli: number): LeaseInHand => ({
  left: 0,
  costMilli,
  readyAtMs: 0,
  grantedAtMs: 0,
  pace: 0,
  paceMs: 0,
  isOpen: false,
  answeredAtMs: [],
});

export const noReport = (costMilli: number): LastReport => ({
  limits: [],
  sentAtMs: 0,
  atMs: 0,
  costMilli,
  notBeforeMs: 0,
});

/** The lease after one request of it was answered. */
export const afterAnswer = (lease: LeaseInHand, answeredAtMs: number): LeaseInHand => ({
  ...lease,
  left: Math.max(0, lease.left - 1),
  answeredAtMs: [...lease.answeredAtMs, answeredAtMs],
});

/** After a clock was set back: times from before would be waited for all over again. */
export const afterClockSetBack = (
  lease: LeaseInHand,
  report: LastReport,
): { readonly lease: LeaseInHand; readonly report: LastReport } => ({
  lease: { ...lease, left: 0 },
  report: { ...report, notBeforeMs: 0 },
});

/** When the next permit of the lease may be spent, by the lease and by the last report. */
export const spendableAtMs = (
  lease: LeaseInHand,
  report: LastReport,
  allowance: Allowance,
): number => {
  const leak = leakOf(allowance, report.limits);
  const { readyAtMs, left, costMilli } = lease;
  return Math.max(nextPermitAtMs(readyAtMs, left, costMilli, leak), report.notBeforeMs);
};

/**
 * The lease after a report, which wins over it: of what somebody else has spent, nothing is left. A
 * bucket that is full for now is waited for, but not longer than the lease reckoned with.
 * @param isPaced whether a window is so short that a pace keeps it: its count says nothing then
 */
export function afterReport(
  lease: LeaseInHand,
  report: LastReport,
  allowance: Allowance,
  isPaced: (window: WindowReport) => boolean,
): { readonly lease: LeaseInHand; readonly report: LastReport } {
  const { shareForOthers } = allowance;
  const { limits, atMs: answeredAtMs } = report;
  const costMilli =
    limits.flatMap((limit) => meaningOf(limit).costMilli ?? [])[0] ?? report.costMilli;
  const leakMilli = leakOf(allowance, limits)?.perSecondMilli;
  const oneMs = leakMilli ? (costMilli * 1000) / leakMilli : 0;
  const patientUntilMs = Math.max(answeredAtMs, lease.readyAtMs + oneMs);
  const fits = limits.flatMap((limit) => {
    const { counted, fitsAtMs } = meaningOf(limit);
    if (counted && isPaced(counted)) return [];
    return [fitsAtMs({ costMilli, shareForOthers, answeredAtMs, leakMilli })];
  });
  const isUsedUp = fits.some((atMs) => atMs > patientUntilMs);
  const later = fits.filter((atMs) => atMs > answeredAtMs && atMs <= patientUntilMs);
  return {
    lease: isUsedUp ? { ...lease, left: 0 } : lease,
    report: { ...report, costMilli, notBeforeMs: Math.max(0, ...later) },
  };
}

/** Reports that tell the end of a window as those before them did (report-times.ts). */
export const steadied = (
  reports: readonly LimitReport[],
  before: readonly LimitReport[],
  atMs: number,
): readonly LimitReport[] =>
  reports.map((report) => {
    const [told, ...known] = [report, ...before.filter(({ index }) => index === report.index)].map(
      (one) => meaningOf(one).counted,
    );
    const knownMs = known[0]?.resetAtMs;
    if (told?.resetAtMs === undefined || knownMs === undefined) return report;
    return { ...told, resetAtMs: steadyEnd(knownMs, told.resetAtMs, atMs) };
  });

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
