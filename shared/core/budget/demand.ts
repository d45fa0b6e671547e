// What an asker finds before it, and what one limit then has for it. With 60 at once, three holders
// and 10 permits held by each of the other two: 40 can ever be held by the asker, and its share of
// what it may wait for together is four fifths of a third, 16.

import { WAIT_BUCKET_SHARE } from '../bounds.ts';

/** Permits that somebody holds. */
export interface Leased {
  readonly permits: number;
  readonly costMilli: number;
}

/** What the others hold, how many there are, and how many are served first. */
export interface Demand {
  readonly nowMs: number;
  readonly leases: readonly Leased[];
  /** Those who are served first: one permit is kept for each. */
  readonly queued: number;
  /** The asker included. */
  readonly holders: number;
  /** Share of the limit left to others, 0..0.9. */
  readonly shareForOthers: number;
  /** Of one request of the asker. */
  readonly costMilli: number;
}

/** What one limit allows, as the policy of waiting sees it. */
export interface Headroom {
  /** Permits that fit now. */
  readonly now: number;
  /** Permits that can ever be held together, after what the others hold. */
  readonly ever: number;
  /** Permits that may be waited for together: this holder's share of the limit. */
  readonly share: number;
  /** When `permits` fit, epoch ms; ascending in `permits`, defined up to `ever`. */
  readonly whenFree: (permits: number) => number;
  /** Period of a window, ms; absent for a bucket. */
  readonly periodMs?: number;
}

/** A holder's share of a limit that `holders` use: permits it may wait for together. */
export const shareOf = (permits: number, holders: number): number =>
  Math.max(1, Math.floor((permits * WAIT_BUCKET_SHARE) / holders));
