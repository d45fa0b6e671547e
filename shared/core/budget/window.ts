// So many requests in so much time, as a log of requests and when each stops counting: one
// mechanism for sliding windows we keep ourselves, for windows whose end the API tells, and for
// windows whose end it does not tell. Entries merge towards the later time, which is the safe side.

import { RESET_MARGIN_MS, WINDOW_LOG_ENTRIES } from '../bounds.ts';
import type { LimitReport } from '../limit-report.ts';
import type { Limit } from '../source/api-limits.ts';
import {
  afterReport,
  afterSizes,
  countsAll,
  type Known,
  knownBy,
  NOTHING_KNOWN,
  type ReportTimes,
} from './report-times.ts';

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
}

type WindowSpec = Exclude<Limit, { kind: 'leaky-bucket' }>;

export const newWindow = (spec: WindowSpec): Window => ({
  kind: 'window',
  limit: Math.max(1, Math.floor(spec.requests)),
  periodMs: Math.max(1, Math.ceil(spec.periodSeconds * 1000)),
  log: [],
  resetAtMs: 0,
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

/**
 * Logs requests by the time each was answered: the API has counted it by then. What was answered
 * before a report was asked for that told the end of its window is in that report's count already.
 */
export function log(window: Window, answeredAtMs: readonly number[], nowMs: number): Window {
  const entries = answeredAtMs.flatMap((atMs): LogEntry[] => {
    if (window.resetAtMs - RESET_MARGIN_MS <= atMs) return [[atMs + window.periodMs, 1]];
    return atMs <= window.reportSentAtMs ? [] : [[window.resetAtMs, 1]];
  });
  const knownAtMs = Math.max(window.knownAtMs, ...answeredAtMs);
  return { ...window, log: compact([...window.log, ...entries], nowMs), knownAtMs };
}

/**
 * Makes the log agree with what the API says remains. A report that may not count all that we know
 * of
 * is not believed: around a reset it could close a window that has just opened, and what we spent
 * ourselves is logged anyway.
 * @param own requests answered until then that belong to the lease which got it
 * @param held requests that others hold permits for. The API may have counted some of them, they
 *   will be logged when they are given back, and so they are not taken for somebody else's. A
 *   report
 *   that tells the end of its window replaces the whole log: there they may well count twice.
 */
export function applyReport(
  before: Window,
  report: Extract<LimitReport, { kind: 'window' }>,
  times: ReportTimes,
  own: readonly number[],
  held: number,
): Window {
  const { atMs } = times;
  const window = log(before, own, atMs);
  const told = report.resetAtMs === undefined ? 0 : report.resetAtMs + RESET_MARGIN_MS;
  // A slow answer may also speak of a window that is over.
  if (!countsAll(before, times) || (told > 0 && told <= atMs)) return window;
  const limit = report.limit === undefined ? window.limit : Math.max(1, Math.floor(report.limit));
  const periodMs = report.periodMs ?? window.periodMs;
  const resetAtMs = told || (window.resetAtMs > atMs ? window.resetAtMs : 0);
  const next: Window = { ...window, limit, periodMs, resetAtMs, ...afterReport(window, times) };
  if (report.remaining === undefined) return { ...next, ...afterSizes(window, times) };
  const counted = Math.max(0, limit - Math.floor(report.remaining));
  if (told > 0) return { ...next, log: counted > 0 ? [[told, counted]] : [] };
  const logged = used(window, atMs);
  const agreed = Math.max(counted - held, Math.min(counted, logged));
  if (agreed <= logged) return { ...next, log: dropOldest(window.log, logged - agreed, atMs) };
  const others: LogEntry = [resetAtMs || atMs + periodMs, agreed - logged];
  return { ...next, log: compact([...window.log, others], atMs) };
}

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
