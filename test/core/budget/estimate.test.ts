import { describe, expect, it } from 'vitest';
import { estimateRun, priceOfRun, type Run } from '../../../shared/core/budget/estimate.ts';

const aRun = (changes: Partial<Run>): Run => ({
  ...{ pages: 1_000, streams: 1, largest: 1_000, requestMs: 400, concurrency: 1 },
  ...{ limits: [], reserve: 0, ...changes },
});

describe('the price of a run that was', () => {
  it('is what was estimated before, when it took what was expected and never waited', () => {
    const { dollars, seconds } = estimateRun(aRun({}));
    expect(priceOfRun([{ pages: 1_000, waitedSeconds: 0, seconds }])).toBeCloseTo(dollars, 12);
  });

  it.each([
    ['a bucket of 90 at 1 a second', 10_000, { size: 90, leakPerSecond: 1 }],
    ['a bucket of 60 at 20 a second', 296, { size: 60, leakPerSecond: 20 }],
  ])('is within a fifth of the estimate behind %s', (_, pages, bucket) => {
    const limits = [{ kind: 'leaky-bucket', ...bucket } as const];
    const requestMs = pages > 1_000 ? 400 : 10;
    const { dollars, seconds } = estimateRun(aRun({ pages, largest: pages, requestMs, limits }));
    const waitedSeconds = seconds - (pages * requestMs) / 1000;
    const price = priceOfRun([{ pages, waitedSeconds, seconds }]);
    expect(price / dollars).toBeGreaterThan(0.8);
    expect(price / dollars).toBeLessThan(1.2);
  });

  it('is that of starting and closing it, when every stream was busy', () => {
    const nothing = priceOfRun([]);
    expect(nothing).toBeGreaterThan(0);
    expect(nothing).toBeLessThan(priceOfRun([{ pages: 1, waitedSeconds: 0, seconds: 0.4 }]));
  });
});
