// Reads what a response says of its limits. A header that is absent or malformed says nothing;
// numbers that do not belong together are told and not believed; nothing here is NaN or negative,
// and fractions are rounded to the careful side.

import { THROTTLE_LONGEST_MS } from '../bounds.ts';
import type { LimitReport } from '../limit-report.ts';
import type { LeakyBucket, Limit, Window } from '../source/api-limits.ts';
import type { Headers } from './exchange.ts';
import {
  fractions,
  headerOf,
  lengthMs,
  milli,
  numbers,
  pairs,
  positive,
} from './header-values.ts';
import { momentTexts, readMoment, unitOf } from './moment.ts';
import { type Quota, readQuotas } from './rate-limit-fields.ts';

export interface LimitReading {
  /** One at most for each limit, in their order. */
  readonly reports: readonly LimitReport[];
  /** What cannot be believed, one line each. */
  readonly doubts: readonly string[];
}

/**
 * What the headers say of `limits`; a report's `index` is its place among them.
 * @param headers names in lower case; the limits may name them in any case
 * @param nowMs our clock when the response arrived; moments in the reports are on that clock
 */
export function readLimits(
  limits: readonly Limit[],
  headers: Headers,
  nowMs: number,
): LimitReading {
  const read = limits.map((limit, index) =>
    readLimit(limit.kind, limit, { index, headers, nowMs, limits }),
  );
  return {
    reports: read.flatMap((one) => (typeof one === 'object' ? [one] : [])),
    doubts: read.flatMap((one, index) =>
      typeof one === 'string' ? [`limits[${index}]: ${one}`] : [],
    ),
  };
}

export const readLimitReports = (...from: Parameters<typeof readLimits>): readonly LimitReport[] =>
  readLimits(...from).reports;

type Kind = Limit['kind'];
type LimitOf<Of extends Kind> = Extract<Limit, { kind: Of }>;

/** What a limit of that kind is told by, or why that is not believed; undefined: by nothing. */
type Read<Of extends Kind> = (
  limit: LimitOf<Of>,
  reading: Reading,
) => LimitReport | string | undefined;

const readLimit = <Of extends Kind>(kind: Of, limit: LimitOf<Of>, reading: Reading) =>
  READERS[kind](limit, reading);

/** A new kind says here how its headers are read. */
const READERS: { readonly [Of in Kind]: Read<Of> } = {
  'leaky-bucket': (limit, reading) => limit.headers && bucketReport(limit, reading),
  window: (limit, reading) => limit.headers && windowReport(limit, reading),
  declared: () => undefined,
  concurrent: (limit, { index, headers }) => {
    const told = numbers(headerOf(headers, limit.headers?.limit)?.value);
    const atOnce = positive(Math.min(...told));
    return told.length === 0 || atOnce === undefined
      ? undefined
      : { kind: 'concurrency', index, atOnce };
  },
};

/** What a whole number of units hides when it is rounded down, at the most. */
const HIDDEN_MILLI = 999;

function bucketReport(limit: LeakyBucket, { index, headers }: Reading): LimitReport | undefined {
  const names = limit.headers ?? {};
  const told = (name: typeof names.cost) => numbers(headerOf(headers, name)?.value);
  const toldLeak = milli(Math.min(...told(names.leakPerSecond)), Math.floor);
  const costMilli = milli(Math.max(...told(names.cost)), Math.ceil);
  // Of a header that was sent twice, the fuller one.
  const levels = [...fractions(headerOf(headers, names.level)?.value)];
  const [level] = levels.sort((a, b) => b.used * a.limit - a.used * b.limit);
  const sizeMilli = level && milli(level.limit, Math.floor);
  if (level === undefined || sizeMilli === undefined) {
    return toldLeak === undefined ? undefined : { kind: 'leak', index, leakMilli: toldLeak };
  }
  const { emptiesInSeconds } = limit;
  const leakOfSize = emptiesInSeconds && milli(sizeMilli / 1000 / emptiesInSeconds, Math.floor);
  const leakMilli = toldLeak ?? leakOfSize;
  return {
    kind: 'leaky-bucket',
    index,
    levelMilli: milli(level.used, Math.ceil) ?? 0,
    sizeMilli,
    ...(level.isWhole ? { hiddenMilli: HIDDEN_MILLI } : {}),
    ...(leakMilli === undefined ? {} : { leakMilli }),
    ...(costMilli === undefined ? {} : { costMilli }),
  };
}

interface Reading {
  /** Of the limit that is read, among the `limits` of its source. */
  readonly index: number;
  readonly limits: readonly Limit[];
  readonly headers: Headers;
  readonly nowMs: number;
}

function windowReport(limit: Window, reading: Reading): LimitReport | string | undefined {
  const { index, headers, nowMs } = reading;
  const { resource } = limit.headers ?? {};
  const whose = resource && headerOf(headers, resource.header)?.value.trim();
  if (whose !== undefined && whose !== resource?.value) return undefined;
  const quota = limit.headers?.ietf
    ? bindingQuota(limit, readQuotas(headers), reading.limits)
    : namedQuota(limit, headers);
  if (typeof quota !== 'object') return quota;
  const { limit: size, remaining, reset, resetUnit } = quota;
  const periodMs = (quota.periodMs ?? Infinity) > THROTTLE_LONGEST_MS ? undefined : quota.periodMs;
  const context = {
    nowMs,
    dateHeader: headers['date'],
    unit: resetUnit,
    periodMs: periodMs ?? limit.periodSeconds * 1000,
  };
  const told = reset === undefined ? undefined : readMoment(reset, context);
  const resetAtMs = (told ?? Infinity) > nowMs + THROTTLE_LONGEST_MS ? undefined : told;
  const report = {
    ...(size === undefined ? {} : { limit: size }),
    ...(remaining === undefined ? {} : { remaining }),
    ...(resetAtMs === undefined ? {} : { resetAtMs }),
    ...(periodMs === undefined ? {} : { periodMs }),
  };
  return Object.keys(report).length === 0 ? undefined : { kind: 'window', index, ...report };
}

