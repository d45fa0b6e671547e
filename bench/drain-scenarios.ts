// The scenarios of the drain benchmark: what is drained, the shortest time that it could take, and
// the bars that it must hold.

import { dollars } from './cost/prices.ts';
import { bucketOptimum, type Optimum, windowOptimum } from './optimum.ts';
import { FAST, fastApi, fastSecrets, fastSource } from './real/real-api.ts';
import { runProcesses } from './real/real-processes.ts';
import { runReal } from './real/real-run.ts';
import {
  type Drained,
  githubIssues,
  rSeries,
  shopifyLists,
  stravaActivities,
  xSeries,
  zendeskTickets,
} from './virtual/virtual-sources.ts';
import { runVirtual, virtualWorld } from './virtual/virtual-world.ts';

export interface Scenario {
  readonly name: string;
  readonly time: 'virtual' | 'real';
  readonly about: string;
  readonly optimum: Optimum;
  readonly bars: readonly Bar[];
  readonly run: () => Promise<Measured>;
}

/** At most so much of a figure of the scenario's row. */
export interface Bar {
  readonly of: Figure;
  readonly most: number;
}

export type Figure =
  | 'ratio'
  | 'secondsOver'
  | 'refused'
  | 'refusedShare'
  | 'violations'
  | 'transitionsPerPage'
  | 'ledgerWritesPerPage'
  | 'dollarsPerMillionPages'
  | 'unevenness';

export interface Measured {
  readonly pages: number;
  readonly seconds: number;
  readonly requests: number;
  readonly refused: number;
  /** What no correct client does, as the server saw it. */
  readonly violations: number;
  readonly objects: number;
  /** Absent where it can't be seen from outside. */
  readonly transitions?: number;
  readonly ledgerWrites?: number;
  readonly dollars?: number;
  /** Each process's part of the requests, over an even one. */
  readonly shares?: readonly number[];
}

/** Seconds that the modelled APIs take for a page. */
export const LATENCY_SECONDS = 0.4;

const ALONE: readonly Bar[] = [
  { of: 'refused', most: 0 },
  { of: 'violations', most: 0 },
];
const CLOSE: Bar = { of: 'ratio', most: 1.02 };
const CLOSE_REAL: Bar = { of: 'ratio', most: 1.03 };
const CHEAP: readonly Bar[] = [
  { of: 'transitionsPerPage', most: 0.07 },
  { of: 'ledgerWritesPerPage', most: 0.12 },
  { of: 'dollarsPerMillionPages', most: 3 },
];

export function scenarios(): Scenario[] {
  return [
    rOf(100),
    rOf(1_000),
    rOf(10_000),
    rForeign(5_000, 0.3),
    rFour(2_500),
    xOf(1_000),
    xOf(10_000),
    gitHubOf(20_000),
    stravaOf(900),
    zendeskOf(2_000),
    shopifyTwo(2_500),
    wholeLevels(600),
    realRun('real-one', 'one stream', 800, 1),
    realRun('real-four', 'four streams of one run', 200, 4),
    realProcesses(200, 4),
  ];
}

const R = { size: 90, leakPerSecond: 1, latencySeconds: LATENCY_SECONDS };

function rOf(pages: number): Scenario {
  const optimum = bucketOptimum({ ...R, pages });
  const short: Bar = { of: 'secondsOver', most: Math.max(2, 0.1 * optimum.seconds) };
  return {
    name: `r-${pages}`,
    time: 'virtual',
    about: `R-Series V3, 90 at 1/s, ${pages} pages`,
    optimum,
    bars: [pages < 1_000 ? short : CLOSE, ...ALONE, ...(pages < 10_000 ? [] : CHEAP)],
    run: () => drain(rSeries({ items: pages })),
  };
}

function rForeign(pages: number, foreignShare: number): Scenario {
  return {
    name: 'r-foreign',
    time: 'virtual',
    about: `R-Series, another client takes ${foreignShare * 100} %, ${pages} pages`,
    optimum: bucketOptimum({ ...R, pages, foreignShare }),
    bars: [CLOSE, { of: 'refusedShare', most: 0.005 }, { of: 'violations', most: 0 }],
    run: () => drain(rSeries({ items: pages }, foreignShare)),
  };
}

function rFour(each: number): Scenario {
  return {
    name: 'r-four',
    time: 'virtual',
    about: `R-Series, four streams of one run, ${each} pages each`,
    optimum: bucketOptimum({ ...R, pages: 4 * each, lanes: 4 }),
    bars: [CLOSE, ...ALONE],
    run: () => drain(rSeries({ sales: each, items: each, customers: each, orders: each })),
  };
}

function xOf(pages: number): Scenario {
  const facts = { limit: 350, periodSeconds: 300, latencySeconds: LATENCY_SECONDS };
  return {
    name: `x-${pages}`,
    time: 'virtual',
    about: `X-Series 2.0, 350 in 5 minutes, ${pages} pages`,
    optimum: windowOptimum({ ...facts, pages }),
    bars: [CLOSE, ...ALONE],
    run: () => drain(xSeries(pages)),
  };
}

