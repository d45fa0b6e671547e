import { expect, it } from 'vitest';
import { virtualClock } from '../../shared/ports/clock-virtual.ts';

const START_MS = 1_793_599_200_000;

it('wakes tasks by time, then by who slept first, and never sleeps itself', async () => {
  const clock = virtualClock(START_MS);
  const woken: string[] = [];
  const task = async (name: string, ms: number, times: number): Promise<void> => {
    for (let time = 0; time < times; time++) {
      await clock.sleep(ms);
      woken.push(`${name} ${(clock.nowMs() - START_MS) / 3_600_000} h`);
    }
  };
  await Promise.all([task('a', 7_200_000, 2), task('b', 3_600_000, 4), task('c', 7_200_000, 1)]);
  expect(woken).toEqual(['b 1 h', 'a 2 h', 'c 2 h', 'b 2 h', 'b 3 h', 'a 4 h', 'b 4 h']);
});

it('lets a task finish all that it can do before the next one wakes', async () => {
  const clock = virtualClock(START_MS);
  const seen: string[] = [];
  const first = async (): Promise<void> => {
    await clock.sleep(1);
    for (let step = 0; step < 50; step++) await Promise.resolve();
    seen.push('first is done');
  };
  const second = async (): Promise<void> => {
    await clock.sleep(2);
    seen.push('second wakes');
  };
  await Promise.all([first(), second()]);
  expect(seen).toEqual(['first is done', 'second wakes']);
});

it('ends a sleep at once when it is aborted, and the time stands still', async () => {
  const clock = virtualClock(START_MS);
  const controller = new AbortController();
  const sleep = clock.sleep(1_000, controller.signal);
  controller.abort();
  await sleep;
  await clock.sleep(1_000, controller.signal);
  await clock.sleep(0);
  expect(clock.nowMs()).toBe(START_MS);
});
