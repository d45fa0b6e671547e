// The request for one page, from the source's data and a cursor. A link cursor is used as it was
// given; everything else is built here and encoded once. Credentials are added elsewhere.

import type { Headers } from '../answer/exchange.ts';
import { DriplakeError, Failure } from '../failures.ts';
import { type PartitionValues, plainValues, rawNamed } from '../partition/values.ts';
import { plainText } from '../records/raw.ts';
import { mapTexts, withParameter } from '../source/body.ts';
import { WINDOW_NAMES } from '../source/partition-schema.ts';
import type { Incremental, Source, Stream } from '../source/source.ts';
import { fillNames, inBraces, type Names } from '../source/template/settings.ts';
import type { Place } from '../source/template/template.ts';
import type { Cursor } from './cursor.ts';
import { pagingOf } from './pagination.ts';
import { asSent, isSentAsNumber, startAsSent } from './watermark.ts';
import { type Parameter, written } from './way.ts';

export interface RequestContext {
  readonly settings: Readonly<Record<string, string>>;
  /** Where this run starts (see `startingPoint`), the same for all its pages. */
  readonly watermark?: string | undefined;
  /** ISO instant of the run's start: the upper bound of streams that declare `until`. */
  readonly startedAt: string;
  /** Of the partition that is walked, where the stream has some. */
  readonly values?: PartitionValues | undefined;
  /** `driplake/<version>` */
  readonly userAgent: string;
}

export interface PageRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Headers;
  readonly body?: string;
}

/**
 * The request that fetches the page at `cursor` (`null`: the first page).
 * @throws DriplakeError configuration, when a setting has no value or the URL is not one
 */
export function buildRequest(
  source: Source,
  stream: Stream,
  cursor: Cursor,
  context: RequestContext,
): PageRequest {
  const names = namesOf(source, context);
  const fill = (text: string, place: Place) => fillNames(text, names, place);
  const start = cursor ?? watermarkCursor(stream, context.watermark);
  const parameters = [
    ...incrementalParameters(stream, context),
    ...pagingOf(stream.pagination).parameters(start),
    ...sizeParameter(stream),
  ];
  const place = ('in' in stream.pagination && stream.pagination.in) || 'query';
  const method = stream.method ?? 'GET';
  const headers: Record<string, string> = {
    accept: 'application/json',
    'user-agent': context.userAgent,
    ...(method === 'POST' ? { 'content-type': 'application/json' } : {}),
  };
  for (const [name, value] of Object.entries({ ...source.headers, ...stream.headers })) {
    headers[name.toLowerCase()] = fill(value, 'header');
  }
  if (place === 'header') {
    for (const [name, value] of parameters) headers[name.toLowerCase()] = plain(value);
  }
  const address = place === 'query' || place === 'path' ? parameters : [];
  const url = start && 'url' in start ? start.url : listUrl(source, stream, address, names);
  if (method === 'GET') return { method, url, headers };
  const declared = mapTexts(stream.body ?? {}, (text) =>
    inBraces(text, 'whole').length > 0 ? (rawOf(text, context) ?? fill(text, 'json')) : text,
  );
  const body = (place === 'body' ? parameters : []).reduce(
    (at, [name, value]) => withParameter(at, name, inJson(value)),
    declared,
  );
  return { method, url, headers, body: JSON.stringify(body) };
}

const namesOf = ({ settings: declared }: Source, { settings, values }: RequestContext): Names => ({
  declared,
  settings,
  partition: plainValues(values ?? {}),
});

/** A number of a parent is a number in a body, digit for digit. */
function rawOf(text: string, { values = {} }: RequestContext): unknown {
  const raw = rawNamed(text, values);
  return raw === undefined ? undefined : JSON.rawJSON(raw);
}

/** The origin that every request of the source stays on. */
export const originOf = (source: Source, settings: Readonly<Record<string, string>>): string =>
  parseUrl(baseUrl(source, { declared: source.settings, settings })).origin;

/** A path of the source below its `baseUrl`, settings filled in. @throws as `buildRequest` does */
export const addressUrl = (
  source: Source,
  path: string,
  settings: Readonly<Record<string, string>>,
): URL => parseUrl(joinUrl(source, path, { declared: source.settings, settings }));

