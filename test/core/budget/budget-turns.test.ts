// Who waits and for how long: refusals, paces, the queue and clocks that lie.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BACKOFF_LONGEST_MS,
  CLOCK_SKEW_MS,
  LEASES_PER_SCOPE,
  QUEUE_PLACE_MS,
  THROTTLE_LONGEST_MS,
} from '../../../shared/core/bounds.ts';
import { type Allowance, type Grant, newBudget } from '../../../shared/core/budget/budget.ts';
import { take } from '../../../shared/core/budget/take.ts';
import { ask, bucket, declared, level, NOW, scope, times, window } from './budget-builders.ts';

const SECOND = 1_000;

describe('a long window', () => {
  it('that others hold the rest of is asked for again soon, since they may give some back', () => {
    const shared = scope(window(10, 300));
    shared.take(0, { want: 1 });
    shared.settle(0, { answeredAtMs: times(1, 0) });
    const holders = ['a', 'b', 'c', 'd', 'e', 'f'];
    const grants = holders.map((holder) => shared.take(0, { holder, want: 50 }));
    const kinds = ['granted', 'granted', 'granted', 'queued', 'queued', 'queued'];
    expect(grants.map(({ kind }) => kind)).toEqual(kinds);
    for (const { readyAtMs } of grants) expect(readyAtMs).toBeLessThan(NOW + 10 * SECOND);
    for (const holder of ['a', 'b', 'c']) shared.settle(SECOND, { holder });
    expect(shared.take(2 * SECOND, { holder: 'd' })).toMatchObject({
      kind: 'granted',
      readyAtMs: NOW + 2 * SECOND,
      booked: false,
    });
  });

  it('that is used up is waited for with a reservation', () => {
    const shared = scope(window(10, 300));
    shared.take(0, { want: 10 });
    shared.settle(0, { answeredAtMs: times(10, 0) });
    expect(shared.take(0, { holder: 'b', want: 5 })).toMatchObject({
      kind: 'granted',
      readyAtMs: NOW + 300 * SECOND,
      booked: true,
    });
  });
});

