// Pauses after faults and the spread behind a block: never nothing, never unbounded.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs, jitteredUntilMs } from '../../../shared/core/answer/backoff.ts';
import {
  BACKOFF_FIRST_MS,
  BACKOFF_LONGEST_MS,
  RESET_MARGIN_MS,
  THROTTLE_JITTER,
} from '../../../shared/core/bounds.ts';

const NOW = Date.UTC(2026, 10, 2, 12);
const chance = fc.double({ min: 0, max: 1, noNaN: true });

describe('backoffMs', () => {
  it('is never nothing and never beyond the longest pause, whatever the arguments', () => {
    fc.assert(
      fc.property(fc.double(), fc.double(), (attempt, luck) => {
        const pauseMs = backoffMs(attempt, luck);
        expect(pauseMs).toSatisfy(Number.isSafeInteger);
        expect(pauseMs).toBeGreaterThanOrEqual(BACKOFF_FIRST_MS / 10);
        expect(pauseMs).toBeLessThanOrEqual(BACKOFF_LONGEST_MS);
      }),
    );
  });

  it('doubles its ceiling with each fault up to the longest pause', () => {
    const ceilings = [1, 2, 3, 4, 5, 6, 7, 8, 9, 1000].map((attempt) => backoffMs(attempt, 1));
    expect(ceilings).toEqual([
      500, 1000, 2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000,
    ]);
  });

  it('spreads over the whole range below its ceiling', () => {
    expect(backoffMs(8, 0)).toBe(50);
    expect(backoffMs(8, 0.5)).toBe(30_025);
  });

  it('pauses longer with more luck and with more faults', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), chance, chance, (attempt, one, other) => {
        const [less, more] = one < other ? [one, other] : [other, one];
        expect(backoffMs(attempt, less)).toBeLessThanOrEqual(backoffMs(attempt, more));
        expect(backoffMs(attempt, one)).toBeLessThanOrEqual(backoffMs(attempt + 1, one));
      }),
    );
  });
});

describe('jitteredUntilMs', () => {
  it('is a second behind the end of the block, and at most a tenth of what is left later', () => {
    const aheadMs = fc.integer({ min: -86_400_000, max: 86_400_000 });
    fc.assert(
      fc.property(aheadMs, fc.double(), (ahead, luck) => {
        const untilMs = jitteredUntilMs(NOW + ahead, NOW, luck);
        const leftMs = Math.max(0, ahead);
        const endMs = NOW + (leftMs > 0 ? RESET_MARGIN_MS : 0);
        expect(untilMs).toBeGreaterThanOrEqual(endMs + leftMs);
        expect(untilMs).toBeLessThanOrEqual(endMs + Math.ceil(leftMs * (1 + THROTTLE_JITTER)));
      }),
    );
  });

  it('lets holders of the same block return at different times', () => {
    const times = [0, 0.25, 0.5, 0.75, 1].map((luck) => jitteredUntilMs(NOW + 60_000, NOW, luck));
    expect(times.map((time) => time - NOW)).toEqual([61_000, 62_500, 64_000, 65_500, 67_000]);
  });
});
