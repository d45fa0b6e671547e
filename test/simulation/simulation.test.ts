// Seeds that everything happens to, as many as a test may take; `npm run sim` plays thousands.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BUGS } from './bugs.ts';
import { CALL_FAULTS, CALLER_FAULTS, gaps } from './faults.ts';
import { playSeeds, type Summary, told } from './play-seeds.ts';
import { scenarioOf } from './scenario.ts';
import { describeScenario } from './scenario-text.ts';
import { simulate } from './simulate.ts';

const SEEDS = 250;

const failuresOf = ({ failures }: Summary): string => failures.map(told).join('\n');

describe('the pull, under faults', () => {
  it(`keeps its promises in ${SEEDS} worlds`, async () => {
    const summary = await playSeeds(1, SEEDS);
    expect(failuresOf(summary)).toBe('');
    // Every kind of fault has struck; that each struck every step takes more worlds.
    const struck = Object.keys(summary.coverage).map((key) => key.split(' ')[0]);
    for (const fault of [...CALL_FAULTS, ...CALLER_FAULTS]) expect(struck).toContain(fault);
    expect(gaps(summary.coverage).length).toBeLessThan(10);
  });

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

describe('a seed that fails', () => {
  it('tells how to play it again, what was played, and what went wrong', () => {
    const text = told({ seed: 123, violations: ['a row is lost'] }).split('\n');
    const { streams, rates, runs } = scenarioOf(123);
    expect(text[0]).toBe('npm run sim -- --seed 123 --trace');
    expect(text.at(-1)).toBe('  VIOLATION    a row is lost');
    for (const { name, rows } of streams) expect(text.join()).toContain(`${name}: ${rows} rows`);
    for (const fault of Object.keys(rates)) expect(text.join()).toContain(fault);
    expect(text.filter((line) => line.startsWith('  run '))).toHaveLength(runs.length);
  });

  it('is shown by docs/simulation.md as it is printed', () => {
    const manual = readFileSync(new URL('../../docs/simulation.md', import.meta.url), 'utf8');
    const played = describeScenario(scenarioOf(1)).map((line) => `  ${line}\n`);
    expect(manual).toContain(`npm run sim -- --seed 1 --trace\n${played.join('')}  VIOLATION`);
  });

  it('shows in its trace when it went wrong', async () => {
    const lines: string[] = [];
    const bug = BUGS['commits before the batch is landed'];
    const trace = (line: string) => lines.push(line);
    const { violations } = await simulate(1, { bug, machines: 'loop', trace });
    const first = lines.findIndex((line) => line.endsWith(` VIOLATION ${violations[0]}`));
    expect(lines[first - 1]).toMatch(/PullPages#\d+ moveStream \(commit\)$/);
    expect(lines.filter((line) => line.includes(' VIOLATION '))).toHaveLength(violations.length);
  });
});

async function traceOf(seed: number, machines?: 'loop' | 'definitions'): Promise<string[]> {
  const lines: string[] = [];
  await simulate(seed, { machines, trace: (line) => lines.push(line) });
  return lines;
}
