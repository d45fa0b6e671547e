// How many permits to wait for together, and whether to sleep through a wait or to leave for it.
// Both are trades between cost and the time to finish, decided here and nowhere else.
// Why: docs/decisions/003-budget-as-reservations.md

import {
  AT_ONCE_SHARE,
  SPEND_FIRST_SHARE,
  WAIT_BUCKET_SHARE,
  WAIT_SHARE,
  WAIT_WINDOW_SHARE,
} from '../bounds.ts';

/** Permits that somebody holds. */
export interface Leased {
  readonly permits: number;
  readonly costMilli: number;
}

/** What an asker finds before it: what the others hold, and how many are served first. */
export interface Demand {
  readonly nowMs: number;
  readonly leases: readonly Leased[];
  /** Those who are served first: one permit is kept for each. */
  readonly queued: number;
  /** Others who are spending a lease. */
  readonly running: number;
  /** The asker included. */
  readonly holders: number;
  /** Share of the limit left to others, 0..0.9. */
  readonly shareForOthers: number;
  /** Of one request of the asker. */
  readonly costMilli: number;
}

/**
 * What one limit then allows it. Of 60 at once, where two others hold 10 each, it can ever hold 40,
 * and wait for 16 together: four fifths of a third.
 */
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

/** A holder's share of a bucket that `holders` use: permits it may wait for together. */
export const shareOf = (permits: number, holders: number): number =>
  Math.max(1, Math.floor((permits * WAIT_BUCKET_SHARE) / holders));

export interface Choice {
  readonly permits: number;
  readonly readyAtMs: number;
}

/**
 * The permits to take, and when they may be spent.
 *
 * Spend what there is; when little is left, wait for several permits together. What a bucket has
 * free is time lost if the run ended now: a permit that fits has waited for us as long as it takes
 * to leak. Waiting until `count` permits fit loses that much for each of them, once, at the end of
 * the run, since the bucket goes on leaking meanwhile. So permits are waited for only when they
 * leak within WAIT_SHARE of the time taken so far, those that fit already included: that share and
 * one permit's time bound the run. The wait is also bounded by most of the bucket, which must not
 * run dry, for only an empty bucket loses throughput. A window shifts with each late request, so
 * there the wait adds up once a period: at most WAIT_WINDOW_SHARE of the period, and only when
 * nothing fits now.
 *
 * A bucket of 60 at 1/s, one holder, whose share of it is 48:
 *
 * | free now | the run has taken | loss tolerated | spent now, or waited for together |
 * |---|---|---|---|
 * | 60 | nothing yet | 0 s | 24 now: half of its share, in case somebody comes next |
 * | 0 | nothing yet | 0 s | 1, in 1 s |
 * | 0 | 10 min | 10.8 s | 11, in 11 s |
 * | 0 | 2 h | 129.6 s | 48, in 48 s: its share |
 * | 4 | 10 min | 10.8 s | 4 now: more than an eighth of the 10 that are worth a wait |
 * | 1 | 10 min | 10.8 s | 10, in 9 s: what is free has lost 1 s already |
 *
 * @param want permits that can be used: never wait for more than the pages that are left
 * @returns undefined when another holder must give back first
 */
export function choosePermits({
  headrooms,
  want,
  elapsedMs,
  nowMs,
}: {
  readonly headrooms: readonly Headroom[];
  readonly want: number;
  readonly elapsedMs: number;
  readonly nowMs: number;
}): Choice | undefined {
  const most = Math.min(want, ...headrooms.map((headroom) => headroom.ever));
  if (most < 1) return undefined;
  const readyAtMs = (permits: number): number =>
    Math.max(nowMs, ...headrooms.map((headroom) => headroom.whenFree(permits)));

  const spendableNow = Math.max(0, Math.min(most, ...headrooms.map(atOnce)));
  const fewest = Math.max(1, spendableNow);
  const share = Math.min(...headrooms.map((headroom) => headroom.share));

  const leakMsPerPermit =
    spendableNow + 2 > most ? 0 : readyAtMs(spendableNow + 2) - readyAtMs(spendableNow + 1);
  /** What has leaked unused by now, and what leaks until `count` fit. */
  const lossMs = (count: number): number =>
    spendableNow * leakMsPerPermit + readyAtMs(count) - readyAtMs(fewest);
  const toleratedMs = Math.min(
    ...headrooms.map((headroom) => toleratedLossMs(headroom, elapsedMs)),
  );

  const together = largest(
    fewest,
    Math.min(most, Math.max(fewest, share)),
    (count) => lossMs(count) <= toleratedMs,
  );
  return spendableNow >= 1 && spendableNow >= together * SPEND_FIRST_SHARE
    ? { permits: spendableNow, readyAtMs: nowMs }
    : { permits: together, readyAtMs: readyAtMs(together) };
}

/** A part of a share at once leaves room for a holder who comes next: nobody takes the burst. */
const atOnce = ({ now, share }: Headroom): number =>
  Math.min(now, Math.ceil(share * AT_ONCE_SHARE));

function toleratedLossMs({ now, periodMs }: Headroom, elapsedMs: number): number {
  if (periodMs === undefined) return elapsedMs * WAIT_SHARE;
  return now >= 1 ? 0 : periodMs * WAIT_WINDOW_SHARE;
}

/**
 * The largest count in [from, to] that fits; `fits` turns from true to false once, and where it is
 * false already at `from`, that is the answer. Each turn halves what is left.
 */
function largest(from: number, to: number, fits: (count: number) => boolean): number {
  let [low, high] = [from, Math.max(from, to)];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Sleep through a wait of `waitMs`, or leave the function and let the machine wait. */
export function sleepOrLeave(
  waitMs: number,
  breakEvenSeconds: number,
  timeLeftMs: number,
): { kind: 'sleep'; ms: number } | { kind: 'leave' } {
  const isShort = waitMs <= breakEvenSeconds * 1000 && waitMs < timeLeftMs;
  return isShort ? { kind: 'sleep', ms: waitMs } : { kind: 'leave' };
}
