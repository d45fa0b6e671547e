// Faults of what a stream says of its partitions: parents that are none or lead in a circle, names
// with two meanings, values that nothing carries, and windows that would leave out or repeat rows.

import { WAVES } from '../bounds.ts';
import {
  carriesWatermark,
  namesAsked,
  RUN_NAMES,
  type Unit,
  unitOf,
  WINDOW_NAMES,
} from './partition-schema.ts';
import { namesIn } from './template/template.ts';
import { textsOf } from './template/texts.ts';
import { list, pick, quote, textAt } from './written.ts';

/** Faults of one stream's partitions and windows. @param at `streams[0]` */
export const partitionFaults = (source: unknown, stream: unknown, at: string): string[] => [
  ...factorFaults(source, stream, at),
  ...circleFaults(source, stream, at),
  ...windowFaults(stream, at),
  ...besideFaults(stream, at),
  ...bodyFaults(stream, at),
];

/** The factors of a stream, one or several. */
function factorsIn(stream: unknown): readonly unknown[] {
  const declared = pick(stream, 'partitions');
  if (declared === undefined) return [];
  return Array.isArray(declared) ? declared : [declared];
}

/** The factors of a stream with their places. */
function placed(stream: unknown, at: string): readonly (readonly [unknown, string])[] {
  const isList = Array.isArray(pick(stream, 'partitions'));
  return factorsIn(stream).map((factor, index) => [
    factor,
    `${at}.partitions${isList ? `[${index}]` : ''}`,
  ]);
}

/** What the values of a factor are called in braces; the parent's fields stand behind a dot. */
const nameOf = (factor: unknown): string | undefined =>
  textAt(factor, 'name') ?? textAt(factor, 'as') ?? textAt(factor, 'parent');

const isParent = (factor: unknown): boolean => pick(factor, 'parent') !== undefined;

const hasWindow = (stream: unknown): boolean =>
  pick(stream, 'incremental', 'window') !== undefined;

function factorFaults(source: unknown, stream: unknown, at: string): string[] {
  const names = new Map<string, string>();
  for (const name of [...WINDOW_NAMES, ...RUN_NAMES]) names.set(name, 'a time of each run');
  const asked = namesAsked(stream);
  return placed(stream, at).flatMap(([factor, place]) => {
    const name = nameOf(factor);
    if (name === undefined) return [];
    const isSet = ['settings', 'secrets'].some((at) => pick(source, at, name) !== undefined);
    const owner = isSet ? 'a setting or a secret' : names.get(name);
    names.set(name, 'another of its partitions');
    const twin = `${place}: expected a name of its own, got ${quote(name)}, which is ${owner}`;
    const isUsed = asked.some((one) =>
      isParent(factor) ? one.startsWith(`${name}.`) : one === name,
    );
    const braces = isParent(factor) ? `{${name}.<field>}` : `{${name}}`;
    return [
      ...referenceFaults(source, factor, place),
      ...(owner === undefined ? [] : [twin]),
      ...(isUsed ? [] : [`${place}: expected ${braces} in ${CARRIERS}, got none: ${ALIKE}`]),
    ];
  });
}

const CARRIERS = 'path, query, headers or body';
const ALIKE = 'all of its partitions would ask for the same';

/** A parent is another stream of the source, the setting of a list one of its settings. */
function referenceFaults(source: unknown, factor: unknown, place: string): string[] {
  const [parent, setting] = [textAt(factor, 'parent'), textAt(factor, 'setting')];
  const isLost = parent !== undefined && streamNamed(source, parent) === undefined;
  const isUnset = setting !== undefined && pick(source, 'settings', setting) === undefined;
  return [
    ...(isLost ? [`${place}.parent: expected a stream of the source, got ${quote(parent)}`] : []),
    ...(isUnset
      ? [`${place}.setting: expected a name under settings, got ${quote(setting)}`]
      : []),
  ];
}

const streamNamed = (source: unknown, name: string): unknown =>
  list(pick(source, 'streams')).find((stream) => textAt(stream, 'name') === name);

const parentsIn = (stream: unknown): string[] =>
  factorsIn(stream).flatMap((factor) => textAt(factor, 'parent') ?? []);

/** Told of each stream that is its own ancestor, with the shortest way back to it. */
function circleFaults(source: unknown, stream: unknown, at: string): string[] {
  const name = textAt(stream, 'name');
  if (name === undefined) return [];
  const met = new Set<string>();
  let ways: readonly (readonly string[])[] = [[name]];
  while (ways.length > 0) {
    ways = ways.flatMap((way) =>
      parentsIn(streamNamed(source, way.at(-1) ?? '')).map((parent) => [...way, parent]),
    );
    const circle = ways.find((way) => way.at(-1) === name);
    if (circle) {
      return [`${at}.partitions: expected no circle of parents, got ${circle.join(' of ')}`];
    }
    const [deep] = ways.filter((way) => way.length > WAVES);
    if (deep) {
      const told = `${WAVES} streams behind each other at most, got ${deep.join(' of ')}`;
      return [`${at}.partitions: expected ${told}`];
    }
    ways = ways.filter((way) => !met.has(way.at(-1) ?? ''));
    for (const way of ways) met.add(way.at(-1) ?? '');
  }
  return [];
}

