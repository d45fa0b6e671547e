// `driplake plan`: pages, time and dollars that a run is expected to take, with the arithmetic. It
// asks each stream once; where the API does not tell its size, the last run's pages are taken.

import { USUAL_CONCURRENCY } from '../../shared/core/bounds.ts';
import { type Estimate, estimateRun, PRICES } from '../../shared/core/budget/estimate.ts';
import { termsOf } from '../../shared/core/budget/limit-kinds.ts';
import type { LimitReport } from '../../shared/core/limit-report.ts';
import type { StreamRun } from '../../shared/core/run/run.ts';
import type { Limit } from '../../shared/core/source/api-limits.ts';
import type { Source } from '../../shared/core/source/source.ts';
import { silentJournal } from '../../shared/ports/journal.ts';
import type { LocalConnection } from '../machine/connect.ts';
import { count, textTable } from '../screen/text-table.ts';
import type { StreamPages } from '../source/planned-pages.ts';
import type { Probe } from '../source/probe.ts';
import { command } from '../usage/command.ts';
import { json, SOURCE, state, stream } from '../usage/options.ts';

export const plan = command({
  name: 'plan',
  summary: 'Pages, time and dollars that a run is expected to take, and why.',
  argument: SOURCE,
  options: { stream, state, json },
  async handler({ stream: names = [], state: stateDir, json }, named) {
    const { withSource } = await import('../machine/open-source.ts');
    const { hasFailed, probe } = await import('../source/probe.ts');
    const { plannedPages } = await import('../source/planned-pages.ts');
    const asked = { source: named, streams: names, stateDir, env: process.env };
    return withSource({ ...asked, journal: silentJournal }, async (source, connection) => {
      const probes: Probe[] = [];
      const connect = () => connection.contextOf(source.name);
      for await (const one of probe(connection.ports, connect, source, names)) probes.push(one);
      const known = { source, probes, lastRuns: await lastRuns(connection, source) };
      const streams = probes.map((one) => plannedPages(known, one));
      const estimate = estimateOf(source, probes, streams);
      const warnings = probes.flatMap((one) => one.warnings);
      const told = warnings.length > 0 ? { warnings } : {};
      const answer = { source: source.name, streams, estimate, ...told };
      process.stdout.write(json ? `${JSON.stringify(answer)}\n` : describe(streams, estimate));
      for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`);
      const failed = probes.filter(hasFailed);
      for (const one of failed)
        process.stderr.write(`${one.stream}: ${one.cause ?? one.verdict}\n`);
      return failed.length === 0 ? 0 : 1;
    });
  },
});

/** The latest run by stream, where it has finished. */
async function lastRuns({ ports }: LocalConnection, source: Source) {
  const runs = new Map<string, StreamRun>();
  for (const { name } of source.streams) {
    const run = (await ports.ledger.readStream(source.name, name))?.run;
    if (run?.status === 'finished') runs.set(name, run);
  }
  return runs;
}

function estimateOf(
  source: Source,
  probes: readonly Probe[],
  streams: readonly StreamPages[],
): Estimate {
  const answered = probes.filter((one) => one.verdict === 'ok');
  const latency =
    answered.reduce((sum, one) => sum + one.requestMs, 0) / Math.max(1, answered.length);
  const pagesOfOne = (name: string): number =>
    streams.find(({ stream }) => stream === name)?.pages ?? 1;
  return estimateRun({
    own: ownLimits(source, answered, pagesOfOne),
    pages: streams.reduce((sum, { pages }) => sum + (pages ?? 1), 0),
    streams: streams.length,
    largest: Math.max(...streams.map(({ pages }) => pages ?? 1)),
    requestMs: latency,
    concurrency: source.concurrency ?? USUAL_CONCURRENCY,
    limits: heard(
      source.limits ?? [],
      answered.flatMap((one) => one.limits),
    ),
    reserve: source.reserve ?? 0,
  });
}

/** Streams of one scope spend from one budget. */
function ownLimits(
  source: Source,
  answered: readonly Probe[],
  pagesOfOne: (name: string) => number,
): { limits: Limit[]; pages: number }[] {
  const own = new Map<string, { limits: Limit[]; pages: number }>();
  for (const { name, limits, scope = name } of source.streams) {
    if (limits === undefined) continue;
    const reports = answered.find(({ stream }) => stream === name)?.ownLimits ?? [];
    const before = own.get(scope)?.pages ?? 0;
    own.set(scope, { limits: heard(limits, reports), pages: before + pagesOfOne(name) });
  }
  return [...own.values()];
}

/** The declared limits with what the API said of them just now. */
const heard = (limits: readonly Limit[], reports: readonly LimitReport[]): Limit[] =>
  limits.map((limit, index) => {
    const last = reports.findLast((one) => one.index === index);
    return last ? termsOf(limit).corrected(last) : limit;
  });

function describe(streams: readonly StreamPages[], estimate: Estimate): string {
  const rows = streams.map(({ stream, pages, why }) => [
    stream,
    pages === undefined ? 'unknown' : count(pages),
    why,
  ]);
  const { operations: spent, seconds, dollars, pages } = estimate;
  const unknown = streams.some((stream) => stream.pages === undefined);
  return [
    textTable(['stream', 'pages', 'because'], rows, (place) => place === 1),
    `Pages     ${unknown ? 'at least ' : ''}${count(pages)}`,
    `Time      ${duration(seconds)}: ${estimate.because}`,
    `Dollars   $${dollars.toPrecision(2)} in AWS: ${count(spent.transitions)} transitions, ${count(spent.invocations)} invocations, ${count(Math.ceil(spent.busySeconds))} s of a function, ${count(spent.ledgerWrites)} ledger writes, ${count(spent.puts)} objects (prices of ${PRICES.asOf}, us-east-1)`,
    `          $${((dollars / Math.max(1, pages)) * 1e6).toFixed(2)} per million pages at this size`,
    '',
  ].join('\n');
}

function duration(seconds: number): string {
  if (seconds < 90) return `${seconds.toFixed(1)} s`;
  if (seconds < 5400) return `${(seconds / 60).toFixed(1)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}
