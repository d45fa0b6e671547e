// Who may refresh a source's tokens: one holder at a time across all processes, for a bounded
// time. A holder that dies loses the lock when its time is over; what it says of it later then
// does nothing. It holds no credential.

import { CLOCK_SKEW_MS, TOKEN_LOCK_MS } from '../../core/bounds.ts';
import type { Clock } from '../clock.ts';

export type Acquired =
  /** `fence` is higher than that of every holder before. */
  | { readonly kind: 'acquired'; readonly fence: number }
  /** Until when, in epoch milliseconds, unless it is released before. */
  | { readonly kind: 'held'; readonly untilMs: number; readonly rejection?: Rejection };

/** That the token endpoint said no, for those who would ask it the same. */
export interface Rejection {
  /** The fingerprint of the request. */
  readonly request: string;
  /** Without credentials, like the remedy. */
  readonly message: string;
  readonly remedy: string;
}

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
  /**
   * Tells whoever finds it held of a rejection; it is then held until its time is over. Does
   * nothing when the lock is no longer the one with this fence.
   */
  keepRejection(source: string, fence: number, rejection: Rejection): Promise<void>;
}

/**
 * Whether a lock that ends at `untilMs` is held. No lock lasts longer than TOKEN_LOCK_MS: one that
 * does is of a clock that was ahead, and keeps nobody away.
 */
export const isLocked = (untilMs: number, nowMs: number): boolean =>
  untilMs > nowMs && untilMs <= nowMs + TOKEN_LOCK_MS + CLOCK_SKEW_MS;

export function memoryTokenLock(clock: Clock): TokenLock {
  const locks = new Map<string, { fence: number; untilMs: number; rejection?: Rejection }>();
  return {
    async tryAcquire(source, _holder, untilMs) {
      const present = locks.get(source);
      if (present && isLocked(present.untilMs, clock.nowMs())) {
        const { fence: _own, ...told } = present;
        return { kind: 'held', ...told };
      }
      const fence = (present?.fence ?? 0) + 1;
      locks.set(source, { fence, untilMs });
      return { kind: 'acquired', fence };
    },
    async release(source, fence) {
      if (locks.get(source)?.fence === fence) locks.set(source, { fence, untilMs: 0 });
    },
    async keepRejection(source, fence, rejection) {
      const present = locks.get(source);
      if (present?.fence === fence) locks.set(source, { ...present, fence: fence + 1, rejection });
    },
  };
}
