// R-Series pages as bytes: the V3 envelope with full URLs and sealed cursors, the legacy one with
// offset and count. The records inside are copied, never re-serialised.

import { seedOf } from './data.ts';
import { wholeNumber } from './exchange.ts';
import type { RSeriesQuirks } from './lightspeed-r-quirks.ts';
import {
  QueryFault,
  type Resource,
  rankOf,
  type Selection,
  select,
  withRelations,
} from './lightspeed-r-rows.ts';

export interface PageRequest {
  readonly resource: Resource;
  readonly v3: boolean;
  /** One record by its id instead of a list. */
  readonly id: string | undefined;
  /** Public URL of the list, without a query. */
  readonly url: string;
  readonly rawQuery: string;
  readonly relations: readonly string[];
  readonly quirks: RSeriesQuirks;
}

/** The body of a page; undefined when the record does not exist. Throws QueryFault for a 400. */
export function renderPage(page: PageRequest): string | undefined {
  const { resource, quirks, id } = page;
  if (id !== undefined) {
    const row = resource.rows.find((one) => one.index === Number(id) - 1);
    if (row === undefined) return undefined;
    const text = withRelations(resource.text(row), row, page.relations);
    return `{"@attributes":${attributes({ count: 1 }, quirks)},"${resource.envelope}":${text}}`;
  }
  const query = new URLSearchParams(page.rawQuery);
  const limit = wholeNumber(query.get('limit'), 100);
  if (limit === undefined || limit > 100) throw new QueryFault('limit must be 0 to 100.');
  return page.v3 ? renderV3(page, query, limit) : renderLegacy(page, query, limit);
}

function renderV3(page: PageRequest, query: URLSearchParams, limit: number): string {
  if (query.has('offset')) throw new QueryFault('offset is not supported in V3.');
  const { rest, place } = readCursor(page);
  const selection = select(page.resource, rest, page.quirks);
  const total = selection.rows.length;
  const from = startOf(selection, place, limit);
  const to = Math.min(from + limit, total);
  const full = page.quirks.emptyLastPage && to === total && to - from === limit && to > 0;
  const more = limit > 0 && (to < total || full);
  const members = {
    next: more ? cursorUrl(page, rest, selection, 'after', to - 1) : '',
    previous: from > 0 && to > from ? cursorUrl(page, rest, selection, 'before', from) : '',
    ...(query.get('count') === '1' ? { count: total } : {}),
  };
  return envelope(page, attributes(members, page.quirks), selection, from, to);
}

function renderLegacy(page: PageRequest, query: URLSearchParams, limit: number): string {
  if (query.has('after') || query.has('before')) throw new QueryFault('Cursors need V3.');
  const offset = wholeNumber(query.get('offset'), 0);
  if (offset === undefined) throw new QueryFault('offset must be a whole number.');
  const rest = withoutParameters(page.rawQuery, /^(offset|limit|count)=/u);
  const selection = select(page.resource, rest, page.quirks);
  const count = selection.rows.length;
  const bare = count === 0 && page.quirks.keylessEmpty;
  const members = bare ? { count } : { count, offset, limit };
  const from = Math.min(offset, count);
  const to = Math.min(from + limit, count);
  return envelope(page, attributes(members, page.quirks), selection, from, to);
}

function envelope(
  page: PageRequest,
  head: string,
  selection: Selection,
  from: number,
  to: number,
): string {
  const { resource, quirks, relations } = page;
  const texts = selection.rows
    .slice(from, to)
    .map((row) => withRelations(resource.text(row), row, relations));
  if (texts.length === 0 && quirks.keylessEmpty) return `{"@attributes":${head}}`;
  const list = `[${texts.join(',')}]`;
  const value = texts.length === 1 && quirks.oneAsObject ? (texts[0] ?? list) : list;
  return `{"@attributes":${head},"${resource.envelope}":${value}}`;
}

function attributes(
  members: Readonly<Record<string, string | number>>,
  quirks: RSeriesQuirks,
): string {
  const entries = Object.entries(members).map(([name, value]) => [
    name,
    quirks.stringScalars ? String(value) : value,
  ]);
  return JSON.stringify(Object.fromEntries(entries));
}

interface Place {
  readonly direction: 'after' | 'before';
  readonly value: number;
  readonly index: number;
}

function startOf(selection: Selection, place: Place | undefined, limit: number): number {
  if (place === undefined) return 0;
  const rank = rankOf(selection, place.value, place.index, place.direction === 'after');
  return place.direction === 'after' ? rank : Math.max(0, rank - limit);
}

function cursorUrl(
  page: PageRequest,
  rest: string,
  selection: Selection,
  direction: Place['direction'],
  at: number,
): string {
  const row = selection.rows[at];
  if (row === undefined) return '';
  const place = { direction, value: selection.value(row), index: row.index };
  const head = rest === '' ? '' : `${rest}&`;
  return `${page.url}?${head}${direction}=${encodeCursor(place, rest)}`;
}

/**
 * Base64 with a tail, in lower-case percent signs: any client that decodes and encodes it
 * changes it.
 */
function encodeCursor(place: Place, rest: string): string {
  const state = [place.value, place.index, seedOf(3, rest)].join(' ');
  const token = `${Buffer.from(state).toString('base64')}=:+`;
  return token.replace(/[=:+/]/gu, (sign) => `%${sign.charCodeAt(0).toString(16)}`);
}

/** The cursor of a request and the query it was issued for. A changed one is a fault. */
function readCursor(page: PageRequest): { rest: string; place: Place | undefined } {
  const found = /(?:^|&)(after|before)=([^&]*)/u.exec(page.rawQuery);
  if (found === null) return { rest: page.rawQuery, place: undefined };
  const rest = withoutParameters(page.rawQuery, /^(after|before)=/u);
  const raw = found[2] ?? '';
  const token = decodeURIComponent(raw).replace(/=:\+$/u, '');
  const words = Buffer.from(token, 'base64').toString('utf8').split(' ');
  const [value, index, seal] = words.map(Number);
  const direction = found[1] === 'before' ? 'before' : 'after';
  if (words.length !== 3 || value === undefined || index === undefined) {
    throw new QueryFault('The cursor cannot be read.');
  }
  if (!Number.isFinite(value) || !Number.isInteger(index)) {
    throw new QueryFault('The cursor cannot be read.');
  }
  const place: Place = { direction, value, index };
  const head = rest === '' ? '' : `${rest}&`;
  const issued = `${head}${direction}=${encodeCursor(place, rest)}`;
  if (page.quirks.strictCursor && (seal !== seedOf(3, rest) || issued !== page.rawQuery)) {
    throw new QueryFault('The next URL was rebuilt or encoded again.');
  }
  return { rest, place };
}

function withoutParameters(rawQuery: string, unwanted: RegExp): string {
  return rawQuery
    .split('&')
    .filter((part) => part !== '' && !unwanted.test(part))
    .join('&');
}
