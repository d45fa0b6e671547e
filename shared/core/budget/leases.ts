// Turns an ask into a lease, a reservation or a place in the queue. Nobody starves: whoever can't
// be served keeps a place, and those who came later leave room for it.
//
// A declared window of 10. A is granted 5, half of it; B 3, half of its half; C the 2 that are
// left. D finds everything held and keeps a place. A gives back its 5 spent, B its 3 unspent: E,
// who asks before D does, is granted 2 of them, since one is kept for D, who has it when it asks.
// Why: docs/decisions/003-budget-as-reservations.md

import {
  LEASES_PER_SCOPE,
  PACED_WINDOW_MS,
  PERMIT_LEASE_MS,
  PERMITS_PER_LEASE,
  QUEUE_PATIENCE_SHARE,
  QUEUE_PLACE_MS,
  QUEUE_PLACE_RENEWED_MS,
  QUEUE_TURN_MS,
} from '../bounds.ts';
import {
  type Allowance,
  type Ask,
  BOOKED,
  type Budget,
  type Grant,
  type PermitLease,
} from './budget.ts';
import {
  headroomsFor,
  holdersOf,
  isQueuePlace,
  type Pace,
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

/** Who asks, of what, and since when it waits. */
interface Asker {
  readonly allowance: Allowance;
  readonly ask: Ask;
  readonly place: QueuePlace;
}

/**
 * Turns a reservation into a lease of this invocation.
 * @param budget without `own`
 */
export function redeem(budget: Budget, allowance: Allowance, own: PermitLease, ask: Ask): Taken {
  const place: QueuePlace = { holder: ask.holder, sinceMs: own.readyAtMs };
  const asker: Asker = { allowance, ask, place };
  const paidFor = Math.floor((own.permits * own.costMilli) / ask.costMilli);
  const most = Math.min(own.permits, paidFor, useful(ask));
  const fit = earliestFit(budget, asker, most, Math.max(budget.clockMs, own.readyAtMs));
  if (!fit) return grant(budget, allowance, own, ask);
  const held = hold(budget, asker, fit);
  // Who waits for its pace has booked these permits already.
  return held.grant.kind === 'queued' ? { grant: held.grant } : held;
}

/**
 * When booked permits fit, at `fromMs` or later. Reports that came meanwhile may have raised a
 * level: then it is due later, behind those who are due before that. Whoever is due later still was
 * granted beside this reservation, and whoever is queued holds nothing yet.
 *
 * Each turn counts one more lease at least than the turn before, or ends: there is a turn for no
 * lease, for each of them, and one that finds no more.
 */
function earliestFit(
  budget: Budget,
  { allowance, ask, place }: Asker,
  most: number,
  fromMs: number,
): Choice | undefined {
  let readyAtMs = fromMs;
  for (let turn = 0; turn < budget.leases.length + 2; turn++) {
    const leases = budget.leases.filter(
      (lease) => !isQueuePlace(lease) && lease.readyAtMs <= readyAtMs,
    );
    const headrooms = headroomsFor({ ...budget, leases }, allowance, ask, place);
    const permits = Math.min(most, ...headrooms.map((headroom) => headroom.ever));
    if (permits < 1) return undefined;
    const freeAtMs = Math.max(...headrooms.map((headroom) => headroom.whenFree(permits)));
    if (freeAtMs <= readyAtMs) return { permits, readyAtMs };
    readyAtMs = freeAtMs;
  }
  return undefined;
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
  const asker: Asker = { allowance, ask, place };
  const full = budget.leases.length >= LEASES_PER_SCOPE;
  const headrooms = headroomsFor(budget, allowance, ask, place);
  const { elapsedMs } = ask;
  const nowMs = budget.clockMs;
  const choice = full
    ? undefined
    : choosePermits({ headrooms, want: useful(ask), elapsedMs, nowMs });
  if (!choice || (isEarly(budget, ask, choice) && othersHoldAll(budget, asker))) {
    return queue(budget, own, place, full);
  }
  return hold(budget, asker, choice);
}

/** Whether a wait is longer than the asker stays: its permits are booked for its next round. */
const isEarly = (budget: Budget, ask: Ask, choice: Choice): boolean =>
  choice.readyAtMs - budget.clockMs > ask.stayMs;

/**
 * Whether the asker's share of each window is free but for what others hold. They may give it back:
 * that is asked again, since a reservation would be for the next window, minutes away.
 */
function othersHoldAll(budget: Budget, { allowance, ask, place }: Asker): boolean {
  const leases = budget.leases.filter(
    (lease) => lease.invocationId === BOOKED && !isQueuePlace(lease),
  );
  const given = headroomsFor({ ...budget, leases }, allowance, ask, place);
  const holders = holdersOf(budget, ask.holder);
  const ofWindows = given.filter((headroom) => headroom.periodMs !== undefined);
  return ofWindows.length > 0 && ofWindows.every(({ now, ever }) => now * holders >= ever);
}

const useful = (ask: Ask): number =>
  Math.max(1, Math.floor(Math.min(ask.want, PERMITS_PER_LEASE)));

/** Records a lease, or a reservation when it is too early or there is no pace to spend it at. */
function hold(budget: Budget, asker: Asker, choice: Choice): Taken {
  const { allowance, ask, place } = asker;
  const { readyAtMs } = choice;
  const record = (invocationId: string, permits: number, pace = 0, paceMs = 0): Budget => ({
    ...budget,
    leases: [
      ...budget.leases,
      {
        holder: ask.holder,
        invocationId,
        ...(ask.fence === undefined ? {} : { fence: ask.fence }),
        permits,
        costMilli: ask.costMilli,
        pace,
        paceMs,
        readyAtMs,
        expiresAtMs: readyAtMs + PERMIT_LEASE_MS,
      },
    ],
  });
  if (isEarly(budget, ask, choice)) {
    const { permits } = choice;
    const noPace = { pace: 0, paceMs: 0 };
    const answer: Grant = { kind: 'granted', permits, readyAtMs, ...noPace, booked: true };
    return { budget: record(BOOKED, permits), grant: answer };
  }
  const pace = paceFor(budget, allowance, ask, place);
  switch (pace.kind) {
    case 'free':
      return {
        budget: record(ask.invocationId, choice.permits),
        grant: { kind: 'granted', ...choice, pace: 0, paceMs: 0, booked: false },
      };
    case 'paced': {
      const { requests, units, periodMs } = pace;
      const permits = Math.min(choice.permits, mostAtPace(budget, ask, pace));
      const given = { permits, readyAtMs, pace: requests, paceMs: periodMs };
      return {
        budget: record(ask.invocationId, permits, requests * units, periodMs),
        grant: { kind: 'granted', ...given, booked: false },
      };
    }
    case 'used-up': {
      const least = { requests: 1, periodMs: pacedMs(budget), isCut: true };
      const permits = Math.min(choice.permits, mostAtPace(budget, ask, least));
      const answer: Grant = { kind: 'queued', readyAtMs: paceTurn(budget, place, readyAtMs) };
      return { budget: record(BOOKED, permits), grant: answer };
    }
  }
}

/** Who shares a pace, or has a part of it, gives it back soon, so that it can be divided anew. */
function mostAtPace(
  budget: Budget,
  ask: Ask,
  { requests, periodMs, isCut }: Pick<Paced, 'requests' | 'periodMs' | 'isCut'>,
): number {
  const isAlone = holdersOf(budget, ask.holder) === 1;
  if (isAlone) return isCut ? requests : Number.POSITIVE_INFINITY;
  return requests * Math.max(1, Math.floor(PACED_WINDOW_MS / periodMs));
}

type Paced = Extract<Pace, { kind: 'paced' }>;

/** Keeps the asker's place: those who came earlier are served first. */
function queue(
  budget: Budget,
  own: PermitLease | undefined,
  place: QueuePlace,
  full: boolean,
): Taken {
  const readyAtMs = nextTurn(budget, place);
  const answer: Grant = { kind: 'queued', readyAtMs };
  const lasts = own && isQueuePlace(own) && own.expiresAtMs - readyAtMs >= QUEUE_PLACE_RENEWED_MS;
  if (full || lasts) return { grant: answer };
  const entry: PermitLease = {
    holder: place.holder,
    invocationId: BOOKED,
    permits: 0,
    costMilli: 0,
    pace: 0,
    paceMs: 0,
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

/** When to ask for pace again, with permits that are due at `readyAtMs`. */
function paceTurn(budget: Budget, place: QueuePlace, readyAtMs: number): number {
  const dueMs = Math.max(budget.clockMs, readyAtMs);
  const ahead = waitingForPace(budget, { holder: place.holder, sinceMs: readyAtMs });
  return dueMs + patienceMs(ahead, dueMs - Math.min(readyAtMs, place.sinceMs));
}

/** Those ahead go first, and whoever has waited long asks less often. */
const patienceMs = (ahead: number, waitedMs: number): number =>
  Math.max((ahead + 1) * QUEUE_TURN_MS, Math.floor(waitedMs * QUEUE_PATIENCE_SHARE));
