// The budget of one scope: what the API lets everyone spend, and who holds permits to spend it.
// Pure steps over one ledger item: every step returns the next item, none waits. Whatever a holder
// has not given back counts as spent, so the sum granted never passes what the limits allow.

import * as buckets from './bucket.ts';
import type { Limit } from './limit-spec.ts';
import {
  BACKOFF_LONGEST_MS,
  BLOCK_LONGEST_MS,
  BLOCK_SHORTEST_MS,
  CLOCK_SKEW_MS,
  LEASE_MS,
  LEASE_PERMITS,
  LEASES_PER_SCOPE,
  QUEUE_PLACE_MS,
  QUEUE_TURN_MS,
} from './limits.ts';
import { isBefore, paceFor, roomsFor } from './rooms.ts';
import { choosePermits } from './wait.ts';
import * as windows from './window.ts';
import type { Word } from './words.ts';

/** The ledger item. Times are epoch ms, amounts integers. */
export interface Budget {
  /** The latest time any holder has seen: time never moves backwards here. */
  readonly clockMs: number;
  /** One for each limit of the source, in its order. */
  readonly limits: readonly (buckets.Bucket | windows.Window)[];
  readonly leases: readonly Lease[];
  readonly blockedUntilMs: number;
  readonly blockedWhy: string;
  /** Refusals in a row that named no time; each doubles the wait. */
  readonly refusals: number;
}

export interface Lease {
  /** Who holds it: the stream of a run. */
  readonly holder: string;
  /** The invocation that spends it; empty while it is only reserved. */
  readonly token: string;
  /** 0 keeps a place in the queue. */
  readonly permits: number;
  readonly costMilli: number;
  /** Requests in any stretch of a paced window; 0 without one. */
  readonly pace: number;
  readonly readyAtMs: number;
  readonly expiresAtMs: number;
}

/** What the source says of its limits. */
export interface Allowance {
  readonly limits: readonly Limit[];
  /** Share left to others, 0..0.9. */
  readonly reserve: number;
}

export interface Ask {
  readonly holder: string;
  /** This invocation. */
  readonly token: string;
  /** A wait longer than this is left to the machine: the permits are reserved for the next round. */
  readonly stayMs: number;
  /** Permits that can be used; Infinity when unknown. */
  readonly want: number;
  readonly costMilli: number;
  /** Time the run has taken so far, ms. */
  readonly elapsedMs: number;
  /** Requests a second that this holder can make; Infinity when unknown. */
  readonly requestsPerSecond: number;
}

export type Grant =
  | {
      readonly kind: 'granted';
      readonly permits: number;
      readonly readyAtMs: number;
      /** Requests in any stretch of the paced window; 0 when none is paced. */
      readonly pace: number;
      /** Kept for the next round of this holder, which claims it. */
      readonly reserved: boolean;
    }
  | { readonly kind: 'blocked'; readonly readyAtMs: number; readonly why: string }
  /** Others hold everything; ask again then. The place in the queue is kept. */
  | { readonly kind: 'queued'; readonly readyAtMs: number };

/** What a holder did with its permits. */
export interface Spending {
  readonly holder: string;
  readonly token: string;
  readonly costMilli: number;
  /** When each request was answered. */
  readonly answeredAtMs: readonly number[];
  /** The last words heard, and when. */
  readonly words: readonly Word[];
  readonly wordAtMs: number;
  readonly refusal?: { readonly untilMs?: number; readonly why: string; readonly waitMs?: number };
}

export const newBudget = (allowance: Allowance, nowMs: number): Budget => ({
  clockMs: nowMs,
  limits: allowance.limits.map((limit) =>
    limit.kind === 'leaky-bucket' ? buckets.newBucket(limit, nowMs) : windows.newWindow(limit),
  ),
  leases: [],
  blockedUntilMs: 0,
  blockedWhy: '',
  refusals: 0,
});

