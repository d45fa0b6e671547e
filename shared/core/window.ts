// So many requests in so much time, as a log of requests and when each stops counting: one
// mechanism for sliding windows we keep ourselves, for windows whose end the API tells, and for
// windows whose end it does not tell. Entries merge towards the later time, which is the safe side.

import type { Limit } from './limit-spec.ts';
import { RESET_MARGIN_MS, WINDOW_LOG_ENTRIES } from './limits.ts';
import type { Word } from './words.ts';

/** `count` requests stop counting at `untilMs`. */
export type LogEntry = readonly [untilMs: number, count: number];

export interface Window {
  readonly kind: 'window';
  readonly limit: number;
  readonly periodMs: number;
  /** Ascending by time, at most WINDOW_LOG_ENTRIES. */
  readonly log: readonly LogEntry[];
  /** End of the current window as the API told it; 0 when it did not. */
  readonly resetAtMs: number;
  readonly wordAtMs: number;
}

type WindowSpec = Exclude<Limit, { kind: 'leaky-bucket' }>;

export const newWindow = (spec: WindowSpec): Window => ({
  kind: 'window',
  limit: Math.max(1, Math.floor(spec.requests)),
  periodMs: Math.max(1, Math.ceil(spec.periodSeconds * 1000)),
  log: [],
  resetAtMs: 0,
  wordAtMs: 0,
});

/** Requests that still count at `nowMs`. */
export const used = (window: Window, nowMs: number): number =>
  window.log.reduce((sum, [untilMs, count]) => (untilMs > nowMs ? sum + count : sum), 0);

/** Requests of one window that may be spent when `reserve` of them is left to others. */
export const usableRequests = (window: Window, reserve: number): number =>
  Math.max(1, Math.floor(window.limit * (1 - reserve)));

/** Logs requests by the time each was answered: the API has counted it by then. */
export function log(window: Window, answeredAtMs: readonly number[], nowMs: number): Window {
  const entries = answeredAtMs.map(
    (atMs): LogEntry => [window.resetAtMs > atMs ? window.resetAtMs : atMs + window.periodMs, 1],
  );
  return { ...window, log: compact([...window.log, ...entries], nowMs) };
}

/** Makes the log agree with what the API says remains, unless a newer word is known. */
export function hear(
  window: Window,
  word: Extract<Word, { kind: 'window' }>,
  wordAtMs: number,
): Window {
  if (wordAtMs < window.wordAtMs) return window;
  const limit = word.limit === undefined ? window.limit : Math.max(1, Math.floor(word.limit));
  const periodMs = word.periodMs ?? window.periodMs;
  const told = word.resetAtMs === undefined ? 0 : word.resetAtMs + RESET_MARGIN_MS;
  const resetAtMs = Math.max(told, window.resetAtMs > wordAtMs ? window.resetAtMs : 0);
  const next: Window = { ...window, limit, periodMs, resetAtMs, wordAtMs };
  if (word.remaining === undefined) return next;
  const counted = Math.max(0, limit - Math.floor(word.remaining));
  if (told > 0) return { ...next, log: counted > 0 ? [[told, counted]] : [] };
  const logged = used(window, wordAtMs);
  if (counted > logged) {
    const others: LogEntry = [resetAtMs || wordAtMs + periodMs, counted - logged];
    return { ...next, log: compact([...window.log, others], wordAtMs) };
  }
  return { ...next, log: dropOldest(window.log, logged - counted, wordAtMs) };
}

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
