// Times as an API writes them where they are no ISO instants: numbers since 1970, RFC 2822, and
// patterns such as `MM/DD/YYYY hh:mm`. What is read is written back the same; a text that is no
// time of its format, 30 February among them, is none.
//
// 3 November 2026, 10:00 UTC: `epoch` 1793700000, `epoch-ms` 1793700000000, `dot-net`
// /Date(1793700000000)/, `rfc-2822` Tue, 03 Nov 2026 10:00:00 GMT, `YYYYMMDD` 20261103.

import { type Instant, readInstant, writeInstant } from './instant.ts';

/** A way to write times; `undefined` stands for ISO dates and times. */
export interface TimeFormat {
  read(text: string): Instant | undefined;
  /** Another second in the style of `like`; `digit`: in place of each digit of a fraction. */
  write(like: string, seconds: number, digit?: '0'): string;
  /** Written as a bare number, where a JSON body holds it. */
  readonly isNumber: boolean;
  /** It names no zone: what is written are the digits of a clock. */
  readonly isLocal: boolean;
}

const NUMBERS = ['epoch', 'epoch-ms'] as const;

/** Whether a text names a format. */
export const isTimeFormat = (text: string): boolean =>
  [...NUMBERS, 'dot-net', 'rfc-2822'].includes(text) || /YYYY/.test(text);

export function timeFormat(name: string | undefined): TimeFormat {
  switch (name) {
    case undefined:
      return { ...PLAIN, read: readInstant, write: writeInstant };
    case 'epoch':
      return { ...PLAIN, isNumber: true, read: readEpoch, write: inUnits(1) };
    case 'epoch-ms':
      return { ...PLAIN, isNumber: true, read: readEpochMs, write: inUnits(1000) };
    case 'dot-net':
      return { ...PLAIN, read: readDotNet, write: (...at) => `/Date(${inUnits(1000)(...at)})/` };
    case 'rfc-2822':
      return { ...PLAIN, read: readRfc2822, write: (_like, at) => dateOf(at).toUTCString() };
    default:
      return {
        isNumber: false,
        isLocal: true,
        read: (text) => readPattern(name, text),
        write: (_like, seconds) => writePattern(name, seconds),
      };
  }
}

const PLAIN = { isNumber: false, isLocal: false } as const;

const inUnits =
  (perSecond: number) =>
  (_like: string, seconds: number, _digit?: '0'): string =>
    String(Math.floor(seconds * perSecond));

const dateOf = (seconds: number): Date => new Date(Math.floor(seconds) * 1000);

const readDotNet = (text: string): Instant | undefined =>
  readEpochMs(DOT_NET.exec(text)?.[1] ?? '');

const absolute = (seconds: number, fraction = ''): Instant => ({
  seconds,
  fraction,
  offsetSeconds: 0,
  isLocal: false,
});

/** Whole seconds, or with a fraction, as Slack's `1503435956.000247`. */
function readEpoch(text: string): Instant | undefined {
  const [, whole, fraction] = /^(-?\d{1,12})(?:\.(\d+))?$/.exec(text) ?? [];
  return whole === undefined ? undefined : absolute(Number(whole), fraction);
}

function readEpochMs(text: string): Instant | undefined {
  if (!/^-?\d{1,15}$/.test(text)) return undefined;
  const seconds = Math.floor(Number(text) / 1000);
  return absolute(seconds, String(Number(text) - seconds * 1000).padStart(3, '0'));
}

/** The offset behind the milliseconds says where the server is, and moves nothing. */
const DOT_NET = /^\/Date\((-?\d+)(?:[+-]\d{4})?\)\/$/;

/** RFC 2822 3.3 and HTTP's dates (RFC 9110 5.6.7); the day of the week is left to the API. */
const RFC_2822 =
  /^(?:\w{3}, *)?(\d{1,2}) (\w{3}) (\d{4}) (\d\d:\d\d)(:\d\d)? ([+-]\d{4}|GMT|UTC?|Z)$/;

const MONTHS = [
  'Jan',
  'Feb',
  'Mar',
  'Apr',
  'May',
  'Jun',
  'Jul',
  'Aug',
  'Sep',
  'Oct',
  'Nov',
  'Dec',
];

function readRfc2822(text: string): Instant | undefined {
  const [, day = '', name = '', year = '', minute = '', second = ':00', zone = ''] =
    RFC_2822.exec(text) ?? [];
  const month = String(MONTHS.indexOf(name) + 1).padStart(2, '0');
  const offset = /^[+-]/.test(zone) ? zone : 'Z';
  return readInstant(`${year}-${month}-${day.padStart(2, '0')}T${minute}${second}${offset}`);
}

/** Parts of a pattern, and how many digits each has. */
const TOKEN = /YYYY|MM|DD|hh|mm|ss/g;

/** Digits without a zone, as `isLocal` tells. */
function readPattern(pattern: string, text: string): Instant | undefined {
  const parts: Record<string, string> = {};
  let at = 0;
  let from = 0;
  for (const [token] of pattern.matchAll(TOKEN)) {
    const place = pattern.indexOf(token, from);
    const between = pattern.slice(from, place);
    const digits = text.slice(at + between.length, at + between.length + token.length);
    if (text.slice(at, at + between.length) !== between || !/^\d+$/.test(digits)) return undefined;
    if (digits.length !== token.length) return undefined;
    parts[token] = digits;
    at += between.length + token.length;
    from = place + token.length;
  }
  if (text.slice(at) !== pattern.slice(from)) return undefined;
  const { YYYY = '', MM = '01', DD = '01', hh = '00', mm = '00', ss = '00' } = parts;
  return readInstant(`${YYYY}-${MM}-${DD}T${hh}:${mm}:${ss}`);
}

/** @param seconds whose UTC digits are written */
function writePattern(pattern: string, seconds: number): string {
  const [YYYY = '', MM = '', DD = '', hh = '', mm = '', ss = ''] = dateOf(seconds)
    .toISOString()
    .split(/[-T:.]/);
  const parts: Readonly<Record<string, string>> = { YYYY, MM, DD, hh, mm, ss };
  return pattern.replaceAll(TOKEN, (token) => parts[token] ?? '');
}
