// Allowances, words, asks and holders of budgets with one default each.

import fc from 'fast-check';
import {
  type Allowance,
  type Ask,
  type Budget,
  type Grant,
  newBudget,
  type Spending,
} from '../../../shared/core/budget/budget.ts';
import { settle } from '../../../shared/core/budget/settle.ts';
import { take } from '../../../shared/core/budget/take.ts';
import type { LimitReport } from '../../../shared/core/limit-report.ts';
import type { HolderOptions } from './budget-world.ts';

export const NOW = 1_700_000_000_000;

export const bucket = (size = 60, leakPerSecond = 1, shareForOthers = 0): Allowance => ({
  limits: [{ kind: 'leaky-bucket', size, leakPerSecond }],
  shareForOthers: shareForOthers,
});

export const window = (requests: number, periodSeconds: number): Allowance => ({
  limits: [{ kind: 'window', requests, periodSeconds }],
  shareForOthers: 0,
});

/** What a bucket says of itself; fractions are rounded up, as the reader of headers does. */
export const bucketWord = (level: number, size: number, leak: number): LimitReport => ({
  kind: 'leaky-bucket',
  index: 0,
  levelMilli: Math.ceil(level * 1000 - 1e-6),
  sizeMilli: size * 1000,
  leakMilli: leak * 1000,
});

export const declared = (requests: number, periodSeconds: number): Allowance => ({
  limits: [{ kind: 'declared', requests, periodSeconds }],
  shareForOthers: 0,
});

/** One way of half a request, ms: mostly quick, at times slow enough to be overtaken. */
const latency = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 200 }) },
  { weight: 1, arbitrary: fc.integer({ min: 201, max: 5_000 }) },
);

/** A holder of any kind, but for what is fixed. */
export const anyHolder = (fixed: Partial<HolderOptions> = {}): fc.Arbitrary<HolderOptions> =>
  fc
    .record({
      latencies: fc.array(fc.tuple(latency, latency), { minLength: 1, maxLength: 5 }),
      startsAtMs: fc.integer({ min: 0, max: 90_000 }),
      stayMs: fc.constantFrom(0, 2_000, 22_500),
      diesIn: fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 2 }),
      skewMs: fc.integer({ min: -3_000, max: 0 }),
      settlesAfterMs: fc.constantFrom(0, 0, 50, 20_000),
      requestsPerSecond: fc.constantFrom(1, 5, 15, 1000),
    })
    .map((holder) => ({ ...holder, ...fixed }));

export const anyHolders = (most: number) =>
  fc.array(anyHolder(), { minLength: 1, maxLength: most });

export const ask = (changes: Partial<Ask> = {}): Ask => ({
  holder: 'a',
  invocationId: changes.holder ?? 'a',
  stayMs: 22_000,
  want: 10,
  costMilli: 1000,
  elapsedMs: 0,
  requestsPerSecond: Infinity,
  ...changes,
});

export const spending = (changes: Partial<Spending> = {}): Spending => ({
  holder: 'a',
  invocationId: changes.holder ?? 'a',
  costMilli: 1000,
  answeredAtMs: [],
  reports: [],
  reportAtMs: 0,
  ...changes,
});

export const level = (units: number, sizeMilli = 60_000): LimitReport => ({
  kind: 'leaky-bucket',
  index: 0,
  levelMilli: units * 1000,
  sizeMilli,
});

/** A scope that is asked and told in turn, at the time it is told. */
export function scope(allowance: Allowance) {
  let budget = newBudget(allowance, NOW);
  return {
    take(nowMs: number, changes: Partial<Ask> = {}): Grant {
      const taken = take(budget, allowance, ask(changes), NOW + nowMs);
      budget = taken.budget;
      return taken.grant;
    },
    settle(nowMs: number, changes: Partial<Spending> = {}): void {
      budget = settle(budget, spending(changes), NOW + nowMs);
    },
    budget: (): Budget => budget,
    /** Permits that could be spent at once, by holders who take one each. */
    free(nowMs: number, changes: Partial<Ask> = {}): number {
      let now = budget;
      for (let count = 0; ; count++) {
        const one = ask({ ...changes, holder: `taker ${count}`, want: 1 });
        const taken = take(now, allowance, one, NOW + nowMs);
        if (taken.grant.kind !== 'granted' || taken.grant.readyAtMs > NOW + nowMs) return count;
        now = taken.budget;
      }
    },
  };
}

export const times = (count: number, atMs: number): number[] =>
  Array<number>(count).fill(NOW + atMs);
