import { describe, expect, it } from 'vitest';
import { systemClock } from '../../shared/ports/clock.ts';
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
