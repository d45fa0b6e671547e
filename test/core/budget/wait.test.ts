import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WAIT_SHARE, WAIT_WINDOW_SHARE } from '../../../shared/core/bounds.ts';
import {
  choosePermits,
  type Headroom,
  shareOf,
  sleepOrLeave,
} from '../../../shared/core/budget/wait.ts';

const NOW = 1_700_000_000_000;

/** A bucket of `size` of which `level` is full, leaking one unit in `unitMs`. */
const bucketRoom = (size: number, level: number, unitMs: number, holders = 1): Headroom => ({
  now: size - level,
  ever: size,
  share: shareOf(size, holders),
  whenFree: (permits) => NOW + Math.max(0, permits + level - size) * unitMs,
});

/** A window that is used up, of which one request leaves every `unitMs`. */
const windowRoom = (limit: number, unitMs: number): Headroom => ({
  now: 0,
  ever: limit,
  share: limit,
  whenFree: (permits) => NOW + permits * unitMs,
  periodMs: limit * unitMs,
});

const anyRoom = fc
  .record({
    size: fc.integer({ min: 1, max: 200 }),
    levelShare: fc.double({ min: 0, max: 1, noNaN: true }),
    unitMs: fc.integer({ min: 1, max: 30_000 }),
    holders: fc.integer({ min: 1, max: 10 }),
    isWindow: fc.boolean(),
  })
  .map(({ size, levelShare, unitMs, holders, isWindow }) =>
    isWindow
      ? windowRoom(size, unitMs)
      : bucketRoom(size, Math.ceil(size * levelShare), unitMs, holders),
  );

describe('the permits that are waited for together', () => {
  it('are spent at once while there is room', () => {
    const choice = choosePermits({
      headrooms: [bucketRoom(60, 10, 1000)],
      want: 5,
      elapsedMs: 0,
      nowMs: NOW,
    });
    expect(choice).toEqual({ permits: 5, readyAtMs: NOW });
  });

  it.each([
    [60, 0, 24, 0],
    [0, 0, 1, 1],
    [0, 10, 11, 11],
    [0, 120, 48, 48],
    [4, 10, 4, 0],
    [1, 10, 10, 9],
  ])('with %i of 60 free after %i minutes are %i, in %i s', (free, minutes, permits, seconds) => {
    const choice = choosePermits({
      headrooms: [bucketRoom(60, 60 - free, 1000)],
      want: Infinity,
      elapsedMs: minutes * 60_000,
      nowMs: NOW,
    });
    expect(choice).toEqual({ permits, readyAtMs: NOW + seconds * 1000 });
  });

  it('are one, at first, when the bucket is full', () => {
    expect(
      choosePermits({
        headrooms: [bucketRoom(60, 60, 1000)],
        want: Infinity,
        elapsedMs: 0,
        nowMs: NOW,
      }),
    ).toEqual({
      permits: 1,
      readyAtMs: NOW + 1000,
    });
  });

  it('grow with the time that the run has taken, up to a share of the bucket', () => {
    const permitsAfter = (elapsedMs: number): number =>
      choosePermits({
        headrooms: [bucketRoom(60, 60, 1000)],
        want: Infinity,
        elapsedMs,
        nowMs: NOW,
      })?.permits ?? 0;
    const grown = [0, 100_000, 1_000_000, 10_000_000, 1e12].map(permitsAfter);
    expect(grown).toEqual(grown.toSorted((one, other) => one - other));
    expect(grown.at(-1)).toBe(shareOf(60, 1));
  });

  it('are none when others must give back first', () => {
    expect(
      choosePermits({
        headrooms: [{ ...bucketRoom(5, 0, 1), ever: 0 }],
        want: 1,
        elapsedMs: 0,
        nowMs: NOW,
      }),
    ).toBeUndefined();
    expect(
      choosePermits({ headrooms: [bucketRoom(5, 0, 1)], want: 0, elapsedMs: 0, nowMs: NOW }),
    ).toBeUndefined();
  });

  it('fit all limits, are whole, wanted, and delay the first one by no more than the bound', () => {
    const ask = fc.record({
      rooms: fc.array(anyRoom, { minLength: 1, maxLength: 3 }),
      want: fc.integer({ min: 1, max: 250 }),
      elapsedMs: fc.integer({ min: 0, max: 100_000_000 }),
    });
    fc.assert(
      fc.property(ask, ({ rooms, want, elapsedMs }) => {
        const choice = choosePermits({ headrooms: rooms, want, elapsedMs, nowMs: NOW });
        const { permits, readyAtMs } = choice ?? { permits: Number.NaN, readyAtMs: Number.NaN };
        expect(Number.isInteger(permits) && permits >= 1 && permits <= want).toBe(true);
        const firstAtMs = Math.max(NOW, ...rooms.map((room) => room.whenFree(1)));
        for (const room of rooms) {
          expect(permits).toBeLessThanOrEqual(room.ever);
          expect(readyAtMs).toBeGreaterThanOrEqual(room.whenFree(permits));
          const patienceMs =
            room.periodMs === undefined
              ? elapsedMs * WAIT_SHARE
              : room.now >= 1
                ? 0
                : room.periodMs * WAIT_WINDOW_SHARE;
          expect(readyAtMs - firstAtMs).toBeLessThanOrEqual(patienceMs);
        }
      }),
      { seed: 7, numRuns: 500 },
    );
  });
});

describe('a wait', () => {
  it('is slept through up to the break-even, and left to the machine beyond', () => {
    expect(sleepOrLeave(22_000, 22.5, 200_000)).toEqual({ kind: 'sleep', ms: 22_000 });
    expect(sleepOrLeave(22_501, 22.5, 200_000)).toEqual({ kind: 'leave' });
  });

  it('is left when the function has not that much time', () => {
    expect(sleepOrLeave(5_000, 22.5, 5_000)).toEqual({ kind: 'leave' });
  });
});