/**
 * Of several policies, the one that binds: least left, then latest end. When a source declares
 * several IETF limits, each listens to the policy whose window is as long as its own, if there is
 * one.
 */
function bindingQuota(
  limit: Window,
  quotas: readonly Quota[],
  limits: readonly Limit[],
): Quota | undefined {
  const alike = limits.filter((one) => one.kind === limit.kind && one.headers?.ietf);
  const own = quotas.filter((quota) => quota.periodMs === limit.periodSeconds * 1000);
  const candidates = alike.length > 1 && own.length > 0 ? own : quotas;
  return [...candidates].sort(byRemaining)[0];
}

function byRemaining(one: Quota, other: Quota): number {
  const left = compare(one.remaining ?? Infinity, other.remaining ?? Infinity);
  if (left !== 0) return left;
  const ends = compare(Number(other.reset ?? 0), Number(one.reset ?? 0));
  return ends === 0 ? compare(pace(one), pace(other)) : ends;
}

const compare = (one: number, other: number): number => (one < other ? -1 : one > other ? 1 : 0);

const pace = ({ limit = Infinity, periodMs = 1 }: Quota): number => limit / periodMs;

/** Numbers of the same windows, each in the place of its window. */
interface Columns {
  readonly limit: readonly number[];
  readonly remaining: readonly number[];
  readonly used: readonly number[];
}

/** Or why what it says is not believed. */
function namedQuota(limit: Window, headers: Headers): Quota | string {
  const names = limit.headers ?? {};
  const columns = columnsOf(limit, headers);
  const told = Object.entries(columns).filter(([, values]) => values.length > 0);
  const windows = Math.max(0, ...told.map(([, values]) => values.length));
  if (told.some(([, values]) => values.length !== windows)) {
    const counts = told.map(([name, values]) => `${values.length} of ${name}`).join(' and ');
    return `values that are no pairs (${counts}): none is believed`;
  }
  const { place = 0 } = names;
  if (windows > 0 && place > windows) {
    return `headers.place is ${place}, and there are ${windows} values: none is believed`;
  }
  const quotas = Array.from({ length: windows }, (_, at) => countsAt(columns, at, limit));
  const tightest = quotas.indexOf([...quotas].sort(byRemaining)[0] ?? {});
  const at = place > 0 ? place - 1 : tightest;
  return { ...quotas[at], ...timesAt(limit, headers, at, windows) };
}

/** Names of the numbers in one header: `total=100; remaining=87; resets=13`. */
const PARTS = {
  limit: ['limit', 'total', 'quota', 'max'],
  remaining: ['remaining', 'left'],
  used: ['used', 'count'],
  reset: ['reset', 'resets'],
} as const;

function partOf(limit: Window, headers: Headers, field: keyof typeof PARTS): string | undefined {
  const told = pairs(headerOf(headers, limit.headers?.parts)?.value);
  return PARTS[field].map((name) => told.get(name)).find((value) => value !== undefined);
}

function columnsOf(limit: Window, headers: Headers): Columns {
  const { headers: names = {} } = limit;
  const ratios = fractions(headerOf(headers, names.usedOfLimit)?.value);
  const column = (field: keyof Columns): readonly number[] => {
    const own = numbers(headerOf(headers, names[field])?.value);
    return own.length > 0 ? own : numbers(partOf(limit, headers, field));
  };
  const [size, used] = [column('limit'), column('used')];
  return {
    limit: size.length > 0 ? size : ratios.map((ratio) => ratio.limit),
    remaining: column('remaining'),
    used: used.length > 0 ? used : ratios.map((ratio) => ratio.used),
  };
}

function countsAt(columns: Columns, at: number, limit: Window): Quota {
  const [told, used] = [columns.remaining[at], columns.used[at]];
  const sum = told === undefined || used === undefined ? undefined : told + used;
  const size = positive(columns.limit[at] ?? sum);
  const unused = used === undefined ? undefined : (size ?? limit.requests) - used;
  const remaining = told ?? unused;
  return {
    ...(size === undefined ? {} : { limit: size }),
    ...(remaining === undefined ? {} : { remaining: Math.max(0, Math.floor(remaining)) }),
  };
}

/** When the window in this place ends, and how long it is; one time alone is that of all. */
function timesAt(limit: Window, headers: Headers, at: number, windows: number): Quota {
  const { headers: names = {} } = limit;
  const inMs = headerOf(headers, names.resetMs);
  const found = inMs ?? headerOf(headers, names.reset);
  const value = found?.value ?? partOf(limit, headers, 'reset');
  const resets = value === undefined ? [] : momentTexts(value);
  const reset = windows > 1 && resets.length > 1 ? ofItsOwn(resets, at, windows) : value;
  const unit = inMs === undefined ? unitOf(found?.name ?? '') : 'milliseconds';
  const lengths = numbers(headerOf(headers, names.periodMs)?.value);
  const own = lengths.length > 1 ? ofItsOwn(lengths, at, windows) : lengths[0];
  const periodMs = positive(own ?? lengthMs(headerOf(headers, names.period)?.value));
  return {
    ...(reset === undefined ? {} : { reset }),
    ...(unit === undefined ? {} : { resetUnit: unit }),
    ...(periodMs === undefined ? {} : { periodMs }),
  };
}

const ofItsOwn = <Value>(values: readonly Value[], at: number, windows: number) =>
  values.length === windows ? values[at] : undefined;
