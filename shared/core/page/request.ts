// The request for one page, from the source's data and a cursor. A link cursor is used as it was
// given; everything else is built here and encoded once. Credentials are added elsewhere.

import type { Headers } from '../answer/exchange.ts';
import { DriplakeError, Failure } from '../failures.ts';
import { type PartitionValues, plainValues, rawNamed } from '../partition/values.ts';
import { plainText } from '../records/raw.ts';
import { withParameter } from '../source/body.ts';
import { carriesWatermark, WINDOW_NAMES } from '../source/partition-schema.ts';
import type { Incremental, Source, Stream } from '../source/source.ts';
import { fillNames, fillSettings, inBraces } from '../source/template/settings.ts';
import { namesIn, type Place, type Values } from '../source/template/template.ts';
import { mapTexts } from '../source/template/texts.ts';
import type { Cursor } from './cursor.ts';
import { withPair } from './link.ts';
import { pagingOf } from './pagination.ts';
import { asSent, isSentAsNumber, startAsSent } from './watermark.ts';
import { type Parameter, written } from './way.ts';

/** The same for all pages of a run. */
export interface RunTimes {
  /** Where this run starts (see `startingPoint`). */
  readonly watermark?: string | undefined;
  /** ISO instant of the run's start: the upper bound of streams that declare `until`. */
  readonly startedAt: string;
}

export interface RequestContext extends RunTimes {
  readonly settings: Readonly<Record<string, string>>;
  /** Of the run (`valuesOfRun`) and of the partition that is walked. */
  readonly values?: PartitionValues | undefined;
  /** `driplake/<version>` */
  readonly userAgent: string;
  /** What the source declares as secrets; without them, they stay in their braces. */
  readonly secrets?: Values;
  /** What the request is signed with, where that stands in its body. */
  readonly inBody?: Parameter;
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
  const names = {
    source,
    values: { ...context.settings, ...context.secrets },
    partition: plainValues(context.values ?? {}),
  };
  const fill: Fill = (text, where) => fillNames(text, names, where);
  const start = cursor ?? watermarkCursor(stream, context.watermark);
  const parameters = [
    ...incrementalParameters(stream, context),
    ...pagingOf(stream.pagination).parameters(start),
    ...sizeParameter(stream),
  ];
  const place = ('in' in stream.pagination && stream.pagination.in) || 'query';
  const method = stream.method ?? 'GET';
  const isForm = stream.bodyAs === 'form';
  const headers: Record<string, string> = {
    accept: 'application/json',
    'user-agent': context.userAgent,
    ...(method === 'POST' ? { 'content-type': isForm ? FORM_TYPE : 'application/json' } : {}),
  };
  for (const [name, value] of Object.entries({ ...source.headers, ...stream.headers })) {
    headers[name.toLowerCase()] = fill(value, 'header');
  }
  if (place === 'header') {
    for (const [name, value] of parameters) headers[name.toLowerCase()] = plain(value);
  }
  const address = place === 'query' || place === 'path' ? parameters : [];
  const url =
    start && 'url' in start
      ? linkUrl(start.url, source, stream, fill)
      : listUrl(source, stream, address, fill);
  if (method === 'GET') return { method, url, headers };
  const inBody = [
    ...(place === 'body' ? parameters : []),
    ...(context.inBody ? [context.inBody] : []),
  ];
  const body = isForm
    ? formBody(stream, inBody, fill)
    : jsonBody(stream, inBody, (text) => rawOf(text, context) ?? fill(text, 'json'));
  return { method, url, headers, body };
}

type Fill = (template: string, place: Place) => string;

const FORM_TYPE = 'application/x-www-form-urlencoded';

/** @param put what stands in the place of a text that is a name in braces */
function jsonBody(
  stream: Stream,
  parameters: readonly Parameter[],
  put: (text: string) => unknown,
): string {
  const declared = mapTexts(stream.body ?? {}, (text) =>
    inBraces(text, 'whole').length > 0 ? put(text) : text,
  );
  const body = parameters.reduce(
    (at, [name, value]) => withParameter(at, name, inJson(value)),
    declared,
  );
  return JSON.stringify(body);
}

