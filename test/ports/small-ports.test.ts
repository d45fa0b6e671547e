import { describe, expect, it } from 'vitest';
import { clockOf, systemClock } from '../../shared/ports/clock.ts';
import { memoryTokenLock } from '../../shared/ports/ledger/token-lock.ts';
import { seededRandom, systemRandom } from '../../shared/ports/random.ts';
import { tokenLockContract } from './ledger/token-lock-contract.ts';

tokenLockContract('memory', async () => {
  let now = 1_000_000;
  const nowMs = (): number => now;
  const lock = memoryTokenLock({ nowMs, sleep: async () => {} });
  const advance = (ms: number): void => {
    now += ms;
  };
  return { one: lock, other: lock, nowMs, advance };
});

describe('the system clock', () => {
  it('wakes a sleeper whose signal aborts, and does not sleep after that', async () => {
    const clock = systemClock();
    const controller = new AbortController();
    const sleeping = clock.sleep(3_600_000, controller.signal);
    controller.abort();
    await sleeping;
    await clock.sleep(3_600_000, controller.signal);
    for (const nothing of [0, -5, Number.NaN]) await clock.sleep(nothing);
    await clock.sleep(1);
  });
});

describe('a clock of the machine', () => {
  /** Parts that are moved by hand; `pass` lets time go by, and timers fire. */
  function machine() {
    let [wall, steady] = [Date.UTC(2026, 10, 21), 5_000];
    const timers = new Map<() => void, number>();
    const spans: number[] = [];
    const clock = clockOf({
      wallMs: () => wall,
      steadyMs: () => steady,
      after(ms, wake) {
        spans.push(ms);
        timers.set(wake, steady + ms);
        return () => void timers.delete(wake);
      },
    });
    return {
      clock,
      spans,
      set(byMs: number) {
        wall += byMs;
      },
      /** @param awakeMs how much of it the machine is awake */
      pass(ms: number, awakeMs = ms) {
        wall += ms;
        steady += awakeMs;
        for (const [wake, atMs] of [...timers]) {
          if (atMs > steady) continue;
          timers.delete(wake);
          wake();
        }
      },
    };
  }

  /** Minutes that pass until a sleep of ten is over, where this happens after the third. */
  async function minutesOfTen(happens: (at: ReturnType<typeof machine>) => void) {
    const at = machine();
    let isOver = false;
    const sleeping = at.clock.sleep(600_000).then(() => {
      isOver = true;
    });
    let minutes = 0;
    while (!isOver && minutes < 100) {
      at.pass(60_000);
      minutes++;
      if (minutes === 3) happens(at);
      await Promise.resolve();
      await Promise.resolve();
    }
    await sleeping;
    expect(Math.max(...at.spans)).toBeLessThanOrEqual(60_000);
    return minutes;
  }

  it('sleeps in slices of a minute, as long as it was asked to', async () => {
    expect(await minutesOfTen(() => {})).toBe(10);
  });

  it('sleeps no longer when it is set back by a day, and ends a sleep when it is set ahead', async () => {
    expect(await minutesOfTen((at) => at.set(-86_400_000))).toBe(10);
    expect(await minutesOfTen((at) => at.set(86_400_000))).toBe(4);
  });

  it('ends a sleep within a minute of waking when the machine was asleep meanwhile', async () => {
    expect(await minutesOfTen((at) => at.pass(3_600_000, 0))).toBe(4);
  });

  it('sleeps for a month, which no timer of Node can', async () => {
    const at = machine();
    const sleeping = at.clock.sleep(31 * 86_400_000);
    for (let minute = 0; minute < 31 * 1440; minute++) at.pass(60_000);
    await sleeping;
    expect(at.spans).toHaveLength(31 * 1440);
  });

  it('goes on where it is set back by some minutes, and shows what is set where it is more', () => {
    const at = machine();
    const start = at.clock.nowMs();
    at.set(-200_000);
    at.pass(1_000);
    expect(at.clock.nowMs()).toBe(start + 1_000);
    at.pass(10_000);
    expect(at.clock.nowMs()).toBe(start + 11_000);
    at.set(-3_600_000);
    expect(at.clock.nowMs()).toBe(start - 200_000 + 11_000 - 3_600_000);
    at.set(7_200_000);
    expect(at.clock.nowMs()).toBe(start - 200_000 + 11_000 + 3_600_000);
  });
});

describe('random numbers', () => {
  it('are the same for the same seed and differ for another', () => {
    const take = (seed: number): number[] => {
      const random = seededRandom(seed);
      return Array.from({ length: 20 }, () => random.next());
    };
    expect(take(7)).toEqual(take(7));
    expect(take(7)).not.toEqual(take(8));
  });

  it('lie in [0, 1) and fill it evenly', () => {
    for (const random of [seededRandom(1), seededRandom(0)]) {
      const counts = Array.from({ length: 10 }, () => 0);
      for (let draw = 0; draw < 20_000; draw += 1) {
        const number = random.next();
        if (!(number >= 0 && number < 1)) throw new Error(`out of range: ${number}`);
        const place = Math.floor(number * 10);
        counts[place] = (counts[place] ?? 0) + 1;
      }
      for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(300);
    }
    const number = systemRandom().next();
    expect(number >= 0 && number < 1).toBe(true);
  });
});
