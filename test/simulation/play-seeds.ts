// Plays seeds one after the other and adds up what they did: plain data, so that threads can send it.

import { add, type Coverage } from './faults.ts';
import { scenarioOf } from './scenario.ts';
import { describeScenario } from './scenario-text.ts';
import { type SimOptions, type SimResult, simulate } from './simulate.ts';

export interface Summary {
  seeds: number;
  runs: number;
  pages: number;
  requests: number;
  virtualSeconds: number;
  readonly coverage: Coverage;
  readonly failures: Failure[];
}

export interface Failure {
  readonly seed: number;
  readonly violations: readonly string[];
}

export const nothingYet = (): Summary => ({
  seeds: 0,
  runs: 0,
  pages: 0,
  requests: 0,
  virtualSeconds: 0,
  coverage: {},
  failures: [],
});

/** Plays the seeds `from`, `from + 1`, ... */
export async function playSeeds(
  from: number,
  seeds: number,
  options: SimOptions = {},
): Promise<Summary> {
  const summary = nothingYet();
  for (let seed = from; seed < from + seeds; seed++) tally(summary, await simulate(seed, options));
  return summary;
}

function tally(summary: Summary, { seed, violations, coverage, ...counts }: SimResult): void {
  const failures = violations.length > 0 ? [{ seed, violations }] : [];
  addUp(summary, { ...counts, seeds: 1, coverage, failures });
}

export function addUp(into: Summary, more: Summary): void {
  into.seeds += more.seeds;
  into.runs += more.runs;
  into.pages += more.pages;
  into.requests += more.requests;
  into.virtualSeconds += more.virtualSeconds;
  add(into.coverage, more.coverage);
  into.failures.push(...more.failures);
}

/** What a person reads of a failure: one command that plays it again, what was played, the cause. */
export const told = ({ seed, violations }: Failure): string =>
  [
    `npm run sim -- --seed ${seed} --trace`,
    ...describeScenario(scenarioOf(seed)).map((line) => `  ${line}`),
    ...violations.map((text) => `  VIOLATION    ${text}`),
  ].join('\n');