function gitHubOf(pages: number): Scenario {
  const facts = { limit: 5_000, periodSeconds: 3_600, latencySeconds: LATENCY_SECONDS };
  return {
    name: `github-${pages}`,
    time: 'virtual',
    about: `GitHub, 5,000 an hour, ${pages} pages`,
    optimum: windowOptimum({ ...facts, pages }),
    bars: [CLOSE, ...ALONE],
    run: () => drain(githubIssues(pages)),
  };
}

const CLOSE_TO_MANY: Bar = { of: 'ratio', most: 1.03 };

function stravaOf(pages: number): Scenario {
  const facts = { limit: 100, periodSeconds: 900, latencySeconds: LATENCY_SECONDS };
  return {
    name: 'strava',
    time: 'virtual',
    about: `Strava, 100 in 15 minutes and 1,000 a day in each header, ${pages} pages`,
    optimum: windowOptimum({ ...facts, pages }),
    bars: [CLOSE_TO_MANY, ...ALONE],
    run: () => drain(stravaActivities(pages)),
  };
}

function zendeskOf(pages: number): Scenario {
  const facts = { limit: 100, periodSeconds: 60, latencySeconds: LATENCY_SECONDS };
  return {
    name: 'zendesk',
    time: 'virtual',
    about: `Zendesk's tickets, 100 a minute beside 700 of the account, ${pages} pages`,
    optimum: windowOptimum({ ...facts, pages }),
    bars: [CLOSE_TO_MANY, ...ALONE],
    run: () => drain(zendeskTickets(pages)),
  };
}

/** The larger plan. */
function shopifyTwo(each: number): Scenario {
  const bucket = { size: 80, leakPerSecond: 4 };
  const facts = { ...bucket, pages: 2 * each, lanes: 2, latencySeconds: LATENCY_SECONDS };
  return {
    name: 'shopify',
    time: 'virtual',
    about: `Shopify, 80 at 4/s of which only the size is told, two streams of ${each} pages`,
    optimum: bucketOptimum(facts),
    bars: [CLOSE_TO_MANY, ...ALONE],
    run: () => drain(shopifyLists(['products', 'orders'], each, bucket)),
  };
}

function wholeLevels(pages: number): Scenario {
  const bucket = { size: 40, leakPerSecond: 2 };
  return {
    name: 'whole-levels',
    time: 'virtual',
    about: `40 at 2/s, a level rounded down to whole calls, ${pages} pages`,
    optimum: bucketOptimum({ ...bucket, pages, latencySeconds: LATENCY_SECONDS }),
    bars: [CLOSE_TO_MANY, ...ALONE],
    run: () => drain(shopifyLists(['products'], pages, { ...bucket, rounds: 'down' })),
  };
}

async function drain({ source, secrets, model }: Drained): Promise<Measured> {
  const world = virtualWorld(source, { secrets, model, latencyMs: LATENCY_SECONDS * 1000 });
  const run = await runVirtual(source, model, world);
  const { pages, seconds, requests, refused, objects, machine, ledger, lake } = run;
  return {
    pages,
    seconds,
    requests,
    refused,
    violations: run.violations.length,
    objects,
    transitions: machine.transitions,
    ledgerWrites: ledger.writes,
    // One environment for each function; a stream of its own needs one more to pull with.
    dollars: dollars({ ...machine, ...ledger, ...lake, coldStarts: 3 + source.streams.length }),
  };
}

/** Nothing is taken off for what a page takes on loopback: the bucket alone is the optimum. */
const fastOptimum = (pages: number): Optimum =>
  bucketOptimum({ ...FAST, pages, latencySeconds: 0 });

function realRun(name: string, about: string, each: number, streams: number): Scenario {
  return {
    name,
    time: 'real',
    about: `60 at 20/s on loopback, ${about}, ${each * streams} pages`,
    optimum: fastOptimum(each * streams),
    bars: [CLOSE_REAL, ...ALONE],
    async run() {
      const api = await fastApi(each, streams);
      try {
        const source = fastSource('bench', api.served.url, api.streams);
        const run = await runReal(source, fastSecrets('bench'));
        const { refused, violations } = api.served.model.stats();
        return { ...run, refused, violations: violations.length };
      } finally {
        await api.served.close();
      }
    },
  };
}

/** From the first request to the last: starting four processes is not draining. */
function realProcesses(each: number, processes: number): Scenario {
  return {
    name: 'real-processes',
    time: 'real',
    about: `60 at 20/s on loopback, ${processes} processes on one scope, ${each * processes} pages`,
    optimum: fastOptimum(each * processes),
    bars: [{ of: 'ratio', most: 1.05 }, { of: 'unevenness', most: 0.2 }, ...ALONE],
    async run() {
      const api = await fastApi(each, processes);
      try {
        const run = await runProcesses(api);
        const { refused, violations } = api.served.model.stats();
        return { ...run, refused, violations: violations.length };
      } finally {
        await api.served.close();
      }
    },
  };
}
