// What one seed will play: which streams, which limit, which faults and how often, which runs. Each
// seed has a few kinds of faults only: a rare one would be hidden behind the many.

import { CURSOR_INLINE_BYTES } from '../../shared/core/bounds.ts';
import type { Source } from '../../shared/core/source/source.ts';
import { type Chance, chanceOf } from './chance.ts';
import {
  API_FAULTS,
  type ApiFault,
  CALL_FAULTS,
  type CallerFault,
  type CallFault,
  type MachineFault,
} from './faults.ts';
import { type SimLimit, type SimStream, sourceOf } from './sim-source.ts';

export interface SimRun {
  /** Milliseconds after the run before it began, or after its end. */
  readonly afterMs: number;
  readonly waitsForTheOneBefore: boolean;
  readonly fullRefresh: boolean;
  readonly streams?: readonly string[];
}

/** Shares of those whose clocks are hours or days wrong. */
export interface FarClocks {
  /** Of functions, each by its own span. */
  readonly functions: number;
  /** Of executions: the machine with all its functions, until it has ended. */
  readonly machines: number;
  /** Of calls at which the function's clock is set. */
  readonly leaps: number;
}

export interface Scenario {
  readonly streams: readonly SimStream[];
  readonly limit: SimLimit;
  /**
   * `sane`: nothing that could make us spend more than we know of; refusals must be none. `skewed`:
   * nothing but clocks that are wrong; none either, where the limit leaves room for that.
   */
  readonly budget: 'sane' | 'skewed' | 'wild';
  /** Whether a dead execution is known to be dead, as on one machine. */
  readonly knowsTheDead: boolean;
  /** Share of calls, tasks or requests that each kind of fault strikes; absent: none. */
  readonly rates: Readonly<
    Partial<Record<CallFault | CallerFault | ApiFault | MachineFault, number>>
  >;
  /** Share of requests between which the data of a moving stream changes. */
  readonly changeShare: number;
  /** Whether requests are signed with access tokens that expire. */
  readonly signsIn: boolean;
  readonly skewMs: number;
  readonly farClocks: FarClocks;
  readonly runs: readonly SimRun[];
  /** Compactions beside the runs: each so many ms after the one before it, or after the start. */
  readonly compactionsAfterMs: readonly number[];
  readonly source: Source;
}

const KINDS = [
  'offset',
  'shifting',
  'page',
  'token',
  'link',
  'keyset',
  'version',
  'changes',
] as const;
const BUDGETS = ['sane', 'sane', 'skewed', 'wild', 'wild'] as const;
const HOUR_MS = 3_600_000;

export function scenarioOf(seed: number): Scenario {
  const chance = chanceOf(Math.imul(seed, 0x85ebca6b) ^ 0x5eed);
  const streams = Array.from({ length: chance.pick([1, 1, 2, 3]) }, (_, index) =>
    drawStream(chance, chanceOf(Math.imul(seed, 0x27d4eb2f) ^ index), index),
  );
  streams.push(...drawKin(chanceOf(Math.imul(seed, 0x9e3779b1) ^ 0x1d), streams));
  const budget = chance.pick(BUDGETS);
  const limit = drawLimit(chance, budget);
  const skewMs = chance.pick([1_000, 5_000, 20_000]);
  const signsIn = chance.is(0.2);
  return {
    streams,
    limit,
    budget,
    knowsTheDead: chance.is(0.3),
    rates: drawRates(chance, budget),
    changeShare: chance.pick([0, 0.1, 0.5]),
    skewMs,
    // A lock means nothing to clocks that are hours apart: a chain of tokens is not promised then.
    farClocks: signsIn
      ? RIGHT_CLOCKS
      : drawFarClocks(chanceOf(Math.imul(seed, 0x165667b1) ^ 0xfa), budget),
    runs: drawRuns(chance, streams),
    compactionsAfterMs: drawCompactions(chanceOf(Math.imul(seed, 0xc2b2ae35) ^ 0xc0)),
    signsIn,
    source: sourceOf(streams, limit, skewMs, signsIn),
  };
}

/** @param words of its own, so that what else is drawn does not depend on it */
function drawStream(chance: Chance, words: Chance, index: number): SimStream {
  const kind = chance.pick(KINDS);
  const pageSize = chance.between(1, 4) + (kind === 'shifting' ? 1 : 0);
  const stream: SimStream = {
    name: `${kind}-${index}`,
    kind,
    // Empty lists, single rows and exact multiples of a page are where ends go wrong.
    rows: chance.pick([0, 1, pageSize * 3, chance.between(2, 12), chance.between(10, 30)]),
    pageSize,
    pagesPerRound: chance.pick([1, 1, 2, 3, 1000]),
    cursorPadding: kind === 'token' && chance.is(0.3) ? 2 * CURSOR_INLINE_BYTES : 0,
    endsByStatus: kind === 'page' && words.is(0.6),
    hasHoles: words.is(0.5),
    forgetsShare: kind === 'token' ? words.pick([0, 0.02, 0.1]) : 0,
    knowsTheDead: words.is(0.7),
    listsById: false,
  };
  // Long walks of short pages: something changes behind them, and something before them.
  return kind === 'changes' && words.is(0.7)
    ? { ...stream, listsById: true, rows: Math.max(15, stream.rows), pageSize: 1 }
    : stream;
}

