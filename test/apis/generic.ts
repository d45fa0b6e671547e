// One endpoint per way to page, over lists of any length, with damage that can be switched on. It
// refuses cursors it never gave and writes down requests that go further past the end than any
// rule of ending needs.

import { plainLists } from './data.ts';
import {
  type ApiModel,
  type ApiRequest,
  type ApiResponse,
  answer,
  jsonObject,
  linkHeader,
  originOf,
  referee,
} from './exchange.ts';
import { fixedWindow, type WindowVerdict } from './limits.ts';

/** Paths of the endpoints: `/offset`, `/page`, ... */
export const genericKinds = [
  'offset', // ?offset=&limit=                        {"data":[...]}
  'bare', // ?offset=&limit=                          [...]
  'total', // ?offset=&limit=                         {"total":n,"data":[...]}
  'clamped', // ?offset=&limit=, limit clamped to 7   {"data":[...]}
  'page', // ?page=1..&limit=                         {"data":[...]}
  'page-zero', // ?page=0..&limit=                    {"data":[...]}
  'has-more', // ?page=1..&limit=                     {"data":[...],"has_more":bool}
  'cursor-body', // ?cursor=&limit=                   {"data":[...],"next_cursor":".."|null}
  'cursor-header', // ?cursor= or X-Cursor            [...] with X-Next-Cursor
  'link-body', // the URL                             {"data":[...],"next":"<URL>"|null}
  'link-header', // the URL                           [...] with Link: <...>; rel="next"
  'keyset', // ?since_id=&limit=                      {"data":[...]}
  'single', // no parameters                          {"data":[all]}
  'post', // POST {"offset":0,"limit":10}             {"data":[...]}
  'post-cursor', // POST {"cursor":null,"limit":10}   {"data":[...],"next_cursor":".."|null}
] as const;
export type GenericKind = (typeof genericKinds)[number];

export type Damage =
  | 'html200' // a login page with status 200
  | 'emptyBody' // status 200, no bytes
  | 'cutOff' // the connection breaks in the middle
  | 'halfJson' // a whole response with half a document
  | 'sameCursor' // the next place is this place
  | 'cursorCycle' // the next place is the second page, again and again
  | 'otherOriginLink' // the next link leads to another host
  | 'repeatRows'; // every page holds the first rows, and there is always another

/** Which list requests of an endpoint suffer: the n-th (from 1) and those after it. */
export interface DamageSpan {
  readonly from: number;
  readonly times?: number;
}

export interface GenericOptions {
  /** Rows of each endpoint: one number for all, or by kind. */
  readonly length: number | Readonly<Partial<Record<GenericKind, number>>>;
  /** How the end of a cursor looks in a body. */
  readonly cursorEnd?: 'null' | 'empty' | 'absent';
  readonly recordsKey?: string;
  readonly relativeLinks?: boolean;
  /** A line break after each record of a list. */
  readonly lineBreaks?: boolean;
  readonly byteOrderMark?: boolean;
  readonly damage?: Readonly<Partial<Record<Damage, DamageSpan>>>;
  /** A plain limit, told in X-RateLimit headers with seconds to go. */
  readonly window?: {
    readonly limit: number;
    readonly windowMs: number;
    /** Sent in place of the right Retry-After, such as `0` or a date. */
    readonly retryAfter?: string;
  };
  readonly seed?: number;
}

export interface GenericModel extends ApiModel {
  records(kind: GenericKind): string[];
  /** List requests that an endpoint got. */
  asked(kind: GenericKind): number;
}