describe('a refusal', () => {
  it('ends a full window whose end the API does not tell, at the time that it gives', () => {
    const shared = scope(window(350, 300));
    shared.take(0, { want: 5 });
    shared.settle(SECOND, {
      answeredAtMs: times(1, SECOND),
      reports: [{ kind: 'window', index: 0, limit: 350, remaining: 0 }],
      reportAtMs: NOW + SECOND,
      throttle: { why: '429', untilMs: NOW + 3 * SECOND },
    });
    expect(shared.take(2 * SECOND, { want: 5 })).toMatchObject({ kind: 'throttled' });
    expect(shared.take(3 * SECOND, { want: 5 })).toMatchObject({
      kind: 'granted',
      readyAtMs: NOW + 3 * SECOND,
    });
  });

  it('ends the window that it says is used up, also where others hold permits of it', () => {
    const [day, hours] = [86_400 * SECOND, 35_000 * SECOND];
    for (const told of [{}, { resetAtMs: NOW + day }]) {
      const shared = scope(window(1000, 86_400));
      shared.take(0, { want: 5 });
      shared.take(0, { holder: 'b', want: 5 });
      shared.settle(SECOND, {
        answeredAtMs: times(1, SECOND),
        reports: [{ kind: 'window', index: 0, limit: 1000, remaining: 0, ...told }],
        reportAtMs: NOW + SECOND,
        throttle: { why: '429', untilMs: NOW + hours },
      });
      const readyAtMs = NOW + hours;
      expect(shared.take(2 * SECOND)).toMatchObject({ kind: 'throttled', readyAtMs });
      expect(shared.take(hours)).toMatchObject({ kind: 'granted', readyAtMs, booked: false });
    }
  });

  it('ends no window that has requests left, or that it says nothing of', () => {
    const shared = scope({
      limits: [...declared(1000, 1).limits, ...window(10, 86_400).limits],
      shareForOthers: 0,
    });
    shared.take(0, { want: 10 });
    const closed = { kind: 'window', index: 1, limit: 10, remaining: 0 } as const;
    shared.settle(SECOND, {
      answeredAtMs: times(10, SECOND),
      reports: [{ ...closed, resetAtMs: NOW + 80_000 * SECOND }],
      reportAtMs: NOW + SECOND,
    });
    shared.settle(SECOND, { holder: 'b', throttle: { why: '429', untilMs: NOW + 3 * SECOND } });
    const { readyAtMs } = shared.take(4 * SECOND, { holder: 'b' });
    expect(readyAtMs).toBeGreaterThanOrEqual(NOW + 80_000 * SECOND);
  });

  it('blocks everybody until the time that it gives', () => {
    const shared = scope(bucket());
    shared.take(0);
    const refusal = { why: '429', untilMs: NOW + 30 * SECOND };
    shared.settle(SECOND, { answeredAtMs: times(1, SECOND), throttle: refusal });
    const blocked = { kind: 'throttled', readyAtMs: NOW + 30 * SECOND, why: '429' };
    expect(shared.take(2 * SECOND)).toEqual(blocked);
    expect(shared.take(2 * SECOND, { holder: 'b' })).toEqual(blocked);
    expect(shared.take(30 * SECOND, { holder: 'b' })).toMatchObject({ kind: 'granted' });
  });

  it('is never shortened by a later one', () => {
    const shared = scope(bucket());
    shared.settle(0, { throttle: { why: 'long', untilMs: NOW + 60 * SECOND } });
    shared.settle(0, { holder: 'b', throttle: { why: 'short', untilMs: NOW + 5 * SECOND } });
    expect(shared.take(0)).toEqual({
      kind: 'throttled',
      readyAtMs: NOW + 60 * SECOND,
      why: 'long',
    });
  });

  it('that names a time that is over, or ages away, still waits a second and a month at most', () => {
    const past = scope(bucket());
    past.settle(0, { throttle: { why: '', untilMs: NOW - 5_000 } });
    expect(past.take(0)).toMatchObject({ kind: 'throttled', readyAtMs: NOW + SECOND });
    const far = scope(bucket());
    far.settle(0, { throttle: { why: '', untilMs: NOW + 1e12 } });
    expect(far.take(0)).toMatchObject({ readyAtMs: NOW + THROTTLE_LONGEST_MS });
  });

  /** What each of so many refusals in a row waits; a round spends `served` requests before. */
  const waits = (rounds: number, served: number, waitMs = 0): number[] => {
    const shared = scope(bucket());
    let nowMs = 0;
    return Array.from({ length: rounds }, () => {
      shared.take(nowMs, { want: 5 });
      const answeredAtMs = times(served + 1, nowMs);
      shared.settle(nowMs, { answeredAtMs, throttle: { why: '', waitMs } });
      const untilMs = shared.budget().throttledUntilMs - NOW;
      const waitedMs = untilMs - nowMs;
      nowMs = untilMs;
      return waitedMs;
    });
  };

  it('that names no time waits twice as long each time, up to a minute', () => {
    const minute = BACKOFF_LONGEST_MS;
    expect(waits(8, 0)).toEqual([1000, 2000, 4000, 8000, 16_000, 32_000, minute, minute]);
  });

  it('is the first in a row again when something was served in between', () => {
    expect(waits(3, 2)).toEqual([1000, 1000, 1000]);
  });

  it('that names a time which is not enough waits longer each time, up to a minute', () => {
    const shared = scope(bucket());
    let nowMs = 0;
    const waited = [0, 2000, 2000, 2000, 0, 90_000, 0, 0].map((toldMs) => {
      shared.take(nowMs);
      const throttle = { why: '429', untilMs: NOW + nowMs + toldMs };
      shared.settle(nowMs, { answeredAtMs: times(1, nowMs), throttle });
      const waitedMs = shared.budget().throttledUntilMs - NOW - nowMs;
      nowMs += waitedMs;
      return waitedMs;
    });
    const minute = BACKOFF_LONGEST_MS;
    expect(waited).toEqual([1000, 2000, 4000, 8000, 16_000, 90_000, minute, minute]);
  });

  it('that several holders were told at once counts once', () => {
    const shared = scope(bucket());
    for (const holder of ['a', 'b', 'c']) shared.take(0, { holder, want: 1 });
    for (const holder of ['a', 'b', 'c']) {
      shared.settle(100, { holder, answeredAtMs: times(1, 100), throttle: { why: '' } });
    }
    expect(shared.budget()).toMatchObject({ throttledInARow: 1 });
    expect(shared.budget().throttledUntilMs - NOW).toBeLessThanOrEqual(1_100);
  });

  it('waits at least what the source says of such refusals', () => {
    expect(waits(2, 0, 60_000)).toEqual([60_000, 60_000]);
  });
});

