// Nobody starves, nobody spins, and those who ask alike get alike.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Allowance } from '../../../shared/core/budget/budget.ts';
import { leakyBucket, slidingWindow } from '../../apis/limits.ts';
import { anyHolder, bucket, bucketWord, declared } from './budget-builders.ts';
import { type Answer, runWorld, type World } from './budget-world.ts';

const MINUTE = 60_000;
const runs = (numRuns: number) => ({ seed: 20_261_121, numRuns });

describe('everyone who shares a budget', () => {
  it('gets permits again within the time that the others need for theirs', () => {
    const world = fc.record({
      size: fc.integer({ min: 1, max: 60 }),
      leak: fc.constantFrom(0.1, 1, 5),
      burstOf: fc.constantFrom(0, 1, 5, 20),
      holders: fc.array(
        anyHolder({
          diesIn: [],
          latencies: [[50, 50]],
          skewMs: 0,
          settlesAfterMs: 0,
          requestsPerSecond: 15,
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
          allowance: { limits: burstOf > 0 ? [...limits, paced] : limits, shareForOthers: 0 },
          serve: (nowMs) => {
            const { allowed, level } = server.take(nowMs);
            return { allowed, reports: [bucketWord(level, size, leak)], retryAfterMs: 1000 };
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
        return { allowed, reports: [bucketWord(level, size, leak)], retryAfterMs: 0 };
      },
    });
    expect(spread(world), world.tallies.map((one) => one.sent).join(', ')).toBeLessThanOrEqual(
      1.2,
    );
    expect(world.refused).toBe(0);
  });

  it.each([
    { requests: 60, seconds: 60 },
    { requests: 350, seconds: 300 },
    { requests: 10, seconds: 1 },
    { requests: 3, seconds: 2 },
  ])('gets as much as the others of $requests requests in $seconds s', ({ requests, seconds }) => {
    const server = slidingWindow({ limit: requests, windowMs: seconds * 1000 });
    const allowance = declared(requests, seconds);
    const serve = (nowMs: number): Answer => ({ ...server.take(nowMs), reports: [] });
    const world = even({ allowance, serve }, Math.max(30 * MINUTE, seconds * 25_000));
    expect(spread(world), world.tallies.map((one) => one.sent).join(', ')).toBeLessThanOrEqual(
      1.2,
    );
    expect(world.refused).toBe(0);
  });
});

const spread = ({ tallies }: World): number => {
  const sent = tallies.map((tally) => tally.sent);
  return Math.max(...sent) / Math.min(...sent);
};
