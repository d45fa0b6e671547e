// What a run is expected to take, or took: time from the limits, dollars from counted operations.
// The same arithmetic as the pull's own wait policy, so that the plan and the run agree.

import {
  BATCH_PAGES,
  breakEvenSeconds,
  PERMITS_PER_LEASE,
  PULL_MEMORY_MB,
  PULL_TIMEOUT_SECONDS,
  WAIT_SHARE,
} from '../bounds.ts';
import type { Limit } from '../source/api-limits.ts';
import { type Bound, termsOf } from './limit-kinds.ts';

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
  /** Limits of single endpoints, and the requests that are spent from them. */
  readonly own?: readonly { readonly limits: readonly Limit[]; readonly pages: number }[];
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
    latencyBound(run.pages, run.requestMs, atOnce(run)),
    ...[{ limits: run.limits, pages: run.pages }, ...(run.own ?? [])].flatMap(
      ({ limits, pages }) => limits.map((limit) => termsOf(limit).bound(pages, run.reserve)),
    ),
  ];
  const tightest = bounds.reduce((most, bound) => (bound.seconds > most.seconds ? bound : most));
  const { seconds, because } = tightest;
  const fetchingSeconds = (run.pages * run.requestMs) / 1000;
  const waits = waitsOf(run, seconds, fetchingSeconds);
  const operations = operationsOf({ ...run, fetchingSeconds, waits });
  return { pages: run.pages, seconds, because, operations, dollars: priceOf(operations) };
}

const atOnce = ({ concurrency, streams, limits }: Run): number =>
  Math.min(concurrency, streams, ...limits.map((limit) => termsOf(limit).atOnce));

function latencyBound(pages: number, requestMs: number, concurrency: number): Bound {
  const seconds = (pages * requestMs) / 1000 / Math.max(1, concurrency);
  const streams = concurrency === 1 ? 'one stream' : `${concurrency} streams`;
  const because = `${pages} requests of ${Math.round(requestMs)} ms, ${streams} at a time`;
  return { seconds, because };
}

/** What a stream of a run that was has counted. */
export interface Counted {
  readonly pages: number;
  readonly waitedSeconds: number;
  /** Waits included. */
  readonly seconds: number;
}

/**
 * Dollars of a run that was, in AWS: its pages and its seconds as they were counted, with the
 * rounds that they take there. How each wait was spent is not counted: they are cut as the wait
 * policy does.
 */
export function priceOfRun(streams: readonly Counted[]): number {
  const sum = (pick: (stream: Counted) => number): number =>
    streams.reduce((total, stream) => total + pick(stream), 0);
  const waits = streams.map(({ waitedSeconds, seconds }) =>
    cutWaits(waitedSeconds, Math.max(seconds, waitedSeconds), Number.POSITIVE_INFINITY),
  );
  return priceOf(
    operationsOf({
      streams: streams.length,
      pages: sum(({ pages }) => pages),
      fetchingSeconds: sum(({ seconds, waitedSeconds }) => Math.max(0, seconds - waitedSeconds)),
      waits: {
        departures: waits.reduce((total, { departures }) => total + departures, 0),
        slept: waits.reduce((total, { slept }) => total + slept, 0),
        leases: waits.reduce((total, { leases }) => total + leases, 0),
      },
    }),
  );
}

/** How the seconds of waiting are spent. */
interface Waits {
  /** Waits that are left to the machine. */
  readonly departures: number;
  /** Seconds that a function sleeps through. */
  readonly slept: number;
  readonly leases: number;
}

function waitsOf(run: Run, seconds: number, fetchingSeconds: number): Waits {
  const atOnce = Math.min(run.concurrency, run.pages / Math.max(1, run.largest));
  const waiting = Math.max(0, seconds * Math.max(1, atOnce) - fetchingSeconds);
  return cutWaits(waiting, seconds, longestWait(run.limits));
}

/**
 * The wait policy, in steps of its own waits: each turn waits a second or all that is left, and a
 * fiftieth longer than the one before.
 */
function cutWaits(waiting: number, seconds: number, most: number): Waits {
  const stay = breakEvenSeconds(PULL_MEMORY_MB);
  let [left, elapsed, departures, slept, leases] = [waiting, 0, 0, 0, 0];
  while (left > 0) {
    const wait = Math.min(left, most, Math.max(1, elapsed * WAIT_SHARE));
    leases++;
    if (wait > stay) departures++;
    else slept += wait;
    left -= wait;
    elapsed += wait * (seconds / Math.max(waiting, 1));
  }
  return { departures, slept, leases };
}

interface Work {
  readonly streams: number;
  readonly pages: number;
  readonly fetchingSeconds: number;
  readonly waits: Waits;
}

/** Rounds, waits and writes as the machines and the ledger count them. */
function operationsOf({ streams, pages, fetchingSeconds, waits }: Work): Operations {
  const { departures, slept, leases } = waits;
  const busySeconds = fetchingSeconds + slept;
  const rounds =
    streams +
    departures +
    Math.ceil(busySeconds / PULL_TIMEOUT_SECONDS) +
    Math.floor(pages / BATCH_PAGES);
  const shared = Math.ceil(pages / PERMITS_PER_LEASE);
  const { aRun, aStream, aRound, aDeparture, aLease } = COUNTED;
  return {
    transitions:
      aRun.transitions +
      streams * aStream.transitions +
      rounds * aRound.transitions +
      departures * aDeparture.transitions,
    invocations: aRun.invocations + streams * aStream.invocations + rounds * aRound.invocations,
    busySeconds,
    ledgerWrites:
      aRun.writes +
      streams * aStream.writes +
      rounds * aRound.writes +
      departures * aDeparture.writes +
      leases * aLease.writes +
      shared,
    ledgerReads: rounds * aRound.reads + leases * aLease.reads,
    puts: Math.max(streams, rounds) + streams,
  };
}

/** What the machines and the ledger are asked for, each time. */
const COUNTED = {
  /** Preparing and completing it, with its lock, its plan and its report. */
  aRun: { transitions: 8, invocations: 2, writes: 3 },
  /** Drain, Whole, Succeed, FinishStream and its part of the Map, first round. */
  aStream: { transitions: 6, invocations: 1, writes: 3 },
  /** The task and the choice; claimed and committed; stream, columns, run and budget. */
  aRound: { transitions: 2, invocations: 1, writes: 2, reads: 4 },
  /** The wait, and the permits booked for it. */
  aDeparture: { transitions: 1, writes: 1 },
  aLease: { writes: 1, reads: 1 },
} as const;

/** The longest wait for permits: most of the slowest bucket, or a window's period. */
const longestWait = (limits: readonly Limit[]): number =>
  Math.max(1, ...limits.map((limit) => termsOf(limit).longestWaitSeconds));
