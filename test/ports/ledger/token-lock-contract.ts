// What every token lock promises, whatever keeps it. The clock is the test's, so no time passes by
// itself.

import { describe, expect, it } from 'vitest';
import type { Acquired, Rejection, TokenLock } from '../../../shared/ports/ledger/token-lock.ts';

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
        fences.push(fenceOf(taken));
        return fenceOf(taken);
      };
      await one.release('shop', await take(one));
      await take(other);
      advance(1000);
      await take(one);
      expect(fences.toSorted((a, b) => a - b)).toEqual(fences);
      expect(new Set(fences).size).toBe(3);
    });

    it('is not held by a clock that was ahead, until that time comes', async () => {
      const { one, other, nowMs } = await connect();
      await one.tryAcquire('shop', 'ahead', nowMs() + 400 * 86_400_000);
      const taken = await other.tryAcquire('shop', 'now', nowMs() + 1000);
      expect(taken).toMatchObject({ kind: 'acquired' });
    });

    it('is not released by one whose time was over', async () => {
      const { one, other, nowMs, advance } = await connect();
      const late = fenceOf(await one.tryAcquire('shop', 'late', nowMs() + 1000));
      advance(1001);
      await other.tryAcquire('shop', 'next', nowMs() + 1000);
      await one.release('shop', late);
      await one.release('unknown', 1);
      expect(await one.tryAcquire('shop', 'late', nowMs() + 1)).toMatchObject({ kind: 'held' });
    });

    it('tells the others what was refused, until its time is over', async () => {
      const { one, other, nowMs, advance } = await connect();
      const untilMs = nowMs() + 1000;
      const fence = fenceOf(await one.tryAcquire('shop', 'a', untilMs));
      await one.keepRejection('shop', fence, rejection);
      const held = { kind: 'held', untilMs, rejection };
      expect(await other.tryAcquire('shop', 'b', untilMs + 500)).toEqual(held);
      // Who was refused has asked: nobody asks again before the time is over.
      await one.release('shop', fence);
      expect(await one.tryAcquire('shop', 'a', untilMs + 500)).toEqual(held);
      advance(1000);
      const next = await other.tryAcquire('shop', 'b', untilMs + 1000);
      expect(fenceOf(next)).toBeGreaterThan(fence);
      const free = { kind: 'held', untilMs: untilMs + 1000 };
      expect(await one.tryAcquire('shop', 'a', untilMs + 1500)).toEqual(free);
    });

    it('does not tell the rejection of one whose time was over, or who never had it', async () => {
      const { one, other, nowMs, advance } = await connect();
      const late = fenceOf(await one.tryAcquire('shop', 'late', nowMs() + 1000));
      advance(1001);
      const untilMs = nowMs() + 1000;
      const next = fenceOf(await other.tryAcquire('shop', 'next', untilMs));
      await one.keepRejection('shop', late, rejection);
      await one.keepRejection('unknown', 1, rejection);
      expect(await one.tryAcquire('shop', 'late', untilMs)).toEqual({ kind: 'held', untilMs });
      await other.release('shop', next);
      expect((await one.tryAcquire('shop', 'late', untilMs)).kind).toBe('acquired');
      expect((await one.tryAcquire('unknown', 'x', untilMs)).kind).toBe('acquired');
    });
  });
}

const rejection: Rejection = { request: '0123456789abcdef', message: 'No.', remedy: 'Look.' };

const fenceOf = (taken: Acquired): number =>
  taken.kind === 'acquired' ? taken.fence : Number.NaN;
