// So many requests in so much time, as a log of requests and when each stops counting: one
// mechanism for sliding windows we keep ourselves, for windows whose end the API tells, and for
// windows whose end it does not tell. Entries merge towards the later time, which is the safe side.
//
// 60 requests a minute, answered 40 at 12:00:00 and 20 at 12:00:10, are the log [[12:01:00, 40],
// [12:01:10, 20]]. Nothing fits until 12:01:00; 41 more fit at 12:01:10. The API's "50 remain" at
// 12:00:30 says that 10 count: the oldest 50 go, and [[12:01:10, 10]] is left. "50 remain until
// 12:00:40" replaces the log by [[12:00:41, 10]]: what is told in whole seconds may be cut down.
// Where the next answer tells 12:00:40.8, the end stays 12:00:41.
// Why: docs/decisions/004-windows-as-a-log.md; windows up to 5 s: 005-short-windows-as-a-pace.md

import { PACED_WINDOW_MS, RESET_MARGIN_MS, WINDOW_LOG_ENTRIES } from '../bounds.ts';
import type { WindowReport } from '../limit-report.ts';
import {
  afterReport,
  afterSizes,
  coverage,
  type Known,
  knownBy,
  NOTHING_KNOWN,
  type ReportTimes,
  steadyEnd,
} from './report-times.ts';
import type { Demand, Headroom, Leased } from './wait.ts';

/** `count` requests stop counting at `untilMs`. */
export type LogEntry = readonly [untilMs: number, count: number];

export interface Window extends Known {
  readonly kind: 'window';
  readonly limit: number;
  readonly periodMs: number;
  /** Ascending by time, at most WINDOW_LOG_ENTRIES. */
  readonly log: readonly LogEntry[];
  /** End of the current window as the API told it; 0 when it did not. */
  readonly resetAtMs: number;
  /** The longest that an end was told to be away, ms; 0 when none was told. */
  readonly longestMs: number;
}

/** What a source declares of one, whether its API speaks of it or not. */
interface WindowSpec {
  readonly requests: number;
  readonly periodSeconds: number;
}

export const newWindow = (spec: WindowSpec): Window => ({
  kind: 'window',
  limit: Math.max(1, Math.floor(spec.requests)),
  periodMs: Math.max(1, Math.ceil(spec.periodSeconds * 1000)),
  log: [],
  resetAtMs: 0,
  longestMs: 0,
  ...NOTHING_KNOWN,
});

/** The window as its source declares it now, unless the API has told better. */
export const declareWindow = (window: Window, spec: WindowSpec): Window => {
  const { limit, periodMs } = newWindow(spec);
  const same = window.limit === limit && window.periodMs === periodMs;
  return window.reportAtMs > 0 || same ? window : { ...window, limit, periodMs };
};

/** Requests that still count at `nowMs`. */
export const used = (window: Window, nowMs: number): number =>
  window.log.reduce((sum, [untilMs, count]) => (untilMs > nowMs ? sum + count : sum), 0);

/**
 * A window after a throttled request that says when to come back. Where it is the one that was used
 * up, what is still counted then would be refused again, so it counts no longer than until then.
 * @param isUsedUp the answer says so itself; else it is where our log is full by then, unless the
 *   API has told another end
 */
export function reopen(window: Window, untilMs: number, isUsedUp: boolean): Window {
  const isFull = window.resetAtMs <= untilMs && used(window, untilMs) >= window.limit;
  if (!isUsedUp && !isFull) return window;
  const log = window.log.map(([at, count]): LogEntry => [Math.min(at, untilMs), count]);
  return { ...window, log: compact(log, 0), resetAtMs: Math.min(window.resetAtMs, untilMs) };
}

/** Requests of one window that may be spent when `shareForOthers` of them is left to others. */
export const usableRequests = (window: Window, shareForOthers: number): number =>
  Math.max(1, Math.floor(window.limit * (1 - shareForOthers)));

/** How requests count. */
interface Counting {
  /** Of the window, for each. */
  readonly units?: number;
  /** Where no end was told. */
  readonly lastsMs?: number;
}

/** Whole units that one request of a cost counts in a window. */
export const unitsOf = (costMilli: number): number => Math.max(1, Math.ceil(costMilli / 1000));

/**
 * Logs requests by the time each was answered: the API has counted it by then. What was answered
 * before a report was asked for that told the end of its window is in that report's count already.
 */
