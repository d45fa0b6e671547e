// Turns an ask into a lease, a reservation or a place in the queue. Nobody starves: whoever can't
// be served keeps a place, and those who came later leave room for it.

import {
  LEASES_PER_SCOPE,
  PACED_WINDOW_MS,
  PERMIT_LEASE_MS,
  PERMITS_PER_LEASE,
  QUEUE_PLACE_MS,
  QUEUE_TURN_MS,
} from '../bounds.ts';
import type { Allowance, Ask, Budget, Grant, PermitLease } from './budget.ts';
import {
  headroomsFor,
  holdersOf,
  isQueuePlace,
  pacedMs,
  paceFor,
  type QueuePlace,
  waitingForPace,
  waitingForPermits,
} from './headroom.ts';
import { type Choice, choosePermits } from './wait.ts';

/** `budget` is absent when nothing has to be kept. */
export interface Taken {
  readonly budget?: Budget;
  readonly grant: Grant;
}

/**
 * Turns a reservation into a lease of this invocation. Reports that came meanwhile may have raised
 * a
 * level: then it is due later, behind those who are due before that. Whoever is due later still was
 * granted beside this reservation, and whoever is queued holds nothing yet.
 * @param budget without `own`
 */
export function redeem(budget: Budget, allowance: Allowance, own: PermitLease, ask: Ask): Taken {
  const place: QueuePlace = { holder: ask.holder, sinceMs: own.readyAtMs };
  const paidFor = Math.floor((own.permits * own.costMilli) / ask.costMilli);
  const most = Math.min(own.permits, paidFor, useful(ask));
  let readyAtMs = Math.max(budget.clockMs, own.readyAtMs);
  // Each turn counts one more lease at least, or is the last.
  for (;;) {
    const leases = budget.leases.filter(
      (lease) => !isQueuePlace(lease) && lease.readyAtMs <= readyAtMs,
    );
    const headrooms = headroomsFor({ ...budget, leases }, allowance, ask, place);
    const permits = Math.min(most, ...headrooms.map((headroom) => headroom.ever));
    if (permits < 1) return grant(budget, allowance, own, ask);
    const freeAtMs = Math.max(
      ...headrooms.map((headroom) => headroom.whenFree(permits)),
      readyAtMs,
    );
    if (freeAtMs <= readyAtMs) {
      const held = hold(budget, allowance, ask, place, { permits, readyAtMs });
      return held.grant.kind === 'queued' ? { grant: held.grant } : held;
    }
    readyAtMs = freeAtMs;
  }
}

/**
 * Grants what fits, or a place in the queue.
 * @param own the asker's place or reservation, no longer in `budget`
 */
export function grant(
  budget: Budget,
  allowance: Allowance,
  own: PermitLease | undefined,
  ask: Ask,
): Taken {
  const place: QueuePlace = {
    holder: ask.holder,
    sinceMs: own?.readyAtMs ?? Number.POSITIVE_INFINITY,
  };
  const full = budget.leases.length >= LEASES_PER_SCOPE;
  const headrooms = headroomsFor(budget, allowance, ask, place);
  const choice = full
    ? undefined
    : choosePermits(headrooms, useful(ask), ask.elapsedMs, budget.clockMs);
  const isEarly = choice && choice.readyAtMs - budget.clockMs > ask.stayMs;
  if (!choice || (isEarly && othersHoldAll(budget, allowance, ask, place))) {
    return queue(budget, own, place, full);
  }
  return hold(budget, allowance, ask, place, choice);
}

/**
 * Whether the asker's share of each window is free but for what others hold. They may give it back:
 * that is asked again, since a reservation would be for the next window, minutes away.
 */
function othersHoldAll(
  budget: Budget,
  allowance: Allowance,
  ask: Ask,
  place: QueuePlace,
): boolean {
  const reserved = budget.leases.filter(
    (lease) => lease.invocationId === '' && !isQueuePlace(lease),
  );
  const given = headroomsFor({ ...budget, leases: reserved }, allowance, ask, place);
  const holders = holdersOf(budget, ask.holder);
  return (
    given.some((headroom) => headroom.periodMs !== undefined) &&
    given.every(
      (headroom) => headroom.periodMs === undefined || headroom.now * holders >= headroom.ever,
    )
  );
}

