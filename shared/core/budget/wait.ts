// How many permits to wait for together, and whether to sleep through a wait or to leave for it.
// Both are trades between cost and the time to finish, decided here and nowhere else.

import { SPEND_FIRST_SHARE, WAIT_BUCKET_SHARE, WAIT_SHARE, WAIT_WINDOW_SHARE } from '../bounds.ts';

/** What one limit allows, as the policy sees it. */
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

export interface Choice {
  readonly permits: number;
  readonly readyAtMs: number;
}

/**
 * The permits to take, and when they may be spent.
 *
 * Spend what there is; when little is left, wait for several permits together. What a bucket has
 * free is time lost if the run ended now: a permit that fits has waited for us as long as it takes
 * to leak. Waiting until k permits fit loses k times that, once, at the end of the run, since the
 * bucket goes on leaking meanwhile. So k permits are waited for only when they leak within
 * WAIT_SHARE of the time taken so far, those that fit already included: that share and one permit's
 * time bound the run. The wait is also bounded by most of the bucket, which must not run dry, for
 * only an empty bucket loses throughput. A window shifts with each late request, so there the wait
 * adds up once a period: at most WAIT_WINDOW_SHARE of the period, and only when nothing fits now.
 *
 * @param want permits that can be used: never wait for more than the pages that are left
 * @returns undefined when another holder must give back first
 */
export function choosePermits(
  headrooms: readonly Headroom[],
  want: number,
  elapsedMs: number,
  nowMs: number,
): Choice | undefined {
  const most = Math.min(want, ...headrooms.map((headroom) => headroom.ever));
  if (most < 1) return undefined;
  // Half of a share at once leaves room for a holder who comes next: nobody takes the whole burst.
  const atOnce = headrooms.map((headroom) =>
    Math.min(headroom.now, Math.ceil(headroom.share / 2)),
  );
  const fitsNow = Math.max(0, Math.min(most, ...atOnce));
  const share = Math.max(
    1,
    fitsNow,
    Math.min(most, ...headrooms.map((headroom) => headroom.share)),
  );
  const readyAt = (permits: number): number =>
    Math.max(nowMs, ...headrooms.map((headroom) => headroom.whenFree(permits)));
  const first = Math.max(1, fitsNow);
  const firstAtMs = readyAt(first);
  const oneMs = fitsNow + 2 > most ? 0 : readyAt(fitsNow + 2) - readyAt(fitsNow + 1);
  const patienceMs = Math.min(...headrooms.map((headroom) => extraWaitMs(headroom, elapsedMs)));
  const permits = largest(
    first,
    Math.min(most, share),
    (count) => readyAt(count) + fitsNow * oneMs <= firstAtMs + patienceMs,
  );
  const spend = fitsNow >= 1 && fitsNow >= permits * SPEND_FIRST_SHARE;
  return spend ? { permits: fitsNow, readyAtMs: nowMs } : { permits, readyAtMs: readyAt(permits) };
}

const extraWaitMs = (headroom: Headroom, elapsedMs: number): number =>
  headroom.periodMs === undefined
    ? elapsedMs * WAIT_SHARE
    : headroom.now >= 1
      ? 0
      : headroom.periodMs * WAIT_WINDOW_SHARE;

/** The largest count in [from, to] that fits; `fits` is true at `from` and turns false once. */
function largest(from: number, to: number, fits: (count: number) => boolean): number {
  let [low, high] = [from, Math.max(from, to)];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** A holder's share of a limit that `holders` use: permits it may wait for together. */
export const shareOf = (permits: number, holders: number): number =>
  Math.max(1, Math.floor((permits * WAIT_BUCKET_SHARE) / holders));

/** Sleep through a wait of `waitMs`, or leave the function and let the machine wait. */
export function sleepOrLeave(
  waitMs: number,
  breakEvenSeconds: number,
  timeLeftMs: number,
): { kind: 'sleep'; ms: number } | { kind: 'leave' } {
  const isShort = waitMs <= breakEvenSeconds * 1000 && waitMs < timeLeftMs;
  return isShort ? { kind: 'sleep', ms: waitMs } : { kind: 'leave' };
}
