// A clock that passes hours in milliseconds: when every task sleeps, it jumps to the next one that
// wakes. It knows of tasks that wait for promises only; one that waits for a disk, a socket or a
// thread counts as asleep, so nothing of that kind belongs beside it.

import type { Clock } from './clock.ts';

interface Sleeper {
  readonly wakeAtMs: number;
  readonly wake: () => void;
}

/**
 * The same tasks wake in the same order at every run: by time, then by who slept first. A task that
 * wakes runs until it sleeps again or ends before the next one wakes.
 * @param startMs epoch milliseconds; a small number would be read as a span by date parsers
 */
export function virtualClock(startMs: number): Clock {
  let nowMs = startMs;
  let turning = false;
  const sleepers: Sleeper[] = [];

  /** An immediate runs when no promise has anything left to do: then everybody is asleep. */
  function turn(): void {
    turning = true;
    setImmediate(() => {
      const next = sleepers.shift();
      turning = false;
      if (!next) return;
      nowMs = Math.max(nowMs, next.wakeAtMs);
      next.wake();
      turn();
    });
  }

  return {
    nowMs: () => nowMs,
    sleep(ms, signal) {
      if (signal?.aborted || !(ms > 0)) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = (): void => {
          signal?.removeEventListener('abort', stop);
          resolve();
        };
        const sleeper: Sleeper = { wakeAtMs: nowMs + Math.ceil(ms), wake };
        const stop = (): void => {
          sleepers.splice(sleepers.indexOf(sleeper), 1);
          wake();
        };
        insert(sleepers, sleeper);
        signal?.addEventListener('abort', stop, { once: true });
        if (!turning) turn();
      });
    },
  };
}

/** Behind all who wake no later. */
function insert(sleepers: Sleeper[], sleeper: Sleeper): void {
  const later = sleepers.findIndex((one) => one.wakeAtMs > sleeper.wakeAtMs);
  sleepers.splice(later < 0 ? sleepers.length : later, 0, sleeper);
}
