import { describe, expect, it } from 'vitest';
import { virtualClock } from '../../shared/ports/clock-virtual.ts';
import { seededRandom } from '../../shared/ports/random.ts';
import { runDefinitions, withVirtualTime } from '../simulation/definitions.ts';
import { named } from '../simulation/world/invoked.ts';
import type { Tasks } from '../simulation/world/machine.ts';

const MINUTE_MS = 60_000;
const START_MS = Date.UTC(2026, 10, 1);

const place = { source: 'shop', stream: 'items', runId: 'run-1', fence: 1, segment: 0 };

/** What the functions answer when a run goes well, and at what minutes they were tried for. */
function functionsThat(isBusy: (task: string, minutes: number) => boolean) {
  const clock = virtualClock(START_MS);
  const tries: { readonly task: string; readonly minutes: number }[] = [];
  const task = (name: keyof Tasks, answer: object) => async () => {
    await clock.sleep(100);
    const minutes = (clock.nowMs() - START_MS) / MINUTE_MS;
    tries.push({ task: name, minutes });
    if (isBusy(name, minutes)) throw named('Lambda.TooManyRequestsException', 'Rate exceeded');
    return answer;
  };
  const tasks: Tasks = {
    PlanRun: task('PlanRun', {
      kind: 'planned',
      concurrency: 1,
      streams: [place],
      next: 'finish',
    }),
    PullPages: task('PullPages', { ...place, kind: 'done' }),
    FinishStream: task('FinishStream', { ...place, kind: 'finished' }),
    FinishRun: task('FinishRun', { kind: 'done' }),
  };
  const { next: random } = seededRandom(1);
  const engine = { id: 'execution', input: { source: 'shop' }, tasks, clock };
  const run = () =>
    withVirtualTime(clock, random, () =>
      runDefinitions({ ...engine, random, signal: new AbortController().signal }),
    );
  return { run, tries };
}

describe('a run, while the concurrency of the account is used up', () => {
  it.each(['PlanRun', 'PullPages', 'FinishStream', 'FinishRun'])(
    'ends well when %s has to wait for half an hour, and asks at least once a minute',
    async (task) => {
      const { run, tries } = functionsThat((name, minutes) => name === task && minutes < 30);
      expect(await run()).toMatchObject({ kind: 'succeeded', output: { kind: 'done' } });
      const minutes = tries.filter((one) => one.task === task).map((one) => one.minutes);
      expect(minutes.at(-1)).toBeGreaterThanOrEqual(30);
      const pauses = minutes.map((at, index) => at - (minutes[index - 1] ?? at));
      expect(Math.max(...pauses)).toBeLessThan(1.1);
    },
  );

  it('gives a stream up after some 43 minutes, long after the alarm has told somebody', async () => {
    const { run, tries } = functionsThat((name) => name === 'PullPages');
    expect(await run()).toMatchObject({ kind: 'succeeded' });
    const refused = tries.filter(({ task }) => task === 'PullPages');
    expect(refused).toHaveLength(91);
    expect(refused.at(-1)?.minutes).toBeGreaterThan(35);
    expect(tries.at(-1)?.task).toBe('FinishRun');
    expect(tries.some(({ task }) => task === 'FinishStream')).toBe(false);
  });
});