export function generic(options: GenericOptions): GenericModel {
  const { length, seed = 1 } = options;
  const lengths = genericKinds.map((kind) => [
    kind,
    typeof length === 'number' ? length : (length[kind] ?? 0),
  ]);
  const lists = plainLists(Object.fromEntries(lengths), seed);
  const window = fixedWindow(
    options.window ?? { limit: Number.MAX_SAFE_INTEGER, windowMs: 60_000 },
  );
  const watch = referee();
  const asked = new Map<GenericKind, number>();

  return {
    handle: (request, nowMs) => {
      watch.request();
      const turn = window.take(nowMs);
      const headers = options.window === undefined ? {} : limitHeaders(turn, nowMs);
      if (!turn.allowed) {
        watch.refusal(nowMs, turn.resetMs);
        const right = String(Math.ceil(turn.retryAfterMs / 1000));
        const retryAfter = { 'Retry-After': options.window?.retryAfter ?? right };
        return answer(nowMs, 429, '{}', { ...headers, ...retryAfter });
      }
      const kind = genericKinds.find((one) => `/${one}` === request.path);
      const count = lists.count(kind ?? '');
      if (kind === undefined || count === undefined) return answer(nowMs, 404, '{}', headers);
      const ordinal = (asked.get(kind) ?? 0) + 1;
      asked.set(kind, ordinal);
      const suffers = (damage: Damage) => within(options.damage?.[damage], ordinal);
      const place = locate(kind, request, count);
      if (typeof place === 'string') {
        watch.violation(`${request.path}?${request.rawQuery} ${request.body}: ${place}`);
        return answer(nowMs, 400, JSON.stringify({ error: place }), headers);
      }
      const { from, size } = place;
      if (from >= count + Math.max(1, size) && !suffers('repeatRows')) {
        watch.violation(`${request.path}: asked for row ${from} of ${count}`);
      }
      const to = Math.min(from + size, count);
      const first = suffers('repeatRows') ? 0 : from;
      const texts = lists.slice(kind, first, first + size);
      const next = nextPlace({ from, size, to, count }, suffers);
      const page = { kind, texts, count, next, size, request, suffers, options };
      const content = damaged(nowMs, render(nowMs, page), suffers);
      return { ...content, headers: { ...content.headers, ...headers } };
    },
    stats: () => {
      const { allowed, refused } = window.counts();
      const idle = options.window === undefined ? 0 : window.counts().idle;
      return { ...watch.seen(), allowed, refused, idle };
    },
    spendForeign: window.spendForeign,
    records: (kind) => lists.slice(kind, 0, lists.count(kind) ?? 0),
    asked: (kind) => asked.get(kind) ?? 0,
  };
}

const defaultSize = 10;
const mostRows = 100;
const clampedRows = 7;

/** Where a request stands in the list, or why it cannot be read. */
function locate(
  kind: GenericKind,
  request: ApiRequest,
  count: number,
): { from: number; size: number } | string {
  const posts = kind.startsWith('post');
  if (request.method !== (posts ? 'POST' : 'GET')) return `${request.method} is not allowed`;
  if (kind === 'single') return { from: 0, size: count };
  const body = jsonObject(request.body);
  const given = (name: string): string | undefined => {
    const value = posts ? body[name] : request.query.get(name);
    return value === undefined || value === null ? undefined : String(value);
  };
  const limit = natural(given('limit') ?? String(defaultSize));
  if (limit === undefined || limit < 1) return 'limit must be 1 or more';
  const size = Math.min(limit, kind === 'clamped' ? clampedRows : mostRows);
  switch (kind) {
    case 'page':
    case 'has-more':
    case 'page-zero': {
      const firstPage = kind === 'page-zero' ? 0 : 1;
      const page = natural(given('page') ?? String(firstPage));
      if (page === undefined || page < firstPage) return `pages start at ${firstPage}`;
      return { from: (page - firstPage) * size, size };
    }
    case 'keyset': {
      const since = natural(given('since_id') ?? '0');
      return since === undefined ? 'since_id must be an id' : { from: since, size };
    }
    case 'cursor-body':
    case 'cursor-header':
    case 'post-cursor':
    case 'link-body':
    case 'link-header': {
      const from = readCursor(given('cursor') ?? request.headers['x-cursor']);
      return from === undefined ? 'the cursor was never given' : { from, size };
    }
    default: {
      const offset = natural(given('offset') ?? '0');
      return offset === undefined ? 'offset must be a whole number' : { from: offset, size };
    }
  }
}

function nextPlace(
  at: { from: number; size: number; to: number; count: number },
  suffers: (damage: Damage) => boolean,
): number | undefined {
  if (suffers('sameCursor')) return at.from;
  if (suffers('cursorCycle') && at.from >= 3 * at.size) return at.size;
  if (suffers('repeatRows') || suffers('cursorCycle')) return at.from + at.size;
  return at.to < at.count ? at.to : undefined;
}