function windowFaults(stream: unknown, at: string): string[] {
  if (!hasWindow(stream)) return [];
  const incremental = pick(stream, 'incremental');
  const place = `${at}.incremental.window`;
  const asked = new Set(namesAsked(stream));
  const hasFrom = carriesWatermark(stream);
  const hasTo = textAt(incremental, 'until', 'param') !== undefined || asked.has('to');
  const ways = [['window', 'as'], ['as'], ['fieldAs']];
  const way = ways.find((path) => textAt(incremental, ...path) !== undefined) ?? [];
  const as = textAt(incremental, ...way);
  const faults: string[] = [];
  if (pick(incremental, 'first') === undefined) {
    faults.push(`${place}: expected first beside it, where the first window begins, got nothing`);
  }
  if (!hasFrom) faults.push(`${place}: expected param, or {from} in ${CARRIERS}, got neither`);
  if (!hasTo && !isNamed(pick(incremental, 'window'), as)) {
    faults.push(`${place}: expected until.param, or {to} in ${CARRIERS}, got neither`);
  }
  if (as !== undefined && isCoarse(pick(incremental, 'window'), unitOf(as))) {
    const expected = 'a pattern that tells a window from the next';
    faults.push(`${at}.incremental.${way.join('.')}: expected ${expected}, got ${quote(as)}`);
  }
  return faults;
}

/** One day, month or year by its name needs no end: `2026-01`. */
const isNamed = (window: unknown, as = ''): boolean =>
  pick(window, SPANS[unitOf(as)] ?? '') === 1 && as.includes('YYYY');

const SPANS: Readonly<Partial<Record<Unit, string>>> = {
  day: 'days',
  month: 'months',
  year: 'years',
};

const isCoarse = (window: unknown, unit: Unit): boolean =>
  (unit === 'year' || unit === 'month') &&
  (pick(window, 'days') !== undefined ||
    (unit === 'year' && pick(window, 'months') !== undefined));

/** A text of a JSON body has a language of its own: a value is alone there, or in a variable. */
function bodyFaults(stream: unknown, at: string): string[] {
  if (textAt(stream, 'bodyAs') === 'form') return [];
  const parents = factorsIn(stream).filter(isParent).map(nameOf);
  return [...textsOf(pick(stream, 'body'), `${at}.body`)].flatMap(([place, text]) =>
    namesIn(text).flatMap((name) => {
      const [parent, field] = name.split('.', 2);
      if (field === undefined || !parents.includes(parent) || text === `{${name}}`) return [];
      return [`${place}: expected {${name}} alone in a text of its own, got ${quote(text)}`];
    }),
  );
}

/** What means nothing beside partitions, and what means nothing without. */
function besideFaults(stream: unknown, at: string): string[] {
  if (factorsIn(stream).length === 0 && !hasWindow(stream)) {
    const alone = pick(stream, 'skipAtMost') !== undefined;
    return alone ? [`${at}.skipAtMost: expected partitions or incremental.window beside it`] : [];
  }
  const isInteger = textAt(stream, 'incremental', 'type') === 'integer';
  const type = `${at}.incremental.type: expected "instant" beside partitions, got "integer"`;
  const pages = `${at}.maxPages: expected none beside partitions: a run reads all of them`;
  return [
    ...(isInteger ? [`${type}: one watermark is for all, and is no later than a run began`] : []),
    ...(pick(stream, 'maxPages') === undefined ? [] : [pages]),
  ];
}

/** What a template is filled by: other braces are left as they are. */
const FIELD = /^[\w-]+(\.[\w-]+)+$/;

/** Why a name in braces of a stream has no value; undefined where it has one. */
export function describeUnknown(source: unknown, stream: unknown, name: string) {
  if (pick(source, 'settings', name) !== undefined) return undefined;
  const isEnd = WINDOW_NAMES.some((end) => end === name);
  const isOfRun = RUN_NAMES.some((one) => one === name);
  if (stream !== undefined && (isOfRun || (isEnd && hasWindow(stream)))) return undefined;
  for (const factor of factorsIn(stream)) {
    const own = nameOf(factor);
    if (own === undefined) continue;
    if (!isParent(factor) && name === own) return undefined;
    if (isParent(factor) && name.startsWith(`${own}.`)) {
      return FIELD.test(name) ? undefined : `a field of letters, digits, _, - and . in {${name}}`;
    }
    if (isParent(factor) && name === own) return `{${own}.<field>} of the parent, got {${own}}`;
  }
  const incremental = pick(stream, 'incremental');
  if (isEnd && incremental !== undefined) {
    const isKnown = name === 'to' || pick(incremental, 'first') !== undefined;
    return isKnown ? undefined : `incremental.first beside {${name}}, for the first run, got none`;
  }
  return stream !== undefined && name.includes('.')
    ? `{${name}} to be of a parent under partitions, got no such parent`
    : `{${name}} to be declared under settings, got no such setting`;
}
