import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  applyReport,
  type Bucket,
  declareBucket,
  leak,
  newBucket,
  pour,
  usableMilli,
  whenDownTo,
} from '../../../shared/core/budget/bucket.ts';

const NOW = 1_700_000_000_000;
const empty = (size = 60, leakPerSecond = 1): Bucket =>
  newBucket({ kind: 'leaky-bucket', size, leakPerSecond }, NOW);

const report = (level: number, size = 60, leakPerSecond?: number) =>
  ({
    kind: 'leaky-bucket',
    index: 0,
    levelMilli: level * 1000,
    sizeMilli: size * 1000,
    ...(leakPerSecond === undefined ? {} : { leakMilli: leakPerSecond * 1000 }),
  }) as const;

const between = (sentAtMs: number, atMs: number) => ({
  sentAtMs: NOW + sentAtMs,
  atMs: NOW + atMs,
});

describe('a leaky bucket', () => {
  it('leaks while nobody looks, down to empty and not below', () => {
    const bucket = pour(empty(), 30_000, NOW);
    expect(leak(bucket, NOW + 10_500).levelMilli).toBe(19_500);
    expect(leak(bucket, NOW + 3_600_000).levelMilli).toBe(0);
  });

  it('leaks half a unit a second, or one in half an hour', () => {
    expect(leak(pour(empty(60, 0.5), 1_000, NOW), NOW + 1_000).levelMilli).toBe(500);
    const slow = pour(empty(60, 1 / 1800), 2_000, NOW);
    expect(leak(slow, NOW + 1_800_000).levelMilli).toBe(1_000);
    expect(whenDownTo(slow, 1_000, NOW)).toBe(NOW + 1_800_000);
  });

  it('may rise above its size: the API lets the last request cross it', () => {
    const bucket = pour(pour(empty(), 59_000, NOW), 10_000, NOW);
    expect(bucket.levelMilli).toBe(69_000);
    expect(whenDownTo(bucket, 60_000, NOW)).toBe(NOW + 9_000);
  });

  it('never leaks for a time that has already passed', () => {
    const bucket = pour(empty(), 5_000, NOW + 1_000);
    expect(leak(bucket, NOW)).toBe(bucket);
    expect(pour(bucket, 1_000, NOW).levelMilli).toBe(6_000);
    expect(whenDownTo(bucket, 4_000, NOW)).toBe(NOW + 2_000);
  });

  it('is down at once when it is down already, and waits for empty at the most', () => {
    expect(whenDownTo(empty(), 0, NOW)).toBe(NOW);
    expect(whenDownTo(pour(empty(), 3_000, NOW), -5_000, NOW)).toBe(NOW + 3_000);
  });

  it('leaves a shareForOthers to others, but never nothing to us', () => {
    expect(usableMilli(empty(), 0.25)).toBe(45_000);
    expect(usableMilli(empty(0.001), 0.9)).toBe(1);
  });
});

describe('a report of the API', () => {
  it('wins over our arithmetic, upwards and downwards, with the size and the rate', () => {
    const ours = pour(empty(), 10_000, NOW);
    expect(applyReport(ours, report(55.5, 90, 1.5), between(1_000, 2_000))).toMatchObject({
      levelMilli: 55_500,
      sizeMilli: 90_000,
      leakMilli: 1_500,
      atMs: NOW + 2_000,
    });
    expect(applyReport(ours, report(2), between(1_000, 2_000)).levelMilli).toBe(2_000);
  });

  it('of a whole number counts with what that may hide, but for a bucket that is full', () => {
    const told = (levelMilli: number, hiddenMilli?: number) =>
      applyReport(
        empty(40, 2),
        {
          ...{ kind: 'leaky-bucket', index: 0, sizeMilli: 40_000, levelMilli },
          ...(hiddenMilli === undefined ? {} : { hiddenMilli }),
        },
        { sentAtMs: NOW, atMs: NOW },
      ).levelMilli;
    expect([told(32_000, 999), told(39_500, 999), told(40_000, 999), told(41_000, 999)]).toEqual([
      32_999, 40_000, 40_000, 41_000,
    ]);
    expect(told(32_000)).toBe(32_000);
  });

  it('leaves the rate alone that it does not tell, or tells as nothing', () => {
    expect(applyReport(empty(60, 2), report(5), between(0, 1)).leakMilli).toBe(2_000);
    expect(applyReport(empty(60, 2), report(5, 60, 0), between(0, 1)).leakMilli).toBe(2_000);
  });

  it('never overwrites a newer one', () => {
    const newer = applyReport(empty(), report(50), between(5_000, 5_200));
    expect(applyReport(newer, report(10), between(1_000, 1_200))).toBe(newer);
    expect(applyReport(newer, report(59), between(1_000, 1_200))).toBe(newer);
  });

  it('that overtook or was overtaken can only raise the level', () => {
    const quick = applyReport(empty(), report(30), between(5_000, 5_200));
    const low = applyReport(quick, report(10), between(2_000, 7_200));
    expect([low.levelMilli, low.atMs]).toEqual([28_000, NOW + 7_200]);
    expect(applyReport(quick, report(45), between(2_000, 7_200)).levelMilli).toBe(45_000);
  });

  it('that was asked for before somebody spent silently does not undo that', () => {
    const poured = pour(empty(), 20_000, NOW + 1_000);
    expect(applyReport(poured, report(3), between(900, 1_100)).levelMilli).toBe(19_900);
    expect(applyReport(poured, report(3), between(1_000, 1_100)).levelMilli).toBe(3_000);
  });
});

describe('a source that was edited', () => {
  it('changes a bucket that the API never spoke of, and no other', () => {
    const spec = { kind: 'leaky-bucket', size: 10, leakPerSecond: 2 } as const;
    const silent = pour(empty(), 5_000, NOW);
    const edited = { sizeMilli: 10_000, leakMilli: 2_000, levelMilli: 5_000 };
    expect(declareBucket(silent, spec)).toMatchObject(edited);
    const heard = applyReport(silent, report(5, 90, 1), between(0, 1));
    expect(declareBucket(heard, spec)).toBe(heard);
  });
});

it('keeps levels whole, at or above zero, and never lower than what leaked could explain', () => {
  const step = fc.record({
    passedMs: fc.integer({ min: -5_000, max: 100_000 }),
    cost: fc.integer({ min: 1, max: 20_000 }),
  });
  const rate = fc.double({ min: 0.001, max: 50, noNaN: true });
  fc.assert(
    fc.property(rate, fc.array(step, { maxLength: 30 }), (leakPerSecond, steps) => {
      let bucket = empty(60, leakPerSecond);
      let exact = 0;
      let [exactAtMs, nowMs] = [NOW, NOW];
      for (const { passedMs, cost } of steps) {
        nowMs += passedMs;
        exact = Math.max(0, exact - Math.max(0, nowMs - exactAtMs) * leakPerSecond) + cost;
        exactAtMs = Math.max(exactAtMs, nowMs);
        bucket = pour(bucket, cost, nowMs);
        expect(Number.isInteger(bucket.levelMilli)).toBe(true);
        const levelMilli = leak(bucket, exactAtMs).levelMilli;
        expect(levelMilli).toBeGreaterThanOrEqual(exact - 1e-3);
        expect(levelMilli).toBeLessThanOrEqual(exact + steps.length + 1);
      }
    }),
    { seed: 7 },
  );
});