export function log(
  window: Window,
  answeredAtMs: readonly number[],
  nowMs: number,
  { units = 1, lastsMs = window.periodMs }: Counting = {},
): Window {
  const entries = answeredAtMs.flatMap((atMs): LogEntry[] => {
    if (window.resetAtMs - RESET_MARGIN_MS <= atMs) return [[atMs + lastsMs, units]];
    return atMs <= window.reportSentAtMs ? [] : [[window.resetAtMs, units]];
  });
  const knownAtMs = Math.max(window.knownAtMs, ...answeredAtMs);
  return { ...window, log: compact([...window.log, ...entries], nowMs), knownAtMs };
}

/** Requests that a report may have counted and our log has not. */
export interface Unlogged {
  /** When requests of the lease that got the report were answered, until then; epoch ms. */
  readonly own: readonly number[];
  /** That each of them counts; 1 when absent. */
  readonly units?: number;
  /**
   * Requests that others hold permits for. The API may have counted some of them, they will be
   * logged when they are given back, and so they are not taken for somebody else's.
   */
  readonly heldByOthers: number;
}

/**
 * Makes the log agree with what the API says remains. A report that may not count all that we know
 * of is not believed: around a reset it could close a window that has just opened, and what we
 * spent ourselves is logged anyway. One that tells the end of its window replaces the whole log:
 * there, what others hold may well count twice.
 *
 * | of 100, reported used | logged used | held by others | reconciled |
 * |---|---|---|---|
 * | 30 | 50 | 0 | 30: the oldest 20 are over |
 * | 50 | 30 | 0 | 50: somebody else spent 20 |
 * | 50 | 30 | 15 | 35: 15 of the 20 may be theirs |
 * | 50 | 30 | 40 | 30: all of the 20 may be theirs |
 */
export function applyReport(
  before: Window,
  report: WindowReport,
  times: ReportTimes,
  { own, units = 1, heldByOthers }: Unlogged,
): Window {
  const { atMs } = times;
  const window = log(before, own, atMs, { units });
  const endsAtMs = report.resetAtMs === undefined ? 0 : endOf(before, report.resetAtMs, atMs);
  // A slow answer may also speak of a window that is over.
  const isOver = endsAtMs > 0 && endsAtMs <= atMs;
  if (coverage(before, times) !== 'all' || isOver) return window;

  const limit = report.limit === undefined ? window.limit : Math.max(1, Math.floor(report.limit));
  const periodMs = Math.max(1, Math.ceil(report.periodMs ?? window.periodMs));
  const resetAtMs = endsAtMs || (window.resetAtMs > atMs ? window.resetAtMs : 0);
  const awayMs = endsAtMs > 0 ? endsAtMs - RESET_MARGIN_MS - times.sentAtMs : 0;
  const next: Window = {
    ...{ ...window, limit, periodMs, resetAtMs, ...afterReport(window, times) },
    longestMs: Math.max(window.longestMs, awayMs),
  };
  if (report.remaining === undefined) return { ...next, ...afterSizes(window, times) };

  const reportedUsed = Math.max(0, limit - Math.floor(report.remaining));
  if (endsAtMs > 0) return { ...next, log: reportedUsed > 0 ? [[endsAtMs, reportedUsed]] : [] };

  const loggedUsed = used(window, atMs);
  const reconciledUsed = Math.max(reportedUsed - heldByOthers, Math.min(reportedUsed, loggedUsed));
  const surplus = loggedUsed - reconciledUsed;
  if (surplus >= 0) return { ...next, log: dropOldest(window.log, surplus, atMs) };
  const others: LogEntry = [resetAtMs || atMs + periodMs, -surplus];
  return { ...next, log: compact([...window.log, others], atMs) };
}

/** Where the window ends as it is told, which is RESET_MARGIN_MS later than it says. */
const endOf = ({ resetAtMs }: Window, toldMs: number, atMs: number): number =>
  steadyEnd(resetAtMs - RESET_MARGIN_MS, toldMs, atMs) + RESET_MARGIN_MS;

/** Each entry counts something and ends later than the one before, and there are few of them. */
export const isSound = ({ log: entries }: Window): boolean =>
  entries.length <= WINDOW_LOG_ENTRIES &&
  entries.every(
    ([untilMs, count], index) => count >= 1 && untilMs > (entries[index - 1]?.[0] ?? 0),
  );

