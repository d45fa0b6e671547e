// Reads what a response says of its limits: words for the budget, and until when a refusal blocks.
// A header that is absent or malformed says nothing; nothing here is NaN or negative, and fractions
// are rounded to the careful side.

import { THROTTLE_LONGEST_MS, THROTTLED_BODY_BYTES } from '../bounds.ts';
import type { LimitReport } from '../limit-report.ts';
import type { LeakyBucket, Limit, Window } from '../source/api-limits.ts';
import type { Headers } from './exchange.ts';
import { type MomentUnit, readMoment } from './moment.ts';
import { type Quota, readQuotas } from './rate-limit-fields.ts';

type BucketReport = Extract<LimitReport, { kind: 'leaky-bucket' }>;
type WindowReport = Extract<LimitReport, { kind: 'window' }>;

/**
 * One word at most for each of `limits`, `index` being its place among them.
 * @param headers names in lower case; the limits may name them in any case
 * @param nowMs our clock when the response arrived; moments in the words are on that clock
 */
export function readLimitReports(
  limits: readonly Limit[],
  headers: Headers,
  nowMs: number,
): LimitReport[] {
  const manyPolicies =
    limits.filter((one) => one.kind === 'window' && one.headers?.ietf).length > 1;
  return limits.flatMap((limit, index): LimitReport[] => {
    if (limit.kind === 'declared' || limit.headers === undefined) return [];
    const word =
      limit.kind === 'leaky-bucket'
        ? bucketReport(limit, index, headers)
        : windowReport(limit, index, { headers, nowMs, manyPolicies });
    return word === undefined ? [] : [word];
  });
}

/**
 * Epoch milliseconds on our clock until which a refusal blocks its scope, or undefined when it
 * names no time: the `Retry-After` header (RFC 9110, 10.2.3: seconds or a date), else a field of
 * that name in a JSON body, which clients of X-Series have been told to read. A field whose name
 * ends in `ms` is milliseconds. May lie centuries ahead: some servers say so.
 */
export function retryAfterMs(
  headers: Headers,
  nowMs: number,
  body?: Uint8Array,
): number | undefined {
  const dateHeader = headers['date'];
  const told = [{ value: headers['retry-after'] }, ...retryAfterInBody(body)];
  for (const { value, unit } of told) {
    const moment =
      value === undefined ? undefined : readMoment(value, { nowMs, dateHeader, unit });
    if (moment !== undefined) return moment;
  }
  return undefined;
}

interface Told {
  readonly value: string | undefined;
  readonly unit?: MomentUnit | undefined;
}

function retryAfterInBody(body: Uint8Array | undefined): Told[] {
  if (body === undefined || body.length > THROTTLED_BODY_BYTES) return [];
  const fields = Object.entries(jsonObject(new TextDecoder().decode(body)));
  return fields.flatMap(([name, value]): Told[] => {
    const isTime = typeof value === 'string' || typeof value === 'number';
    if (!isTime || !RETRY_AFTER_FIELD.test(name)) return [];
    return [{ value: String(value), unit: unitOf(name) }];
  });
}

const RETRY_AFTER_FIELD = /^retry[-_]?after(?:[-_]?(?:ms|milliseconds|seconds))?$/i;

/** What the name of a time says of its unit: `X-Rate-Limit-Time-Reset-Ms`, `retryAfterMs`. */
const unitOf = (name: string): MomentUnit | undefined =>
  /[-_]ms$|milliseconds$/i.test(name) || /[a-z]Ms$/.test(name) ? 'milliseconds' : undefined;

function jsonObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function bucketReport(
  limit: LeakyBucket,
  index: number,
  headers: Headers,
): BucketReport | undefined {
  const names = limit.headers ?? {};
  const level = fullest(headerOf(headers, names.level));
  if (level === undefined) return undefined;
  const leakMilli = milli(
    Math.min(...numbers(headerOf(headers, names.leakPerSecond))),
    Math.floor,
  );
  const costMilli = milli(Math.max(...numbers(headerOf(headers, names.cost))), Math.ceil);
  const sizeMilli = milli(level.limit, Math.floor);
  if (sizeMilli === undefined) return undefined;
  return {
    kind: 'leaky-bucket',
    index,
    levelMilli: milli(level.used, Math.ceil) ?? 0,
    sizeMilli,
    ...(leakMilli === undefined ? {} : { leakMilli }),
    ...(costMilli === undefined ? {} : { costMilli }),
  };
}

interface Reading {
  readonly headers: Headers;
  readonly nowMs: number;
  readonly manyPolicies: boolean;
}

