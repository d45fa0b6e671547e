// How much of each limit is free for one asker, given what the others hold, and its part of the
// pace that the shortest windows allow. Pure arithmetic over a budget. Whoever waits queues twice:
// for permits with a place, then for pace with permits in hand, so that nobody waits in a circle.

import { PACED_WINDOW_MS } from '../bounds.ts';
import * as buckets from './bucket.ts';
import type { Allowance, Ask, Budget, PermitLease } from './budget.ts';
import { type Headroom, shareOf } from './wait.ts';
import * as windows from './window.ts';

/** A holder's place among those who wait; Infinity is behind everyone. */
export interface QueuePlace {
  readonly holder: string;
  readonly sinceMs: number;
}

/** Whether a lease only keeps a place in the queue. */
export const isQueuePlace = (lease: PermitLease): boolean => lease.permits === 0;

/** Whether `lease` has waited longer than `place`. */
export const isBefore = (lease: PermitLease, place: QueuePlace): boolean =>
  lease.readyAtMs < place.sinceMs ||
  (lease.readyAtMs === place.sinceMs && lease.holder < place.holder);

/** The asker and everyone else who holds or waits. */
export const holdersOf = (budget: Budget, holder: string): number =>
  new Set([holder, ...budget.leases.map((lease) => lease.holder)]).size;

interface Shared {
  readonly nowMs: number;
  readonly leases: readonly PermitLease[];
  /** Those who are served first: one permit is kept for each. */
  readonly queued: number;
  readonly holders: number;
  readonly shareForOthers: number;
}

/** One headroom for each limit that is counted; paced windows are shared by `paceFor`. */
export function headroomsFor(
  budget: Budget,
  allowance: Allowance,
  ask: Ask,
  place: QueuePlace,
): Headroom[] {
  const shared: Shared = {
    nowMs: budget.clockMs,
    leases: budget.leases,
    queued: waitingForPermits(budget, place),
    holders: holdersOf(budget, ask.holder),
    shareForOthers: allowance.shareForOthers,
  };
  return budget.limits.flatMap((state): Headroom[] => {
    if (state.kind === 'leaky-bucket') return [bucketHeadroom(state, ask.costMilli, shared)];
    return isPaced(state) ? [] : [windowHeadroom(state, shared)];
  });
}

function bucketHeadroom(bucket: buckets.Bucket, costMilli: number, shared: Shared): Headroom {
  const { nowMs, leases, queued, holders, shareForOthers } = shared;
  const usable = buckets.usableMilli(bucket, shareForOthers);
  // A request dearer than the bucket is let through by an empty one: it counts as the whole.
  const cost = Math.max(1, Math.min(costMilli, usable));
  const held = leases.reduce(
    (sum, lease) => sum + lease.permits * Math.min(lease.costMilli, usable),
    queued * cost,
  );
  const level = buckets.leak(bucket, nowMs).levelMilli;
  return {
    now: Math.floor((usable - held - level) / cost),
    ever: Math.floor((usable - held) / cost),
    share: shareOf(usable / cost, holders),
    whenFree: (permits) => buckets.whenDownTo(bucket, usable - held - permits * cost, nowMs),
  };
}

function windowHeadroom(window: windows.Window, shared: Shared): Headroom {
  const { nowMs, leases, queued, holders, shareForOthers } = shared;
  const whole = windows.usableRequests(window, shareForOthers);
  const usable = whole - leases.reduce((sum, lease) => sum + lease.permits, queued);
  return {
    now: usable - windows.used(window, nowMs),
    ever: usable,
    share: Math.max(1, Math.floor(whole / holders)),
    whenFree: (permits) =>
      windows.whenFree(window, usable, permits, nowMs) ?? nowMs + window.periodMs,
    periodMs: window.periodMs,
  };
}

/**
 * The asker's part of the shortest window, in requests per window: an even share, never more than
 * the others leave. What was given back a moment ago still counts, and one request is kept for
 * each whose permits are due and who has waited longer. 0 when no window is paced, undefined when
 * nothing is left.
 */
export function paceFor(
  budget: Budget,
  allowance: Allowance,
  ask: Ask,
  place: QueuePlace,
): number | undefined {
  const paced = budget.limits.filter(isPaced);
  if (paced.length === 0) return 0;
  const holders = holdersOf(budget, ask.holder);
  const waiting = waitingForPace(budget, place);
  const taken = paceOfOthers(budget, ask.invocationId);
  const last = budget.paced.findLast((one) => one.invocationId === ask.invocationId)?.pace ?? 0;
  const paces = paced.map((window) => {
    const usable = windows.usableRequests(window, allowance.shareForOthers);
    const useful = Math.ceil((ask.requestsPerSecond * window.periodMs) / 1000);
    const even = Math.floor(usable / holders);
    // What does not divide evenly goes round: whoever had one more leaves it to another.
    const share = last > even ? even : Math.ceil(usable / holders);
    return Math.min(usable - taken - waiting, Math.max(1, share), Math.max(1, useful));
  });
  const pace = Math.min(...paces);
  return pace >= 1 ? pace : undefined;
}

/** How many hold permits that are due, have no pace to spend them at, and come before `place`. */
export const waitingForPace = (budget: Budget, place: QueuePlace): number =>
  budget.leases.filter(
    (lease) =>
      lease.invocationId === '' &&
      !isQueuePlace(lease) &&
      lease.holder !== place.holder &&
      lease.readyAtMs <= budget.clockMs &&
      isBefore(lease, place),
  ).length;

/** How many are queued for permits before `place`. */
export const waitingForPermits = (budget: Budget, place: QueuePlace): number =>
  budget.leases.filter((lease) => isQueuePlace(lease) && isBefore(lease, place)).length;

/**
 * An invocation polices itself, also across its leases; the others see the highest of its paces.
 */
function paceOfOthers(budget: Budget, invocationId: string): number {
  const paces = new Map<string, number>();
  const spent = budget.paced.map((one) => ({ ...one, pace: one.requests ?? one.pace }));
  for (const one of [...budget.leases, ...spent]) {
    if (one.invocationId === invocationId || one.invocationId === '') continue;
    paces.set(one.invocationId, Math.max(one.pace, paces.get(one.invocationId) ?? 0));
  }
  return [...paces.values()].reduce((sum, pace) => sum + pace, 0);
}

/** Whether a window is so short that it is shared as a pace. */
export const isPaced = (state: Budget['limits'][number]): state is windows.Window =>
  state.kind === 'window' && state.periodMs <= PACED_WINDOW_MS;

/** The longest of the paced windows, ms; 0 when there is none. */
export const pacedMs = (budget: Budget): number =>
  Math.max(0, ...budget.limits.filter(isPaced).map((window) => window.periodMs));
