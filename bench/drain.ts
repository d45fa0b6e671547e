// Measures how close a drain comes to the shortest possible time, what it was refused and what it
// costs. Hours pass on a virtual clock, through the real handlers and the machines' definitions;
// minutes pass for real on loopback. A missed bar gives exit code 1.

import { PRICES_OF } from './cost/prices.ts';
import {
  type Bar,
  type Figure,
  LATENCY_SECONDS,
  type Scenario,
  scenarios,
} from './drain-scenarios.ts';
import type { BenchOptions } from './options.ts';

/** Figures are null where they can't be seen from outside. */
type Row = Readonly<Record<Figure, number | null>> & {
  readonly scenario: string;
  readonly time: Scenario['time'];
  readonly about: string;
  readonly pages: number;
  readonly seconds: number;
  readonly optimumSeconds: number;
  readonly formula: string;
  readonly requests: number;
  readonly objects: number;
  readonly shares: readonly number[] | null;
  readonly bars: readonly (Bar & { readonly value: number | null; readonly held: boolean })[];
};

/** Prints tables, or with `json` one object; `process.exitCode` is 1 when a bar is missed. */
export async function bench({ json, only }: BenchOptions): Promise<void> {
  const all = scenarios();
  const chosen = all.filter((one) => only === undefined || one.name === only);
  if (chosen.length === 0) {
    const names = all.map((one) => one.name).join(', ');
    process.stderr.write(`There is no scenario ${only}. There are: ${names}.\n`);
    process.exitCode = 2;
    return;
  }
  if (!json) printHead();
  const rows: Row[] = [];
  for (const scenario of chosen) {
    const row = await measure(scenario);
    rows.push(row);
    if (!json) printRow(row);
  }
  const ok = rows.every((row) => row.bars.every((bar) => bar.held));
  if (json) {
    const facts = { bench: 'drain', ok, latencySeconds: LATENCY_SECONDS, prices: PRICES_OF };
    process.stdout.write(`${JSON.stringify({ ...facts, rows })}\n`);
  } else {
    printBars(rows);
  }
  if (!ok) process.exitCode = 1;
}

async function measure(scenario: Scenario): Promise<Row> {
  const { optimum } = scenario;
  const run = await scenario.run();
  const { pages, seconds, requests, refused, objects, shares } = run;
  const perPage = (count: number | undefined): number | null =>
    count === undefined ? null : count / pages;
  const figures: Record<Figure, number | null> = {
    ratio: seconds / optimum.seconds,
    secondsOver: seconds - optimum.seconds,
    refused,
    refusedShare: refused / requests,
    violations: run.violations,
    transitionsPerPage: perPage(run.transitions),
    ledgerWritesPerPage: perPage(run.ledgerWrites),
    dollarsPerMillionPages: perPage(run.dollars && run.dollars * 1e6),
    unevenness: shares ? Math.max(...shares.map((share) => Math.abs(share - 1))) : null,
  };
  const bars = scenario.bars.map((bar) => {
    const value = figures[bar.of];
    return { ...bar, value, held: value !== null && value <= bar.most };
  });
  return {
    scenario: scenario.name,
    time: scenario.time,
    about: scenario.about,
    pages,
    seconds,
    optimumSeconds: optimum.seconds,
    formula: optimum.formula,
    requests,
    objects,
    shares: shares ?? null,
    ...figures,
    bars,
  };
}

const line = ([name = '', ...cells]: readonly string[]): string =>
  `${name.padEnd(16)}${cells.map((cell) => cell.padStart(10)).join('')}\n`;

const shown = (value: number | null, digits: number): string =>
  value === null ? '-' : value.toFixed(digits);

function printHead(): void {
  process.stdout.write(
    `Virtual time: ${LATENCY_SECONDS} s a page. Dollars: ${PRICES_OF}; the function's time includes its sleeps.\n\n`,
  );
  const titles = ['pages', 'seconds', 'optimum', 'ratio', 'refused', 'trans/pg', 'writes/pg'];
  process.stdout.write(line(['scenario', ...titles, 'objects', '$/M pages', 'uneven']));
}

function printRow(row: Row): void {
  const cells = [
    row.scenario,
    String(row.pages),
    row.seconds.toFixed(1),
    row.optimumSeconds.toFixed(1),
    shown(row.ratio, 4),
    shown(row.refused, 0),
    shown(row.transitionsPerPage, 4),
    shown(row.ledgerWritesPerPage, 4),
    String(row.objects),
    shown(row.dollarsPerMillionPages, 2),
    row.unevenness === null ? '-' : `${(row.unevenness * 100).toFixed(0)} %`,
  ];
  process.stdout.write(line(cells));
}

function printBars(rows: readonly Row[]): void {
  for (const row of rows) {
    process.stdout.write(`\n${row.scenario}: ${row.about}\n`);
    process.stdout.write(`  optimum ${row.optimumSeconds.toFixed(1)} s = ${row.formula}\n`);
    for (const bar of row.bars) {
      const verdict = bar.held ? 'held  ' : 'MISSED';
      const digits = Number.isInteger(bar.most) ? 2 : 4;
      process.stdout.write(
        `  ${verdict} ${bar.of} ${shown(bar.value, digits)} <= ${shown(bar.most, digits)}\n`,
      );
    }
  }
  const missed = rows.flatMap((row) => row.bars.filter((bar) => !bar.held));
  process.stdout.write(
    missed.length === 0 ? '\nAll bars held.\n' : `\n${missed.length} missed.\n`,
  );
}
