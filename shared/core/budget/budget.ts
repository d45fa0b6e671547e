// The budget of one scope: what the API lets everyone spend, and who holds permits to spend it.
// Pure steps over one ledger item: every step returns the next item, none waits. Whatever a holder
// has not given back counts as spent, so the sum granted never passes what the limits allow.

import { CLOCK_SKEW_MS } from '../bounds.ts';
import type { Word } from '../limit-report.ts';
import type { Limit } from '../source/api-limits.ts';
import * as buckets from './bucket.ts';
import { isPaced, isPlace, pacedMs } from './headroom.ts';
import { claim, grant } from './leases.ts';
import { countsAll, delayed, type Heard } from './report-times.ts';
import { refuse } from './throttle.ts';
import * as windows from './window.ts';

type State = buckets.Bucket | windows.Window;

/** The ledger item. Times are epoch ms, amounts integers. */
export interface Budget {
  /** The latest time any holder has seen: time never moves backwards here. */
  readonly clockMs: number;
  /** One for each limit of the source, in its order. */
  readonly limits: readonly State[];
  readonly leases: readonly Lease[];
  /** Paces of leases given back whose last requests still count in a paced window. */
  readonly paced: readonly Paced[];
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
  /** The claim of the stream that the invocation works under; absent: unknown. */
  readonly fence?: number;
  /** 0 keeps a place in the queue. */
  readonly permits: number;
  readonly costMilli: number;
  /** Requests in any stretch of a paced window; 0 without one. */
  readonly pace: number;
  /** When it may be spent; for a place in the queue, since when its holder waits. */
  readonly readyAtMs: number;
  readonly expiresAtMs: number;
}

export interface Paced {
  readonly token: string;
  readonly pace: number;
  /** Requests that still count; the whole pace when absent. */
  readonly requests?: number;
  readonly untilMs: number;
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
  /** Its claim of the stream: what earlier claims of this holder held, they have lost. */
  readonly fence?: number;
  /**
   * A wait longer than this is left to the machine: the permits are reserved for the next round.
   */
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
  /** Requests of this invocation in the last paced window; its pace when absent. */
  readonly inWindow?: number;
  /** The last words heard, when their request was sent and when it was answered. */
  readonly words: readonly Word[];
  readonly wordSentAtMs?: number;
  readonly wordAtMs: number;
  readonly refusal?: { readonly untilMs?: number; readonly why: string; readonly waitMs?: number };
}

export const newBudget = (allowance: Allowance, nowMs: number): Budget => ({
  clockMs: nowMs,
  limits: allowance.limits.map((limit) => newState(limit, nowMs)),
  leases: [],
  paced: [],
  blockedUntilMs: 0,
  blockedWhy: '',
  refusals: 0,
});

const newState = (limit: Limit, nowMs: number): State =>
  limit.kind === 'leaky-bucket' ? buckets.newBucket(limit, nowMs) : windows.newWindow(limit);

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
  if (now.blockedUntilMs > now.clockMs) {
    const { blockedUntilMs: readyAtMs, blockedWhy: why } = now;
    return { budget, grant: { kind: 'blocked', readyAtMs, why } };
  }
  // Who asks holds nothing: a lease of this very invocation was written, but nobody learned of it.
  const isOwn = (lease: Lease): boolean =>
    lease.holder === ask.holder && (lease.token === '' || lease.token === ask.token);
  const own = now.leases.find((lease) => isOwn(lease) && lease.token === '');
  const rest = { ...now, leases: now.leases.filter((lease) => !isOwn(lease)) };
  const taken =
    own && !isPlace(own) ? claim(rest, allowance, own, ask) : grant(rest, allowance, own, ask);
  return { budget: taken.budget ?? budget, grant: taken.grant };
}

/** Gives a lease back and says what was spent of it and what the API said meanwhile. */
export function settle(budget: Budget, spending: Spending, nowMs: number): Budget {
  const now = advance(budget, nowMs);
  const { clockMs } = now;
  const lease = now.leases.find(
    (held) => held.holder === spending.holder && held.token === spending.token && !isPlace(held),
  );
  // A holder whose clock is behind, or has stepped back, speaks of later times than it says.
  const lagMs = Math.max(0, clockMs - nowMs);
  const onOurClock = (atMs: number): number => Math.min(clockMs, atMs + lagMs);
  // A lease that expired was charged in full then; charging its requests again would be twice.
  const answered = lease ? spending.answeredAtMs.map(onOurClock) : [];
  const leases = now.leases.filter((held) => held !== lease);
  const heard: Heard = {
    sentAtMs: onOurClock(spending.wordSentAtMs ?? spending.wordAtMs),
    atMs: onOurClock(spending.wordAtMs),
  };
  const held = leases.reduce((sum, other) => (other.token ? sum + other.permits : sum), 0);
  const words = spending.words.map((word) => delayed(word, lagMs));
  const limits = now.limits.map((state, index) => {
    const word = words.find((one) => one.index === index);
    return learn(state, { word, heard, answered, costMilli: spending.costMilli, held, clockMs });
  });
  const paced = [...now.paced, ...pacedBy(now, lease, answered, spending.inWindow)];
  const kept: Budget = { ...now, limits, leases, paced };
  if (spending.refusal) return refuse(kept, spending.refusal, lagMs, answered.length > 1);
  return answered.length > 0 ? { ...kept, refusals: 0 } : kept;
}