interface Page {
  readonly kind: GenericKind;
  readonly texts: readonly string[];
  readonly count: number;
  /** Undefined at the end. */
  readonly next: number | undefined;
  readonly size: number;
  readonly request: ApiRequest;
  readonly suffers: (damage: Damage) => boolean;
  readonly options: GenericOptions;
}

function render(nowMs: number, page: Page): ApiResponse {
  const { kind, texts, count, next, options } = page;
  const { recordsKey = 'data', lineBreaks = false, byteOrderMark = false } = options;
  const list = `[${texts.join(lineBreaks ? ',\n' : ',')}]`;
  const cursor = next === undefined ? undefined : writeCursor(next);
  const link = next === undefined ? undefined : nextUrl(page, next);
  const send = (body: string, headers: Readonly<Record<string, string>> = {}) =>
    answer(nowMs, 200, (byteOrderMark ? '\u{feff}' : '') + body, headers);
  const named = (members: string) => send(`{"${recordsKey}":${list}${members}}`);
  switch (kind) {
    case 'bare':
      return send(list);
    case 'total':
      return send(`{"total":${count},"${recordsKey}":${list}}`);
    case 'has-more':
      return named(`,"has_more":${next !== undefined}`);
    case 'cursor-body':
    case 'post-cursor':
      return named(ending('next_cursor', cursor, options));
    case 'cursor-header':
      return send(list, cursor === undefined ? {} : { 'X-Next-Cursor': cursor });
    case 'link-body':
      return named(ending('next', link, options));
    case 'link-header':
      return send(list, link === undefined ? {} : { Link: linkHeader({ next: link, self: '/' }) });
    default:
      return named('');
  }
}

function ending(name: string, value: string | undefined, options: GenericOptions): string {
  if (value !== undefined) return `,"${name}":${JSON.stringify(value)}`;
  if (options.cursorEnd === 'absent') return '';
  return `,"${name}":${options.cursorEnd === 'empty' ? '""' : 'null'}`;
}

function nextUrl(page: Page, next: number): string {
  const { request, suffers, options } = page;
  const query = new URLSearchParams(request.query);
  query.set('cursor', writeCursor(next));
  const origin = suffers('otherOriginLink')
    ? 'https://elsewhere.example'
    : originOf(request, 'https://api.example.com');
  return `${options.relativeLinks === true ? '' : origin}${request.path}?${query}`;
}

function damaged(
  nowMs: number,
  whole: ApiResponse,
  suffers: (damage: Damage) => boolean,
): ApiResponse {
  if (suffers('html200')) {
    const page = '<!doctype html><html><body>Please sign in</body></html>';
    return answer(nowMs, 200, page, { 'Content-Type': 'text/html' });
  }
  if (suffers('emptyBody')) return { ...whole, body: '' };
  const half = Math.floor(whole.body.length / 2);
  if (suffers('halfJson')) return { ...whole, body: whole.body.slice(0, half) };
  return suffers('cutOff') ? { ...whole, dropAfterBytes: half } : whole;
}

function within(span: DamageSpan | undefined, ordinal: number): boolean {
  if (span === undefined || ordinal < span.from) return false;
  return ordinal < span.from + (span.times ?? Number.POSITIVE_INFINITY);
}

function writeCursor(place: number): string {
  return Buffer.from(`place+${place}`).toString('base64');
}

function readCursor(cursor: string | undefined): number | undefined {
  if (cursor === undefined) return 0;
  const text = Buffer.from(cursor, 'base64').toString('utf8');
  const place = natural(text.replace(/^place\+/u, ''));
  return place !== undefined && writeCursor(place) === cursor ? place : undefined;
}

function natural(text: string): number | undefined {
  return /^\d{1,15}$/u.test(text) ? Number(text) : undefined;
}

function limitHeaders(turn: WindowVerdict, nowMs: number): Record<string, string> {
  return {
    'X-RateLimit-Limit': String(turn.limit),
    'X-RateLimit-Remaining': String(turn.remaining),
    'X-RateLimit-Reset': String(Math.ceil((turn.resetMs - nowMs) / 1000)),
  };
}
