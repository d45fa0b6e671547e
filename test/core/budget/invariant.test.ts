import { describe, expect, it } from 'vitest';
import {
  LEASES_PER_SCOPE,
  THROTTLE_LONGEST_MS,
  WINDOW_LOG_ENTRIES,
} from '../../../shared/core/bounds.ts';
import {
  type Allowance,
  type Budget,
  newBudget,
  type PermitLease,
} from '../../../shared/core/budget/budget.ts';
import { brokenBy } from '../../../shared/core/budget/invariant.ts';
import type { LogEntry } from '../../../shared/core/budget/window.ts';
import { bucket, declared, NOW, scope, window } from './budget-builders.ts';

const lease = (changes: Partial<PermitLease> = {}): PermitLease => ({
  holder: 'a',
  invocationId: 'a',
  permits: 10,
  costMilli: 1000,
  pace: 0,
  paceMs: 0,
  readyAtMs: NOW,
  expiresAtMs: NOW + 360_000,
  ...changes,
});

const written = (allowance: Allowance, changes: Partial<Budget> = {}): Budget => ({
  ...newBudget(allowance, NOW),
  ...changes,
});

const logOf = (...log: LogEntry[]): Partial<Budget> => ({
  limits: newBudget(declared(60, 60), NOW).limits.map((state) => ({ ...state, log })),
});

describe('a write of a budget', () => {
  it('may be made when all that was granted fits', () => {
    const shared = scope(bucket());
    const before = shared.budget();
    shared.take(0, { want: 40 });
    expect(shared.budget().leases).toHaveLength(1);
    expect(brokenBy(before, shared.budget(), bucket())).toEqual([]);
  });

  it('grants nothing above a bucket, nor above a window, whatever they are cut to', () => {
    const before = written(bucket());
    const held = [lease({ permits: 50 }), lease({ holder: 'b', permits: 11 })];
    const late = held.map((one) => ({ ...one, readyAtMs: NOW + 3_600_000 }));
    const next = written(bucket(), { leases: late });
    expect(brokenBy(before, next, bucket())).toContain('limits[0]: 61000 of 60000 are granted');
    const requests = declared(60, 60);
    const counted = written(requests, { leases: late });
    expect(brokenBy(written(requests), counted, requests)).toContain(
      'limits[0]: 61 of 60 are granted',
    );
    expect(brokenBy(written(bucket()), next, bucket(60, 1, 0.5))).toContain(
      'limits[0]: 61000 of 30000 are granted',
    );
  });

  it('leaves alone what was granted before a limit shrank', () => {
    const leases = [lease({ permits: 50 })];
    expect(
      brokenBy(written(bucket(), { leases }), written(bucket(40), { leases }), bucket(40)),
    ).toEqual([]);
  });

  it('grants nothing before it fits beside what still counts', () => {
    const full = scope(declared(60, 60));
    full.take(0, { want: 30 });
    full.settle(1_000, { answeredAtMs: Array<number>(30).fill(NOW + 1_000) });
    const before = full.budget();
    const with31 = (readyAtMs: number): Budget => ({
      ...before,
      leases: [lease({ permits: 31, readyAtMs })],
    });
    const early = ['limits[0]: 31 of a are early'];
    expect(brokenBy(before, with31(NOW + 60_999), declared(60, 60))).toEqual(early);
    expect(brokenBy(before, with31(NOW + 61_000), declared(60, 60))).toEqual([]);
  });

  it('gives no pace above a short window, which older leases and those given back take too', () => {
    const short = window(5, 1);
    const paced = [{ invocationId: 'b', pace: 3, requests: 2, untilMs: NOW + 900 }];
    const before = written(short, { paced });
    const next = (pace: number): Budget => ({ ...before, leases: [lease({ pace })] });
    expect(brokenBy(before, next(3), short)).toEqual([]);
    expect(brokenBy(before, next(4), short)).toEqual([
      '6 of 5 requests of a short window are given',
    ]);
  });

  it('holds no fraction, no negative number and none that is none', () => {
    const before = written(bucket());
    for (const permits of [0.5, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
      const next = written(bucket(), { leases: [lease({ permits })] });
      expect(brokenBy(before, next, bucket())).toContain('budget.leases.0.permits');
    }
    const slow = bucket(60, 1 / 1800);
    expect(brokenBy(written(slow), written(slow), slow)).toEqual([]);
  });

  it('keeps logs in order and short, and everything within its bound', () => {
    const requests = declared(60, 60);
    const broken = (changes: Partial<Budget>): string[] =>
      brokenBy(written(requests), written(requests, changes), requests);
    const unsound = ['limits[0]: a log out of order or too long'];
    expect(broken(logOf([NOW + 1, 1], [NOW + 2, 1]))).toEqual([]);
    expect(broken(logOf([NOW + 2, 1], [NOW + 1, 1]))).toEqual(unsound);
    expect(broken(logOf([NOW + 2, 0]))).toEqual(unsound);
    const long = Array.from(
      { length: WINDOW_LOG_ENTRIES + 1 },
      (_, index): LogEntry => [NOW + index, 1],
    );
    expect(broken(logOf(...long))).toEqual(unsound);
    const places = Array.from({ length: LEASES_PER_SCOPE + 1 }, () => lease({ permits: 0 }));
    expect(broken({ leases: places })).toEqual([`${LEASES_PER_SCOPE + 1} leases`]);
    expect(broken({ throttledUntilMs: NOW + THROTTLE_LONGEST_MS + 1 })).toEqual([
      'throttled for too long',
    ]);
    expect(broken({ throttledInARow: 17 })).toEqual(['throttled 17 times']);
  });
});
