// What a deployment costs before its first page and for each one after: the bundles, how long a
// fresh process takes to load them, and the dollars of operations that were counted while the
// deployed engine drained an API in the emulated account. A bundle above its bound gives exit code 1.

import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BUNDLE_BYTES } from '../infra/parts/functions.ts';
import { STACK, synthesiseApp } from '../test/aws/deploy.ts';
import { freePort, stopAll } from '../test/aws/processes.ts';
import { type Bundle, bundlesIn, measureStarts, STARTS, type Start } from './bundles.ts';
import { type Bill, dollars, itemised, PRICES_OF } from './cost/prices.ts';
import { type EmulatedRun, emulateRun } from './emulated-run.ts';
import type { BenchOptions } from './options.ts';

/** The two halves: `--only start` needs neither Python nor OpenSSL. */
const HALVES = ['start', 'dollars'];

/** The time of a real API for one request, s: on loopback it is almost nothing. */
const LATENCY_SECONDS = 0.4;

const CALLED_BY_RUNS = ['plan-run', 'pull-pages', 'finish-stream', 'finish-run'];

/** Prints tables, or with `json` one object; `process.exitCode` is 1 when a bundle is too large. */
export async function bench({ json, only }: BenchOptions): Promise<void> {
  if (only !== undefined && !HALVES.includes(only)) {
    process.stderr.write(`There is no ${only}. There are: ${HALVES.join(', ')}.\n`);
    process.exitCode = 2;
    return;
  }
  // The account is a process of its own, and goes with this one when that is told to end.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const work = mkdtempSync(path.join(tmpdir(), 'driplake-bench-'));
  try {
    const servicePort = await freePort();
    const out = path.join(work, 'cdk.out');
    const serviceUrl = `http://127.0.0.1:${servicePort}`;
    await synthesiseApp(out, { serviceUrl, schedules: {} });
    const bundles = bundlesIn(out);
    const starts = only === 'dollars' ? undefined : measureStarts(bundles, work);
    const account = path.join(work, 'account');
    mkdirSync(account);
    const functionNames = CALLED_BY_RUNS.map((name) => `${STACK}-${name}`);
    const emulation = { out, work: account, servicePort, functionNames };
    const run = only === 'start' ? undefined : await emulateRun(emulation);
    const ok = bundles.every(({ bytes }) => bytes <= BUNDLE_BYTES);
    if (json) printJson(ok, bundles, starts, run);
    else {
      printBundles(bundles, starts);
      if (run) printRun(run);
      process.stdout.write(ok ? '\nAll bars held.\n' : '\nA bundle is too large.\n');
    }
    if (!ok) process.exitCode = 1;
  } finally {
    await stopAll();
    rmSync(work, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** The same run as if the API took its time, none of it while the function slept anyway. */
const slowed = ({ bill, requests }: EmulatedRun): Bill => ({
  ...bill,
  busyMs: bill.busyMs + requests * LATENCY_SECONDS * 1000,
});

const perMillion = (bill: Bill, pages: number): number => (dollars(bill) / pages) * 1e6;

function printBundles(bundles: readonly Bundle[], starts: readonly Start[] | undefined): void {
  const head = ['bytes', 'start ms', 'cpu ms', 'memory MB', 'bar'];
  process.stdout.write(
    `Bundles as they are uploaded, at most ${BUNDLE_BYTES} bytes. Start: median of ${STARTS} fresh ` +
      `processes on Node ${process.versions.node}, less an empty module's.\n\n`,
  );
  process.stdout.write(line(['function', ...head]));
  for (const [index, { functionName, bytes }] of bundles.entries()) {
    const start = starts?.[index];
    const cells = [start?.ms, start?.cpuMs, start?.residentMb];
    const shown = cells.map((value) => (value === undefined ? '-' : value.toFixed(1)));
    const verdict = bytes <= BUNDLE_BYTES ? 'held' : 'MISSED';
    process.stdout.write(line([functionName, String(bytes), ...shown, verdict]));
  }
}

const UNITS: Readonly<Record<keyof ReturnType<typeof itemised>, string>> = {
  transitions: 'state transitions',
  invocations: 'invocations',
  busyMs: 'ms of functions',
  writeUnits: 'ledger writes, units',
  readUnits: 'ledger reads, units',
  puts: 'S3 PUT and LIST',
  gets: 'S3 GET',
};

function printRun(run: EmulatedRun): void {
  const { bill, pages, requests, seconds } = run;
  process.stdout.write(
    `\nThe deployed engine drained ${pages} pages of an API on loopback (${requests} requests, ` +
      `${seconds.toFixed(1)} s) in the emulated account. Prices: ${PRICES_OF}.\n\n`,
  );
  process.stdout.write(line(['operation', 'count', 'a page', '$/M pages']));
  for (const [key, price] of Object.entries(itemised(bill))) {
    const count = Object.entries(bill).find(([name]) => name === key)?.[1] ?? 0;
    const title = Object.entries(UNITS).find(([name]) => name === key)?.[1] ?? key;
    const cells = [String(Math.round(count)), (count / pages).toFixed(3)];
    process.stdout.write(line([title, ...cells, ((price / pages) * 1e6).toFixed(2)]));
  }
  const sums = [
    ['in all', perMillion(bill, pages)],
    [`at ${LATENCY_SECONDS} s a request`, perMillion(slowed(run), pages)],
  ] as const;
  for (const [title, sum] of sums) process.stdout.write(line([title, '', '', sum.toFixed(2)]));
  process.stdout.write(
    `\nThe time of a function has a second more for each of the ${bill.coldStarts} that are loaded. ` +
      'A run this short\npays for its start and end; `npm run bench -- drain` has longer ones.\n',
  );
}

function printJson(
  ok: boolean,
  bundles: readonly Bundle[],
  starts: readonly Start[] | undefined,
  run: EmulatedRun | undefined,
): void {
  const rows = bundles.map(({ functionName, bytes }, index) => ({
    functionName,
    bytes,
    ...(starts?.[index] ?? {}),
  }));
  const told = run && {
    ...run,
    dollarsPerMillionPages: perMillion(run.bill, run.pages),
    dollarsPerMillionPagesAtLatency: perMillion(slowed(run), run.pages),
    latencySeconds: LATENCY_SECONDS,
    prices: PRICES_OF,
  };
  const facts = { bench: 'coldstart', ok, mostBytes: BUNDLE_BYTES, node: process.versions.node };
  process.stdout.write(
    `${JSON.stringify({ ...facts, functions: rows, ...(told ? { run: told } : {}) })}\n`,
  );
}

const line = ([name = '', ...cells]: readonly string[]): string =>
  `${name.padEnd(24)}${cells.map((cell) => cell.padStart(11)).join('')}\n`;
