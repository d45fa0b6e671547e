import { describe, expect, it } from 'vitest';
import { PARTITIONS_PER_PIECE } from '../../../shared/core/bounds.ts';
import type { StreamPlan } from '../../../shared/pull/plan/plan.ts';
import { childWorld, listed, page, type World } from './child-world.ts';

const ISSUES = listed({ name: 'issues', path: 'issues' });
const COMMENTS = listed({
  name: 'comments',
  path: 'issues/{issue.number}/comments',
  partitions: { parent: 'issues', as: 'issue' },
});

const many = 2 * PARTITIONS_PER_PIECE + 500;
const issues = Array.from({ length: many }, (_, number) => ({ number }));

/** Issues whose comments nobody can read yet: the run of comments stops where it began. */
async function listing(): Promise<{ world: World; plan: StreamPlan }> {
  const world = childWorld([ISSUES, COMMENTS]);
  world.answer = (url) => page(url.pathname === '/issues' ? issues : []);
  await world.run({ streams: ['issues'] });
  const plan = await world.claim('comments');
  return { world, plan };
}

/** Time for so many looks at the clock. */
const ticks = (looks: number): (() => number) => {
  let left = looks;
  return () => (left-- > 0 ? 100_000 : 0);
};

const numbersOf = (lines: readonly string[]): number[] =>
  lines.map((line) => Number(/"issue\.number":"(\d+)"/.exec(line)?.[1]));

describe('the list of a run', () => {
  it('is written in pieces, each once, before the first request', async () => {
    const { world, plan } = await listing();
    world.asked.length = 0;
    await world.round(plan);
    expect(world.asked).toEqual([]);
    const run = (await world.state('comments')).run;
    expect(run?.list).toEqual({ partitions: many });
    const pieces = [...world.lake.objects.keys()].filter((key) => key.includes('/0000'));
    expect(pieces.filter((key) => key.startsWith('_partitions/'))).toEqual(
      ['00000000', '00001000', '00002000'].map(
        (first) => `_partitions/shop/comments/${run?.runId}/${first}.ndjson`,
      ),
    );
    expect(numbersOf(await world.list('comments'))).toEqual(issues.map(({ number }) => number));
  });

  it('is whole however little time each round has, and gets on with each', async () => {
    const { world, plan } = await listing();
    let before = -1;
    for (let round = 0; ; round++) {
      await world.round(plan, ticks(2 + ((round * 97) % 700)));
      const list = (await world.state('comments')).run?.list;
      if (!list) expect.fail('each round lists something');
      if (!list.rest) break;
      expect(list.partitions).toBeGreaterThan(before);
      before = list.partitions;
    }
    expect(numbersOf(await world.list('comments'))).toEqual(issues.map(({ number }) => number));
  });

  it('is one list, where a round wakes up late and lists what another has listed since', async () => {
    const { world, plan } = await listing();
    const late = await world.state('comments');
    await world.round(plan, ticks(300));
    await world.round(plan, ticks(900));
    const stand = await world.list('comments');
    // The ledger as the late round has read it.
    const slow = await world.rewound(late, () => world.round(plan, ticks(1_500)));
    expect(slow.kind).toBe('more');
    expect((await world.list('comments')).slice(0, stand.length)).toEqual(stand);
    while (!(await isWhole(world))) await world.round(plan);
    expect(numbersOf(await world.list('comments'))).toEqual(issues.map(({ number }) => number));
  });

  it('fails by name where a piece of it is gone', async () => {
    const { world, plan } = await listing();
    await world.round(plan);
    const { runId } = (await world.state('comments')).run ?? {};
    await world.lake.deleteObjects([`_partitions/shop/comments/${runId}/00001000.ndjson`]);
    await world.round(plan);
    await expect(world.round(plan)).rejects.toThrow('00001000.ndjson is gone from the lake');
  });
});

const isWhole = async (world: World): Promise<boolean> => {
  const list = (await world.state('comments')).run?.list;
  return list !== undefined && list.rest === undefined;
};