describe('a short window that is shared as a pace (R-Series: 20 a second)', () => {
  const paced: Allowance = {
    limits: [
      { kind: 'leaky-bucket', size: 90, leakPerSecond: 1 },
      { kind: 'window', requests: 20, periodSeconds: 1 },
    ],
    shareForOthers: 0,
  };
  const pace = (grant: Grant): number => (grant.kind === 'granted' ? grant.pace : 0);

  it.each([1, 2, 3, 7, 19, 20, 21, 30])('is never exceeded by %i holders together', (holders) => {
    const shared = scope(paced);
    const grants = Array.from({ length: holders }, (_, index) =>
      shared.take(0, { holder: `h${index}`, want: 1, requestsPerSecond: 5 }),
    );
    const sum = grants.reduce((total, grant) => total + pace(grant), 0);
    expect(sum).toBeLessThanOrEqual(20);
    expect(sum).toBeGreaterThanOrEqual(Math.min(20, holders));
  });

  it('gives each what it can use', () => {
    const shared = scope(paced);
    expect(pace(shared.take(0, { requestsPerSecond: 3.2 }))).toBe(4);
    expect(pace(shared.take(0, { holder: 'b', requestsPerSecond: Infinity }))).toBe(10);
  });

  it('still counts a pace for a second after it was given back', () => {
    const shared = scope(paced);
    expect(pace(shared.take(0, { want: 20 }))).toBe(20);
    shared.settle(500, { answeredAtMs: times(20, 500) });
    expect(shared.take(600, { holder: 'b' })).toMatchObject({ kind: 'queued' });
    expect(pace(shared.take(1_500, { holder: 'b' }))).toBe(20);
  });

  it('counts the requests of several short leases in the same second', () => {
    const shared = scope(paced);
    for (const atMs of [100, 200, 300]) {
      expect(pace(shared.take(atMs, { want: 1 }))).toBe(20);
      shared.settle(atMs, { answeredAtMs: times(1, atMs) });
    }
    expect(shared.take(400, { holder: 'b' })).toMatchObject({ kind: 'queued' });
  });

  it('is not taken again by the same invocation before another one who waits for it', () => {
    const shared = scope(paced);
    shared.take(0, { want: 20 });
    expect(shared.take(100, { holder: 'b', want: 2 })).toMatchObject({ kind: 'queued' });
    shared.settle(200, { answeredAtMs: times(20, 200) });
    expect(pace(shared.take(200, { want: 20 }))).toBeLessThan(20);
    expect(pace(shared.take(1_200, { holder: 'b', want: 2 }))).toBeGreaterThanOrEqual(1);
  });
});