function windowReport(limit: Window, index: number, reading: Reading): WindowReport | undefined {
  const { headers, nowMs } = reading;
  const quota = limit.headers?.ietf
    ? bindingQuota(limit, readQuotas(headers), reading.manyPolicies)
    : namedQuota(limit, headers);
  const { limit: size, remaining, reset, resetUnit } = quota ?? {};
  const periodMs =
    (quota?.periodMs ?? Infinity) > THROTTLE_LONGEST_MS ? undefined : quota?.periodMs;
  const context = {
    nowMs,
    dateHeader: headers['date'],
    unit: resetUnit,
    periodMs: periodMs ?? limit.periodSeconds * 1000,
  };
  const told = reset === undefined ? undefined : readMoment(reset, context);
  const resetAtMs = (told ?? Infinity) > nowMs + THROTTLE_LONGEST_MS ? undefined : told;
  const word = {
    ...(size === undefined ? {} : { limit: size }),
    ...(remaining === undefined ? {} : { remaining }),
    ...(resetAtMs === undefined ? {} : { resetAtMs }),
    ...(periodMs === undefined ? {} : { periodMs }),
  };
  return Object.keys(word).length === 0 ? undefined : { kind: 'window', index, ...word };
}

/**
 * Of several policies, the one that binds: least left, then latest end. When a source declares
 * several IETF limits, each listens to the policy whose window is as long as its own, if there is
 * one.
 */
function bindingQuota(limit: Window, quotas: readonly Quota[], many: boolean): Quota | undefined {
  const own = quotas.filter((quota) => quota.periodMs === limit.periodSeconds * 1000);
  const candidates = many && own.length > 0 ? own : quotas;
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

function namedQuota(limit: Window, headers: Headers): Quota {
  const names = limit.headers ?? {};
  const ratio = fullest(headerOf(headers, names.usedOfLimit));
  const used = largest(headerOf(headers, names.used)) ?? ratio?.used;
  const size = positive(smallest(headerOf(headers, names.limit)) ?? ratio?.limit);
  const told = smallest(headerOf(headers, names.remaining));
  const unused = used === undefined ? undefined : (size ?? limit.requests) - used;
  const remaining = told ?? unused;
  const resetMs = headerOf(headers, names.resetMs);
  const reset = resetMs ?? headerOf(headers, names.reset);
  const resetUnit = resetMs === undefined ? unitOf(names.reset ?? '') : 'milliseconds';
  const periodMs = positive(largest(headerOf(headers, names.periodMs)));
  return {
    ...(size === undefined ? {} : { limit: size }),
    ...(remaining === undefined ? {} : { remaining: Math.max(0, Math.floor(remaining)) }),
    ...(reset === undefined ? {} : { reset }),
    ...(resetUnit === undefined ? {} : { resetUnit }),
    ...(periodMs === undefined ? {} : { periodMs }),
  };
}

function headerOf(headers: Headers, name: string | undefined): string | undefined {
  const key = name?.toLowerCase();
  return key !== undefined && Object.hasOwn(headers, key) ? headers[key] : undefined;
}

/** At most twelve digits before the point: no float is damaged by that, no sum overflows. */
const NUMBER = /^-?\d{1,12}(\.\d{1,30})?$/;
const FRACTION =
  /^(?:[\w.-]+ ?= ?)?(-?\d{1,12}(?:\.\d{1,30})?) ?\/ ?(\d{1,12}(?:\.\d{1,30})?)(?: ?\(.*\))?$/;

/** The numbers of a header; more than one when it was sent more than once. `100;w=60` is 100. */
function numbers(value: string | undefined): readonly number[] {
  const parts = (value ?? '').split(',').map((part) => (part.split(';', 1)[0] ?? '').trim());
  return parts.every((part) => NUMBER.test(part)) ? parts.map(Number) : [];
}

function smallest(value: string | undefined): number | undefined {
  const all = numbers(value);
  return all.length === 0 ? undefined : Math.min(...all);
}

function largest(value: string | undefined): number | undefined {
  const all = numbers(value);
  return all.length === 0 ? undefined : Math.max(...all);
}

/** A limit or a length of nothing would wait for ever: it is no word. */
const positive = (value: number | undefined): number | undefined =>
  value === undefined || value < 1 ? undefined : Math.floor(value);

interface Fraction {
  readonly used: number;
  readonly limit: number;
}

/**
 * `used/limit`, alone or as `name=used/limit`. Of several in one value (`api-usage=18/5000;
 * api-bursts=1/750`) the first is meant; of a header that was sent twice, the fuller one.
 */
function fullest(value: string | undefined): Fraction | undefined {
  const all = (value ?? '').split(',').map((part) => fraction(part.split(';', 1)[0] ?? ''));
  let best: Fraction | undefined;
  for (const one of all) {
    if (one === undefined) return undefined;
    if (best === undefined || one.used * best.limit > best.used * one.limit) best = one;
  }
  return best;
}

function fraction(text: string): Fraction | undefined {
  const found = FRACTION.exec(text.trim());
  if (found === null || Number(found[2]) <= 0) return undefined;
  return { used: Math.max(0, Number(found[1])), limit: Number(found[2]) };
}

/**
 * Thousandths, rounded to the careful side; the noise of floats (`92.57 * 1000`) is not a fraction.
 * Nothing at all, or no number, is undefined: a rate or a cost of zero would be believed for ever.
 */
function milli(value: number, round: (value: number) => number): number | undefined {
  const nearest = Math.round(value * 1000);
  const exact = Math.abs(nearest - value * 1000) < 1e-6 ? nearest : round(value * 1000);
  return Number.isFinite(exact) && exact > 0 ? exact : undefined;
}
