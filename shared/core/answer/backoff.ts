// How long to pause after a fault, and how to spread those who wait for the same end of a
// throttle. Chance is an argument, so a seed replays it. A pause is never nothing, whatever the
// arguments.

import {
  BACKOFF_FIRST_MS,
  BACKOFF_LONGEST_MS,
  RESET_MARGIN_MS,
  THROTTLE_JITTER,
} from '../bounds.ts';

/**
 * The shortest pause. Full jitter draws from zero upwards, and zero would be a hot loop; a tenth of
 * the first pause keeps the spread.
 */
const SHORTEST_MS = BACKOFF_FIRST_MS / 10;

/**
 * Milliseconds to pause after the `attempt`th fault in a row: exponential with full jitter, as in
 * "Exponential Backoff And Jitter" (AWS Architecture Blog), which finishes a crowd of competing
 * clients with the fewest requests. The ceiling is BACKOFF_FIRST_MS for attempt 1 and doubles up to
 * BACKOFF_LONGEST_MS:
 *
 * | attempt | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 and later |
 * |---|---|---|---|---|---|---|---|---|
 * | ceiling, s | 0.5 | 1 | 2 | 4 | 8 | 16 | 32 | 60 |
 *
 * @param attempt faults in a row, from 1
 * @param chance 0..1, uniform; 1 gives the ceiling
 */
export function backoffMs(attempt: number, chance: number): number {
  const doublings = attempt > 1 ? Math.floor(attempt) - 1 : 0;
  const ceilingMs = Math.min(BACKOFF_LONGEST_MS, BACKOFF_FIRST_MS * 2 ** doublings);
  return Math.ceil(SHORTEST_MS + (ceilingMs - SHORTEST_MS) * share(chance));
}

/**
 * Epoch milliseconds at which one holder that was throttled until `untilMs` returns: RESET_MARGIN_MS
 * behind its end, since seconds are often cut down, or up to THROTTLE_JITTER of what is left of it
 * later. Never before `nowMs`.
 */
export function jitteredUntilMs(untilMs: number, nowMs: number, chance: number): number {
  const leftMs = Math.max(0, untilMs - nowMs);
  const marginMs = leftMs > 0 ? RESET_MARGIN_MS : 0;
  return nowMs + marginMs + Math.ceil(leftMs * (1 + THROTTLE_JITTER * share(chance)));
}

/** A chance that is none counts as 1: the longest, careful pause. */
const share = (chance: number): number =>
  Number.isNaN(chance) ? 1 : Math.min(1, Math.max(0, chance));
