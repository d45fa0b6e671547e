// The simulation is worth what it finds.

import { describe, expect, it } from 'vitest';
import { BUGS } from './bugs.ts';
import { COMPACTION_BUGS } from './compaction-bugs.ts';
import { simulate } from './simulate.ts';

const MOST_SEEDS = 2_000;

/**
 * Worlds that have found the bugs that few worlds find: each is played first. When the simulation
 * has changed and one finds nothing, all the others are played.
 */
const FOUND_IN: Readonly<Record<string, number>> = {
  'works on under a claim that was lost': 86,
  'takes a batch that is there for its own': 111,
  'adopts a batch with its own counts': 111,
  'goes on by the offset alone, without the rows that it read last': 66,
  'leaves a run open behind its last page': 1557,
  'begins a run behind a later one': 235,
  'keeps a watermark back by its own clock alone': 814,
  'removes by its own clock': 190,
  'takes a list for whole with its first piece': 195,
  'lists the last run of a parent alone': 331,
  'removes the list that the next run needs': 364,
};

describe('the simulation finds a protocol that', () => {
  it.each(Object.entries(BUGS))('%s', async (name, bug) => {
    const compactions = name in COMPACTION_BUGS ? undefined : false;
    const options = { compactions, machines: 'loop' } as const;
    const isBad = async (seed: number): Promise<boolean> =>
      (await simulate(seed, { ...options, bug })).violations.length > 0;
    let seed = FOUND_IN[name] ?? 1;
    if (!(await isBad(seed))) {
      for (seed = 1; seed <= MOST_SEEDS && !(await isBad(seed)); ) seed++;
    }
    expect(seed).toBeLessThanOrEqual(MOST_SEEDS);
    // It is the bug that is found, not the world.
    expect((await simulate(seed, options)).violations).toEqual([]);
  });
});
