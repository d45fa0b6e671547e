// What follows from each kind of limit that a source may declare, in one row for each: the state it
// begins with, and how plan and pull reckon with it. Nobody else asks for a limit's kind but the
// reader of its headers (answer/headers.ts).

import { PACED_WINDOW_MS, WAIT_BUCKET_SHARE } from '../bounds.ts';
import { type LimitReport, meaningOf } from '../limit-report.ts';
import type { Limit } from '../source/api-limits.ts';
import { declareBucket, newBucket } from './bucket.ts';
import type { LimitState } from './limit-states.ts';
import { declareWindow, newWindow } from './window.ts';

export interface LimitTerms {
  /**
   * The state as the source declares it now, which may have been edited, unless the API has told
   * better; a new one where there is none of this kind.
   */
  readonly declare: (state: LimitState | undefined, nowMs: number) => LimitState;
  /** Length of its window, ms; undefined where it has none. */
  readonly periodMs: number | undefined;
  /**
   * Thousandths of a unit a second by which the permits of a lease become ready one after another:
   * Infinity when they do all at once, 0 when they are not waited for.
   * @param report the API's last one of this limit that this round has got
   */
  readonly leakMilli: (report: LimitReport | undefined) => number;
  /** The limit as the API reports it just now. */
  readonly corrected: (report: LimitReport) => Limit;
  /** The least time that so many pages take, were there no other limit. */
  readonly bound: (pages: number, shareForOthers: number) => Bound;
  /** Requests under way at the same time. */
  readonly atOnce: number;
  /** The longest wait for permits, seconds. */
  readonly longestWaitSeconds: number;
}

export interface Bound {
  readonly seconds: number;
  /** The arithmetic, for people. */
  readonly because: string;
}

export const termsOf = (limit: Limit): LimitTerms => rowOf(limit.kind, limit);

type Kind = Limit['kind'];
type LimitOf<Of extends Kind> = Extract<Limit, { kind: Of }>;

const rowOf = <Of extends Kind>(kind: Of, limit: LimitOf<Of>): LimitTerms => ROWS[kind](limit);

/**
 * A new kind says here what it begins with, how long its permits take to become ready one after
 * another, and how long a run takes under it. If neither a bucket nor a window can be its state,
 * it needs a row in limit-states.ts, and one in limit-report.ts if its API speaks of it.
 */
const ROWS: { readonly [Of in Kind]: (limit: LimitOf<Of>) => LimitTerms } = {
  'leaky-bucket': (limit) => ({
    declare: (state, nowMs) =>
      state?.kind === 'leaky-bucket' ? declareBucket(state, limit) : newBucket(limit, nowMs),
    periodMs: undefined,
    leakMilli: (report) => {
      const told = report && meaningOf(report).bucket;
      // The lease was reckoned with what the API last told anyone: by a slower, declared leak it
      // would be spent too early.
      const mayTell = limit.headers?.leakPerSecond ?? limit.emptiesInSeconds;
      if (!told && mayTell !== undefined) return Number.POSITIVE_INFINITY;
      return told?.leakMilli ?? limit.leakPerSecond * 1000;
    },
    corrected: (report) => {
      const { sizeMilli, leakMilli } = meaningOf(report).bucket ?? {};
      return {
        ...limit,
        size: sizeMilli === undefined ? limit.size : sizeMilli / 1000,
        leakPerSecond: leakMilli === undefined ? limit.leakPerSecond : leakMilli / 1000,
      };
    },
    bound: (pages, shareForOthers) => {
      const size = limit.size * (1 - shareForOthers);
      const { leakPerSecond } = limit;
      return {
        seconds: Math.max(0, pages - size) / leakPerSecond,
        because: `the bucket gives ${size} at once and ${leakPerSecond} a second: (${pages} - ${size}) / ${leakPerSecond}`,
      };
    },
    atOnce: Number.POSITIVE_INFINITY,
    longestWaitSeconds: (limit.size * WAIT_BUCKET_SHARE) / limit.leakPerSecond,
  }),
  window: (limit) => ({
    ...ofRequests(limit),
    corrected: (report) => {
      const requests = meaningOf(report).counted?.limit;
      return requests === undefined ? limit : { ...limit, requests };
    },
  }),
  declared: (limit) => ({ ...ofRequests(limit), corrected: () => limit }),
  concurrent: (limit) => ({
    declare: (state) => {
      const declared = { kind: 'concurrent', limit: limit.requests, reportAtMs: 0 } as const;
      return state?.kind === 'concurrent' && state.reportAtMs > 0 ? state : declared;
    },
    periodMs: undefined,
    leakMilli: () => 0,
    corrected: (report) => ({ ...limit, requests: meaningOf(report).atOnce ?? limit.requests }),
    bound: () => ({ seconds: 0, because: `${limit.requests} at the same time` }),
    atOnce: limit.requests,
    longestWaitSeconds: 0,
  }),
};

/** So many requests in so much time. */
function ofRequests(limit: {
  readonly requests: number;
  readonly periodSeconds: number;
}): Omit<LimitTerms, 'corrected'> {
  const { periodSeconds } = limit;
  const periodMs = periodSeconds * 1000;
  return {
    declare: (state) =>
      state?.kind === 'window' ? declareWindow(state, limit) : newWindow(limit),
    periodMs,
    // A window frees its permits all at once; a paced one is no wait of the lease.
    leakMilli: () => (periodMs <= PACED_WINDOW_MS ? 0 : Number.POSITIVE_INFINITY),
    bound: (pages, shareForOthers) => {
      const requests = Math.max(1, Math.floor(limit.requests * (1 - shareForOthers)));
      const windows = Math.floor(Math.max(0, pages - 1) / requests);
      return {
        seconds: windows * periodSeconds,
        because: `${requests} requests in ${periodSeconds} s: ${windows} full windows before the last`,
      };
    },
    atOnce: Number.POSITIVE_INFINITY,
    longestWaitSeconds: periodSeconds,
  };
}