describe('several short windows', () => {
  const limits = (...pairs: [number, number][]): Allowance => ({
    limits: pairs.flatMap(([requests, seconds]) => declared(requests, seconds).limits),
    shareForOthers: 0,
  });
  const shared = (allowance: Allowance): Grant =>
    scope(allowance).take(0, { requestsPerSecond: 1_000 });

  it.each([
    [[[20, 1]], 20, 1_000],
    [
      [
        [3, 1],
        [9, 4],
      ],
      3,
      1_334,
    ],
    [
      [
        [10, 1],
        [50, 5],
      ],
      10,
      1_000,
    ],
    [
      [
        [20, 1],
        [50, 5],
      ],
      10,
      1_000,
    ],
  ] satisfies [[number, number][], number, number][])(
    '%j are kept as one: %i in %i ms',
    (pairs, pace, paceMs) => {
      expect(shared(limits(...pairs))).toMatchObject({ pace, paceMs });
    },
  );

  it('are kept by whatever keeps the one, of any sizes', () => {
    const window = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 1, max: 5 }));
    fc.assert(
      fc.property(fc.array(window, { minLength: 2, maxLength: 3 }), (pairs) => {
        const grant = shared(limits(...pairs));
        if (grant.kind !== 'granted') throw new Error(grant.kind);
        for (const [requests, seconds] of pairs) {
          const stretches = Math.ceil((seconds * 1000) / grant.paceMs);
          expect(grant.pace * stretches).toBeLessThanOrEqual(requests);
        }
      }),
    );
  });

  it('give one who is alone its whole pace again once an earlier round of it is over', () => {
    const alone = scope(limits([60, 5]));
    alone.take(0, { want: 60 });
    alone.settle(600, { answeredAtMs: times(59, 600), inWindow: 59 });
    const next = { invocationId: 'next round', requestsPerSecond: 1_000, want: 250 };
    expect(alone.take(700, next)).toMatchObject({ permits: 1, pace: 1 });
    expect(alone.take(5_700, next)).toMatchObject({ permits: 250, pace: 60 });
  });
});

describe('the queue', () => {
  it('serves whoever came first, whoever asks first', () => {
    const shared = scope(declared(1, 60));
    shared.take(0);
    expect(shared.take(0, { holder: 'z' })).toMatchObject({ kind: 'queued' });
    expect(shared.take(1, { holder: 'b' })).toMatchObject({ kind: 'queued' });
    shared.settle(2);
    expect(shared.take(2)).toMatchObject({ kind: 'queued' });
    expect(shared.take(500, { holder: 'b' })).toMatchObject({ kind: 'queued' });
    expect(shared.take(500, { holder: 'z' })).toMatchObject({ kind: 'granted', permits: 1 });
  });

  it('is written once, not at each question, and again before the place is lost', () => {
    const allowance = declared(1, 60);
    const held = take(newBudget(allowance, NOW), allowance, ask(), NOW).budget;
    const other = ask({ holder: 'b' });
    const queued = take(held, allowance, other, NOW).budget;
    expect(take(queued, allowance, other, NOW + SECOND).budget).toBe(queued);
    const renewed = take(queued, allowance, other, NOW + QUEUE_PLACE_MS - SECOND).budget;
    expect(renewed.leases.map(({ holder, readyAtMs }) => [holder, readyAtMs - NOW])).toEqual([
      ['a', 0],
      ['b', 0],
    ]);
  });

  it('does not ask again before anything can be given back', () => {
    const shared = scope(declared(1, 60));
    shared.take(0, { want: 1 });
    shared.settle(0, { answeredAtMs: times(1, 0) });
    expect(shared.take(0, { want: 1 })).toMatchObject({ booked: true });
    const queued = shared.take(0, { holder: 'b' });
    expect(queued).toMatchObject({ kind: 'queued', readyAtMs: NOW + 60 * SECOND + 250 });
  });

  it('keeps the item small, however many there are', () => {
    const shared = scope(bucket(90, 1));
    const holder = (index: number): string => `20261121T231542Z-7f3a9c/stream-name-${index}`;
    const invocationId = '2b0f3c5e-8d7a-4c1b-9e6f-0a1b2c3d4e5f';
    for (let index = 0; index < LEASES_PER_SCOPE + 20; index++) {
      const grant = shared.take(index, {
        holder: holder(index),
        invocationId: `${invocationId}${index}`,
      });
      expect(grant.readyAtMs).toBeGreaterThanOrEqual(NOW + index);
    }
    expect(shared.budget().leases).toHaveLength(LEASES_PER_SCOPE);
    expect(JSON.stringify(shared.budget()).length).toBeLessThan(96 * 1024);
  });
});

