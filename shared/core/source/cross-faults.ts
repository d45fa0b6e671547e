// Faults between the fields of a source, which a schema of single fields cannot see. It reads the
// source as it was written, so that it finds them also where other fields are wrong.

import { tableNames } from '../table/views.ts';
import { isZone, readInstant } from '../time/instant.ts';
import { timeFormat } from '../time/time-format.ts';
import { IS_COUNTED } from './pagination-schema.ts';
import { partitionFaults } from './partition-faults.ts';
import { sourceRequestFaults, streamRequestFaults } from './request-faults.ts';
import { signInFaults } from './sign-in-faults.ts';
import { inBraces } from './template/settings.ts';
import { isOneOf, list, pick, quote, textAt } from './written.ts';

/** One line a fault: `streams[1].name: expected a name of its own, got "items" again (streams[0])`. */
export function crossFaults(source: unknown): string[] {
  const streams = list(pick(source, 'streams'));
  return [
    ...twinFaults(streams),
    ...budgetFaults(source, streams),
    ...streams.flatMap((stream, index) => streamFaults(source, stream, `streams[${index}]`)),
    ...sourceRequestFaults(source),
    ...signInFaults(source),
    ...zoneFaults(source, ''),
  ];
}

/** Streams of one name, or whose tables would be one: `a-b` and `a_b`, `x-history` beside `x`. */
function twinFaults(streams: readonly unknown[]): string[] {
  const owners = new Map<string, number>();
  return streams.flatMap((stream, index) => {
    const name = textAt(stream, 'name');
    if (name === undefined) return [];
    const { current, history } = tableNames({ source: '', stream: name });
    const table = [current, history].find((wanted) => owners.has(wanted));
    if (table === undefined) {
      for (const own of [current, history]) owners.set(own, index);
      return [];
    }
    const twin = owners.get(table) ?? 0;
    const expected = `streams[${index}].name: expected a name of its own`;
    return textAt(streams[twin], 'name') === name
      ? [`${expected}, got ${quote(name)} again (streams[${twin}])`]
      : [`${expected}, got ${quote(name)}: its table ${table} is also that of streams[${twin}]`];
  });
}

/** One budget counts one list of limits: whoever names its scope declares the same. */
function budgetFaults(source: unknown, streams: readonly unknown[]): string[] {
  const whole = textAt(source, 'scope') ?? textAt(source, 'name');
  const counted = new Map([[whole, { at: 'the source', limits: written(source) }]]);
  return streams.flatMap((stream, index) => {
    const at = `streams[${index}]`;
    const scope = textAt(stream, 'scope');
    if (pick(stream, 'limits') === undefined) {
      const alone = ['scope', 'onlyOwnLimits'].filter((name) => pick(stream, name) !== undefined);
      return alone.map((name) => `${at}.${name}: expected limits of the stream beside it`);
    }
    if (scope === undefined) return [];
    const other = counted.get(scope) ?? { at, limits: written(stream) };
    counted.set(scope, other);
    if (other.limits === written(stream)) return [];
    return [
      `${at}.limits: expected those of ${other.at}, whose scope ${quote(scope)} is the same`,
    ];
  });
}

const written = (value: unknown): string => JSON.stringify(pick(value, 'limits')) ?? '';

/** What a request costs must fit into each limit that it is spent from: else nobody can send it. */
function costFaults(source: unknown, stream: unknown, at: string): string[] {
  const cost = pick(stream, 'cost');
  if (typeof cost !== 'number') return [];
  const limits = (owner: unknown, place: string): string[] =>
    list(pick(owner, 'limits')).flatMap((limit, index) => {
      const kind = textAt(limit, 'kind');
      const most = pick(limit, kind === 'leaky-bucket' ? 'size' : 'requests');
      if (kind === 'concurrent' || typeof most !== 'number' || cost <= most) return [];
      const all = `${most}, all that ${place}limits[${index}] allows`;
      return [`${at}.cost: expected at most ${all}, got ${cost}`];
    });
  const ofSource = pick(stream, 'onlyOwnLimits') === true ? [] : limits(source, '');
  return [...limits(stream, `${at}.`), ...ofSource];
}

const streamFaults = (source: unknown, stream: unknown, at: string): string[] => [
  ...costFaults(source, stream, at),
  ...streamRequestFaults(source, stream, at),
  ...partitionFaults(source, stream, at),
  ...incrementalFaults(stream, at),
  ...firstFaults(source, stream, at),
  ...zoneFaults(stream, `${at}.`),
  ...totalFaults(stream, at),
];

function incrementalFaults(stream: unknown, at: string): string[] {
  const faults: string[] = [];
  for (const path of [['format'], ['until', 'format']]) {
    const format = textAt(stream, 'incremental', ...path);
    if (format === undefined || format.includes('{value}')) continue;
    const place = `${at}.incremental.${path.join('.')}`;
    faults.push(`${place}: expected text with {value}, got ${quote(format)}`);
  }
  const incremental = pick(stream, 'incremental');
  const isInteger = textAt(incremental, 'type') === 'integer';
  for (const field of isInteger ? ['lookbackSeconds', 'fieldAs', 'as'] : []) {
    if (pick(incremental, field) === undefined) continue;
    faults.push(`${at}.incremental.${field}: expected type "instant", got "integer"`);
  }
  const kind = textAt(stream, 'pagination', 'kind');
  const isByNumber = isOneOf(IS_COUNTED, kind) && IS_COUNTED[kind];
  if (textAt(incremental, 'changedAt') !== undefined && isByNumber) {
    const place = `${at}.incremental.changedAt`;
    faults.push(`${place}: expected pagination in the order of change, got ${quote(kind)}`);
  }
  return faults;
}

/** A first watermark that is none would be sent as it stands, and read by few as it is meant. */
function firstFaults(source: unknown, stream: unknown, at: string): string[] {
  const first = pick(stream, 'incremental', 'first');
  const isInteger = textAt(stream, 'incremental', 'type') === 'integer';
  if (first === undefined || (typeof first === 'object' && !isInteger)) return [];
  const text = typeof first === 'object' ? JSON.stringify(first) : String(first);
  const [setting] = inBraces(text, 'whole');
  if (setting !== undefined) {
    const known = pick(source, 'settings', setting) !== undefined;
    const expected = `{${setting}} to be declared under settings, got no such setting`;
    return known ? [] : [`${at}.incremental.first: expected ${expected}`];
  }
  const fieldAs = textAt(stream, 'incremental', 'fieldAs');
  const isTime = readInstant(text) ?? timeFormat(fieldAs).read(text);
  if (isInteger ? /^-?\d{1,40}$/.test(text) : isTime) return [];
  const expected = isInteger
    ? 'a whole number beside type "integer"'
    : `an ISO date or time such as "2024-01-31T00:00:00Z"${fieldAs === undefined ? '' : ', or what fieldAs says'}`;
  return [`${at}.incremental.first: expected ${expected}, got ${quote(text)}`];
}

function zoneFaults(value: unknown, at: string): string[] {
  const zone = textAt(value, 'zone');
  if (zone === undefined || isZone(zone)) return [];
  const expected = 'an IANA zone ("America/New_York") or an offset ("-05:00")';
  return [`${at}zone: expected ${expected}, got ${quote(zone)}`];
}

function totalFaults(stream: unknown, at: string): string[] {
  const total = pick(stream, 'total');
  if (total === undefined) return [];
  const [body, header] = [pick(total, 'body'), pick(total, 'header')];
  if ((body === undefined) !== (header === undefined)) return [];
  return [`${at}.total: expected either body or header, got ${body ? 'both' : 'neither'}`];
}
