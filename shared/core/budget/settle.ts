// Gives permits back: what was spent of a lease, and what the API reported meanwhile.
//
// Three holders of a bucket of 60 at 1/s hold 10 permits each, and its level is 20. The first gives
// back 10, of which it spent 8: the level rises to 28, the two others still hold 20. Had its last
// answer said "level 31", that would be the level: somebody else spends too.
// Why: docs/decisions/003-budget-as-reservations.md

import { meaningOf } from '../limit-report.ts';
import { advance } from './advance.ts';
import { BOOKED, type Budget, type Paced, type PermitLease, type Spending } from './budget.ts';
import { isQueuePlace, pacedMs } from './headroom.ts';
import { movesOf } from './limit-states.ts';
import type { ReportTimes } from './report-times.ts';
import { throttleScope } from './throttle.ts';
import { unitsOf } from './window.ts';

/** Gives a lease back and says what was spent of it and what the API said meanwhile. */
export function settle(budget: Budget, spending: Spending, nowMs: number): Budget {
  const now = advance(budget, nowMs);
  const { clockMs } = now;
  const lease = now.leases.find(
    (one) =>
      one.holder === spending.holder &&
      one.invocationId === spending.invocationId &&
      !isQueuePlace(one),
  );
  // A holder whose clock is behind, or has stepped back, speaks of later times than it says.
  const lagMs = Math.max(0, clockMs - nowMs);
  // One whose clock was set back since its last answer speaks of earlier times than it says.
  const latestAtMs = Math.max(spending.reportAtMs, ...spending.answeredAtMs);
  const delayMs = lagMs - Math.max(0, latestAtMs - nowMs);
  const onOurClock = (atMs: number): number => Math.min(clockMs, atMs + lagMs);
  // A lease that expired was charged in full then; charging its requests again would be twice.
  const answered = lease ? spending.answeredAtMs.map(onOurClock) : [];
  const leases = now.leases.filter((one) => one !== lease);
  const times: ReportTimes = {
    sentAtMs: onOurClock(spending.reportSentAtMs ?? spending.reportAtMs),
    atMs: onOurClock(spending.reportAtMs),
  };
  const reports = spending.reports.map((report) => meaningOf(report).delayed(delayMs));
  const heldByOthers = permitsHeld(leases);
  const limits = now.limits.map((state, index) =>
    movesOf(state).learn({
      report: reports.find((one) => one.index === index),
      ...{ times, answered, costMilli: spending.costMilli, heldByOthers, clockMs },
    }),
  );
  const learned: Budget = { ...now, limits, leases };
  const left = pacedBy(learned, lease, answered, spending.inWindow);
  const kept: Budget = { ...learned, paced: [...now.paced, ...left] };
  const { throttle } = spending;
  if (throttle) {
    return throttleScope(kept, throttle, { reports, delayMs, wasServed: answered.length > 1 });
  }
  return answered.length > 0 ? { ...kept, throttledInARow: 0 } : kept;
}

/** Units that may be spent at this moment: nobody spends one that is only reserved. */
const permitsHeld = (leases: readonly PermitLease[]): number =>
  leases.reduce(
    (sum, { invocationId, permits, costMilli }) =>
      invocationId === BOOKED ? sum : sum + permits * unitsOf(costMilli),
    0,
  );

/**
 * The pace that a lease's last requests go on taking, no more than there were of them. A lease that
 * had none, since nobody knew how short the window is, has as many as it was spent on.
 */
function pacedBy(
  budget: Budget,
  lease: PermitLease | undefined,
  answeredAtMs: readonly number[],
  inWindow: number | undefined,
): Paced[] {
  if (!lease || answeredAtMs.length === 0) return [];
  const { invocationId } = lease;
  const paceMs = lease.paceMs || pacedMs(budget);
  if (paceMs === 0) return [];
  const lastMs = Math.max(...answeredAtMs);
  const units = unitsOf(lease.costMilli);
  const counted = answeredAtMs.filter((atMs) => atMs > lastMs - paceMs).length;
  const pace = lease.pace || counted * units;
  const requests = Math.min(pace, inWindow === undefined ? pace : inWindow * units);
  const untilMs = lastMs + paceMs;
  return untilMs > budget.clockMs ? [{ invocationId, pace, requests, untilMs }] : [];
}
