// How much of each limit is free for one asker, given what the others hold, and its part of the
// pace that the shortest windows allow. Pure arithmetic over a budget.

import * as buckets from './bucket.ts';
import type { Allowance, Ask, Budget, Lease } from './budget.ts';
import { PACED_WINDOW_MS } from './limits.ts';
import { type Room, shareOf } from './wait.ts';
import * as windows from './window.ts';

/** One room for each limit that is counted; paced windows are shared by `paceFor`. */
export function roomsFor(
  budget: Budget,
  allowance: Allowance,
  ask: Ask,
  place: Lease | undefined,
): Room[] {
  const nowMs = budget.clockMs;
  const queued = budget.leases.filter((lease) => lease.permits === 0 && isBefore(lease, place));
  const holders =
    1 +
    new Set(
      budget.leases.filter((lease) => lease.holder !== ask.holder).map((lease) => lease.holder),
    ).size;
  return budget.limits.flatMap((state): Room[] => {
    if (state.kind === 'leaky-bucket')
      return [
        bucketRoom(
          state,
          budget.leases,
          queued.length,
          allowance.reserve,
          ask.costMilli,
          holders,
          nowMs,
        ),
      ];
    return state.periodMs <= PACED_WINDOW_MS
      ? []
      : [windowRoom(state, budget.leases, queued.length, allowance.reserve, holders, nowMs)];
  });
}

function bucketRoom(
  bucket: buckets.Bucket,
  leases: readonly Lease[],
  queued: number,
  reserve: number,
  costMilli: number,
  holders: number,
  nowMs: number,
): Room {
  const usable = buckets.usableMilli(bucket, reserve);
  // A request dearer than the bucket is let through by an empty one: it counts as the whole.
  const cost = Math.min(costMilli, usable);
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

function windowRoom(
  window: windows.Window,
  leases: readonly Lease[],
  queued: number,
  reserve: number,
  holders: number,
  nowMs: number,
): Room {
  const held = leases.reduce((sum, lease) => sum + lease.permits, queued);
  const usable = windows.usableRequests(window, reserve) - held;
  return {
    now: usable - windows.used(window, nowMs),
    ever: usable,
    share: Math.max(1, Math.floor(usable / holders)),
    whenFree: (permits) =>
      windows.whenFree(window, usable, permits, nowMs) ?? nowMs + window.periodMs,
    periodMs: window.periodMs,
  };
}

/**
 * The asker's part of the shortest window, in requests per window: an even share, never more than
 * the others leave. 0 when no window is paced, undefined when the others leave nothing.
 */
export function paceFor(budget: Budget, allowance: Allowance, ask: Ask): number | undefined {
  const paced = budget.limits.filter(
    (state) => state.kind === 'window' && state.periodMs <= PACED_WINDOW_MS,
  );
  if (paced.length === 0) return 0;
  const others = budget.leases.filter((lease) => lease.holder !== ask.holder);
  const holders = 1 + new Set(others.map((lease) => lease.holder)).size;
  const taken = others.reduce((sum, lease) => sum + lease.pace, 0);
  const paces = paced.map((state) => {
    const usable = state.kind === 'window' ? windows.usableRequests(state, allowance.reserve) : 0;
    const useful = Math.ceil(
      (ask.requestsPerSecond * (state.kind === 'window' ? state.periodMs : 0)) / 1000,
    );
    return Math.min(usable - taken, Math.max(1, Math.floor(usable / holders)), Math.max(1, useful));
  });
  const pace = Math.min(...paces);
  return pace >= 1 ? pace : undefined;
}

/** Whether a queued `lease` came before `place`; everyone queued came before one who is not. */
export const isBefore = (lease: Lease, place: Lease | undefined): boolean =>
  place?.permits !== 0 ||
  lease.readyAtMs < place.readyAtMs ||
  (lease.readyAtMs === place.readyAtMs && lease.holder < place.holder);
