// Time passes in a budget: its clock moves forward, dead holders are charged for what they held,
// and after a clock that was far ahead nothing lies further away than a wait from now.

import { CLOCK_SKEW_MS } from '../bounds.ts';
import { BOOKED, type Budget, type PermitLease } from './budget.ts';
import { type LimitState, movesOf } from './limit-states.ts';

/** Time passes: dead holders are charged for what they held, the clock moves forward only. */
export function advance(budget: Budget, nowMs: number): Budget {
  const now =
    budget.clockMs > nowMs + CLOCK_SKEW_MS
      ? rebase(budget, nowMs)
      : { ...budget, clockMs: Math.max(budget.clockMs, nowMs) };
  const dead = now.leases.filter((lease) => lease.expiresAtMs <= now.clockMs);
  return { ...bury(now, dead), paced: now.paced.filter(({ untilMs }) => untilMs > now.clockMs) };
}

/** Leases that nobody will give back are charged in full. */
export const bury = (budget: Budget, dead: readonly PermitLease[]): Budget => ({
  ...budget,
  limits: budget.limits.map((state) =>
    dead.reduce((charged, lease) => charge(charged, lease, budget.clockMs), state),
  ),
  leases: budget.leases.filter((lease) => !dead.includes(lease)),
});

/**
 * A clock was far ahead: every lease ends, and nothing is left that lies beyond a wait from now.
 */
function rebase(budget: Budget, nowMs: number): Budget {
  const { throttledUntilMs, throttledAtMs } = budget;
  // Who was throttled by a clock like this one meant its own time, whoever was ahead since.
  const aheadMs = throttledAtMs > nowMs + CLOCK_SKEW_MS ? budget.clockMs - nowMs : 0;
  return {
    ...budget,
    clockMs: nowMs,
    limits: budget.limits.map((state) => movesOf(state).rebase(nowMs)),
    leases: budget.leases.map((lease) => ({ ...lease, expiresAtMs: nowMs })),
    paced: [],
    throttledUntilMs: Math.max(0, throttledUntilMs - aheadMs),
    throttledAtMs: Math.min(throttledAtMs, nowMs),
  };
}

/** Nobody can have spent a reservation that was never redeemed. */
const charge = (state: LimitState, lease: PermitLease, nowMs: number): LimitState =>
  lease.invocationId === BOOKED ? state : movesOf(state).charge(lease, nowMs);
