// What every token lock promises, whatever keeps it. The clock is the test's, so no time passes by
// itself.

import { describe, expect, it } from 'vitest';
import type { TokenLock } from '../../shared/ports/token-lock.ts';

export interface LockWorld {
  /** Two processes on one lock. */
  readonly one: TokenLock;
  readonly other: TokenLock;
  nowMs(): number;
  advance(ms: number): void;
}

export function tokenLockContract(name: string, connect: () => Promise<LockWorld>): void {
  describe(`the token lock in ${name}`, () => {
    it('is held by one, and tells the others until when', async () => {
      const { one, other, nowMs } = await connect();
      const untilMs = nowMs() + 1000;
      expect(await one.tryAcquire('shop', 'a', untilMs)).toMatchObject({ kind: 'acquired' });
      const held = { kind: 'held', untilMs };
      expect(await other.tryAcquire('shop', 'b', untilMs + 500)).toEqual(held);
      expect(await one.tryAcquire('shop', 'a', untilMs + 500)).toEqual(held);
      expect(await other.tryAcquire('bank', 'b', untilMs)).toMatchObject({ kind: 'acquired' });
    });

    it('gives the lock to one of many that ask at once', async () => {
      const { one, other, nowMs } = await connect();
      const asks = Array.from({ length: 10 }, (_, index) =>
        (index % 2 ? one : other).tryAcquire('shop', `${index}`, nowMs() + 1000),
      );
      const kinds = (await Promise.all(asks)).map(({ kind }) => kind);
      expect(kinds.filter((kind) => kind === 'acquired')).toHaveLength(1);
    });

    it('passes on when it is released or when its time is over, with a higher fence', async () => {
      const { one, other, nowMs, advance } = await connect();
      const fences: number[] = [];
      const take = async (lock: TokenLock): Promise<number> => {
        const taken = await lock.tryAcquire('shop', 'x', nowMs() + 1000);
        const fence = taken.kind === 'acquired' ? taken.fence : Number.NaN;
        fences.push(fence);
        return fence;
      };
      await one.release('shop', await take(one));
      await take(other);
      advance(1000);
      await take(one);
      expect(fences.toSorted((a, b) => a - b)).toEqual(fences);
      expect(new Set(fences).size).toBe(3);
    });

    it('is not released by one whose time was over', async () => {
      const { one, other, nowMs, advance } = await connect();
      const late = await one.tryAcquire('shop', 'late', nowMs() + 1000);
      advance(1001);
      await other.tryAcquire('shop', 'next', nowMs() + 1000);
      await one.release('shop', late.kind === 'acquired' ? late.fence : Number.NaN);
      await one.release('unknown', 1);
      expect(await one.tryAcquire('shop', 'late', nowMs() + 1)).toMatchObject({ kind: 'held' });
    });
  });
}
