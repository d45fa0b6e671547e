// Understands when a limit ends, in whatever form an API says it, and says it on our own clock.
// It is never NaN, never in the past and never sooner than THROTTLE_SHORTEST_MS; what cannot be
// read is no moment. A number is seconds unless its name says otherwise: no limit beside it tells
// more.

import { PAST_MS, THROTTLE_LONGEST_MS, THROTTLE_SHORTEST_MS } from '../bounds.ts';

export interface MomentContext {
  /** Our clock when the response arrived. */
  readonly nowMs: number;
  /** `Date` of the same response: what the server's clock said when it wrote the value. */
  readonly dateHeader?: string | undefined;
  /** Unit of numbers that are no epoch. */
  readonly unit?: MomentUnit | undefined;
  /** Length of the window whose end it is: without a `Date`, no date is later than that. */
  readonly periodMs?: number | undefined;
}

/** Seconds, as RFC 9110 has it, when absent. */
export type MomentUnit = 'milliseconds';

/** September 2001. Smaller numbers are spans: as an epoch they would lie a generation back. */
const EPOCH_FIRST_MS = 1e12;

/** The last date that there is (ECMAScript, time values). */
const EPOCH_LAST_MS = 8.64e15;

/**
 * Epoch milliseconds on our clock of a `Retry-After` or reset value, or undefined when it has none.
 *
 * | form | example | meaning |
 * |---|---|---|
 * | number from 1e12 | `1594825445000` | epoch milliseconds |
 * | number from 1e9 | `1594825445` | epoch seconds; milliseconds from now where that is the unit |
 * | smaller number | `3`, `2.0` | seconds or milliseconds from now |
 * | HTTP-date (RFC 9110, 5.6.7) | `Wed, 15 Jul 2020 15:04:05 GMT` | all three forms |
 * | JavaScript's Date | `Wed Jul 15 2020 15:04:05 GMT+0000 (UTC)` | what it becomes as text |
 * | ISO 8601 date | `2020-07-15T15:04:05+02:00` | UTC when it names no zone |
 *
 * Dates and epochs are compared with the response's `Date`, so that a wrong clock on either side
 * does not matter: `Date` is cut to whole seconds, which errs to the late, safe side.
 * Zero, negative and past values (up to PAST_MS) mean "now", which is THROTTLE_SHORTEST_MS from now.
 * However far ahead it is, it is told whole: what is too long to wait is for the caller to say.
 * Repeated headers that were joined (`3, 5`) give the latest of their moments, if all have one: a
 * date that was cut to `Wed, 15` must not become fifteen seconds.
 * `1e3`, `0x10`, `soon` and the empty string are in no grammar: no moment.
 */
export function readMoment(value: string, context: MomentContext): number | undefined {
  let latestMs = THROTTLE_SHORTEST_MS;
  for (const part of momentTexts(value)) {
    const aheadMs = readAhead(part, context);
    if (aheadMs === undefined || aheadMs < -PAST_MS) return undefined;
    latestMs = Math.max(latestMs, aheadMs);
  }
  return context.nowMs + Math.ceil(latestMs);
}

/** Epoch milliseconds of a `Date` header, cut to whole seconds; undefined when it has none. */
export const readDateHeader = (text: string | undefined, nowMs: number): number | undefined =>
  text === undefined ? undefined : readDate(text.trim(), nowMs);

/** The values of repeated headers that were joined, or of several windows in one. */
export const momentTexts = (value: string): readonly string[] =>
  value.split(BETWEEN_VALUES).map((part) => part.trim());

/** What the name of a time says of its unit: `X-Rate-Limit-Time-Reset-Ms`, `retryAfterMs`. */
export const unitOf = (name: string): MomentUnit | undefined =>
  /[-_]ms$|milliseconds$/i.test(name) || /[a-z]Ms$/.test(name) ? 'milliseconds' : undefined;

/** A comma between values, not the one behind the weekday of an HTTP-date. */
const BETWEEN_VALUES = /,(?!\s?\d{1,2}[ -][a-z]{3}[ -])/i;

function readAhead(text: string, context: MomentContext): number | undefined {
  if (/^-?\d+(\.\d+)?$/.test(text)) {
    const number = Number(text);
    const inMs = context.unit === 'milliseconds' ? number : number * 1000;
    if (number > EPOCH_LAST_MS) return undefined;
    if (number >= EPOCH_FIRST_MS) return aheadOfEpoch(number, context);
    return inMs >= EPOCH_FIRST_MS ? aheadOfEpoch(inMs, context) : inMs;
  }
  const epochMs = readDate(text, context.nowMs);
  return epochMs === undefined ? undefined : aheadOfEpoch(epochMs, context);
}

