// Whatever the holders, the latencies, the deaths and the words: a server that enforces its limits
// never refuses those who obey their grants. Each step is checked too (budget-checks.ts).

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LimitReport } from '../../../shared/core/limit-report.ts';
import { burst, fixedWindow, leakyBucket, slidingWindow } from '../../apis/limits.ts';
import { anyHolder, anyHolders, bucket, bucketWord, declared, window } from './budget-builders.ts';
import { type Answer, type HolderOptions, runWorld } from './budget-world.ts';

const MINUTE = 60_000;
const runs = (numRuns: number) => ({ seed: 20_261_121, numRuns });

/** Which answers carry headers. */
const voice = fc.constantFrom<(request: number) => boolean>(
  () => true,
  () => false,
  (request) => request % 3 === 0,
  (request) => request < 20,
);

describe('a budget that is spent by nobody else', () => {
  it('never overflows a leaky bucket, of any size, rate, cost and reserve', () => {
    const world = fc.record({
      size: fc.integer({ min: 1, max: 120 }),
      leak: fc.constantFrom(0.05, 0.33, 0.5, 1, 1.5, 2, 20),
      cost: fc.constantFrom(0.1, 1, 1, 1.2, 10, 150),
      shareForOthers: fc.constantFrom(0, 0, 0.25, 0.9),
      holders: anyHolders(8),
      voice,
    });
    fc.assert(
      fc.property(world, ({ size, leak, cost, shareForOthers, holders, voice }) => {
        // A clock that is off by a second leaks a second early: that much, and one request at a
        // time that is taken for counted.
        const steady = [1, 25].every((request) => voice(request) === voice(0));
        const all = holders.map((one) => ({
          ...one,
          cost,
          skewMs: steady ? (one.skewMs ?? 0) : 0,
        }));
        const skewSeconds = Math.max(...all.map(({ skewMs }) => Math.abs(skewMs) / 1000));
        const slack = skewSeconds > 0 ? leak * skewSeconds + cost * holders.length : 0;
        const server = leakyBucket({ size: size + slack, leakPerSecond: leak });
        const { refused } = runWorld({
          allowance: bucket(size, leak, shareForOthers),
          serve: spoken(voice, (nowMs) => {
            const { allowed, level } = server.take(nowMs, cost);
            return { allowed, reports: [bucketWord(level, size, leak)] };
          }),
          holders: all,
          lastsMs: 10 * MINUTE,
        });
        expect(refused).toBe(0);
        expect(server.counts().refused).toBe(0);
      }),
      runs(150),
    );
  });

  it('never has more requests answered in any stretch of a declared window than it allows', () => {
    const world = fc.record({
      requests: fc.integer({ min: 1, max: 80 }),
      seconds: fc.constantFrom(6, 60, 600),
      shareForOthers: fc.constantFrom(0, 0.3),
      holders: anyHolders(8),
    });
    fc.assert(
      fc.property(world, ({ requests, seconds, shareForOthers, holders }) => {
        const server = slidingWindow({ limit: requests, windowMs: seconds * 1000 });
        const { refused, answeredAtMs } = runWorld({
          allowance: { ...declared(requests, seconds), shareForOthers },
          serve: (nowMs) => ({ ...server.take(nowMs), reports: [] }),
          holders: holders.map((one) => ({ ...one, skewMs: 0 })),
          lastsMs: Math.max(10 * MINUTE, seconds * 3000),
        });
        expect(refused).toBe(0);
        expect(busiest(answeredAtMs, seconds * 1000)).toBeLessThanOrEqual(requests);
      }),
      runs(150),
    );
  });

  it('never exceeds a short window that is shared as a pace, beside a bucket', () => {
    const world = fc.record({
      most: fc.integer({ min: 1, max: 23 }),
      size: fc.integer({ min: 5, max: 90 }),
      leak: fc.constantFrom(1, 10, 40),
      holders: fc.array(anyHolder({ skewMs: 0 }), {
        minLength: 1,
        maxLength: 30,
      }),
    });
    fc.assert(
      fc.property(world, ({ most, size, leak, holders }) => {
        const [level, second] = [
          leakyBucket({ size, leakPerSecond: leak }),
          burst({ limit: most }),
        ];
        const sliding = slidingWindow({ limit: most, windowMs: 1000 });
        const { refused } = runWorld({
          allowance: {
            limits: [
              ...bucket(size, leak).limits,
              { kind: 'window', requests: most, periodSeconds: 1 },
            ],
            shareForOthers: 0,
          },
          serve: (nowMs) => {
            const verdict = level.take(nowMs);
            const allowed =
              verdict.allowed && second.take(nowMs).allowed && sliding.take(nowMs).allowed;
            return {
              allowed,
              reports: [bucketWord(verdict.level, size, leak)],
              retryAfterMs: 1000,
            };
          },
          holders,
          lastsMs: 3 * MINUTE,
        });
        expect(refused).toBe(0);
      }),
      runs(100),
    );
  });

  it('never exceeds a window whose end the API does not tell, fixed or sliding', () => {
    const world = fc.record({
      limit: fc.integer({ min: 2, max: 350 }),
      told: fc.boolean(),
      kind: fc.constantFrom('fixed', 'sliding'),
      holders: fc.array(anyHolder({ skewMs: 0 }), { minLength: 1, maxLength: 6 }),
      voice,
    });
    fc.assert(
      fc.property(world, ({ limit, told, kind, holders, voice }) => {
        const windowMs = 5 * MINUTE;
        const server =
          kind === 'fixed' ? fixedWindow({ limit, windowMs }) : slidingWindow({ limit, windowMs });
        const { refused } = runWorld({
          allowance: window(limit, 300),
          serve: spoken(voice, (nowMs) => {
            const { allowed, remaining } = server.take(nowMs);
            const report: LimitReport = {
              kind: 'window',
              index: 0,
              remaining,
              ...(told ? { limit } : {}),
            };
            return { allowed, reports: [report] };
          }),
          holders,
          lastsMs: 30 * MINUTE,
        });
        expect(refused).toBe(0);
      }),
      runs(150),
    );
  });

  /** A window of the clock, whose holders die at times, or never. */
  const endTold = (dying: Partial<HolderOptions>) =>
    fc
      .record({
        limit: fc.integer({ min: 2, max: 5000 }),
        holders: fc.array(anyHolder({ skewMs: 0, ...dying }), { minLength: 1, maxLength: 6 }),
        voice,
      })
      .map(({ limit, holders, voice }) => {
        const server = fixedWindow({ limit, windowMs: 15 * MINUTE, start: 'aligned' });
        let request = 0;
        const { refused } = runWorld({
          allowance: window(limit, 900),
          serve: (nowMs) => {
            const { allowed, remaining, resetMs } = server.take(nowMs);
            const resetAtMs = Math.floor(resetMs / 1000) * 1000;
            const report: LimitReport = { kind: 'window', index: 0, limit, remaining, resetAtMs };
            const reports = voice(request++) ? [report] : [];
            return { allowed, reports, retryAfterMs: resetMs - nowMs };
          },
          holders,
          lastsMs: 40 * MINUTE,
        });
        return { refused, deaths: holders.flatMap(({ diesIn = [] }) => diesIn).length };
      });

  it('never exceeds a window whose end the API tells', () => {
    fc.assert(
      fc.property(endTold({ diesIn: [] }), ({ refused }) => {
        expect(refused).toBe(0);
      }),
      runs(100),
    );
  });

  it('is refused once at the most for a holder that died, where only short ends were told', () => {
    fc.assert(
      fc.property(endTold({}), ({ refused, deaths }) => {
        expect(refused).toBeLessThanOrEqual(deaths);
      }),
      runs(100),
    );
  });

  it('follows a size and a rate that change: a smaller one costs each holder one refusal at most', () => {
    const world = fc.record({
      sizes: fc.array(
        fc.tuple(fc.integer({ min: 5, max: 180 }), fc.constantFrom(0.5, 1, 1.5, 3)),
        {
          minLength: 2,
          maxLength: 5,
        },
      ),
      holders: fc.array(anyHolder({ diesIn: [], skewMs: 0 }), {
        minLength: 1,
        maxLength: 5,
      }),
    });
    fc.assert(
      fc.property(world, ({ sizes, holders }) => {
        const [first = [60, 1]] = sizes;
        const server = leakyBucket({ size: first[0], leakPerSecond: first[1] });
        let startedMs = 0;
        let shrinks = 0;
        let step = 0;
        const { refused } = runWorld({
          allowance: bucket(first[0], first[1]),
          serve: (nowMs) => {
            startedMs ||= nowMs;
            while (step + 1 < sizes.length && nowMs - startedMs > (step + 1) * 5 * MINUTE) {
              const [before, after] = [sizes[step], sizes[step + 1]];
              step++;
              if (!before || !after) continue;
              if (after[0] < before[0] || after[1] < before[1]) shrinks++;
              server.resize(nowMs, { size: after[0], leakPerSecond: after[1] });
            }
            const { allowed, level, size, leakPerSecond, retryAfterMs } = server.take(nowMs);
            return { allowed, reports: [bucketWord(level, size, leakPerSecond)], retryAfterMs };
          },
          holders: holders.map((one) => ({ ...one, heeds: isFull })),
          lastsMs: sizes.length * 5 * MINUTE,
        });
        expect(refused).toBeLessThanOrEqual(shrinks * holders.length);
      }),
      runs(100),
    );
  });
});

const isFull = (reports: readonly LimitReport[]): boolean =>
  reports.some(
    (report) => report.kind === 'leaky-bucket' && report.levelMilli + 1000 > report.sizeMilli,
  );

function spoken(
  speaks: (request: number) => boolean,
  serve: (nowMs: number) => Omit<Answer, 'retryAfterMs'>,
): (nowMs: number) => Answer {
  let request = 0;
  return (nowMs) => {
    const answer = serve(nowMs);
    return { ...answer, reports: speaks(request++) ? answer.reports : [], retryAfterMs: 1000 };
  };
}

/** The most answers in any stretch of `periodMs`. */
function busiest(answeredAtMs: readonly number[], periodMs: number): number {
  const times = [...answeredAtMs].sort((one, other) => one - other);
  let [first, most] = [0, 0];
  for (const [index, atMs] of times.entries()) {
    while ((times[first] ?? atMs) <= atMs - periodMs) first++;
    most = Math.max(most, index - first + 1);
  }
  return most;
}