/** One limit after a lease was spent: what the API counted, or our count where it said nothing. */
function learn(
  state: State,
  spent: {
    readonly word: Word | undefined;
    readonly heard: Heard;
    readonly answered: readonly number[];
    readonly costMilli: number;
    readonly held: number;
    readonly clockMs: number;
  },
): State {
  const { word, heard, answered, costMilli, held, clockMs } = spent;
  const heardOf = answered.filter((atMs) => atMs <= heard.atMs);
  const unheard = answered.filter((atMs) => atMs > heard.atMs);
  if (state.kind === 'window') {
    if (word?.kind !== 'window') return logged(state, answered, clockMs);
    return logged(windows.hear(state, word, heard, heardOf, held), unheard, clockMs);
  }
  const pour = (bucket: buckets.Bucket, answers: readonly number[]): buckets.Bucket => {
    const uncounted = answers.filter((atMs) => atMs > bucket.wordSentAtMs).length;
    return buckets.pour(bucket, uncounted * costMilli, clockMs);
  };
  if (word?.kind !== 'leaky-bucket') return pour(state, answered);
  return countsAll(state, heard)
    ? pour(buckets.hear(state, word, heard), unheard)
    : buckets.hear(pour(state, answered), word, heard);
}

/** A paced window needs no log: its pace is kept by those who spend it. */
const logged = (
  window: windows.Window,
  answeredAtMs: readonly number[],
  nowMs: number,
): windows.Window =>
  isPaced(window) ? { ...window, log: [] } : windows.log(window, answeredAtMs, nowMs);

/** The pace that a lease's last requests go on taking, no more than there were of them. */
function pacedBy(
  budget: Budget,
  lease: Lease | undefined,
  answeredAtMs: readonly number[],
  inWindow = Number.POSITIVE_INFINITY,
): Paced[] {
  if (!lease || lease.pace === 0 || answeredAtMs.length === 0) return [];
  const { token, pace } = lease;
  const untilMs = Math.max(...answeredAtMs) + pacedMs(budget);
  const requests = Math.min(pace, inWindow);
  return untilMs > budget.clockMs ? [{ token, pace, requests, untilMs }] : [];
}

/** What the API never spoke of follows the source, which may have been edited meanwhile. */
function declare(budget: Budget, allowance: Allowance): Budget {
  const limits = allowance.limits.map((limit, index) => {
    const state = budget.limits[index];
    if (limit.kind === 'leaky-bucket') {
      if (state?.kind === 'leaky-bucket') return buckets.declareBucket(state, limit);
    } else if (state?.kind === 'window') return windows.declareWindow(state, limit);
    return newState(limit, budget.clockMs);
  });
  return { ...budget, limits };
}

/** Time passes: dead holders are charged for what they held, the clock moves forward only. */
function advance(budget: Budget, nowMs: number): Budget {
  const now =
    budget.clockMs > nowMs + CLOCK_SKEW_MS
      ? rebase(budget, nowMs)
      : { ...budget, clockMs: Math.max(budget.clockMs, nowMs) };
  const dead = now.leases.filter((lease) => lease.expiresAtMs <= now.clockMs);
  return { ...bury(now, dead), paced: now.paced.filter(({ untilMs }) => untilMs > now.clockMs) };
}

/** Leases that nobody will give back are charged in full. */
const bury = (budget: Budget, dead: readonly Lease[]): Budget => ({
  ...budget,
  limits: budget.limits.map((state) =>
    dead.reduce((charged, lease) => charge(charged, lease, budget.clockMs), state),
  ),
  leases: budget.leases.filter((lease) => !dead.includes(lease)),
});

/**
 * Leases of earlier claims end now: a stream is claimed again when its process has died or was
 * given up, and need not wait for permits that it holds itself. Their last requests still count.
 */
function overtake(budget: Budget, { holder, fence = 0 }: Ask): Budget {
  const lost = budget.leases.filter(
    (lease) => lease.holder === holder && lease.token !== '' && (lease.fence ?? fence) < fence,
  );
  const untilMs = budget.clockMs + pacedMs(budget);
  const paced = lost.map(({ token, pace }) => ({ token, pace, untilMs }));
  return { ...bury(budget, lost), paced: [...budget.paced, ...paced] };
}

/**
 * A clock was far ahead: every lease ends, and nothing is left that lies beyond a wait from now.
 */
function rebase(budget: Budget, nowMs: number): Budget {
  const aheadMs = budget.clockMs - nowMs;
  return {
    ...budget,
    clockMs: nowMs,
    limits: budget.limits.map((state) =>
      state.kind === 'leaky-bucket'
        ? buckets.rebaseBucket(state, nowMs)
        : windows.rebaseWindow(state, nowMs),
    ),
    leases: budget.leases.map((lease) => ({ ...lease, expiresAtMs: nowMs })),
    paced: [],
    blockedUntilMs: Math.max(0, budget.blockedUntilMs - aheadMs),
  };
}

/** Nobody can have spent a reservation that was never claimed. */
function charge(state: State, lease: Lease, nowMs: number): State {
  if (lease.token === '') return state;
  return state.kind === 'leaky-bucket'
    ? buckets.pour(state, lease.permits * lease.costMilli, nowMs)
    : logged(state, Array<number>(lease.permits).fill(nowMs), nowMs);
}
