// The budget of one scope: what the API lets everyone spend, and who holds permits to spend it.
// Pure steps over one ledger item: every step returns the next item, none waits. Whatever a holder
// has not given back counts as spent, so the sum granted never passes what the limits allow: what
// holds of every write, and why, is said and checked in invariant.ts.
//
// Three holders ask a bucket of 60 at 1/s, which is empty, for all they can get. They are granted
// 24, 12 and 8: half of the share that one, two and three of them have of it (wait.ts). These 44
// count as spent until they are given back, so that a fourth can be granted 16 at the most.
// Why: docs/decisions/003-budget-as-reservations.md

import type { LimitReport } from '../limit-report.ts';
import type { Limit } from '../source/api-limits.ts';
import { termsOf } from './limit-kinds.ts';
import type { LimitState } from './limit-states.ts';

/** The ledger item. Times are epoch ms, amounts integers. */
export interface Budget {
  /** The latest time any holder has seen: time never moves backwards here. */
  readonly clockMs: number;
  /** One for each limit of the source, in its order. */
  readonly limits: readonly LimitState[];
  readonly leases: readonly PermitLease[];
  /** Paces of leases given back whose last requests still count in a paced window. */
  readonly paced: readonly Paced[];
  readonly throttledUntilMs: number;
  /** By the clock of who was throttled: `clockMs` then. */
  readonly throttledAtMs: number;
  readonly throttledWhy: string;
  /** Refusals in a row; each doubles the shortest wait. */
  readonly throttledInARow: number;
}

export interface PermitLease {
  /** Who holds it: the stream of a run. */
  readonly holder: string;
  /** The invocation that spends it; BOOKED while it is only reserved. */
  readonly invocationId: string;
  /** The claim of the stream that the invocation works under; absent: unknown. */
  readonly fence?: number;
  /** 0 keeps a place in the queue. */
  readonly permits: number;
  readonly costMilli: number;
  /** Units of a paced window in any stretch of it; 0 without one. */
  readonly pace: number;
  /** Length of that window, ms; 0 without one. */
  readonly paceMs: number;
  /** When it may be spent; for a place in the queue, since when its holder waits. */
  readonly readyAtMs: number;
  readonly expiresAtMs: number;
}

/** Permits of a next round have no invocation yet; nor has a place in the queue. */
export const BOOKED = '';

export interface Paced {
  readonly invocationId: string;
  readonly pace: number;
  /** Units that still count; the whole pace when absent. */
  readonly requests?: number;
  readonly untilMs: number;
}

/** What the source says of its limits. */
export interface Allowance {
  readonly limits: readonly Limit[];
  /** Share left to others, 0..0.9. */
  readonly shareForOthers: number;
}

export interface Ask {
  readonly holder: string;
  /** This invocation. */
  readonly invocationId: string;
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
      /** Requests in any stretch of `paceMs`; 0 when none is paced. */
      readonly pace: number;
      readonly paceMs: number;
      /** Kept for the next round of this holder, which redeems it. */
      readonly booked: boolean;
    }
  | { readonly kind: 'throttled'; readonly readyAtMs: number; readonly why: string }
  /** Others hold everything; ask again then. The place in the queue is kept. */
  | { readonly kind: 'queued'; readonly readyAtMs: number };

/** What a holder did with its permits. */
export interface Spending {
  readonly holder: string;
  readonly invocationId: string;
  readonly costMilli: number;
  /** When each request was answered. */
  readonly answeredAtMs: readonly number[];
  /** Requests of this invocation in the last paced window; its pace when absent. */
  readonly inWindow?: number;
  /** The last reports, when their request was sent and when it was answered. */
  readonly reports: readonly LimitReport[];
  readonly reportSentAtMs?: number;
  readonly reportAtMs: number;
  readonly throttle?: {
    readonly untilMs?: number;
    readonly why: string;
    readonly waitMs?: number;
  };
}

export const newBudget = (allowance: Allowance, nowMs: number): Budget => ({
  clockMs: nowMs,
  limits: allowance.limits.map((limit) => termsOf(limit).declare(undefined, nowMs)),
  leases: [],
  paced: [],
  throttledUntilMs: 0,
  throttledAtMs: 0,
  throttledWhy: '',
  throttledInARow: 0,
});
