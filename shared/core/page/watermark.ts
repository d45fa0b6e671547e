// Where the next run of an incremental stream starts. Watermarks are compared as what they are
// (instants or integers of any size) and kept as the API wrote them: nothing is rounded on the way.

import { plainText } from '../records/raw.ts';
import type { Incremental } from '../source/source.ts';

/**
 * The later of the watermark so far and the one in a record.
 * @param seen source text of the record's field; one that is absent, null or no instant (or no
 *   integer) moves nothing, which is safe: the next run reads the record again
 */
export function widenWatermark(
  spec: Incremental,
  current: string | undefined,
  seen: string | undefined,
): string | undefined {
  const text = plainText(seen);
  if (text === undefined || !isWatermark(spec, text)) return current;
  return current === undefined || compare(spec, text, current) > 0 ? text : current;
}

/**
 * The watermark to keep when a run has finished: never later than the run's start. A record dated
 * in the far future would otherwise hide every change until then.
 * @param startedAt ISO instant
 */
export function settleWatermark(
  spec: Incremental,
  widest: string | undefined,
  startedAt: string,
): string | undefined {
  const start = parseInstant(startedAt);
  if (widest === undefined || spec.type === 'integer' || !start) return widest;
  return compare(spec, widest, startedAt) > 0 ? write(widest, start.seconds, '0') : widest;
}

/** Whether a record's time of change lies behind an ISO instant; what is no instant never does. */
export function isLater(seen: string | undefined, instant: string): boolean {
  const text = plainText(seen);
  return text !== undefined && parseInstant(text) !== undefined && compare({}, text, instant) > 0;
}

/** What the run asks for: the kept watermark less the lookback, else `first`, else everything. */
export function startingPoint(spec: Incremental, stored: string | undefined): string | undefined {
  if (stored === undefined) return spec.first === undefined ? undefined : String(spec.first);
  const instant = spec.type === 'integer' ? undefined : parseInstant(stored);
  if (!instant || !spec.lookbackSeconds) return stored;
  return write(stored, instant.seconds - Math.ceil(spec.lookbackSeconds));
}

const isWatermark = (spec: Incremental, text: string): boolean =>
  spec.type === 'integer' ? INTEGER.test(text) : parseInstant(text) !== undefined;

const INTEGER = /^-?\d{1,40}$/;

/** Positive when `one` is later. */
function compare(spec: Pick<Incremental, 'type'>, one: string, other: string): number {
  if (spec.type === 'integer') {
    return INTEGER.test(other) ? Number(BigInt(one) > BigInt(other)) : 1;
  }
  const [left, right] = [parseInstant(one), parseInstant(other)];
  if (!left || !right) return left ? 1 : -1;
  if (left.seconds !== right.seconds) return left.seconds - right.seconds;
  const digits = Math.max(left.fraction.length, right.fraction.length);
  return left.fraction.padEnd(digits, '0') > right.fraction.padEnd(digits, '0') ? 1 : -1;
}

/** Whole epoch seconds and the digits behind them, however many. */
interface Instant {
  readonly seconds: number;
  readonly fraction: string;
  readonly offsetSeconds: number;
}

/** Date, `T` or space, time, fraction, offset: RFC 3339 and its usual relatives. */
const INSTANT =
  /^(\d{4}-\d\d-\d\d)(?:([Tt ])(\d\d:\d\d)(:\d\d)?([.,]\d+)?)?( ?(?:[Zz]|[+-]\d\d(?::?\d\d)?))?$/;

/** Without an offset it is UTC. The calendar must know the day: `0000-00-00` is no instant. */
function parseInstant(text: string): Instant | undefined {
  const match = INSTANT.exec(text);
  if (!match) return undefined;
  const [, day = '', , minute = '00:00', second = ':00', fraction = '', zone = ''] = match;
  const milliseconds = Date.parse(`${day}T${minute}${second}Z`);
  if (Number.isNaN(milliseconds)) return undefined;
  const [, sign, hours = '0', minutes = '0'] = /([+-])(\d\d):?(\d\d)?$/.exec(zone) ?? [];
  const offsetSeconds = (sign === '-' ? -60 : 60) * (Number(hours) * 60 + Number(minutes));
  return {
    seconds: milliseconds / 1000 - offsetSeconds,
    fraction: fraction.slice(1),
    offsetSeconds,
  };
}

/** Another second in the style of `like`: its separator, its fraction (or zeros) and its offset. */
function write(like: string, seconds: number, digit?: '0'): string {
  const [, , separator, , second, fraction = '', zone = ''] = INSTANT.exec(like) ?? [];
  const local = (seconds + (parseInstant(like)?.offsetSeconds ?? 0)) * 1000;
  const [day = '', time = ''] = new Date(local).toISOString().split('T');
  if (separator === undefined) return `${day}${zone}`;
  const kept = digit === undefined ? fraction : fraction.replaceAll(/\d/g, digit);
  return `${day}${separator}${time.slice(0, second ? 8 : 5)}${kept}${zone}`;
}
