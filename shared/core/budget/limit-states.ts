// What a budget remembers of each of its limits, and what it does with it. All that differs between
// a bucket and a window stands here, in one row for each; nobody else asks for a state's kind.

import { LEVEL_ROUNDING_MILLI } from '../bounds.ts';
import { type LimitReport, meaningOf } from '../limit-report.ts';
import * as buckets from './bucket.ts';
import { coverage, type ReportTimes } from './report-times.ts';
import type { Demand, Headroom, Leased } from './wait.ts';
import * as windows from './window.ts';

export type LimitState = buckets.Bucket | windows.Window | Concurrent;

/** Requests at the same time: whoever spends a lease makes one after the other. */
export interface Concurrent {
  readonly kind: 'concurrent';
  readonly limit: number;
  /** When the API told it, epoch ms; 0 when it never did. */
  readonly reportAtMs: number;
}

/** What can be done with any state. Times are epoch ms. */
export interface StateMoves {
  /** Undefined where it allows any number, and for a paced window: `pace` tells of that. */
  readonly headroom: (demand: Demand) => Headroom | undefined;
  readonly pace: PacedWindow | undefined;
  /** How what is held and what counts add up; undefined when paced. */
  readonly account: (shareForOthers: number) => Account | undefined;
  /** A dead holder's permits count as spent now. */
  readonly charge: (lost: Leased, nowMs: number) => LimitState;
  /** After a lease was spent: what the API counted, or our count where it said nothing. */
  readonly learn: (spent: Spent) => LimitState;
  /**
   * After a throttled request that says when to come back.
   * @param isUsedUp the answer says so of this very limit
   */
  readonly reopen: (untilMs: number, isUsedUp: boolean) => LimitState;
  /** After a clock that was far ahead: nothing lies further away than a wait from now. */
  readonly rebase: (nowMs: number) => LimitState;
  /** Whether it can be reckoned with: a bucket that leaks, a log that ascends and is short. */
  readonly isSound: () => boolean;
  /** One line for people. */
  readonly describe: (nowMs: number) => string;
}

/** A window so short that its requests are not counted here. */
export interface PacedWindow {
  readonly periodMs: number;
  /** Requests in any stretch of it, all holders together. */
  readonly usable: (shareForOthers: number) => number;
}

/** In requests or milli-units, as the limit counts. */
export interface Account {
  readonly usable: number;
  /** What leases will have spent. */
  readonly held: (leases: readonly Leased[]) => number;
  /** What was spent and still counts at that time, epoch ms. */
  readonly counting: (atMs: number) => number;
  /** By how much arithmetic may be wrong. */
  readonly rounding: number;
}

/** What is known of a lease that is given back. */
export interface Spent {
  readonly report: LimitReport | undefined;
  readonly times: ReportTimes;
  /** When each request was answered. */
  readonly answered: readonly number[];
  readonly costMilli: number;
  /** Units of a window that others hold permits for. */
  readonly heldByOthers: number;
  readonly clockMs: number;
}

export const movesOf = (state: LimitState): StateMoves => rowOf(state.kind, state);

type Kind = LimitState['kind'];
type StateOf<Of extends Kind> = Extract<LimitState, { kind: Of }>;

const rowOf = <Of extends Kind>(kind: Of, state: StateOf<Of>): StateMoves => ROWS[kind](state);

/**
 * A new kind of state says here what it has free, how it is charged, what it learns of a report,
 * and how it adds up: the check of every write (invariant.ts) holds it to that.
 */
