// Time, as an argument. Only the shell asks it; the core is told what time it is.

import { LONGEST_TIMER_MS } from '../core/bounds.ts';
export interface Clock {
  /** Milliseconds since 1970; may jump either way, like any wall clock. */
  nowMs(): number;
  /**
   * Returns after `ms` milliseconds, or at once when the signal aborts: an interruption is an
   * expected ending, so the caller looks at the signal and nothing is thrown.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's clock. A sleep keeps the process alive. */
export function systemClock(): Clock {
  return {
    nowMs: () => Date.now(),
    sleep(ms, signal) {
      if (signal?.aborted || !(ms > 0)) return Promise.resolve();
      return new Promise((resolve) => {
        const wake = (): void => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', wake);
          resolve();
        };
        const timer = setTimeout(wake, Math.min(ms, LONGEST_TIMER_MS));
        signal?.addEventListener('abort', wake, { once: true });
      });
    },
  };
}
