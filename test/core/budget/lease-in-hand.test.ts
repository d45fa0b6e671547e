import { describe, expect, it } from 'vitest';
import type { Allowance } from '../../../shared/core/budget/budget.ts';
import {
  afterAnswer,
  afterReport,
  type LeaseInHand,
  noLease,
  noReport,
  spendableAtMs,
  steadied,
} from '../../../shared/core/budget/lease-in-hand.ts';
import type { LimitReport } from '../../../shared/core/limit-report.ts';

const allowance: Allowance = {
  limits: [{ kind: 'leaky-bucket', size: 60, leakPerSecond: 1 }],
  shareForOthers: 0,
};

/** Three requests that cost 10 each, ready together at 20 s. */
const lease: LeaseInHand = {
  ...noLease(10_000),
  left: 3,
  readyAtMs: 20_000,
  isOpen: true,
};

const level = (of: number, costMilli = 10_000): LimitReport => ({
  kind: 'leaky-bucket',
  index: 0,
  sizeMilli: 60_000,
  levelMilli: of * 1000,
  costMilli,
});

const window = (remaining: number): LimitReport => ({
  kind: 'window',
  index: 0,
  limit: 100,
  remaining,
});

/** The lease after its first request was answered at once with these reports. */
function answered(limits: readonly LimitReport[], share = 0, isPaced = false) {
  const report = { ...noReport(10_000), limits };
  const given = { ...allowance, shareForOthers: share };
  return afterReport(afterAnswer(lease, 0), report, given, () => isPaced);
}

describe('a lease in hand', () => {
  it('may be spent permit by permit, each when it fits', () => {
    let left = lease;
    const times = [0, 1, 2].map((atMs) => {
      const fitsAt = spendableAtMs(left, noReport(10_000), allowance);
      left = afterAnswer(left, atMs);
      return fitsAt;
    });
    expect(times).toEqual([0, 10_000, 20_000]);
    expect(left).toMatchObject({ left: 0, answeredAtMs: [0, 1, 2] });
  });

  it.each([
    ['a level that leaks in time: it is waited for', [level(58)], 2, 8_000],
    ['a level as high as was reckoned with', [level(80)], 2, 30_000],
    ['a level that somebody else has raised: the rest is given up', [level(95)], 0, 0],
    ['a window with something left', [window(1)], 2, 0],
    ['a window that is used up', [window(0)], 0, 0],
    ['one limit used up, another to be waited for', [window(0), level(58)], 0, 8_000],
    ['the same in the other order', [level(58), window(0)], 0, 8_000],
    ['how fast a bucket leaks, and no level', [leak(2)], 2, 0],
  ])('heeds %s', (_, limits, left, notBeforeMs) => {
    expect(answered(limits)).toMatchObject({ lease: { left }, report: { notBeforeMs } });
  });

  it('leaves to others their share of a window', () => {
    expect(answered([window(20)], 0.2).lease.left).toBe(0);
    expect(answered([window(21)], 0.2).lease.left).toBe(2);
  });

  it('does not heed the count of a window that a pace keeps', () => {
    expect(answered([window(0)], 0, true).lease.left).toBe(2);
  });

  it('takes what a request costs from the report', () => {
    const told = answered([level(10, 25_000)]);
    expect(told.report.costMilli).toBe(25_000);
    expect(answered([window(9)]).report.costMilli).toBe(10_000);
  });

  it('is told one end of a window, however its whole seconds are rounded', () => {
    const ends = (...resets: number[]): LimitReport[] =>
      resets.map((resetAtMs, index) => ({ kind: 'window', index, resetAtMs }));
    const steady = steadied([...ends(60_500, 30_400), level(20)], ends(60_100, 30_900), 1_000);
    expect(steady).toEqual([...ends(60_100, 30_400), level(20)]);
    expect(steadied(ends(61_200), ends(60_100), 1_000)).toEqual(ends(61_200));
    expect(steadied(ends(60_500), ends(60_100), 60_200)).toEqual(ends(60_500));
  });
});

function leak(perSecond: number): LimitReport {
  return { kind: 'leak', index: 0, leakMilli: perSecond * 1000 };
}
