// Whatever the holders, the latencies, the deaths and the words: a server that enforces its limits
// never refuses those who obey their grants, nobody starves, and nobody spins.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Allowance } from '../../shared/core/budget.ts';
import type { Word } from '../../shared/core/words.ts';
import { burst, fixedWindow, leakyBucket, slidingWindow } from '../apis/limits.ts';
import { type Answer, type HolderOptions, runWorld, type World } from './budget-world.ts';

const MINUTE = 60_000;
const runs = (numRuns: number) => ({ seed: Number(process.env.SEED ?? 1), numRuns: numRuns * 4 });

/** One way of half a request, ms: mostly quick, at times slow enough to be overtaken. */
const latency = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 200 }) },
  { weight: 1, arbitrary: fc.integer({ min: 201, max: 5_000 }) },
);

const holder = (more: Partial<Record<keyof HolderOptions, fc.Arbitrary<unknown>>> = {}) =>
  fc.record({
    latencies: fc.array(fc.tuple(latency, latency), { minLength: 1, maxLength: 5 }),
    startsAtMs: fc.integer({ min: 0, max: 90_000 }),
    stayMs: fc.constantFrom(0, 2_000, 22_500),
    diesIn: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 2 }),
    skewMs: fc.integer({ min: -3_000, max: 0 }),
    settlesAfterMs: fc.constantFrom(0, 0, 50, 20_000),
    ...more,
  }) as fc.Arbitrary<HolderOptions>;

const holders = (most: number) => fc.array(holder(), { minLength: 1, maxLength: most });

/** Which answers carry headers. */
const voice = fc.constantFrom<(request: number) => boolean>(
  () => true,
  () => false,
  (request) => request % 3 === 0,
  (request) => request < 20,
);

const milli = (value: number): number => Math.ceil(value * 1000 - 1e-6);

