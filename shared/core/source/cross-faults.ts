// Faults between the fields of a source, which a schema of single fields cannot see. It reads the
// source as it was written, so that it finds them also where other fields are wrong.

import { isZone, readInstant } from '../instant.ts';
import { printable } from '../printable.ts';
import { tableNames } from '../table/views.ts';
import { IS_COUNTED, type KindInPath } from './pagination-spec.ts';
import { SETTING, settingsIn } from './settings.ts';

/** One line a fault: `streams[1].name: expected a name of its own, got "items" again (streams[0])`. */
export function crossFaults(source: unknown): string[] {
  const streams = list(pick(source, 'streams'));
  return [
    ...twinFaults(streams),
    ...streams.flatMap((stream, index) => streamFaults(source, stream, `streams[${index}]`)),
    ...urlFaults(source),
    ...unknownSettings(source, word(source, 'scope'), 'scope'),
    ...keyFaults(source),
    ...zoneFaults(source, ''),
  ];
}

function urlFaults(source: unknown): string[] {
  const baseUrl = word(source, 'baseUrl');
  if (baseUrl === undefined) return [];
  const url = URL.parse(baseUrl.replaceAll(SETTING, 'x'));
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:';
  const expected = isWeb ? 'a URL without a query' : 'an http or https URL';
  const fits = isWeb && !url.search && !url.hash;
  return [
    ...(fits ? [] : [`baseUrl: expected ${expected}, got ${quote(baseUrl)}`]),
    ...unknownSettings(source, baseUrl, 'baseUrl'),
  ];
}

function keyFaults(source: unknown): string[] {
  if (word(source, 'credentials', 'kind') !== 'api-key') return [];
  const header = word(source, 'credentials', 'header');
  const query = word(source, 'credentials', 'query');
  if (!header !== !query) return [];
  return ['credentials: expected either header or query for kind "api-key"'];
}

/** Streams of one name, or whose tables would be one: `a-b` and `a_b`, `x-history` beside `x`. */
function twinFaults(streams: readonly unknown[]): string[] {
  const owners = new Map<string, number>();
  return streams.flatMap((stream, index) => {
    const name = word(stream, 'name');
    if (name === undefined) return [];
    const { current, history } = tableNames({ source: '', stream: name });
    const table = [current, history].find((wanted) => owners.has(wanted));
    if (table === undefined) {
      for (const own of [current, history]) owners.set(own, index);
      return [];
    }
    const twin = owners.get(table) ?? 0;
    const expected = `streams[${index}].name: expected a name of its own`;
    return word(streams[twin], 'name') === name
      ? [`${expected}, got ${quote(name)} again (streams[${twin}])`]
      : [`${expected}, got ${quote(name)}: its table ${table} is also that of streams[${twin}]`];
  });
}

function streamFaults(source: unknown, stream: unknown, at: string): string[] {
  const faults = pathFaults(source, stream, at);
  const method = word(stream, 'method');
  if (method !== 'POST' && pick(stream, 'body') !== undefined) {
    faults.push(`${at}.body: expected method "POST" beside a body, got ${quote(method)}`);
  }
  if (method !== 'POST' && word(stream, 'pagination', 'in') === 'body') {
    faults.push(`${at}.pagination.in: expected method "POST" beside "body", got ${quote(method)}`);
  }
  return [
    ...faults,
    ...incrementalFaults(stream, at),
    ...firstFaults(stream, at),
    ...zoneFaults(stream, `${at}.`),
    ...totalFaults(stream, at),
  ];
}

/** Every `{name}` in a path is a setting, or a number of paging that travels in the path. */
function pathFaults(source: unknown, stream: unknown, at: string): string[] {
  const path = word(stream, 'path');
  const paging = pick(stream, 'pagination');
  if (path === undefined || word(paging, 'in') !== 'path') {
    return unknownSettings(source, path, `${at}.path`);
  }
  const kind = word(paging, 'kind');
  if (!isOneOf(PATH_PARAMETERS, kind)) return [];
  const [place, size] = PATH_PARAMETERS[kind](paging);
  const settings = path.replaceAll(`{${place}}`, '').replaceAll(`{${size}}`, '');
  const faults = unknownSettings(source, settings, `${at}.path`);
  if (path.includes(`{${place}}`)) return faults;
  return [...faults, `${at}.path: expected {${place}} in it beside pagination.in "path"`];
}

/** A place and a size, by the kinds whose numbers may travel in the path. */
const PATH_PARAMETERS: Readonly<
  Record<KindInPath, (paging: unknown) => readonly [string, string | undefined]>
> = {
  offset: (paging) => [
    word(paging, 'offsetParam') ?? 'offset',
    word(paging, 'limitParam') ?? 'limit',
  ],
  page: (paging) => [word(paging, 'pageParam') ?? 'page', word(paging, 'sizeParam')],
};

function incrementalFaults(stream: unknown, at: string): string[] {
  const faults: string[] = [];
  for (const path of [['format'], ['until', 'format']]) {
    const format = word(stream, 'incremental', ...path);
    if (format === undefined || format.includes('{value}')) continue;
    const place = `${at}.incremental.${path.join('.')}`;
    faults.push(`${place}: expected text with {value}, got ${quote(format)}`);
  }
  const incremental = pick(stream, 'incremental');
  const isInteger = word(incremental, 'type') === 'integer';
  if (isInteger && pick(incremental, 'lookbackSeconds') !== undefined) {
    faults.push(`${at}.incremental.lookbackSeconds: expected type "instant", got "integer"`);
  }
  const kind = word(stream, 'pagination', 'kind');
  const isByNumber = isOneOf(IS_COUNTED, kind) && IS_COUNTED[kind];
  if (word(incremental, 'changedAt') !== undefined && isByNumber) {
    const place = `${at}.incremental.changedAt`;
    faults.push(`${place}: expected pagination in the order of change, got ${quote(kind)}`);
  }
  return faults;
}

/** A first watermark that is none would be sent as it stands, and read by few as it is meant. */
function firstFaults(stream: unknown, at: string): string[] {
  const first = pick(stream, 'incremental', 'first');
  if (first === undefined) return [];
  const isInteger = word(stream, 'incremental', 'type') === 'integer';
  const text = String(first);
  if (isInteger ? /^-?\d{1,40}$/.test(text) : readInstant(text) !== undefined) return [];
  const expected = isInteger
    ? 'a whole number beside type "integer"'
    : 'an ISO date or time such as "2024-01-31T00:00:00Z"';
  return [`${at}.incremental.first: expected ${expected}, got ${quote(text)}`];
}

function zoneFaults(value: unknown, at: string): string[] {
  const zone = word(value, 'zone');
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

function unknownSettings(source: unknown, template: string | undefined, at: string): string[] {
  return settingsIn(template ?? '')
    .filter((name) => pick(source, 'settings', name) === undefined)
    .map((name) => `${at}: expected {${name}} to be declared under settings, got no such setting`);
}

/** The value at a path of own fields. */
const pick = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, key)
        ? Reflect.get(at, key)
        : undefined,
    value,
  );

function word(value: unknown, ...path: readonly string[]): string | undefined {
  const found = pick(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

const isOneOf = <Name extends string>(
  table: Readonly<Record<Name, unknown>>,
  name: string | undefined,
): name is Name => name !== undefined && Object.hasOwn(table, name);

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const quote = (value: string | undefined): string =>
  value === undefined ? 'nothing' : printable(`"${value}"`);
