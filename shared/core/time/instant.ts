// Moments as APIs write them: read to the last digit, written in the style that they were read in,
// and placed in a zone where they name none. A day that the calendar does not know is no
// moment. And spans of time as people say them.

import { CLOCK_CHANGE_SECONDS, ZONE_STEP_SECONDS } from '../bounds.ts';

/** Whole epoch seconds and the digits behind them, however many. */
export interface Instant {
  /** Without an offset: as if the text were UTC. */
  readonly seconds: number;
  readonly fraction: string;
  readonly offsetSeconds: number;
  /** It names no offset: which moment it is depends on a zone that only the account knows. */
  readonly isLocal: boolean;
}

/** Date, `T` or space, time, fraction, offset: RFC 3339 and its usual relatives. */
const INSTANT =
  /^(\d{4}-\d\d-\d\d)(?:([Tt ])(\d\d:\d\d)(:\d\d)?([.,]\d+)?)?( ?(?:[Zz]|[+-]\d\d(?::?\d\d)?))?$/;

export function readInstant(text: string): Instant | undefined {
  const match = INSTANT.exec(text);
  if (!match) return undefined;
  const [, day = '', , minute = '00:00', second = ':00', fraction = '', zone = ''] = match;
  const milliseconds = Date.parse(`${day}T${minute}${second}Z`);
  // Date.parse takes 30 February for 2 March.
  const isDay = Number(day.slice(8)) === new Date(Date.parse(`${day}T00:00:00Z`)).getUTCDate();
  if (Number.isNaN(milliseconds) || !isDay) return undefined;
  const offsetSeconds = offsetOf(zone);
  return {
    seconds: milliseconds / 1000 - offsetSeconds,
    fraction: fraction.slice(1),
    offsetSeconds,
    isLocal: zone === '',
  };
}

/** `+05:30`, `-08`, ` Z`: seconds ahead of UTC. */
function offsetOf(text: string): number {
  const [, sign, hours = '0', minutes = '0'] = /([+-])(\d\d):?(\d\d)?$/.exec(text) ?? [];
  return (sign === '-' ? -60 : 60) * (Number(hours) * 60 + Number(minutes));
}

/**
 * Another second in the style of `like`: its separator, its fraction and its offset.
 * @param digit written in place of each digit of the fraction
 */
export function writeInstant(like: string, seconds: number, digit?: '0'): string {
  const [, , separator, , second, fraction = '', zone = ''] = INSTANT.exec(like) ?? [];
  const local = (seconds + offsetOf(zone)) * 1000;
  const [day = '', time = ''] = new Date(local).toISOString().split('T');
  if (separator === undefined) return `${day}${zone}`;
  const kept = digit === undefined ? fraction : fraction.replaceAll(/\d/g, digit);
  return `${day}${separator}${time.slice(0, second ? 8 : 5)}${kept}${zone}`;
}

/** Clocks on earth stand at most so far behind UTC and ahead of it (IANA, 2026), seconds. */
const ZONES = { furthestBehind: 12 * 3600, furthestAhead: 14 * 3600 } as const;

/** `+02:00`, `-05:00`: an offset that some clock on earth may have. */
const OFFSET = /^[+-](?:0\d|1[0-4]):[0-5]\d$/;

/** Whether text names an IANA zone (`America/New_York`, `UTC`) or an offset (`-05:00`). */
export function isZone(text: string): boolean {
  if (/^[+-]/.test(text)) return OFFSET.test(text);
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }) !== undefined;
  } catch {
    return false;
  }
}

/**
 * The earliest that a clock without a zone can show from `seconds` on, as epoch seconds of its
 * digits. In a zone that is the local time, or what it falls back to when the clocks are set back
 * soon: what changes in the hour that comes twice must not lie before what was read in the first.
 * Without a zone, no clock on earth shows less: 08:00 UTC is 20:00 of the day before at UTC-12.
 */
export function earliestLocal(seconds: number, zone: string | undefined): number {
  if (zone === undefined) return seconds - ZONES.furthestBehind;
  let earliest = Number.POSITIVE_INFINITY;
  for (let ahead = 0; ahead <= CLOCK_CHANGE_SECONDS; ahead += ZONE_STEP_SECONDS) {
    const at =
      ahead === 0
        ? seconds
        : Math.floor((seconds + ahead) / ZONE_STEP_SECONDS) * ZONE_STEP_SECONDS;
    earliest = Math.min(earliest, at + offsetAt(at, zone));
  }
  return earliest;
}

/** The latest that clocks in a zone, or anywhere, show at a moment: epoch seconds of digits. */
export const latestLocal = (seconds: number, zone: string | undefined): number =>
  seconds + (zone === undefined ? ZONES.furthestAhead : offsetAt(seconds, zone));

/** The earliest moment that local digits can mean, as epoch seconds. */
export function earliestMoment(localSeconds: number, zone: string | undefined): number {
  if (zone === undefined) return localSeconds - ZONES.furthestAhead;
  const guesses = [-CLOCK_CHANGE_SECONDS, CLOCK_CHANGE_SECONDS].map(
    (around) =>
      localSeconds - offsetAt(localSeconds + around - offsetAt(localSeconds, zone), zone),
  );
  return Math.min(...guesses);
}

/** Seconds that a zone is ahead of UTC at a moment. */
function offsetAt(seconds: number, zone: string): number {
  if (/^[+-]/.test(zone)) return offsetOf(zone);
  const formatter = new Intl.DateTimeFormat('en', {
    timeZone: zone,
    hourCycle: 'h23',
    era: 'short',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  const parts = new Map(
    formatter.formatToParts(seconds * 1000).map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  const local = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  );
  return local / 1000 - Math.floor(seconds);
}

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** In the largest unit of which there is one at least, to a tenth; below a minute in seconds. */
export function describeSpan(ms: number): string {
  const [name, unitMs] = UNITS.find(([, least]) => ms >= least) ?? ['second', 1_000];
  const count = Math.round((ms / unitMs) * 10) / 10;
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}
