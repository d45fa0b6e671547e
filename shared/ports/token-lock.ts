// Who may refresh a source's tokens: one holder at a time across all processes, for a bounded
// time. A holder that dies loses the lock when its time is over; its late release then does
// nothing.

import type { Clock } from './clock.ts';

export type Acquired =
  /** `fence` is higher than that of every holder before. */
  | { readonly kind: 'acquired'; readonly fence: number }
  /** Until when, in epoch milliseconds, unless it is released before. */
  | { readonly kind: 'held'; readonly untilMs: number };

export interface TokenLock {
  /**
   * Takes the lock when nobody holds it at this time; never waits. The same holder asking twice is
   * two holders.
   * @param holder a name for people, e.g. the invocation
   * @param untilMs when it ends by itself, epoch milliseconds
   */
  tryAcquire(source: string, holder: string, untilMs: number): Promise<Acquired>;
  /** Gives it back early; does nothing when the lock is no longer the one with this fence. */
  release(source: string, fence: number): Promise<void>;
}

export function memoryTokenLock(clock: Clock): TokenLock {
  const locks = new Map<string, { fence: number; untilMs: number }>();
  return {
    async tryAcquire(source, _holder, untilMs) {
      const present = locks.get(source);
      if (present && present.untilMs > clock.nowMs()) {
        return { kind: 'held', untilMs: present.untilMs };
      }
      const fence = (present?.fence ?? 0) + 1;
      locks.set(source, { fence, untilMs });
      return { kind: 'acquired', fence };
    },
    async release(source, fence) {
      if (locks.get(source)?.fence === fence) locks.set(source, { fence, untilMs: 0 });
    },
  };
}