const useful = (ask: Ask): number =>
  Math.max(1, Math.floor(Math.min(ask.want, PERMITS_PER_LEASE)));

/** Records a lease, or a reservation when it is too early or there is no pace to spend it at. */
function hold(
  budget: Budget,
  allowance: Allowance,
  ask: Ask,
  place: QueuePlace,
  choice: Choice,
): Taken {
  const { readyAtMs } = choice;
  const early = readyAtMs - budget.clockMs > ask.stayMs;
  const pace = early ? 0 : paceFor(budget, allowance, ask, place);
  const reserved = early || pace === undefined;
  const permits = Math.min(choice.permits, mostAtPace(budget, ask, pace ?? 1));
  const lease: PermitLease = {
    holder: ask.holder,
    invocationId: reserved ? '' : ask.invocationId,
    ...(ask.fence === undefined ? {} : { fence: ask.fence }),
    permits,
    costMilli: ask.costMilli,
    pace: pace ?? 0,
    readyAtMs,
    expiresAtMs: readyAtMs + PERMIT_LEASE_MS,
  };
  const held = { ...budget, leases: [...budget.leases, lease] };
  if (pace === undefined) {
    const dueMs = Math.max(budget.clockMs, readyAtMs);
    const ahead = waitingForPace(budget, { holder: ask.holder, sinceMs: readyAtMs });
    const turnMs = dueMs + patienceMs(ahead, dueMs - Math.min(readyAtMs, place.sinceMs));
    return { budget: held, grant: { kind: 'queued', readyAtMs: turnMs } };
  }
  return { budget: held, grant: { kind: 'granted', permits, readyAtMs, pace, booked: reserved } };
}

/** Who shares a pace gives it back soon, so that it can be divided anew. */
function mostAtPace(budget: Budget, ask: Ask, pace: number): number {
  if (pace === 0 || holdersOf(budget, ask.holder) === 1) return Number.POSITIVE_INFINITY;
  return pace * Math.max(1, Math.floor(PACED_WINDOW_MS / pacedMs(budget)));
}

/** Keeps the asker's place: those who came earlier are served first. */
function queue(
  budget: Budget,
  own: PermitLease | undefined,
  place: QueuePlace,
  full: boolean,
): Taken {
  const readyAtMs = nextTurn(budget, place);
  const answer: Grant = { kind: 'queued', readyAtMs };
  const lasts = own && isQueuePlace(own) && own.expiresAtMs - readyAtMs >= QUEUE_PLACE_MS / 2;
  if (full || lasts) return { grant: answer };
  const entry: PermitLease = {
    holder: place.holder,
    invocationId: '',
    permits: 0,
    costMilli: 0,
    pace: 0,
    readyAtMs: Math.min(place.sinceMs, budget.clockMs),
    expiresAtMs: readyAtMs + QUEUE_PLACE_MS,
  };
  return { budget: { ...budget, leases: [...budget.leases, entry] }, grant: answer };
}

/** When to ask for permits again: nobody gives back what is not due yet. */
function nextTurn(budget: Budget, place: QueuePlace): number {
  const { clockMs, leases } = budget;
  const due = leases.filter((lease) => !isQueuePlace(lease)).map((lease) => lease.readyAtMs);
  const soonestMs = due.length > 0 ? Math.max(clockMs, Math.min(...due)) : clockMs;
  const ahead = waitingForPermits(budget, place);
  return soonestMs + patienceMs(ahead, Math.max(0, clockMs - place.sinceMs));
}

/** Those ahead go first, and whoever has waited long asks less often: an eighth later each time. */
const patienceMs = (ahead: number, waitedMs: number): number =>
  Math.max((ahead + 1) * QUEUE_TURN_MS, Math.floor(waitedMs / 8));
