// Time, as an argument. Only the shell asks it; the core is told what time it is.

import { CLOCK_SKEW_MS, SLEEP_SLICE_MS } from '../core/bounds.ts';

export interface Clock {
  /** Milliseconds since 1970; may jump either way, like any wall clock. */
  nowMs(): number;
  /**
   * Returns after `ms` milliseconds, or at once when the signal aborts: an interruption is an
   * expected ending, so the caller looks at the signal and nothing is thrown. May return earlier,
   * when the clock shows that the time is over: the machine was asleep, or somebody set it.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** What a clock is made of. */
export interface ClockParts {
  /** What the machine shows, which somebody may set, epoch ms. */
  readonly wallMs: () => number;
  /** Ms since some moment, which nobody sets; may stand still while the machine is asleep. */
  readonly steadyMs: () => number;
  /** Calls `wake` once after so many ms, unless what it returns is called before. */
  readonly after: (ms: number, wake: () => void) => () => void;
}

/** The machine's clock. A sleep keeps the process alive. */
export const systemClock = (): Clock =>
  clockOf({
    wallMs: () => Date.now(),
    steadyMs: () => performance.now(),
    after(ms, wake) {
      const timer = setTimeout(wake, ms);
      return () => clearTimeout(timer);
    },
  });

/**
 * A clock that goes on where the machine's is set back by less than clocks may differ:
 * nothing is waited for twice then. By more, it shows what the machine shows, at once.
 */
export function clockOf({ wallMs, steadyMs, after }: ClockParts): Clock {
  let shown = { atMs: Number.NEGATIVE_INFINITY, steadyMs: 0 };
  function nowMs(): number {
    const wall = wallMs();
    const steady = steadyMs();
    const onMs = Math.floor(shown.atMs + steady - shown.steadyMs);
    const atMs = onMs > wall && onMs - wall <= CLOCK_SKEW_MS ? onMs : wall;
    shown = { atMs, steadyMs: steady };
    return atMs;
  }
  return {
    nowMs,
    sleep(ms, signal) {
      if (signal?.aborted || !(ms > 0)) return Promise.resolve();
      const wallEndMs = nowMs() + ms;
      const steadyEndMs = steadyMs() + ms;
      return new Promise((resolve) => {
        let cancel = (): void => {};
        const wake = (): void => {
          cancel();
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        const look = (): void => {
          const leftMs = Math.min(wallEndMs - nowMs(), steadyEndMs - steadyMs());
          if (leftMs <= 0) return wake();
          cancel = after(Math.min(leftMs, SLEEP_SLICE_MS), look);
        };
        signal?.addEventListener('abort', wake, { once: true });
        look();
      });
    },
  };
}
