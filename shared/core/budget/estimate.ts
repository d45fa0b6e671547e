// What a run is expected to take: time from the limits, dollars from counted operations. The same
// arithmetic as the pull's own wait policy, so that the plan and the run agree.

import {
  BATCH_PAGES,
  breakEvenSeconds,
  PERMITS_PER_LEASE,
  PULL_MEMORY_MB,
  PULL_TIMEOUT_SECONDS,
  WAIT_BUCKET_SHARE,
  WAIT_SHARE,
} from '../bounds.ts';
import type { Limit } from '../source/api-limits.ts';

/** Prices of us-east-1 without free tiers, November 2026, in dollars for one. */
export const PRICES = {
  asOf: '2026-11',
  transition: 0.025 / 1_000,
  lambdaGbSecond: 0.0000133334,
  lambdaRequest: 0.2 / 1_000_000,
  ledgerWrite: 0.625 / 1_000_000,
  ledgerRead: 0.125 / 1_000_000,
  put: 5 / 1_000_000,
  get: 0.4 / 1_000_000,
  logGigabyte: 0.5,
} as const;

export interface Operations {
  readonly transitions: number;
  readonly invocations: number;
  /** Seconds that functions run, sleeping inside included. */
  readonly busySeconds: number;
  readonly ledgerWrites: number;
  readonly ledgerReads: number;
  readonly puts: number;
}

export interface Estimate {
  readonly pages: number;
  readonly seconds: number;
  /** Which limit decides, with its numbers. */
  readonly because: string;
  readonly operations: Operations;
  readonly dollars: number;
}

/** What the estimate is made from. */
export interface Run {
  /** Requests of all its streams. */
  readonly pages: number;
  readonly streams: number;
  /** Pages of the largest stream: it goes on alone when the others have ended. */
  readonly largest: number;
  /** Milliseconds of one request. */
  readonly requestMs: number;
  /** Streams at a time. */
  readonly concurrency: number;
  readonly limits: readonly Limit[];
  /** Share of the limits that is left to others. */
  readonly reserve: number;
}

/** Dollars of counted operations. */
export const priceOf = (spent: Operations): number =>
  spent.transitions * PRICES.transition +
  spent.invocations * PRICES.lambdaRequest +
  spent.busySeconds * (PULL_MEMORY_MB / 1024) * PRICES.lambdaGbSecond +
  spent.ledgerWrites * PRICES.ledgerWrite +
  spent.ledgerReads * PRICES.ledgerRead +
  spent.puts * PRICES.put;

/** The time that the tightest bound asks for, and the price of the operations in it. */
export function estimateRun(run: Run): Estimate {
  const bounds = [
    latencyBound(run.pages, run.requestMs, Math.min(run.concurrency, run.streams)),
    ...run.limits.map((limit) => limitBound(limit, run.pages, run.reserve)),
  ];
  const tightest = bounds.reduce((most, bound) => (bound.seconds > most.seconds ? bound : most));
  const operations = operationsOf(run, tightest.seconds);
  const { seconds, because } = tightest;
  return { pages: run.pages, seconds, because, operations, dollars: priceOf(operations) };
}

interface Bound {
  readonly seconds: number;
  readonly because: string;
}

function latencyBound(pages: number, requestMs: number, concurrency: number): Bound {
  const seconds = (pages * requestMs) / 1000 / Math.max(1, concurrency);
  const streams = concurrency === 1 ? 'one stream' : `${concurrency} streams`;
  const because = `${pages} requests of ${Math.round(requestMs)} ms, ${streams} at a time`;
  return { seconds, because };
}

function limitBound(limit: Limit, pages: number, reserve: number): Bound {
  const left = 1 - reserve;
  if (limit.kind === 'leaky-bucket') {
    const size = limit.size * left;
    const seconds = Math.max(0, pages - size) / limit.leakPerSecond;
    const because = `the bucket gives ${size} at once and ${limit.leakPerSecond} a second: (${pages} - ${size}) / ${limit.leakPerSecond}`;
    return { seconds, because };
  }
  const requests = Math.max(1, Math.floor(limit.requests * left));
  const windows = Math.floor(Math.max(0, pages - 1) / requests);
  const because = `${requests} requests in ${limit.periodSeconds} s: ${windows} full windows before the last`;
  return { seconds: windows * limit.periodSeconds, because };
}

/** Rounds, waits and writes as the wait policy makes them, counted in steps of its own waits. */
function operationsOf(run: Run, seconds: number): Operations {
  const fetching = (run.pages * run.requestMs) / 1000;
  const atOnce = Math.min(run.concurrency, run.pages / Math.max(1, run.largest));
  const waiting = Math.max(0, seconds * Math.max(1, atOnce) - fetching);
  const stay = breakEvenSeconds(PULL_MEMORY_MB);
  const most = longestWait(run.limits);
  let [left, elapsed, departures, slept, leases] = [waiting, 0, 0, 0, 0];
  while (left > 0) {
    const wait = Math.min(left, most, Math.max(1, elapsed * WAIT_SHARE));
    leases++;
    if (wait > stay) departures++;
    else slept += wait;
    left -= wait;
    elapsed += wait * (seconds / Math.max(waiting, 1));
  }
  const busySeconds = fetching + slept;
  const rounds =
    run.streams +
    departures +
    Math.ceil(busySeconds / PULL_TIMEOUT_SECONDS) +
    Math.floor(run.pages / BATCH_PAGES);
  const perStream = 6; // Drain, Whole, Succeed, FinishStream and its part of the Map, first round
  return {
    transitions: 8 + run.streams * perStream + 2 * rounds + departures,
    invocations: 2 + run.streams + rounds,
    busySeconds,
    ledgerWrites:
      3 +
      3 * run.streams +
      2 * rounds +
      leases +
      departures +
      Math.ceil(run.pages / PERMITS_PER_LEASE),
    ledgerReads: 4 * rounds + leases,
    puts: Math.max(run.streams, rounds) + run.streams,
  };
}

/** The longest wait for permits: most of the smallest bucket, or a window's period. */
function longestWait(limits: readonly Limit[]): number {
  const waits = limits.map((limit) =>
    limit.kind === 'leaky-bucket'
      ? (limit.size * WAIT_BUCKET_SHARE) / limit.leakPerSecond
      : limit.periodSeconds,
  );
  return Math.max(1, ...waits);
}