/** X-Series and its like: the watermark is the cursor that the walk goes on from. */
function watermarkCursor(stream: Stream, watermark: string | undefined): Cursor {
  const { incremental, pagination } = stream;
  if (watermark === undefined || !incremental || incremental.param !== undefined) return null;
  if (!pagingOf(pagination).startsAtWatermark) return null;
  const value = asSent(incremental, watermark, stream.zone);
  return isSentAsNumber(incremental) ? { value, number: true } : { value };
}

/** They travel where the paging parameters do: a POST that searches has its filters in the body. */
function incrementalParameters(stream: Stream, context: RequestContext): readonly Parameter[] {
  const { incremental } = stream;
  if (!incremental) return [];
  const { param, format, until, window } = incremental;
  const { values = {} } = context;
  const [from, to] = window
    ? WINDOW_NAMES.map((name) => endOf(values[name]))
    : endsOfRun(incremental, stream.zone, context);
  return [
    ...(param !== undefined && from ? [[param, bound(format, from)] as const] : []),
    ...(until && to ? [[until.param, bound(until.format, to)] as const] : []),
  ];
}

/** The watermark and the run's start, as requests write times. */
function endsOfRun(
  incremental: Incremental,
  zone: string | undefined,
  { watermark, startedAt }: RequestContext,
): readonly (End | undefined)[] {
  const isNumber = isSentAsNumber(incremental);
  return [
    watermark === undefined ? undefined : { text: asSent(incremental, watermark, zone), isNumber },
    startAsSent(incremental, startedAt, zone),
  ];
}

interface End {
  readonly text: string;
  readonly isNumber?: boolean;
}

const endOf = (raw: string | undefined): End | undefined => {
  const text = plainText(raw);
  return text === undefined ? undefined : { text, isNumber: raw === text };
};

const bound = (format: string | undefined, { text, isNumber }: End): Parameter[1] =>
  isNumber && format === undefined ? { digits: text } : written(format, text);

/** What carries the size of a page, if anything does. */
export function sizeParameter({ pagination: spec }: Stream): readonly Parameter[] {
  const { sizeParam, pageSize } = { sizeParam: undefined, pageSize: undefined, ...spec };
  return sizeParam !== undefined && pageSize !== undefined ? [[sizeParam, pageSize]] : [];
}

/**
 * Later parameters of the same name win: paging over the watermark over the stream's own query.
 * With `in: 'path'`, those that the path names stand there, the others in the query.
 */
function listUrl(
  source: Source,
  stream: Stream,
  parameters: readonly Parameter[],
  names: Names,
): string {
  const isInPath = (name: string): boolean =>
    'in' in stream.pagination &&
    stream.pagination.in === 'path' &&
    stream.path.includes(`{${name}}`);
  const template = parameters
    .filter(([name]) => isInPath(name))
    .reduce((at, [name, value]) => at.replaceAll(`{${name}}`, encode(plain(value))), stream.path);
  const joined = joinUrl(source, template, names);
  parseUrl(joined);
  const query = new Map<string, string>();
  for (const [name, value] of Object.entries(stream.query ?? {})) {
    query.set(name, fillNames(String(value), names));
  }
  for (const [name, value] of parameters) if (!isInPath(name)) query.set(name, plain(value));
  if (query.size === 0) return joined;
  const pairs = [...query].map(([name, value]) => `${encode(name)}=${encode(value)}`);
  return `${joined}${joined.includes('?') ? '&' : '?'}${pairs.join('&')}`;
}

function joinUrl(source: Source, template: string, names: Names): string {
  const path = fillNames(template, names, 'path');
  return `${baseUrl(source, names).replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`;
}

const baseUrl = (source: Source, names: Names): string => fillNames(source.baseUrl, names, 'path');

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url) return url;
  throw new DriplakeError(
    Failure.configuration,
    `${text} is not a URL.`,
    'Look at baseUrl, path and the settings they name.',
  );
}

/** Percent-encoded once; a lone surrogate becomes U+FFFD, since UTF-8 cannot hold it. */
const encode = (text: string): string => encodeURIComponent(text.toWellFormed());

const plain = (value: Parameter[1]): string =>
  typeof value === 'object' ? value.digits : String(value);

const inJson = (value: Parameter[1]): unknown =>
  typeof value === 'object' ? JSON.rawJSON(value.digits) : value;

declare global {
  interface JSON {
    /** ECMAScript 2026, in Node since 22; not yet in TypeScript's library. */
    rawJSON(text: string): unknown;
  }
}
