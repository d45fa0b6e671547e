// A clock that somebody sets while a run goes on, as people and time servers do: what it shows, and
// the time that has passed.

import type { Clock } from '../../../shared/ports/clock.ts';

export interface SetClock extends Clock {
  /** Shows so much later from now on, or earlier. */
  set(byMs: number): void;
  /** Since it was made, however it was set. */
  passedMs(): number;
  /** The longest sleep so far. */
  longestMs(): number;
}

/** @param onRead is told of each look at it, before it is answered */
export function setClock(onRead: (clock: SetClock) => void = () => {}): SetClock {
  const startMs = Date.UTC(2026, 10, 21, 8);
  let [passedMs, setMs, longestMs] = [0, 0, 0];
  const clock: SetClock = {
    nowMs() {
      onRead(clock);
      return startMs + passedMs + setMs;
    },
    async sleep(ms) {
      longestMs = Math.max(longestMs, ms);
      passedMs += Math.max(0, ms);
    },
    set(byMs) {
      setMs += byMs;
    },
    passedMs: () => passedMs,
    longestMs: () => longestMs,
  };
  return clock;
}
