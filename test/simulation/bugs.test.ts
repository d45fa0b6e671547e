// The simulation is worth what it finds.

import { describe, expect, it } from 'vitest';
import { BUGS } from './bugs.ts';
import { COMPACTION_BUGS } from './compaction-bugs.ts';
import { simulate } from './simulate.ts';

const MOST_SEEDS = 2_000;

/** A machine that does other things meanwhile may take this long for a thousand worlds. */
const SLOW_MACHINE_MS = 180_000;

describe('the simulation finds a protocol that', () => {
  it.each(Object.entries(BUGS))(
    '%s',
    async (name, bug) => {
      const compactions = name in COMPACTION_BUGS ? undefined : false;
      let seed = 1;
      while (seed <= MOST_SEEDS) {
        const { violations } = await simulate(seed, { bug, compactions, machines: 'loop' });
        if (violations.length > 0) break;
        seed++;
      }
      expect(seed).toBeLessThanOrEqual(MOST_SEEDS);
    },
    SLOW_MACHINE_MS,
  );
});
