// After a refusal with a `Retry-After` nobody asks before that time, whatever limits are declared
// beside it: from the answer's headers through the budget to the next request, in virtual time.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jitteredUntilMs } from '../../../shared/core/answer/backoff.ts';
import { classify } from '../../../shared/core/answer/classify.ts';
import { readLimitReports } from '../../../shared/core/answer/headers.ts';
import { CLOCK_SKEW_MS, THROTTLE_LONGEST_MS } from '../../../shared/core/bounds.ts';
import { termsOf } from '../../../shared/core/budget/limit-kinds.ts';
import type { Limit } from '../../../shared/core/source/api-limits.ts';
import type { Source } from '../../../shared/core/source/source.ts';
import { bucket, NOW, scope } from '../budget/budget-builders.ts';
import { runWorld, START_MS } from '../budget/budget-world.ts';
import { aSource, aStream } from '../builders.ts';
import { presetLimits } from './every-preset.ts';

const size = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 100_000 }));
const periodSeconds = fc.oneof(
  fc.integer({ min: 50, max: 10_000 }).map((ms) => ms / 1000),
  fc.integer({ min: 1, max: 31 * 86_400 }),
);
const headerNames = { limit: 'x-limit', remaining: 'x-remaining', reset: 'x-reset' };

const anyLimit: fc.Arbitrary<Limit> = fc.oneof(
  fc.record({
    kind: fc.constant('leaky-bucket' as const),
    size,
    leakPerSecond: fc.double({ min: 0.05, max: 100, noNaN: true }),
  }),
  fc.record({
    kind: fc.constant('window' as const),
    requests: size,
    periodSeconds,
    headers: fc.constantFrom({}, headerNames, { ...headerNames, resetMs: 'x-reset' }),
  }),
  fc.record({ kind: fc.constant('declared' as const), requests: size, periodSeconds }),
);

/** How an API can write "in so many seconds"; the last two have no clock to compare with. */
const FORMS: readonly ((seconds: number, nowMs: number) => Record<string, string>)[] = [
  (seconds) => ({ 'retry-after': String(seconds) }),
  (seconds) => ({ 'retry-after': `${seconds}.0`, 'x-remaining': '0', 'x-reset': '1' }),
  (seconds, nowMs) => ({ 'retry-after': dated(seconds, nowMs), date: dated(0, nowMs) }),
  (seconds, nowMs) => ({ 'retry-after': dated(seconds, nowMs) }),
];

const dated = (seconds: number, nowMs: number): string =>
  new Date(Math.ceil(nowMs / 1000) * 1000 + seconds * 1000).toUTCString();

const refusal = fc.record({
  seconds: fc.oneof(fc.integer({ min: 0, max: 120 }), fc.integer({ min: 0, max: 1_000_000 })),
  form: fc.constantFrom(...FORMS),
  status: fc.constantFrom(403, 429, 503),
  served: fc.integer({ min: 0, max: 3 }),
  holders: fc.integer({ min: 1, max: 3 }),
  chance: fc.double({ min: 0, max: 1, noNaN: true }),
});

type Refusal = typeof refusal extends fc.Arbitrary<infer Value> ? Value : never;

describe('a Retry-After', () => {
  it.each(presetLimits)('beside the limits of %s is waited for whole', (_, limits) => {
    fc.assert(
      fc.property(refusal, (one) => obeys(aSource({ limits }), one)),
      { numRuns: 60 },
    );
  });

  it('beside limits of any kind and size is waited for whole', () => {
    const limits = fc.array(anyLimit, { maxLength: 3 });
    fc.assert(
      fc.property(limits, refusal, (some, one) => obeys(aSource({ limits: some }), one)),
      { numRuns: 500 },
    );
  });

  it('that is longer than any wait ends the run in words', () => {
    const seconds = THROTTLE_LONGEST_MS / 1000;
    expect(judge({ 'retry-after': String(seconds) }, 429)).toMatchObject({ kind: 'throttled' });
    const judged = judge({ 'retry-after': String(seconds + 1) }, 429);
    expect(judged.kind).toBe('refuse');
    expect(judged).toMatchObject({
      reason: expect.stringContaining(
        'asks to come back in 32 days (2023-12-15T22:13:21.000Z), and a run waits 31 at most',
      ),
    });
  });

  it('is as long for those whose clock is ahead of the one that was refused', () => {
    const lagMs = CLOCK_SKEW_MS - 1;
    const shared = scope(bucket());
    shared.take(lagMs, { holder: 'ahead', want: 1 });
    shared.settle(0, { throttle: { why: '429', untilMs: NOW + 30_000 } });
    const blocked = { kind: 'throttled', readyAtMs: NOW + lagMs + 30_000 };
    expect(shared.take(lagMs, { holder: 'other' })).toMatchObject(blocked);
  });
});

function judge(headers: Record<string, string>, status: number, source = aSource(), nowMs = NOW) {
  const body = new TextEncoder().encode('{"message": "slow down"}');
  return classify({ kind: 'response', status, headers, body }, source, aStream(), nowMs);
}

/** Each holder meets the refusal once at most before it is over, and all get on after it. */
function obeys(source: Source, one: Refusal): void {
  const limits = source.limits ?? [];
  let [served, opensMs] = [0, Number.POSITIVE_INFINITY];
  let [early, late] = [0, 0];
  const longestMs = Math.max(0, ...limits.map(wholeMs));
  const world = runWorld({
    allowance: { limits, shareForOthers: 0 },
    holders: Array.from({ length: one.holders }, () => ({ latencies: [[1, 1]], requests: 6 })),
    lastsMs: 1.2 * one.seconds * 1000 + 10 * longestMs + 60_000,
    serve(nowMs) {
      if (nowMs >= opensMs) late++;
      if (nowMs >= opensMs || served++ < one.served) {
        return { allowed: true, reports: [], retryAfterMs: 0 };
      }
      early++;
      if (opensMs === Number.POSITIVE_INFINITY) opensMs = nowMs + one.seconds * 1000;
      const headers = one.form(Math.ceil((opensMs - nowMs) / 1000), nowMs);
      const judged = judge(headers, one.status, source, nowMs);
      if (judged.kind !== 'throttled' || judged.untilMs === undefined) {
        throw new Error(`${JSON.stringify(headers)} is ${judged.kind}`);
      }
      const untilMs = jitteredUntilMs(judged.untilMs, nowMs, one.chance);
      return {
        allowed: false,
        reports: readLimitReports(limits, headers, nowMs),
        retryAfterMs: untilMs - nowMs,
      };
    },
  });
  expect(world.budget.clockMs).toBeGreaterThanOrEqual(START_MS);
  expect(early).toBeLessThanOrEqual(one.holders);
  expect(late).toBeGreaterThanOrEqual(1);
}

/** The time in which a limit is whole again. */
const wholeMs = (one: Limit): number =>
  one.kind === 'leaky-bucket'
    ? (1000 * one.size) / one.leakPerSecond
    : (termsOf(one).periodMs ?? 0);
