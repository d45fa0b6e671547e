// How long a run goes on without a page: through faults, while every request is throttled, and
// before a wait. It counts from the first trouble since the last page, so it survives rounds; when
// the clock was set back meanwhile, it counts anew from there.
//
// With a patience of 900 s, a host that nobody can reach is asked at 0, 0.3, 0.8, 2 s and so on,
// then twice a minute, and at 900 s for the last time. An API that answers 429 to everything is
// asked for a day, once a minute, and that is told from the first quarter of an hour on.

import { PATIENCE_SECONDS, THROTTLE_JITTER, THROTTLED_PATIENCE_MS } from '../bounds.ts';
import type { Source } from '../source/source.ts';
import { describeSpan } from '../time/instant.ts';

/** What went wrong since the last page; 0: nothing did. Times are epoch ms. */
export interface Troubles {
  readonly faults: number;
  readonly faultsSinceMs: number;
  /** Since when the run is throttled; where the API named a time at first, since then. */
  readonly throttledSinceMs: number;
}

export const noTroubles: Troubles = { faults: 0, faultsSinceMs: 0, throttledSinceMs: 0 };

type Said = Pick<Source, 'patienceSeconds' | 'waitAtMostSeconds'>;

/** The troubles after one more fault. */
export const afterFault = (
  { faults, faultsSinceMs }: Troubles,
  nowMs: number,
): Pick<Troubles, 'faults' | 'faultsSinceMs'> => ({
  faults: faults + 1,
  faultsSinceMs: Math.min(faultsSinceMs || nowMs, nowMs),
});

/** When to try again after the fault that was counted last, or why not. */
export type Again =
  | { readonly kind: 'again'; readonly untilMs: number }
  | { readonly kind: 'enough'; readonly why: string };

/**
 * @param pauseMs the backoff; cut so that the last try is made when the patience ends
 * @param toldMs when the API said to ask again, epoch ms: that is kept, however late
 */
export function tryAgain(
  { patienceSeconds = PATIENCE_SECONDS }: Said,
  { faults, faultsSinceMs }: Troubles,
  { nowMs, pauseMs, toldMs = 0 }: { nowMs: number; pauseMs: number; toldMs?: number | undefined },
): Again {
  const leftMs = faultsSinceMs + patienceSeconds * 1000 - nowMs;
  if (leftMs > 0) {
    return { kind: 'again', untilMs: Math.max(toldMs, nowMs + Math.min(pauseMs, leftMs)) };
  }
  if (faults === 1) return { kind: 'enough', why: '1 try' };
  return { kind: 'enough', why: `${faults} tries in ${describeSpan(nowMs - faultsSinceMs)}` };
}

/** Since when the run is throttled, with the throttled request that was answered at `nowMs`. */
export const throttledSince = (
  { throttledSinceMs }: Troubles,
  nowMs: number,
  toldMs: number | undefined,
): number => throttledSinceMs || Math.max(nowMs, toldMs ?? 0);

/** What a person should know of it, a sentence; `enough` ends the run. */
export type ThrottledFor =
  | { readonly kind: 'short' }
  | { readonly kind: 'long' | 'enough'; readonly why: string };

export function throttledFor(
  { patienceSeconds = PATIENCE_SECONDS, waitAtMostSeconds = Number.POSITIVE_INFINITY }: Said,
  { throttledSinceMs }: Troubles,
  nowMs: number,
): ThrottledFor {
  const forMs = nowMs - throttledSinceMs;
  const patienceMs = Math.min(THROTTLED_PATIENCE_MS, waitAtMostSeconds * 1000);
  const since = `since ${isoTime(throttledSinceMs)}`;
  if (forMs >= patienceMs) {
    const why = `The API has throttled every request for ${describeSpan(forMs)}, ${since}.`;
    return { kind: 'enough', why };
  }
  if (forMs < patienceSeconds * 1000) return { kind: 'short' };
  const endsAt = isoTime(throttledSinceMs + patienceMs);
  const why = `The API has throttled every request ${since}: without a page the run ends at ${endsAt}.`;
  return { kind: 'long', why };
}

/**
 * Why the source does not wait until then; undefined when it does. The jitter that is added to what
 * an API asks for is no reason.
 */
export function tooLongToWait(
  { waitAtMostSeconds }: Said,
  { untilMs, waitMs }: { readonly untilMs: number; readonly waitMs: number },
): string | undefined {
  if (waitAtMostSeconds === undefined) return undefined;
  const atMostMs = waitAtMostSeconds * 1000;
  if (waitMs <= atMostMs * (1 + THROTTLE_JITTER)) return undefined;
  const ahead = `until ${isoTime(untilMs)}, in ${describeSpan(waitMs)}`;
  return `No request is possible ${ahead}, and the source waits no longer than waitAtMostSeconds (${describeSpan(atMostMs)}).`;
}

/** A time that was told by a clock that was set back since then, by the clock as it is now. */
export const sinceSet = (
  untilMs: number | undefined,
  atMs: number,
  nowMs: number,
): number | undefined => (untilMs === undefined ? undefined : untilMs - Math.max(0, atMs - nowMs));

const isoTime = (epochMs: number): string => new Date(epochMs).toISOString();
