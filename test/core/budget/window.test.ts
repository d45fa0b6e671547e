import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WINDOW_LOG_ENTRIES } from '../../../shared/core/bounds.ts';
import {
  applyReport,
  declareWindow,
  log,
  newWindow,
  usableRequests,
  used,
  type Window,
  whenFree,
} from '../../../shared/core/budget/window.ts';

const NOW = 1_700_000_000_000;
const MINUTE = 60_000;
const at = (...offsets: number[]): number[] => offsets.map((offset) => NOW + offset);
const many = (count: number, atMs: number): number[] => Array<number>(count).fill(NOW + atMs);

const declared = (requests = 60, periodSeconds = 60): Window =>
  newWindow({ requests, periodSeconds });

const remains = (remaining: number, more: { resetAtMs?: number; limit?: number } = {}) =>
  ({ kind: 'window', index: 0, remaining, ...more }) as const;

const between = (sentAtMs: number, atMs: number) => ({
  sentAtMs: NOW + sentAtMs,
  atMs: NOW + atMs,
});

describe('a window that we keep ourselves', () => {
  it('counts each request for one period from its answer', () => {
    const window = log(declared(), at(0, 10_000, 10_000), NOW + 10_000);
    expect(used(window, NOW + 59_999)).toBe(3);
    expect(used(window, NOW + 60_000)).toBe(2);
    expect(used(window, NOW + 70_000)).toBe(0);
  });

  it('tells when more requests fit: when as many have left it', () => {
    const window = log(declared(), at(0, 1_000, 2_000), NOW + 2_000);
    expect(whenFree(window, 3, 1, NOW + 3_000)).toBe(NOW + 60_000);
    expect(whenFree(window, 3, 2, NOW + 3_000)).toBe(NOW + 61_000);
    expect(whenFree(window, 4, 1, NOW + 3_000)).toBe(NOW + 3_000);
    expect(whenFree(window, 3, 4, NOW + 3_000)).toBeUndefined();
  });

  it('is the log that a report agrees with: the oldest go, or all that its end counts for', () => {
    const window = log(declared(), [...many(40, 0), ...many(20, 10_000)], NOW + 10_000);
    expect(window.log).toEqual([
      [NOW + 60_000, 40],
      [NOW + 70_000, 20],
    ]);
    expect(whenFree(window, 60, 1, NOW + 10_000)).toBe(NOW + 60_000);
    expect(whenFree(window, 60, 41, NOW + 10_000)).toBe(NOW + 70_000);
    const nobody = { own: [], heldByOthers: 0 };
    const times = between(29_000, 30_000);
    expect(applyReport(window, remains(50), times, nobody).log).toEqual([[NOW + 70_000, 10]]);
    const told = remains(50, { resetAtMs: NOW + 40_000 });
    expect(applyReport(window, told, times, nobody).log).toEqual([[NOW + 41_000, 10]]);
  });

  it.each([
    [30, 50, 0, 30],
    [50, 30, 0, 50],
    [50, 30, 15, 35],
    [50, 30, 40, 30],
  ])(
    'counts, told of %i, with %i in its log and %i held by others: %i',
    (told, own, held, agreed) => {
      const window = log(declared(100), many(own, 0), NOW);
      const unlogged = { own: [], heldByOthers: held };
      const heard = applyReport(window, remains(100 - told), between(1_000, 1_100), unlogged);
      expect(used(heard, NOW + 1_100)).toBe(agreed);
    },
  );

  it('ends at the earliest of the ends that one window is told to have in whole seconds', () => {
    const nobody = { own: [], heldByOthers: 0 };
    const hear = (window: Window, atMs: number, resetMs: number): Window =>
      applyReport(
        window,
        remains(50, { resetAtMs: NOW + resetMs }),
        between(atMs, atMs + 100),
        nobody,
      );
    const first = hear(declared(), 0, 40_100);
    expect(first.resetAtMs).toBe(NOW + 41_100);
    expect(hear(first, 900, 41_000).log).toEqual([[NOW + 41_100, 10]]);
    expect(hear(first, 900, 40_050).resetAtMs).toBe(NOW + 41_050);
    expect(hear(first, 1_900, 42_000).resetAtMs).toBe(NOW + 43_000);
    expect(hear(first, 41_200, 41_300).resetAtMs).toBe(NOW + 42_300);
  });

  it('stays small, and merges only towards the later, safe side', () => {
    const times = fc.array(fc.integer({ min: 0, max: MINUTE }), { minLength: 1, maxLength: 300 });
    fc.assert(
      fc.property(times, fc.integer({ min: 0, max: 2 * MINUTE }), (offsets, lookMs) => {
        const sorted = at(...offsets.sort((one, other) => one - other));
        const window = log(declared(300), sorted, NOW);
        expect(window.log.length).toBeLessThanOrEqual(WINDOW_LOG_ENTRIES);
        const exact = sorted.filter((atMs) => atMs + MINUTE > NOW + lookMs).length;
        expect(used(window, NOW + lookMs)).toBeGreaterThanOrEqual(exact);
        expect(used(window, NOW)).toBe(sorted.length);
        expect(window.log[0]?.[0]).toBe((sorted[0] ?? 0) + MINUTE);
      }),
      { seed: 7 },
    );
  });

  it('leaves a shareForOthers to others, but never nothing to us', () => {
    expect(usableRequests(declared(60), 0.25)).toBe(45);
    expect(usableRequests(declared(1), 0.9)).toBe(1);
  });

  it('follows its source when that is edited, unless the API told better', () => {
    const spec = { kind: 'window', requests: 10, periodSeconds: 30 } as const;
    expect(declareWindow(log(declared(), at(0), NOW), spec)).toMatchObject({
      limit: 10,
      periodMs: 30_000,
      log: [[NOW + MINUTE, 1]],
    });
    const heard = applyReport(declared(), remains(349, { limit: 350 }), between(0, 1), {
      own: [],
      heldByOthers: 0,
    });
    expect(declareWindow(heard, spec)).toBe(heard);
  });
});