/** Takes permits, or says when to come back. The item is unchanged when nothing has to be kept. */
export function take(
  budget: Budget,
  allowance: Allowance,
  ask: Ask,
  nowMs: number,
): { budget: Budget; grant: Grant } {
  const now = advance(budget, nowMs);
  if (now.blockedUntilMs > now.clockMs) {
    return {
      budget: now,
      grant: { kind: 'blocked', readyAtMs: now.blockedUntilMs, why: now.blockedWhy },
    };
  }
  const own = now.leases.find((lease) => lease.holder === ask.holder && lease.token === '');
  const rest = { ...now, leases: now.leases.filter((lease) => lease !== own) };
  if (own && own.permits > 0 && own.costMilli === ask.costMilli)
    return claim(rest, allowance, own, ask);
  return grant(rest, allowance, ask, own);
}

/** Gives a lease back and says what was spent of it and what the API said meanwhile. */
export function settle(budget: Budget, spending: Spending, nowMs: number): Budget {
  const now = advance(budget, nowMs);
  const lease = now.leases.find(
    (held) => held.holder === spending.holder && held.token === spending.token && held.permits > 0,
  );
  // A lease that expired was charged in full then; charging its requests again would be twice.
  const answered = lease || spending.words.length > 0 ? spending.answeredAtMs : [];
  const unheard = answered.filter((atMs) => atMs > spending.wordAtMs);
  const limits = now.limits.map((state, index) => {
    const word = spending.words.find((heard) => heard.index === index);
    if (state.kind === 'leaky-bucket') {
      const count = (word ? unheard : answered).length;
      const told = word?.kind === state.kind ? buckets.hear(state, word, spending.wordAtMs) : state;
      return buckets.pour(told, count * spending.costMilli, now.clockMs);
    }
    const heard = word?.kind === state.kind ? word : undefined;
    const logged = windows.log(
      state,
      heard ? answered.filter((at) => at <= spending.wordAtMs) : answered,
      now.clockMs,
    );
    if (!heard) return logged;
    return windows.log(windows.hear(logged, heard, spending.wordAtMs), unheard, now.clockMs);
  });
  const kept = { ...now, limits, leases: now.leases.filter((held) => held !== lease) };
  if (spending.refusal) return block(kept, spending.refusal);
  return answered.length > 0 ? { ...kept, refusals: 0 } : kept;
}

/** Time passes: dead holders are charged for what they held, the clock moves forward only. */
function advance(budget: Budget, nowMs: number): Budget {
  const broken = budget.clockMs > nowMs + CLOCK_SKEW_MS;
  const clockMs = broken ? nowMs : Math.max(budget.clockMs, nowMs);
  const dead = budget.leases.filter((lease) => lease.expiresAtMs <= clockMs);
  const limits = budget.limits.map((state) => {
    const aged =
      broken && state.kind === 'leaky-bucket' ? { ...state, atMs: clockMs, wordAtMs: 0 } : state;
    return dead.reduce((charged, lease) => charge(charged, lease, clockMs), aged);
  });
  return {
    ...budget,
    clockMs,
    limits,
    leases: budget.leases.filter((lease) => !dead.includes(lease)),
  };
}

function charge(
  state: Budget['limits'][number],
  lease: Lease,
  nowMs: number,
): Budget['limits'][number] {
  if (lease.permits === 0) return state;
  return state.kind === 'leaky-bucket'
    ? buckets.pour(state, lease.permits * lease.costMilli, nowMs)
    : windows.log(state, Array<number>(lease.permits).fill(nowMs), nowMs);
}

