// Gives permits back: what was spent of a lease, and what the API reported meanwhile.

import type { LimitReport } from '../limit-report.ts';
import { advance, logged } from './advance.ts';
import * as buckets from './bucket.ts';
import type { Budget, LimitState, Paced, PermitLease, Spending } from './budget.ts';
import { isQueuePlace, pacedMs } from './headroom.ts';
import { countsAll, delayed, type ReportTimes } from './report-times.ts';
import { throttleScope } from './throttle.ts';
import * as windows from './window.ts';

/** Gives a lease back and says what was spent of it and what the API said meanwhile. */
export function settle(budget: Budget, spending: Spending, nowMs: number): Budget {
  const now = advance(budget, nowMs);
  const { clockMs } = now;
  const lease = now.leases.find(
    (held) =>
      held.holder === spending.holder &&
      held.invocationId === spending.invocationId &&
      !isQueuePlace(held),
  );
  // A holder whose clock is behind, or has stepped back, speaks of later times than it says.
  const lagMs = Math.max(0, clockMs - nowMs);
  const onOurClock = (atMs: number): number => Math.min(clockMs, atMs + lagMs);
  // A lease that expired was charged in full then; charging its requests again would be twice.
  const answered = lease ? spending.answeredAtMs.map(onOurClock) : [];
  const leases = now.leases.filter((held) => held !== lease);
  const times: ReportTimes = {
    sentAtMs: onOurClock(spending.reportSentAtMs ?? spending.reportAtMs),
    atMs: onOurClock(spending.reportAtMs),
  };
  const held = leases.reduce((sum, other) => (other.invocationId ? sum + other.permits : sum), 0);
  const reports = spending.reports.map((report) => delayed(report, lagMs));
  const limits = now.limits.map((state, index) => {
    const report = reports.find((one) => one.index === index);
    return learn(state, { report, times, answered, costMilli: spending.costMilli, held, clockMs });
  });
  const paced = [...now.paced, ...pacedBy(now, lease, answered, spending.inWindow)];
  const kept: Budget = { ...now, limits, leases, paced };
  const { throttle } = spending;
  if (throttle) return throttleScope(kept, throttle, reports, lagMs, answered.length > 1);
  return answered.length > 0 ? { ...kept, throttledInARow: 0 } : kept;
}

/** One limit after a lease was spent: what the API counted, or our count where it said nothing. */
function learn(
  state: LimitState,
  spent: {
    readonly report: LimitReport | undefined;
    readonly times: ReportTimes;
    readonly answered: readonly number[];
    readonly costMilli: number;
    readonly held: number;
    readonly clockMs: number;
  },
): LimitState {
  const { report, times, answered, costMilli, held, clockMs } = spent;
  const reportedOf = answered.filter((atMs) => atMs <= times.atMs);
  const unreported = answered.filter((atMs) => atMs > times.atMs);
  if (state.kind === 'window') {
    if (report?.kind !== 'window') return logged(state, answered, clockMs);
    return logged(
      windows.applyReport(state, report, times, reportedOf, held),
      unreported,
      clockMs,
    );
  }
  const pour = (bucket: buckets.Bucket, answers: readonly number[]): buckets.Bucket => {
    const uncounted = answers.filter((atMs) => atMs > bucket.reportSentAtMs).length;
    return buckets.pour(bucket, uncounted * costMilli, clockMs);
  };
  if (report?.kind === 'leak') {
    return buckets.applyLeak(pour(state, answered), report.leakMilli, times);
  }
  if (report?.kind !== 'leaky-bucket') return pour(state, answered);
  return countsAll(state, times)
    ? pour(buckets.applyReport(state, report, times), unreported)
    : buckets.applyReport(pour(state, answered), report, times);
}

/** The pace that a lease's last requests go on taking, no more than there were of them. */
function pacedBy(
  budget: Budget,
  lease: PermitLease | undefined,
  answeredAtMs: readonly number[],
  inWindow = Number.POSITIVE_INFINITY,
): Paced[] {
  if (!lease || lease.pace === 0 || answeredAtMs.length === 0) return [];
  const { invocationId, pace } = lease;
  const untilMs = Math.max(...answeredAtMs) + pacedMs(budget);
  const requests = Math.min(pace, inWindow);
  return untilMs > budget.clockMs ? [{ invocationId, pace, requests, untilMs }] : [];
}
