// Takes permits out of a budget: follows what the source declares, lets go of what earlier claims
// of the asker held, and grants, books or queues. Nothing here waits.

import { advance, bury } from './advance.ts';
import {
  type Allowance,
  type Ask,
  BOOKED,
  type Budget,
  type Grant,
  type PermitLease,
} from './budget.ts';
import { isQueuePlace } from './headroom.ts';
import { grant, redeem } from './leases.ts';
import { termsOf } from './limit-kinds.ts';

/**
 * Takes permits, or says when to come back, which is never now.
 * @returns the very `budget` when nothing has to be kept
 */
export function take(
  budget: Budget,
  allowance: Allowance,
  ask: Ask,
  nowMs: number,
): { budget: Budget; grant: Grant } {
  const now = declare(overtake(advance(budget, nowMs), ask), allowance);
  // A clock that was far ahead is set back for everybody, or all would wait by it again and again.
  const kept = now.clockMs < budget.clockMs ? now : budget;
  if (now.throttledUntilMs > now.clockMs) {
    const { throttledUntilMs: readyAtMs, throttledWhy: why } = now;
    return { budget: kept, grant: { kind: 'throttled', readyAtMs, why } };
  }
  // Who asks holds nothing: a lease of this very invocation was written, but nobody learned of it.
  const isOwn = (lease: PermitLease): boolean =>
    lease.holder === ask.holder &&
    (lease.invocationId === BOOKED || lease.invocationId === ask.invocationId);
  const own = now.leases.find((lease) => isOwn(lease) && lease.invocationId === BOOKED);
  const rest = { ...now, leases: now.leases.filter((lease) => !isOwn(lease)) };
  const taken =
    own && !isQueuePlace(own)
      ? redeem(rest, allowance, own, ask)
      : grant(rest, allowance, own, ask);
  return { budget: taken.budget ?? kept, grant: taken.grant };
}

/** What the API never spoke of follows the source, which may have been edited meanwhile. */
function declare(budget: Budget, allowance: Allowance): Budget {
  const limits = allowance.limits.map((limit, index) =>
    termsOf(limit).declare(budget.limits[index], budget.clockMs),
  );
  return { ...budget, limits };
}

/**
 * Leases of earlier claims end now: a stream is claimed again when its process has died or was
 * given up, and need not wait for permits that it holds itself. Their last requests still count.
 */
function overtake(budget: Budget, { holder, fence = 0 }: Ask): Budget {
  const lost = budget.leases.filter(
    (lease) =>
      lease.holder === holder && lease.invocationId !== BOOKED && (lease.fence ?? fence) < fence,
  );
  const paced = lost
    .filter(({ paceMs }) => paceMs > 0)
    .map(({ invocationId, pace, paceMs }) => ({
      ...{ invocationId, pace },
      untilMs: budget.clockMs + paceMs,
    }));
  return { ...bury(budget, lost), paced: [...budget.paced, ...paced] };
}
