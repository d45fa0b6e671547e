// Seeds that everything happens to, as many as a test may take; `npm run sim` plays thousands.

import { describe, expect, it } from 'vitest';
import { CALL_FAULTS, CALLER_FAULTS, gaps } from './faults.ts';
import { playSeeds, type Summary, told } from './play-seeds.ts';
import { simulate } from './simulate.ts';

const SEEDS = 600;

const failuresOf = ({ failures }: Summary): string => failures.map(told).join('\n');

describe('the pull, under faults', () => {
  it(`keeps its promises in ${SEEDS} worlds`, async () => {
    const summary = await playSeeds(1, SEEDS);
    expect(failuresOf(summary)).toBe('');
    // Every kind of fault has struck; that each struck every step takes more worlds.
    const struck = Object.keys(summary.coverage).map((key) => key.split(' ')[0]);
    for (const fault of [...CALL_FAULTS, ...CALLER_FAULTS]) expect(struck).toContain(fault);
    expect(gaps(summary.coverage).length).toBeLessThan(10);
  }, 180_000);

  it('plays a seed again exactly as before', async () => {
    for (const seed of [7, 20, 33]) expect(await traceOf(seed)).toEqual(await traceOf(seed));
  });

  it('does the same in the loop as in the machines that are deployed', async () => {
    for (let seed = 1; seed <= 60; seed++) {
      expect(await traceOf(seed, 'loop')).toEqual(await traceOf(seed, 'definitions'));
    }
  });

  it('plays every tenth seed on the machines that are deployed', async () => {
    expect(await traceOf(10)).toEqual(await traceOf(10, 'definitions'));
  });
});

async function traceOf(seed: number, machines?: 'loop' | 'definitions'): Promise<string[]> {
  const lines: string[] = [];
  await simulate(seed, { machines, trace: (line) => lines.push(line) });
  return lines;
}
