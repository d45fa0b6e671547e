import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { referee } from './exchange.ts';
import { burst, fixedWindow, leakyBucket, slidingWindow } from './limits.ts';

const second = 1000;

describe('leaky bucket', () => {
  it('allows a request while the level is below the size, even one that crosses it', () => {
    const bucket = leakyBucket({ size: 90, leakPerSecond: 1 });
    bucket.take(0, 89.57);
    expect(bucket.take(0, 3)).toMatchObject({ allowed: true, level: 92.57, size: 90 });
    expect(bucket.take(0, 0.1)).toMatchObject({
      allowed: false,
      level: 92.57,
      retryAfterMs: 2570,
    });
  });

  it('allows a request that costs more than the size when there is room for any', () => {
    const bucket = leakyBucket({ size: 5, leakPerSecond: 1 });
    expect(bucket.take(0, 10)).toMatchObject({ allowed: true, level: 10 });
  });

  it('refuses a full bucket and passes as soon as anything has leaked', () => {
    const bucket = leakyBucket({ size: 2, leakPerSecond: 1 });
    bucket.take(0);
    bucket.take(0);
    expect(bucket.take(0)).toMatchObject({ allowed: false, level: 2, retryAfterMs: 1 });
    expect(bucket.take(1)).toMatchObject({ allowed: true, level: 2.999 });
  });

  it('leaks continuously, floors at 0 and counts what leaked away unused', () => {
    const bucket = leakyBucket({ size: 90, leakPerSecond: 1.5 });
    bucket.take(0, 3);
    expect(bucket.peek(500).level).toBe(2.25);
    expect(bucket.peek(4 * second).level).toBe(0);
    expect(bucket.counts().idle).toBeCloseTo(3, 9);
  });

  it('never lets a clock that moves back raise or lower the level', () => {
    const bucket = leakyBucket({ size: 90, leakPerSecond: 1 });
    bucket.take(10 * second, 5);
    expect(bucket.peek(9 * second).level).toBe(5);
    expect(bucket.peek(11 * second).level).toBe(4);
  });

  it('takes a new size and rate from the moment they change', () => {
    const bucket = leakyBucket({ size: 60, leakPerSecond: 1 });
    bucket.take(0, 60);
    bucket.resize(10 * second, { size: 90, leakPerSecond: 0.5 });
    expect(bucket.peek(20 * second)).toMatchObject({ level: 45, size: 90, allowed: true });
  });

  it('without overflow, wants the whole request to fit', () => {
    const bucket = leakyBucket({ size: 40, leakPerSecond: 2, overflow: false });
    for (let call = 0; call < 40; call += 1) expect(bucket.take(0).allowed).toBe(true);
    expect(bucket.take(0)).toMatchObject({ allowed: false, retryAfterMs: 500 });
    expect(bucket.take(500).allowed).toBe(true);
  });

  it('lets a steady foreign client take its share, which is never our refusal', () => {
    const bucket = leakyBucket({ size: 10, leakPerSecond: 1, foreignShare: 0.3 });
    bucket.take(0);
    bucket.take(1000 * second);
    expect(bucket.counts()).toMatchObject({ foreign: 300, refused: 0, allowed: 2 });
    expect(bucket.counts().idle).toBeCloseTo(1000 - 299 - 1, 6);
  });

  it('never gives out more than its size, its drip and one overflow, whatever is asked', () => {
    const ask = fc.tuple(fc.integer({ min: 0, max: 3000 }), fc.constantFrom(0.1, 1, 1.4, 10));
    fc.assert(
      fc.property(fc.array(ask, { maxLength: 200 }), (asks) => {
        const bucket = leakyBucket({ size: 20, leakPerSecond: 1.5 });
        let nowMs = 0;
        for (const [pauseMs, cost] of asks) {
          nowMs += pauseMs;
          bucket.take(nowMs, cost);
        }
        const counts = bucket.counts();
        expect(counts.spent).toBeLessThanOrEqual(
          20 + 10 + (1.5 * nowMs) / 1000 - counts.idle + 1e-6,
        );
        expect(counts.allowed + counts.refused).toBe(asks.length);
      }),
    );
  });
});

describe('windows', () => {
  it('bursts reset each second and do not drip', () => {
    const limit = burst({ limit: 2 });
    expect([400, 500, 999].map((nowMs) => limit.take(nowMs).allowed)).toEqual([true, true, false]);
    expect(limit.take(1000)).toMatchObject({ allowed: true, used: 1, limit: 2 });
  });

  it('opens a window with the first request and tells when it ends', () => {
    const limit = fixedWindow({ limit: 2, windowMs: 300 * second });
    limit.take(7 * second);
    expect(limit.take(8 * second)).toMatchObject({ remaining: 0, resetMs: 307 * second });
    expect(limit.take(306_999)).toMatchObject({ allowed: false, retryAfterMs: 1 });
    expect(limit.take(307 * second)).toMatchObject({ allowed: true, resetMs: 607 * second });
  });

  it('aligned windows keep to the clock and count whole windows that nobody used', () => {
    const limit = fixedWindow({ limit: 10, windowMs: 60 * second, start: 'aligned' });
    expect(limit.take(59 * second).resetMs).toBe(60 * second);
    limit.take(241 * second);
    expect(limit.counts().idle).toBe(9 + 3 * 10);
  });

  it('a foreign client takes its part of a window without counting as us', () => {
    const limit = fixedWindow({ limit: 100, windowMs: 100 * second, foreignShare: 0.3 });
    limit.take(0);
    expect(limit.take(90 * second).remaining).toBe(100 - 2 - 27);
    limit.spendForeign(90 * second, 500);
    expect(limit.take(91 * second).allowed).toBe(false);
    expect(limit.counts()).toMatchObject({ allowed: 2, refused: 1, spent: 2 });
  });

  it('a sliding window frees each permit exactly one window after it was taken', () => {
    const limit = slidingWindow({ limit: 2, windowMs: 60 * second });
    limit.take(0);
    limit.take(30 * second);
    expect(limit.take(59_999)).toMatchObject({ allowed: false, retryAfterMs: 1 });
    expect(limit.take(60 * second).allowed).toBe(true);
    expect(limit.take(60 * second).allowed).toBe(false);
    expect(limit.counts()).toMatchObject({ allowed: 3, refused: 2, idle: 0 });
  });

  it('no stretch of a sliding window ever holds more than the limit', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 300 }), (pauses) => {
        const limit = slidingWindow({ limit: 5, windowMs: second, foreignShare: 0.2 });
        const passed: number[] = [];
        let nowMs = 0;
        for (const pauseMs of pauses) {
          nowMs += pauseMs;
          if (limit.take(nowMs).allowed) passed.push(nowMs);
        }
        for (const end of passed) {
          const held = passed.filter((one) => one > end - second && one <= end);
          expect(held.length).toBeLessThanOrEqual(5);
        }
      }),
    );
  });
});

describe('referee', () => {
  it('forgives requests that were already on their way and names the ones that were not', () => {
    const watch = referee(250);
    watch.refusal(0, 3000);
    watch.refusal(200, 3000);
    expect(watch.seen().violations).toEqual([]);
    watch.refusal(1000, 3000);
    expect(watch.seen().violations).toEqual([
      'refused again 2000 ms before the announced wait was over',
    ]);
    watch.refusal(3000, 6000);
    expect(watch.seen().violations).toHaveLength(1);
  });

  it('takes twenty refusals in one moment for a hot loop', () => {
    const watch = referee();
    for (let ask = 0; ask < 25; ask += 1) watch.refusal(0, 3000);
    expect(watch.seen().violations).toHaveLength(4);
  });
});
