// A scenario as a person reads it beside a seed that failed: what was played, before what went wrong.

import { type FarClocks, hasFarClocks, type Scenario, type SimRun } from './scenario.ts';
import type { Kin, SimLimit, SimStream } from './sim-source.ts';

/** Each line begins with what it is about. */
export function describeScenario(scenario: Scenario): string[] {
  const { streams, limit, budget, rates, changeShare, runs, compactionsAfterMs } = scenario;
  const faults = Object.entries(rates).map(([fault, share]) => `${fault} ${share}`);
  const world = [
    budget,
    ...(rates.skewed ? [`clocks up to ${span(scenario.skewMs)} wrong`] : []),
    ...(hasFarClocks(scenario) ? [describeFarClocks(scenario.farClocks)] : []),
    ...(scenario.signsIn ? ['access tokens that end'] : []),
    ...(scenario.knowsTheDead ? ['the dead are known to be dead'] : []),
  ];
  return [
    `world        ${world.join(', ')}`,
    `limit        ${describeLimit(limit)}`,
    ...streams.map((stream) => `stream       ${describeStream(stream)}`),
    `rows change  between ${changeShare} of all requests, where a stream moves`,
    `faults       ${faults.join(', ') || 'none'}`,
    ...runs.map((run, index) => `run          ${describeRun(run, index)}`),
    ...(compactionsAfterMs.length === 0
      ? []
      : [`compactions  ${compactionsAfterMs.map(span).join(', ')} after one another`]),
  ];
}

const describeFarClocks = ({ functions, machines, leaps }: FarClocks): string =>
  `clocks hours wrong of ${functions} functions, ${machines} machines, set at ${leaps} calls`;

function describeLimit({ kind, size, leakPerSecond, windowSeconds, ...limit }: SimLimit): string {
  const share = limit.foreignShare === 0 ? '' : `; others spend ${limit.foreignShare} of it`;
  const bucket = `a bucket of ${size} that leaks ${leakPerSecond} a second`;
  const window = `${size} requests in ${windowSeconds} s`;
  const what = {
    none: 'none',
    bucket,
    burst: `${bucket}, and 3 requests a second`,
    window: `${window}, told by headers`,
    declared: `${window}, told by nobody`,
  }[kind];
  return `${what}${share}`;
}

function describeStream({
  name,
  rows,
  pageSize,
  pagesPerRound,
  cursorPadding,
  listsById,
  ...words
}: SimStream): string {
  const says = [
    ...(listsById ? ['listed by id'] : []),
    ...(words.endsByStatus
      ? [`a 404 ends it${words.hasHoles ? ', some pages are a 204' : ''}`]
      : []),
    ...(words.forgetsShare > 0
      ? [`its cursors die before ${words.forgetsShare} of requests`]
      : []),
    ...(words.forgetsShare > 0 && words.knowsTheDead ? ['a 410 restarts it'] : []),
  ].map((text) => `, ${text}`);
  if (words.kin) return `${name}: ${describeKin(words.kin)}, ${pageSize} a page`;
  const padding = cursorPadding > 0 ? ', cursors too long for the ledger' : '';
  return `${name}: ${rows} rows, ${pageSize} a page, ${pagesPerRound} pages a round at most${padding}${says.join('')}`;
}

const describeKin = ({ parent, shops, refuses, isDated }: Kin): string =>
  [
    `of each of ${parent}`,
    ...(shops.length > 0 ? [`for ${shops.join(' and ')}`] : []),
    ...(refuses ? ['some refused'] : []),
    ...(isDated ? ['with a watermark'] : []),
  ].join(', ');

function describeRun(run: SimRun, index: number): string {
  const { afterMs, waitsForTheOneBefore, fullRefresh, streams } = run;
  const before = `the one before ${waitsForTheOneBefore ? 'ended' : 'began'}`;
  const parts = [
    `${span(afterMs)} after ${index === 0 ? 'the start' : before}`,
    ...(fullRefresh ? ['full refresh'] : []),
    ...(streams ? [`only ${streams.join(', ')}`] : []),
  ];
  return parts.join(', ');
}

function span(ms: number): string {
  if (ms < 60_000) return `${ms / 1_000} s`;
  return ms < 3_600_000 ? `${Math.round(ms / 60_000)} min` : `${Math.round(ms / 3_600_000)} h`;
}