/** Children in a third of the worlds, and grandchildren in some of these. */
function drawKin(chance: Chance, streams: readonly SimStream[]): SimStream[] {
  if (!chance.is(0.35)) return [];
  const first = childOf(chance, streams[chance.between(0, streams.length - 1)]?.name ?? '', 0);
  const second = childOf(chance, first.name, 1);
  return first.kin?.shops.length === 0 && chance.is(0.4) ? [first, second] : [first];
}

const childOf = (chance: Chance, parent: string, index: number): SimStream => ({
  name: `children-${index}`,
  kind: 'children',
  rows: 0,
  pageSize: chance.between(1, 3),
  pagesPerRound: chance.pick([1, 2, 5, 1000]),
  ...{ cursorPadding: 0, endsByStatus: false, hasHoles: false, forgetsShare: 0 },
  ...{ knowsTheDead: false, listsById: false },
  kin: {
    parent,
    shops: index === 0 && chance.is(0.3) ? ['a', 'b'] : [],
    refuses: chance.is(0.5),
    isDated: chance.is(0.4),
    forgets: chance.is(0.3),
    lineMs: chance.pick([0, 0, 60_000]),
  },
});

function drawLimit(chance: Chance, budget: Scenario['budget']): SimLimit {
  return {
    kind: chance.pick(['none', 'bucket', 'burst', 'window', 'declared']),
    size: chance.between(4, 15),
    leakPerSecond: chance.pick([0.5, 1, 2]),
    windowSeconds: chance.between(10, 60),
    foreignShare: budget !== 'wild' || chance.is(0.7) ? 0 : 0.3,
  };
}

/** Faults after which we cannot know what we spend. */
const INSANE: readonly string[] = ['late', 'stalled', 'frozen', 'jumped', 'refused'];

function drawRates(chance: Chance, budget: Scenario['budget']): Scenario['rates'] {
  const spares = (kind: string): boolean =>
    (budget !== 'wild' && INSANE.includes(kind)) || (budget === 'sane' && kind === 'skewed');
  const drawn: [string, number][] = [];
  const draw = (kinds: readonly string[], shares: readonly [number, ...number[]]): void => {
    for (const kind of kinds) {
      const share = chance.is(0.4) ? chance.pick(shares) : 0;
      if (share > 0 && !spares(kind)) drawn.push([kind, share]);
    }
  };
  draw(CALL_FAULTS, [0.003, 0.01, 0.04]);
  draw(['skewed'], [0.3, 1]);
  draw(['jumped'], [0.01]);
  draw(['doubled', 'orphaned'], [0.05, 0.2]);
  draw(API_FAULTS, [0.02, 0.1]);
  draw(['not-started'], [0.05]);
  draw(['stopped'], [0.3]);
  return Object.fromEntries(drawn);
}

const RIGHT_CLOCKS: FarClocks = { functions: 0, machines: 0, leaps: 0 };

/** In a fifth of the worlds; in a sane one all clocks are right. */
function drawFarClocks(chance: Chance, budget: Scenario['budget']): FarClocks {
  if (budget === 'sane' || !chance.is(0.4)) return RIGHT_CLOCKS;
  return {
    functions: chance.pick([0, 0.1, 0.3]),
    machines: chance.pick([0, 0.5, 1]),
    leaps: chance.pick([0, 0.01, 0.05]),
  };
}

export const hasFarClocks = ({ farClocks }: Scenario): boolean =>
  Object.values(farClocks).some((share) => share > 0);

/** How far a clock is off, ms. */
export const drawFarMs = (chance: Chance): number =>
  chance.pick([1, -1]) * chance.between(1, chance.pick([6, 72])) * HOUR_MS;

function drawRuns(chance: Chance, streams: readonly SimStream[]): SimRun[] {
  return Array.from({ length: chance.between(1, 4) }, (): SimRun => {
    // A child takes its parents along.
    const first = streams.find(({ kind }) => kind === 'children') ?? streams[0];
    const only = first && streams.length > 1 && chance.is(0.15) ? { streams: [first.name] } : {};
    return {
      afterMs: chance.pick([
        chance.between(0, 3_000),
        chance.between(0, 120_000),
        chance.between(10, 40) * 60_000,
        chance.between(1, 72) * HOUR_MS,
      ]),
      waitsForTheOneBefore: chance.is(0.6),
      fullRefresh: chance.is(0.15),
      ...only,
    };
  });
}

/** None in some of the worlds; else some close together, some a day or a week apart. */
const drawCompactions = (chance: Chance): number[] =>
  Array.from({ length: chance.is(0.4) ? 0 : chance.between(2, 7) }, () =>
    chance.pick([
      chance.between(0, 30_000),
      chance.between(1, 20) * 60_000,
      chance.between(24, 30) * HOUR_MS,
      chance.between(24, 30) * HOUR_MS,
      chance.between(24, 60) * HOUR_MS,
      chance.between(169, 200) * HOUR_MS,
    ]),
  );