describe('a budget that is spent by nobody else', () => {
  it('never overflows a leaky bucket, of any size, rate, cost and reserve', () => {
    const world = fc.record({
      size: fc.integer({ min: 1, max: 120 }),
      leak: fc.constantFrom(0.05, 0.33, 0.5, 1, 1.5, 2, 20),
      cost: fc.constantFrom(0.1, 1, 1, 1.2, 10, 150),
      reserve: fc.constantFrom(0, 0, 0.25, 0.9),
      holders: holders(8),
      voice,
    });
    fc.assert(
      fc.property(world, ({ size, leak, cost, reserve, holders, voice }) => {
        // A clock that is off by a second leaks a second early: that much, and no more.
        const slack = leak * Math.max(...holders.map((one) => Math.abs(one.skewMs ?? 0) / 1000));
        const server = leakyBucket({ size: size + slack, leakPerSecond: leak });
        const { refused } = runWorld({
          allowance: bucket(size, leak, reserve),
          serve: spoken(voice, (nowMs) => {
            const { allowed, level } = server.take(nowMs, cost);
            return { allowed, words: [bucketWord(level, size, leak)] };
          }),
          holders: holders.map((one) => ({ ...one, cost })),
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
      reserve: fc.constantFrom(0, 0.3),
      holders: holders(8),
    });
    fc.assert(
      fc.property(world, ({ requests, seconds, reserve, holders }) => {
        const server = slidingWindow({ limit: requests, windowMs: seconds * 1000 });
        const { refused, answeredAtMs } = runWorld({
          allowance: { limits: [{ kind: 'declared', requests, periodSeconds: seconds }], reserve },
          serve: (nowMs) => ({ ...server.take(nowMs), words: [] }),
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
      holders: fc.array(
        holder({ requestsPerSecond: fc.constantFrom(1, 5, 15, 1000), skewMs: fc.constant(0) }),
        {
          minLength: 1,
          maxLength: 30,
        },
      ),
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
            reserve: 0,
          },
          serve: (nowMs) => {
            const verdict = level.take(nowMs);
            const allowed =
              verdict.allowed && second.take(nowMs).allowed && sliding.take(nowMs).allowed;
            return { allowed, words: [bucketWord(verdict.level, size, leak)], retryAfterMs: 1000 };
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
      holders: fc.array(holder({ skewMs: fc.constant(0) }), { minLength: 1, maxLength: 6 }),
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
            const word: Word = { kind: 'window', index: 0, remaining, ...(told ? { limit } : {}) };
            return { allowed, words: [word] };
          }),
          holders,
          lastsMs: 30 * MINUTE,
        });
        expect(refused).toBe(0);
      }),
      runs(150),
    );
  });

  it('never exceeds a window whose end the API tells', () => {
    const world = fc.record({
      limit: fc.integer({ min: 2, max: 5000 }),
      holders: fc.array(holder({ skewMs: fc.constant(0) }), { minLength: 1, maxLength: 6 }),
      voice,
    });
    fc.assert(
      fc.property(world, ({ limit, holders, voice }) => {
        const server = fixedWindow({ limit, windowMs: 15 * MINUTE, start: 'aligned' });
        const { refused } = runWorld({
          allowance: window(limit, 900),
          serve: spoken(voice, (nowMs) => {
            const { allowed, remaining, resetMs } = server.take(nowMs);
            const resetAtMs = Math.floor(resetMs / 1000) * 1000;
            return { allowed, words: [{ kind: 'window', index: 0, limit, remaining, resetAtMs }] };
          }),
          holders,
          lastsMs: 40 * MINUTE,
        });
        expect(refused).toBe(0);
      }),
      runs(100),
    );
  });

  it('follows a size and a rate that change: a smaller one costs each holder one refusal at most', () => {
    const world = fc.record({
      sizes: fc.array(fc.tuple(fc.integer({ min: 5, max: 180 }), fc.constantFrom(0.5, 1, 1.5, 3)), {
        minLength: 2,
        maxLength: 5,
      }),
      holders: fc.array(holder({ diesIn: fc.constant([]), skewMs: fc.constant(0) }), {
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
            return { allowed, words: [bucketWord(level, size, leakPerSecond)], retryAfterMs };
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

describe('everyone who shares a budget', () => {
  it('gets permits again within the time that the others need for theirs', () => {
    const world = fc.record({
      size: fc.integer({ min: 1, max: 60 }),
      leak: fc.constantFrom(0.1, 1, 5),
      burstOf: fc.constantFrom(0, 1, 5, 20),
      holders: fc.array(
        holder({
          diesIn: fc.constant([]),
          latencies: fc.constant([[50, 50]]),
          skewMs: fc.constant(0),
          settlesAfterMs: fc.constant(0),
          requestsPerSecond: fc.constantFrom(5, 15),
        }),
        { minLength: 1, maxLength: 40 },
      ),
    });
    fc.assert(
      fc.property(world, ({ size, leak, burstOf, holders }) => {
        const server = leakyBucket({ size, leakPerSecond: leak });
        const { limits } = bucket(size, leak);
        const paced = { kind: 'window', requests: burstOf, periodSeconds: 1 } as const;
        const turnMs = (Math.max(holders.length, size) / leak) * 1000 + holders.length * 5_000;
        const { tallies } = runWorld({
          allowance: { limits: burstOf > 0 ? [...limits, paced] : limits, reserve: 0 },
          serve: (nowMs) => {
            const { allowed, level } = server.take(nowMs);
            return { allowed, words: [bucketWord(level, size, leak)], retryAfterMs: 1000 };
          },
          holders,
          lastsMs: 90_000 + 6 * turnMs,
        });
        for (const tally of tallies) {
          expect(tally.sent).toBeGreaterThan(0);
          expect(tally.longestMs).toBeLessThanOrEqual(2 * turnMs + 60_000);
          expect(tally.longestTurns).toBeLessThanOrEqual(60);
        }
      }),
      runs(100),
    );
  });

  /** Whoever comes first and is alone may spend what there is, so this is seen in the long run. */
  const even = (
    options: { allowance: Allowance; serve: (nowMs: number) => Answer },
    lastsMs = 30 * MINUTE,
  ): World =>
    runWorld({
      ...options,
      lastsMs,
      holders: Array.from({ length: 4 }, () => ({
        latencies: [[40, 40]] as const,
        requestsPerSecond: 18,
      })),
    });

  it.each([
    { name: 'a slow bucket', size: 60, leak: 1 },
    { name: 'a fast bucket', size: 60, leak: 20 },
    { name: 'a bucket smaller than their number', size: 3, leak: 0.5 },
  ])('gets as much as the others, within 20 %, of $name', ({ size, leak }) => {
    const server = leakyBucket({ size, leakPerSecond: leak });
    const world = even({
      allowance: bucket(size, leak),
      serve: (nowMs) => {
        const { allowed, level } = server.take(nowMs);
        return { allowed, words: [bucketWord(level, size, leak)], retryAfterMs: 0 };
      },
    });
    expect(spread(world), world.tallies.map((one) => one.sent).join(', ')).toBeLessThanOrEqual(1.2);
    expect(world.refused).toBe(0);
  });

  it.each([
    { requests: 60, seconds: 60 },
    { requests: 350, seconds: 300 },
    { requests: 10, seconds: 1 },
    { requests: 3, seconds: 2 },
  ])('gets as much as the others of $requests requests in $seconds s', ({ requests, seconds }) => {
    const server = slidingWindow({ limit: requests, windowMs: seconds * 1000 });
    const allowance: Allowance = {
      limits: [{ kind: 'declared', requests, periodSeconds: seconds }],
      reserve: 0,
    };
    const serve = (nowMs: number): Answer => ({ ...server.take(nowMs), words: [] });
    const world = even({ allowance, serve }, Math.max(30 * MINUTE, seconds * 25_000));
    expect(spread(world), world.tallies.map((one) => one.sent).join(', ')).toBeLessThanOrEqual(1.2);
    expect(world.refused).toBe(0);
  });
});

const bucket = (size: number, leakPerSecond: number, reserve = 0): Allowance => ({
  limits: [{ kind: 'leaky-bucket', size, leakPerSecond }],
  reserve,
});

const window = (requests: number, periodSeconds: number): Allowance => ({
  limits: [{ kind: 'window', requests, periodSeconds }],
  reserve: 0,
});

const bucketWord = (level: number, size: number, leak: number): Word => ({
  kind: 'leaky-bucket',
  index: 0,
  levelMilli: milli(level),
  sizeMilli: size * 1000,
  leakMilli: leak * 1000,
});

const isFull = (words: readonly Word[]): boolean =>
  words.some((word) => word.kind === 'leaky-bucket' && word.levelMilli + 1000 > word.sizeMilli);

function spoken(
  speaks: (request: number) => boolean,
  serve: (nowMs: number) => Omit<Answer, 'retryAfterMs'>,
): (nowMs: number) => Answer {
  let request = 0;
  return (nowMs) => {
    const answer = serve(nowMs);
    return { ...answer, words: speaks(request++) ? answer.words : [], retryAfterMs: 1000 };
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

const spread = ({ tallies }: World): number => {
  const sent = tallies.map((tally) => tally.sent);
  return Math.max(...sent) / Math.min(...sent);
};