describe('a window whose end the API does not tell (X-Series)', () => {
  const xSeries = (): Window => newWindow({ requests: 350, periodSeconds: 300 });

  it('opens as soon as a fixed server says that it has begun anew', () => {
    const spent = log(xSeries(), many(350, 0), NOW);
    const own = at(290_100);
    const opened = applyReport(spent, remains(349), between(290_000, 290_100), {
      own,
      heldByOthers: 0,
    });
    expect(used(opened, NOW + 290_100)).toBe(1);
  });

  it('lets the oldest go first when a sliding server says that more is left', () => {
    const spent = log(xSeries(), [...many(100, 0), ...many(100, 60_000)], NOW + 60_000);
    const heard = applyReport(spent, remains(200), between(70_000, 70_100), {
      own: at(70_100),
      heldByOthers: 0,
    });
    expect(used(heard, NOW + 70_100)).toBe(150);
    expect(used(heard, NOW + 300_000)).toBe(101);
  });

  it('counts what a foreign client took for one period from the word', () => {
    const heard = applyReport(xSeries(), remains(249), between(0, 100), {
      own: at(100),
      heldByOthers: 0,
    });
    expect(used(heard, NOW + 100)).toBe(101);
    expect(used(heard, NOW + 300_000)).toBe(101);
    expect(used(heard, NOW + 300_100)).toBe(0);
  });

  it('does not take what others hold permits for as foreign: they will tell of it themselves', () => {
    const report = remains(350 - 1 - 20);
    expect(
      used(
        applyReport(xSeries(), report, between(0, 100), { own: at(100), heldByOthers: 30 }),
        NOW + 100,
      ),
    ).toBe(1);
    expect(
      used(
        applyReport(xSeries(), report, between(0, 100), { own: at(100), heldByOthers: 15 }),
        NOW + 100,
      ),
    ).toBe(6);
  });

  it('is not closed by a slow word from before it opened', () => {
    const opened = applyReport(xSeries(), remains(349), between(1_000, 1_100), {
      own: at(1_100),
      heldByOthers: 0,
    });
    expect(
      used(
        applyReport(opened, remains(0), between(900, 1_200), { own: at(1_200), heldByOthers: 0 }),
        NOW + 1_200,
      ),
    ).toBe(2);
    expect(
      used(
        applyReport(opened, remains(0), between(1_200, 1_300), { own: [], heldByOthers: 0 }),
        NOW + 1_300,
      ),
    ).toBe(350);
  });
});

describe('a window whose end the API tells (GitHub)', () => {
  const hour = (): Window => newWindow({ requests: 60, periodSeconds: 3600 });
  const resetAtMs = NOW + 1_000_000;

  it('takes limit, rest and end from the word, whatever we counted', () => {
    const window = log(hour(), many(10, 0), NOW);
    const heard = applyReport(window, remains(4000, { limit: 5000, resetAtMs }), between(50, 60), {
      own: [],
      heldByOthers: 9,
    });
    expect([heard.limit, used(heard, NOW + 60), used(heard, resetAtMs)]).toEqual([
      5000, 1000, 1000,
    ]);
    expect(used(heard, resetAtMs + 1000)).toBe(0);
    expect(whenFree(heard, 1000, 1, NOW + 60)).toBe(resetAtMs + 1000);
  });

  it('does not count again what was answered before that word was asked for', () => {
    const heard = applyReport(hour(), remains(50, { resetAtMs }), between(500, 600), {
      own: [],
      heldByOthers: 0,
    });
    expect(used(log(heard, at(100, 500), NOW + 700), NOW + 700)).toBe(10);
    expect(used(log(heard, at(550), NOW + 700), NOW + 700)).toBe(11);
  });

  it('counts what is answered after the end for a whole period', () => {
    const heard = applyReport(hour(), remains(50, { resetAtMs }), between(500, 600), {
      own: [],
      heldByOthers: 0,
    });
    const later = log(heard, [resetAtMs + 500], resetAtMs + 500);
    expect(used(later, resetAtMs + 2_000)).toBe(1);
    expect(used(later, resetAtMs + 3_600_500)).toBe(0);
  });

  it('is not believed when it comes later than the end it tells', () => {
    const late = { sentAtMs: resetAtMs - 100, atMs: resetAtMs + 2_000 };
    expect(
      applyReport(hour(), remains(0, { resetAtMs }), late, { own: [], heldByOthers: 0 }),
    ).toEqual(hour());
  });
});
