// The simulation is worth what it finds.

import { describe, expect, it } from 'vitest';
import { BUGS } from './bugs.ts';
import { simulate } from './simulate.ts';

const MOST_SEEDS = 2_000;

describe('the simulation finds a protocol that', () => {
  it.each(Object.entries(BUGS))('%s', async (_name, bug) => {
    let seed = 1;
    while (seed <= MOST_SEEDS) {
      const { violations } = await simulate(seed, { bug, machines: 'loop' });
      if (violations.length > 0) break;
      seed++;
    }
    expect(seed).toBeLessThanOrEqual(MOST_SEEDS);
  });
});
