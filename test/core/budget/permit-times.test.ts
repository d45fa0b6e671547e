import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Allowance } from '../../../shared/core/budget/budget.ts';
import { leakOf, nextPermitAtMs } from '../../../shared/core/budget/lease-in-hand.ts';
import { type BucketReport, meaningOf } from '../../../shared/core/limit-report.ts';

const bucket = (size: number, leakPerSecond: number) =>
  ({ kind: 'leaky-bucket', size, leakPerSecond }) as const;
const window = (periodSeconds: number) =>
  ({ kind: 'window', requests: 20, periodSeconds }) as const;
const allowing = (...limits: Allowance['limits']): Allowance => ({ limits, shareForOthers: 0 });
const level = (levelMilli: number, more: { leakMilli?: number } = {}) =>
  ({ kind: 'leaky-bucket', index: 0, levelMilli, sizeMilli: 90_000, ...more }) as const;

describe('the permits of a lease, spent one after another', () => {
  it('never bring the level above the one that the lease reckoned with', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 250 }),
        fc.integer({ min: 1, max: 40_000 }),
        fc.integer({ min: 1, max: 20_000 }),
        (permits, perSecondMilli, costMilli) => {
          const readyAtMs = 1_793_599_200_000;
          // At the time it is ready, exactly the whole lease fits below `usable`.
          const usable = 0;
          const levelAt = (atMs: number): number =>
            usable - permits * costMilli + ((readyAtMs - atMs) * perSecondMilli) / 1000;
          for (let spent = 0; spent < permits; spent++) {
            const atMs = nextPermitAtMs(readyAtMs, permits - spent, costMilli, { perSecondMilli });
            expect(atMs).toBeLessThanOrEqual(readyAtMs);
            // Milliseconds are whole, and never rounded to the early side.
            expect(levelAt(atMs) + (spent + 1) * costMilli).toBeLessThanOrEqual(usable + 1e-6);
          }
        },
      ),
    );
  });

  it('wait for the whole lease where a window frees its permits all at once', () => {
    expect(leakOf(allowing(bucket(60, 1), window(300)), [])).toBeUndefined();
    expect(leakOf(allowing(window(300)), [])).toBeUndefined();
    expect(nextPermitAtMs(5_000, 3, 1_000, undefined)).toBe(5_000);
  });

  it('go by the fastest bucket, as the API told it, beside windows that are paced', () => {
    const both = allowing(bucket(60, 1), bucket(600, 4), window(1));
    expect(leakOf(both, [])).toEqual({ perSecondMilli: 4_000 });
    expect(leakOf(allowing(bucket(60, 1)), [level(0, { leakMilli: 1_500 })])).toEqual({
      perSecondMilli: 1_500,
    });
  });
});

describe('a lease of a bucket whose leak the API tells', () => {
  const told = { ...bucket(60, 1), headers: { leakPerSecond: 'X-Drip-Rate' } };

  it('is waited for as a whole until this round has heard the leak it was reckoned with', () => {
    expect(leakOf(allowing(told), [])).toBeUndefined();
    expect(leakOf(allowing(told), [level(0, { leakMilli: 20_000 })])).toEqual({
      perSecondMilli: 20_000,
    });
  });

  it('goes by the declared leak when the API speaks and leaves it out', () => {
    expect(leakOf(allowing(told), [level(0)])).toEqual({ perSecondMilli: 1_000 });
  });
});

describe("the API's report about the next request", () => {
  const fitsAtMs = (report: BucketReport, costMilli: number, shareForOthers = 0): number =>
    meaningOf(report).fitsAtMs({
      ...{ costMilli, shareForOthers, answeredAtMs: 7_000, leakMilli: 1_000 },
    });

  it('is now while the request fits below the usable part', () => {
    expect(fitsAtMs(level(89_000), 1_000)).toBe(7_000);
  });

  it('is later by what must leak first', () => {
    expect(fitsAtMs(level(89_600), 1_000)).toBe(7_600);
    expect(fitsAtMs(level(89_600, { leakMilli: 500 }), 1_000)).toBe(8_200);
    expect(fitsAtMs(level(81_000), 1_000, 0.1)).toBe(8_000);
  });

  it('is an empty bucket for a request dearer than the bucket', () => {
    expect(fitsAtMs(level(2_000), 100_000)).toBe(9_000);
  });
});