/** Later pairs of a name win, as in a URL. */
function formBody(stream: Stream, parameters: readonly Parameter[], fill: Fill): string {
  const pairs = new Map<string, string>();
  for (const [name, value] of Object.entries(stream.body ?? {})) {
    pairs.set(name, fill(String(value), 'json'));
  }
  for (const [name, value] of parameters) pairs.set(name, plain(value));
  return new URLSearchParams([...pairs]).toString();
}

/** What any text of a stream may name: when the run began, and what it asks for. */
export function valuesOfRun({ incremental, zone }: Stream, run: RunTimes): PartitionValues {
  const { startedAt } = run;
  const [from, to] = incremental ? endsOfRun(incremental, zone, run) : [];
  const now = JSON.stringify(`${startedAt.slice(0, 'YYYY-MM-DDThh:mm:ss'.length)}Z`);
  const today = JSON.stringify(startedAt.slice(0, 'YYYY-MM-DD'.length));
  const raw = ({ text, isNumber }: End): string => (isNumber ? text : JSON.stringify(text));
  return { now, today, ...(from ? { from: raw(from) } : {}), ...(to ? { to: raw(to) } : {}) };
}

/** A number of a parent is a number in a body, digit for digit. */
function rawOf(text: string, { values = {} }: RequestContext): unknown {
  const raw = rawNamed(text, values);
  return raw === undefined ? undefined : JSON.rawJSON(raw);
}

/** The origin that every request of the source stays on. */
export const originOf = (source: Source, settings: Readonly<Record<string, string>>): string =>
  parseUrl(fillSettings(source.baseUrl, source, settings, 'path')).origin;

/** A path of the source below its `baseUrl`, settings filled in. @throws as `buildRequest` does */
export const addressUrl = (
  source: Source,
  path: string,
  settings: Readonly<Record<string, string>>,
): URL =>
  parseUrl(joinUrl(source, path, (text, place) => fillSettings(text, source, settings, place)));

/** X-Series and its like: the watermark is the cursor that the walk goes on from. */
function watermarkCursor(stream: Stream, watermark: string | undefined): Cursor {
  const { incremental, pagination } = stream;
  if (watermark === undefined || !incremental || carriesWatermark(stream)) return null;
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
  { watermark, startedAt }: RunTimes,
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
  fill: Fill,
): string {
  const isInPath = (name: string): boolean =>
    'in' in stream.pagination &&
    stream.pagination.in === 'path' &&
    stream.path.includes(`{${name}}`);
  const template = parameters
    .filter(([name]) => isInPath(name))
    .reduce((at, [name, value]) => at.replaceAll(`{${name}}`, encode(plain(value))), stream.path);
  const joined = joinUrl(source, template, fill);
  parseUrl(joined);
  const query = new Map<string, string>();
  for (const [name, value] of Object.entries(stream.query ?? {})) {
    query.set(name, fill(String(value), 'json'));
  }
  for (const [name, value] of parameters) if (!isInPath(name)) query.set(name, plain(value));
  if (query.size === 0) return joined;
  const pairs = [...query].map(([name, value]) => `${encode(name)}=${encode(value)}`);
  return `${joined}${joined.includes('?') ? '&' : '?'}${pairs.join('&')}`;
}

/**
 * A link as it was given, with the secrets of the source: those of its path where it has their
 * names, those of the list's query whatever it says of them.
 */
function linkUrl(link: string, source: Source, stream: Stream, fill: Fill): string {
  const { secrets = {} } = source;
  // Of a URL that was written anew, the braces are percent-encoded.
  const named = link.replaceAll(/%7B(\w+)%7D|\{(\w+)\}/gi, (text, one = '', other = '') =>
    Object.hasOwn(secrets, one || other) ? fill(`{${one || other}}`, 'path') : text,
  );
  return secretPairs(source, stream).reduce(
    (url, [name, text]) => withPair(url, name, fill(text, 'json')),
    named,
  );
}

/** Parameters of a stream's query that name secrets. */
export const secretPairs = (
  { secrets = {} }: Source,
  { query = {} }: Stream,
): readonly (readonly [name: string, text: string])[] =>
  Object.entries(query).flatMap(([name, value]) => {
    const text = String(value);
    return namesIn(text).some((one) => Object.hasOwn(secrets, one)) ? [[name, text]] : [];
  });

const joinUrl = (source: Source, template: string, fill: Fill): string =>
  `${fill(source.baseUrl, 'path').replace(/\/+$/, '')}/${fill(template, 'path').replace(/^\/+/, '')}`;

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