/** After a broken clock: nothing counts longer than one period from now. */
export const rebaseWindow = (window: Window, nowMs: number): Window => {
  const latestMs = nowMs + window.periodMs;
  const entries = window.log.map(
    ([untilMs, count]): LogEntry => [Math.min(untilMs, latestMs), count],
  );
  return {
    ...window,
    log: compact(entries, nowMs),
    resetAtMs: Math.min(window.resetAtMs, latestMs),
    ...knownBy(window, nowMs),
  };
};

/** When `requests` more fit below `usable`, epoch ms; undefined when they never do. */
export function whenFree(
  window: Window,
  usable: number,
  requests: number,
  nowMs: number,
): number | undefined {
  let excess = used(window, nowMs) + requests - usable;
  if (excess <= 0) return nowMs;
  for (const [untilMs, count] of window.log) {
    if (untilMs <= nowMs) continue;
    excess -= count;
    if (excess <= 0) return untilMs;
  }
  return undefined;
}

/** Whether a window is so short that it is shared as a pace, and not counted here. */
export const isPaced = (window: Window): boolean => window.periodMs <= PACED_WINDOW_MS;

/** A paced window needs no log: its pace is kept by those who spend it. */
export const record = (
  window: Window,
  answeredAtMs: readonly number[],
  nowMs: number,
  counting: Counting = {},
): Window =>
  isPaced(window) ? { ...window, log: [] } : log(window, answeredAtMs, nowMs, counting);

/** What nobody gave back counts from now, but no longer than any end was told to be away. */
export function charge(window: Window, { permits, costMilli }: Leased, nowMs: number): Window {
  const { longestMs, periodMs } = window;
  const lastsMs = longestMs > 0 ? Math.min(periodMs, longestMs + RESET_MARGIN_MS) : periodMs;
  const units = unitsOf(costMilli);
  return record(window, Array<number>(permits).fill(nowMs), nowMs, { units, lastsMs });
}

/** Units that leases hold. A request dearer than the window is let through by an empty one. */
export const heldUnits = (leases: readonly Leased[], usable: number): number =>
  leases.reduce((sum, one) => sum + one.permits * Math.min(unitsOf(one.costMilli), usable), 0);

export function windowHeadroom(window: Window, demand: Demand): Headroom {
  const { nowMs, leases, queued, holders, shareForOthers, costMilli } = demand;
  const whole = usableRequests(window, shareForOthers);
  const units = Math.min(unitsOf(costMilli), whole);
  const usable = whole - heldUnits(leases, whole) - queued * units;
  return {
    now: Math.floor((usable - used(window, nowMs)) / units),
    ever: Math.floor(usable / units),
    share: Math.max(1, Math.floor(whole / holders / units)),
    whenFree: (permits) =>
      whenFree(window, usable, permits * units, nowMs) ?? nowMs + window.periodMs,
    periodMs: window.periodMs,
  };
}

function dropOldest(entries: readonly LogEntry[], surplus: number, nowMs: number): LogEntry[] {
  let left = surplus;
  const kept: LogEntry[] = [];
  for (const [untilMs, count] of entries) {
    if (untilMs <= nowMs) continue;
    const dropped = Math.min(left, count);
    left -= dropped;
    if (count > dropped) kept.push([untilMs, count - dropped]);
  }
  return kept;
}

/** Live entries in order, the cheapest neighbours merged until they fit; the first stays exact. */
function compact(entries: readonly LogEntry[], nowMs: number): LogEntry[] {
  const live = entries.filter(([untilMs]) => untilMs > nowMs).sort(([a], [b]) => a - b);
  const merged: LogEntry[] = [];
  for (const [untilMs, count] of live) {
    const last = merged.at(-1);
    if (last && last[0] === untilMs) merged[merged.length - 1] = [untilMs, last[1] + count];
    else merged.push([untilMs, count]);
  }
  while (merged.length > WINDOW_LOG_ENTRIES) mergeCheapest(merged);
  return merged;
}

function mergeCheapest(entries: LogEntry[]): void {
  let best = 1;
  let bestDelay = Number.POSITIVE_INFINITY;
  for (let index = 1; index + 1 < entries.length; index++) {
    const [[untilMs, count], [laterMs]] = [entries[index] ?? [0, 0], entries[index + 1] ?? [0, 0]];
    const delay = (laterMs - untilMs) * count;
    if (delay < bestDelay) [best, bestDelay] = [index, delay];
  }
  const [early, late] = [entries[best], entries[best + 1]];
  if (early && late) entries.splice(best, 2, [late[0], early[1] + late[1]]);
}