/** Turns a reservation into a lease of this invocation; words heard meanwhile may delay it. */
function claim(
  budget: Budget,
  allowance: Allowance,
  own: Lease,
  ask: Ask,
): { budget: Budget; grant: Grant } {
  const earlier = budget.leases.filter((lease) => lease.readyAtMs <= own.readyAtMs);
  const rooms = roomsFor({ ...budget, leases: earlier }, allowance, ask, undefined);
  if (rooms.some((room) => room.ever < own.permits)) return grant(budget, allowance, ask, own);
  const free = Math.max(budget.clockMs, ...rooms.map((room) => room.whenFree(own.permits)));
  const readyAtMs = free > budget.clockMs ? Math.max(free, own.readyAtMs) : own.readyAtMs;
  return (
    hold(budget, allowance, ask, { permits: own.permits, readyAtMs }) ?? {
      budget: { ...budget, leases: [...budget.leases, own] },
      grant: { kind: 'queued', readyAtMs: budget.clockMs + QUEUE_TURN_MS },
    }
  );
}

function grant(
  budget: Budget,
  allowance: Allowance,
  ask: Ask,
  place: Lease | undefined,
): { budget: Budget; grant: Grant } {
  const rooms = roomsFor(budget, allowance, ask, place);
  const want = Math.max(1, Math.min(ask.want, LEASE_PERMITS));
  const full = budget.leases.length >= LEASES_PER_SCOPE;
  const choice = full ? undefined : choosePermits(rooms, want, ask.elapsedMs, budget.clockMs);
  const held = choice && hold(budget, allowance, ask, choice);
  return held ?? queue(budget, ask, place, full);
}

/** Records the lease; undefined when the others leave no pace to spend it at. */
function hold(
  budget: Budget,
  allowance: Allowance,
  ask: Ask,
  choice: { permits: number; readyAtMs: number },
): { budget: Budget; grant: Grant } | undefined {
  const reserved = choice.readyAtMs - budget.clockMs > ask.stayMs;
  const pace = reserved ? 0 : paceFor(budget, allowance, ask);
  if (pace === undefined) return undefined;
  const lease: Lease = {
    holder: ask.holder,
    token: reserved ? '' : ask.token,
    permits: choice.permits,
    costMilli: ask.costMilli,
    pace,
    readyAtMs: choice.readyAtMs,
    expiresAtMs: Math.max(choice.readyAtMs, budget.clockMs) + LEASE_MS,
  };
  return {
    budget: { ...budget, leases: [...budget.leases, lease] },
    grant: {
      kind: 'granted',
      permits: choice.permits,
      readyAtMs: choice.readyAtMs,
      pace,
      reserved,
    },
  };
}

/** Keeps the asker's place: those who came earlier are served first, so nobody starves. */
function queue(
  budget: Budget,
  ask: Ask,
  place: Lease | undefined,
  full: boolean,
): { budget: Budget; grant: Grant } {
  const ahead = budget.leases.filter(
    (lease) => lease.permits === 0 && isBefore(lease, place),
  ).length;
  const readyAtMs = budget.clockMs + (ahead + 1) * QUEUE_TURN_MS;
  const entry: Lease = {
    holder: ask.holder,
    token: '',
    permits: 0,
    costMilli: ask.costMilli,
    pace: 0,
    readyAtMs: place?.permits === 0 ? place.readyAtMs : budget.clockMs,
    expiresAtMs: readyAtMs + QUEUE_PLACE_MS,
  };
  const leases = full ? budget.leases : [...budget.leases, entry];
  return { budget: { ...budget, leases }, grant: { kind: 'queued', readyAtMs } };
}

function block(budget: Budget, refusal: NonNullable<Spending['refusal']>): Budget {
  const doubled = Math.min(BACKOFF_LONGEST_MS, BLOCK_SHORTEST_MS * 2 ** budget.refusals);
  const asked = refusal.untilMs ?? budget.clockMs + Math.max(doubled, refusal.waitMs ?? 0);
  const untilMs = Math.min(
    Math.max(asked, budget.clockMs + BLOCK_SHORTEST_MS),
    budget.clockMs + BLOCK_LONGEST_MS,
  );
  return {
    ...budget,
    blockedUntilMs: Math.max(budget.blockedUntilMs, untilMs),
    blockedWhy: refusal.why,
    refusals: refusal.untilMs === undefined ? Math.min(budget.refusals + 1, 16) : budget.refusals,
  };
}