const ROWS: { readonly [Of in Kind]: (state: StateOf<Of>) => StateMoves } = {
  'leaky-bucket': (bucket) => ({
    headroom: (demand) => buckets.bucketHeadroom(bucket, demand),
    pace: undefined,
    account: (shareForOthers) => {
      const usable = buckets.usableMilli(bucket, shareForOthers);
      return {
        usable,
        held: (leases) => buckets.heldMilli(leases, usable),
        counting: (atMs) => buckets.leak(bucket, atMs).levelMilli,
        rounding: LEVEL_ROUNDING_MILLI,
      };
    },
    charge: ({ permits, costMilli }, nowMs) => buckets.pour(bucket, permits * costMilli, nowMs),
    learn: (spent) => bucketLearns(bucket, spent),
    reopen: () => bucket,
    rebase: (nowMs) => buckets.rebaseBucket(bucket, nowMs),
    isSound: () => bucket.sizeMilli >= 1 && bucket.leakMilli > 0,
    describe: (nowMs) => {
      const level = (buckets.leak(bucket, nowMs).levelMilli / 1000).toFixed(1);
      const { sizeMilli, leakMilli } = bucket;
      return `bucket ${level} of ${sizeMilli / 1000}, leaks ${leakMilli / 1000} a second`;
    },
  }),
  window: (window) => ({
    headroom: (demand) =>
      windows.isPaced(window) ? undefined : windows.windowHeadroom(window, demand),
    pace: windows.isPaced(window)
      ? {
          periodMs: window.periodMs,
          usable: (shareForOthers) => windows.usableRequests(window, shareForOthers),
        }
      : undefined,
    account: (shareForOthers) => {
      if (windows.isPaced(window)) return undefined;
      const usable = windows.usableRequests(window, shareForOthers);
      return {
        usable,
        held: (leases) => windows.heldUnits(leases, usable),
        counting: (atMs) => windows.used(window, atMs),
        rounding: 0,
      };
    },
    charge: (lost, nowMs) => windows.charge(window, lost, nowMs),
    learn: (spent) => windowLearns(window, spent),
    reopen: (untilMs, isUsedUp) => windows.reopen(window, untilMs, isUsedUp),
    rebase: (nowMs) => windows.rebaseWindow(window, nowMs),
    isSound: () => windows.isSound(window),
    describe: (nowMs) => {
      const { limit, periodMs } = window;
      return `window ${windows.used(window, nowMs)} of ${limit} in ${periodMs / 1000} s`;
    },
  }),
  concurrent: (state) => ({
    headroom: (demand) => concurrentHeadroom(state, demand),
    pace: undefined,
    account: () => undefined,
    charge: () => state,
    learn: ({ report, times }) => {
      const limit = report && meaningOf(report).atOnce;
      return limit === undefined || times.atMs < state.reportAtMs
        ? state
        : { ...state, limit, reportAtMs: times.atMs };
    },
    reopen: () => state,
    rebase: (nowMs) => ({ ...state, reportAtMs: Math.min(state.reportAtMs, nowMs) }),
    isSound: () => state.limit >= 1,
    describe: () => `${state.limit} at the same time`,
  }),
};

/** Nothing where as many as may be under way are spending, or wait to. */
const concurrentHeadroom = (
  { limit }: Concurrent,
  { running, queued, nowMs }: Demand,
): Headroom | undefined =>
  running + queued < limit ? undefined : { now: 0, ever: 0, share: 1, whenFree: () => nowMs };

/**
 * What comes of a report, and in which order:
 *
 * | the report covers of what is known | a bucket | a window |
 * |---|---|---|
 * | all | is replaced, then what came later is poured in | agrees, then what came later is logged |
 * | a part | all is poured in, then the report may raise it | all is logged, the report ignored |
 * | nothing | all is poured in, the report ignored | all is logged, the report ignored |
 *
 * The order is what makes it right. A report that covers all has counted what was answered until
 * then: poured before it, that would be forgotten with the old level, and poured after it, it would
 * count twice. A report that covers a part must meet a level that has everything.
 */
function bucketLearns(bucket: buckets.Bucket, spent: Spent): buckets.Bucket {
  const { report, times, answered } = spent;
  const pour = (into: buckets.Bucket, answers: readonly number[]): buckets.Bucket => {
    const uncounted = answers.filter((atMs) => atMs > into.reportSentAtMs).length;
    return buckets.pour(into, uncounted * spent.costMilli, spent.clockMs);
  };
  switch (report?.kind) {
    case 'leaky-bucket':
      return coverage(bucket, times) === 'all'
        ? pour(buckets.applyReport(bucket, report, times), answeredAfter(spent))
        : buckets.applyReport(pour(bucket, answered), report, times);
    case 'leak':
      return buckets.applyLeak(pour(bucket, answered), report, times);
    case 'window':
    case 'concurrency':
    case undefined:
      return pour(bucket, answered);
  }
}

/** The same for a window, which logs each request by its time. */
function windowLearns(window: windows.Window, spent: Spent): windows.Window {
  const { report, times, answered, heldByOthers, clockMs } = spent;
  const counted = report && meaningOf(report).counted;
  const units = windows.unitsOf(spent.costMilli);
  if (!counted) return windows.record(window, answered, clockMs, { units });
  const own = answered.filter((atMs) => atMs <= times.atMs);
  const agreed = windows.applyReport(window, counted, times, { own, units, heldByOthers });
  return windows.record(agreed, answeredAfter(spent), clockMs, { units });
}

const answeredAfter = ({ answered, times }: Spent): readonly number[] =>
  answered.filter((atMs) => atMs > times.atMs);