describe('clocks', () => {
  it('that step back do not move the level back or lose what was spent', () => {
    const shared = scope(bucket());
    shared.take(10 * SECOND, { want: 30 });
    const sentAtMs = NOW + 6 * SECOND;
    shared.settle(7 * SECOND, {
      answeredAtMs: times(30, 7 * SECOND),
      reports: [level(30)],
      reportSentAtMs: sentAtMs,
      reportAtMs: NOW + 7 * SECOND,
    });
    expect(shared.budget()).toMatchObject({ clockMs: NOW + 10 * SECOND });
    expect(shared.budget().limits[0]).toMatchObject({
      levelMilli: 30_000,
      atMs: NOW + 10 * SECOND,
    });
  });

  it('that are broken stop nobody: neither blocks nor leases nor windows of the future last', () => {
    const year = 365 * 24 * 3600 * SECOND;
    const allowance: Allowance = {
      limits: [...declared(10, 600).limits, ...bucket(60, 1).limits],
      shareForOthers: 0,
    };
    const shared = scope(allowance);
    shared.take(year, { want: 5 });
    shared.settle(year, {
      answeredAtMs: times(5, year),
      throttle: { why: '429', untilMs: NOW + year + 5 * SECOND },
    });
    shared.take(year + 10 * SECOND, { want: 3 });
    const blocked = shared.take(0, { holder: 'b' });
    expect(blocked.readyAtMs - NOW).toBeLessThanOrEqual(5 * SECOND);
    const granted = shared.take(6 * SECOND, { holder: 'b', want: 2 });
    expect(granted).toMatchObject({ kind: 'granted', permits: 2, readyAtMs: NOW + 6 * SECOND });
    expect(shared.free(611 * SECOND)).toBe(8);
  });

  it('that were ahead when the scope was throttled are set back for everybody, at once', () => {
    const hours = 3 * 3600 * SECOND;
    const shared = scope(bucket());
    shared.take(hours, { want: 1 });
    const throttle = { why: '429', untilMs: NOW + hours + 5 * SECOND };
    shared.settle(hours, { answeredAtMs: times(1, hours), throttle });
    expect(shared.take(0, { holder: 'b' })).toMatchObject({ kind: 'throttled' });
    expect(shared.take(6 * SECOND, { holder: 'b', want: 1 })).toMatchObject({
      kind: 'granted',
      readyAtMs: NOW + 6 * SECOND,
    });
  });

  it('that were ahead since the scope was throttled end that for nobody', () => {
    const hours = 3 * 3600 * SECOND;
    const shared = scope(bucket());
    shared.take(0, { want: 1 });
    const throttle = { why: '429', untilMs: NOW + 60 * SECOND };
    shared.settle(0, { answeredAtMs: times(1, 0), throttle });
    shared.take(hours, { holder: 'ahead', want: 1 });
    const blocked = { kind: 'throttled', readyAtMs: NOW + 60 * SECOND };
    expect(shared.take(SECOND, { holder: 'b' })).toMatchObject(blocked);
    expect(shared.take(2 * SECOND)).toMatchObject(blocked);
    expect(shared.take(61 * SECOND, { want: 1 }).kind).toBe('granted');
  });

  it('that were set back after an answer make nobody wait for the time that it came at', () => {
    const hours = 3 * 3600 * SECOND;
    const shared = scope(window(10, 60));
    shared.take(0, { want: 1 });
    shared.settle(SECOND, {
      answeredAtMs: times(1, hours),
      reports: [{ kind: 'window', index: 0, remaining: 0, resetAtMs: NOW + hours + 5 * SECOND }],
      reportAtMs: NOW + hours,
      throttle: { why: '429', untilMs: NOW + hours + 5 * SECOND },
    });
    expect(shared.take(7 * SECOND, { holder: 'b', want: 1 })).toMatchObject({
      kind: 'granted',
      readyAtMs: NOW + 7 * SECOND,
    });
  });

  it('that are a little ahead only make the others wait for them', () => {
    const shared = scope(bucket());
    shared.take(CLOCK_SKEW_MS, { want: 1 });
    expect(shared.take(0, { holder: 'b', want: 1 })).toMatchObject({
      kind: 'granted',
      readyAtMs: NOW + CLOCK_SKEW_MS,
    });
  });
});
