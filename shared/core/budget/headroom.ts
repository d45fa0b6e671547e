// How much of each limit is free for one asker, given what the others hold, and its part of the
// pace that the shortest windows allow. Pure arithmetic over a budget. Whoever waits queues twice:
// for permits with a place, then for pace with permits in hand, so that nobody waits in a circle.
//
// 5 requests a second and two holders: one is given a pace of 3, the other the 2 that are left. Who
// had 3 takes 2 next, so that the odd one goes round. A third holder finds 5 taken, books its
// permits and waits until one of them gives back: of three, each has 1 or 2.
// Why: docs/decisions/005-short-windows-as-a-pace.md

import { PACED_REQUESTS, PACED_WAY_MS } from '../bounds.ts';
import { type Allowance, type Ask, BOOKED, type Budget, type PermitLease } from './budget.ts';
import { movesOf, type PacedWindow } from './limit-states.ts';
import type { Demand, Headroom } from './wait.ts';
import { unitsOf } from './window.ts';

/** A holder's place among those who wait; Infinity is behind everyone. */
export interface QueuePlace {
  readonly holder: string;
  readonly sinceMs: number;
}

/** Whether a lease only keeps a place in the queue. */
export const isQueuePlace = (lease: PermitLease): boolean => lease.permits === 0;

/** Whether somebody spends it: it is neither booked nor a place in the queue. */
const isRunning = (lease: PermitLease): boolean =>
  lease.invocationId !== BOOKED && !isQueuePlace(lease);

/** Whether `lease` has waited longer than `place`. */
export const isBefore = (lease: PermitLease, place: QueuePlace): boolean =>
  lease.readyAtMs < place.sinceMs ||
  (lease.readyAtMs === place.sinceMs && lease.holder < place.holder);

/** The asker and everyone else who holds or waits. */
export const holdersOf = (budget: Budget, holder: string): number =>
  new Set([holder, ...budget.leases.map((lease) => lease.holder)]).size;

/** One headroom for each limit that is counted; paced windows are shared by `paceFor`. */
export function headroomsFor(
  budget: Budget,
  allowance: Allowance,
  ask: Ask,
  place: QueuePlace,
): Headroom[] {
  const demand: Demand = {
    nowMs: budget.clockMs,
    leases: budget.leases,
    queued: waitingForPermits(budget, place),
    running: budget.leases.filter(isRunning).length,
    holders: holdersOf(budget, ask.holder),
    shareForOthers: allowance.shareForOthers,
    costMilli: ask.costMilli,
  };
  return budget.limits.flatMap((state) => movesOf(state).headroom(demand) ?? []);
}

/** Requests that a holder may send in any stretch of the shortest windows. */
export type Pace =
  /** No window is so short: as many as it likes. */
  | { readonly kind: 'free' }
  | {
      readonly kind: 'paced';
      readonly requests: number;
      /** Of the window, for each. */
      readonly units: number;
      readonly periodMs: number;
      /** What was given back a moment ago leaves less than a share: soon there is more. */
      readonly isCut: boolean;
    }
  /** The others have all of it. */
  | { readonly kind: 'used-up' };

/**
 * The asker's part of the shortest window: an even share, never more than the others leave. What
 * was given back a moment ago still counts, and one request is kept for each whose permits are due
 * and who has waited longer.
 */
export function paceFor(budget: Budget, allowance: Allowance, ask: Ask, place: QueuePlace): Pace {
  const window = pacedWindow(budget, allowance.shareForOthers);
  if (!window) return { kind: 'free' };
  const { usable, periodMs } = window;
  const holders = holdersOf(budget, ask.holder);
  const waiting = waitingForPace(budget, place);
  const taken = paceOfOthers(budget, ask.invocationId);
  const last = budget.paced.findLast((one) => one.invocationId === ask.invocationId)?.pace ?? 0;
  const units = Math.min(unitsOf(ask.costMilli), usable);
  const useful = Math.ceil((ask.requestsPerSecond * periodMs) / 1000);
  const even = Math.floor(usable / holders);
  // What does not divide evenly goes round: whoever had one more leaves it to another.
  const share = last > even ? even : Math.ceil(usable / holders);
  const fair = Math.min(Math.max(1, Math.floor(share / units)), Math.max(1, useful));
  const requests = Math.min(Math.floor((usable - taken) / units) - waiting, fair);
  const isCut = requests < fair;
  return requests >= 1 ? { kind: 'paced', requests, units, periodMs, isCut } : { kind: 'used-up' };
}

/** How many hold permits that are due, have no pace to spend them at, and come before `place`. */
export const waitingForPace = (budget: Budget, place: QueuePlace): number =>
  budget.leases.filter(
    (lease) =>
      lease.invocationId === BOOKED &&
      !isQueuePlace(lease) &&
      lease.holder !== place.holder &&
      lease.readyAtMs <= budget.clockMs &&
      isBefore(lease, place),
  ).length;

/** How many are queued for permits before `place`. */
export const waitingForPermits = (budget: Budget, place: QueuePlace): number =>
  budget.leases.filter((lease) => isQueuePlace(lease) && isBefore(lease, place)).length;

const paceOfOthers = (budget: Budget, invocationId: string): number =>
  [...paceByInvocation(budget)].reduce(
    (sum, [other, pace]) => (other === invocationId ? sum : sum + pace),
    0,
  );

/**
 * An invocation polices itself, also across its leases; the others see the highest of its paces.
 */
export function paceByInvocation(budget: Budget): ReadonlyMap<string, number> {
  const paces = new Map<string, number>();
  const spent = budget.paced.map((one) => ({ ...one, pace: one.requests ?? one.pace }));
  for (const { invocationId, pace } of [...budget.leases, ...spent]) {
    if (invocationId === BOOKED) continue;
    paces.set(invocationId, Math.max(pace, paces.get(invocationId) ?? 0));
  }
  return paces;
}

/** So many requests in any stretch of so much time, all holders together. */
export interface SharedPace {
  readonly usable: number;
  readonly periodMs: number;
}

/**
 * One window that keeps all short ones. Of 3 in 1 s and 9 in 4 s it is 3 in 1,334 ms: in any 4 s
 * there are three such stretches at most, and 3 x 3 are 9. Of several that would do, the one that
 * lets most requests through; each of its turns loses the way of a request.
 */
export function pacedWindow(budget: Budget, shareForOthers: number): SharedPace | undefined {
  const windows = pacedWindows(budget).map(({ periodMs, usable }) => ({
    periodMs,
    usable: usable(shareForOthers),
  }));
  const [first, ...others] = windows;
  if (!first || others.length === 0) return first;
  const most = Math.min(PACED_REQUESTS, ...windows.map(({ usable }) => usable));
  const candidates = Array.from({ length: most }, (_, index): SharedPace => {
    const usable = index + 1;
    const stretches = windows.map((one) => one.periodMs / Math.floor(one.usable / usable));
    return { usable, periodMs: Math.ceil(Math.max(...stretches)) };
  });
  const rate = ({ usable, periodMs }: SharedPace): number => usable / (periodMs + PACED_WAY_MS);
  return candidates.reduce((best, one) => (rate(one) >= rate(best) ? one : best));
}

const pacedWindows = (budget: Budget): PacedWindow[] =>
  budget.limits.flatMap((state) => movesOf(state).pace ?? []);

/** The longest of the short windows, ms; 0 when there is none. */
export const pacedMs = (budget: Budget): number =>
  Math.max(0, ...pacedWindows(budget).map((window) => window.periodMs));