function aheadOfEpoch(epochMs: number, context: MomentContext): number {
  const { nowMs, dateHeader, periodMs } = context;
  const serverMs = readDateHeader(dateHeader, nowMs);
  if (serverMs !== undefined && isBelieved(epochMs - serverMs)) return epochMs - serverMs;
  const aheadMs = epochMs - nowMs;
  return isBelieved(aheadMs) ? Math.min(aheadMs, periodMs ?? aheadMs) : aheadMs;
}

const isBelieved = (aheadMs: number): boolean =>
  aheadMs >= -PAST_MS && aheadMs <= THROTTLE_LONGEST_MS;

const MONTHS = 'janfebmaraprmayjunjulaugsepoctnovdec';
const TIME = String.raw`(?<hour>\d{2}):(?<minute>\d{2}):(?<second>\d{2})`;

/** RFC 9110: IMF-fixdate and rfc850-date; days of one digit and other zones are met in the wild. */
const WEEKDAY_FIRST = new RegExp(
  String.raw`^[a-z]{3,9},\s?(?<day>\d{1,2})[ -](?<name>[a-z]{3})[ -](?<year>\d{4}|\d{2}) ` +
    String.raw`${TIME} (?<zone>gmt|utc|[+-]\d{4})$`,
  'i',
);

/** RFC 9110: asctime-date, always UTC. */
const ASCTIME = new RegExp(
  String.raw`^[a-z]{3} (?<name>[a-z]{3}) (?<day>[ \d]?\d) ${TIME} (?<year>\d{4})$`,
  'i',
);

/** What a JavaScript Date becomes as text: `Tue Dec 01 2026 06:33:28 GMT+0000 (Some Time)`. */
const JS_DATE = new RegExp(
  String.raw`^[a-z]{3} (?<name>[a-z]{3}) (?<day>\d{2}) (?<year>\d{4}) ${TIME} ` +
    String.raw`gmt(?<zone>[+-]\d{4})?(?: \(.{1,60}\))?$`,
  'i',
);

/** ISO 8601 and RFC 3339; `2020-07-15 15:04:05 UTC` is how Ruby prints one. */
const ISO = new RegExp(
  String.raw`^(?<year>\d{4})-(?<month>\d{2})-(?<day>\d{2})(?:[t ](?<hour>\d{2}):(?<minute>\d{2})` +
    String.raw`(?::(?<second>\d{2})(?<fraction>\.\d{1,9})?)?` +
    String.raw` ?(?<zone>z|utc|gmt|[+-]\d{2}(?::?\d{2})?)?)?$`,
  'i',
);

/** Epoch milliseconds of a date in any of the forms above; a day that no month has is no date. */
function readDate(text: string, nowMs: number): number | undefined {
  const fields = [WEEKDAY_FIRST, ASCTIME, JS_DATE, ISO]
    .map((form) => form.exec(text)?.groups)
    .find(Boolean);
  if (fields === undefined) return undefined;
  const field = (name: string): number => Number(fields[name] ?? 0);
  const month = fields['name'] === undefined ? field('month') - 1 : monthOf(fields['name']);
  const year = fullYear(fields['year'] ?? '', nowMs);
  const day = field('day');
  const [hour, minute, second] = [field('hour'), field('minute'), field('second')];
  if (month < 0 || month > 11 || hour > 23 || minute > 59 || second > 60) return undefined;
  const midnight = new Date(Date.UTC(year, month, day));
  if (midnight.getUTCMonth() !== month || midnight.getUTCDate() !== day) return undefined;
  const seconds = (hour * 60 + minute) * 60 + second + field('fraction');
  return midnight.getTime() + Math.ceil(seconds * 1000) - zoneMs(fields['zone'] ?? '');
}

const monthOf = (name: string): number => {
  const place = MONTHS.indexOf(name.toLowerCase());
  return place % 3 === 0 ? place / 3 : -1;
};

/** Two digits are the year nearest to now, which RFC 9110 asks for where it lies in the future. */
function fullYear(digits: string, nowMs: number): number {
  if (digits.length !== 2) return Number(digits);
  const thisYear = new Date(nowMs).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + Number(digits);
  if (year > thisYear + 50) return year - 100;
  return year < thisYear - 50 ? year + 100 : year;
}

function zoneMs(zone: string): number {
  const offset = /^([+-])(\d{2}):?(\d{2})?$/.exec(zone);
  if (offset === null) return 0;
  const minutes = Number(offset[2]) * 60 + Number(offset[3] ?? 0);
  return (offset[1] === '-' ? -1 : 1) * minutes * 60_000;
}
