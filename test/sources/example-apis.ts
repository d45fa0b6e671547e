// The files of examples/, and an API behind each: what it does, how many rows fit on its pages, and,
// as a model for a socket, what it asks of a client that signs in.

import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { findSource } from '../../local/source/find-source.ts';
import { splitPath } from '../../shared/core/field-path.ts';
import type { Source } from '../../shared/core/source/source.ts';
import { awkwardStrings, awkwardValues } from '../apis/data.ts';
import { type ApiModel, answer, referee } from '../apis/exchange.ts';
import { listServer, type Served, type Server } from '../core/page/list-server.ts';

const folder = new URL('../../examples/', import.meta.url).pathname;
const loaded = readdirSync(folder).map(
  async (file) => [basename(file, '.ts'), await findSource(folder + file, {})] as const,
);

/** By the file's name, as the command loads it. */
export const examples: ReadonlyMap<string, Source> = new Map(await Promise.all(loaded));

export const exampleSettings = {
  shop: 'blue',
  accountId: '190211',
  owner: 'acme',
  repository: 'shop',
};

/** Ids beyond 2^53, so that a walk that rounds them goes wrong. */
const FIRST = 9_007_199_254_740_993n;
const idOf = (index: number): string => String(FIRST + BigInt(index));

/** Rows with every field that an example names, and some that break careless readers. */
export const exampleRows = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => {
    const [id, changed] = [
      idOf(index),
      `2021-10-05T14:18:${String(index % 60).padStart(2, '0')}Z`,
    ];
    const text = awkwardStrings[index % awkwardStrings.length];
    const value = awkwardValues[index % awkwardValues.length];
    return `{"id":${id},"entry_id":${id},"version":${id},"updated_at":"${changed}","text":${text},"value":${value}}`;
  });

interface ExampleApi {
  /** Serves rows; the server knows parameters, not sources. */
  readonly serve: (rows: readonly string[]) => Server;
  /** Rows of a full page. */
  readonly size: number;
  /** Rows that each page repeats of the one before. */
  readonly overlap?: number;
  /** One more request is needed to see the end. */
  readonly late?: number;
  /** One more is needed behind an only page, whose total may count the page. */
  readonly isCounted?: true;
}

/** Serves the rows behind the one with the id in `after`, read from the text of the request. */
const behind =
  (rows: readonly string[], size: number, tell: (to: number, more: boolean) => object): Server =>
  ({ url, body = '' }) => {
    const after = /"?\bafter"?[=:](\d+)/.exec(body + url)?.[1];
    const from = after === undefined ? 0 : Number(BigInt(after) - FIRST) + 1;
    const page = rows.slice(from, from + size);
    return { rows: page, ...tell(from + page.length, from + page.length < rows.length) };
  };

const nextUrl = (url: URL, to: number): string => {
  const next = new URL(url);
  next.searchParams.set('start', String(to));
  return next.href;
};

const linked = (
  rows: readonly string[],
  size: string,
  tell: (next: string) => Omit<Served, 'rows'>,
): Server =>
  listServer({
    list: rows,
    start: (at) => at('start') ?? 0,
    size,
    tell: ({ url, to, more }) => tell(more ? nextUrl(url, to) : ''),
  });

const nextInHeader = (next: string): Omit<Served, 'rows'> => ({
  headers: { link: `<https://x.example.org/>; rel="help"${next && `, <${next}>; rel="next"`}` },
});

export const exampleApis: Readonly<Record<string, ExampleApi>> = {
  offset: {
    size: 100,
    isCounted: true,
    serve: (rows) =>
      listServer({
        list: rows,
        start: (at) => at('_start') ?? 0,
        size: '_limit',
        tell: ({ all }) => ({ envelope: [], headers: { 'x-total-count': String(all) } }),
      }),
  },
  page: {
    size: 50,
    serve: (rows) =>
      listServer({
        list: rows,
        start: (at) => (at('page') ?? 0) * (at('size') ?? 1),
        size: 'per_page',
        clamp: 50,
        tell: ({ all }) => ({
          envelope: { pagination: { results: all, pages: Math.ceil(all / 50) } },
        }),
      }),
  },
  cursor: {
    size: 70,
    late: 1,
    serve: (rows) => (request) => {
      const served = behind(rows, 70, () => ({}))(request);
      const to = rows.indexOf(served.rows.at(-1) ?? '') + 1;
      return { ...served, envelope: `{"version":{"max":${to === 0 ? 'null' : idOf(to - 1)}}}` };
    },
  },
  link: {
    size: 100,
    serve: (rows) =>
      linked(rows, 'limit', (next) => ({ envelope: { '@attributes': { next, previous: '' } } })),
  },
  login: {
    size: 100,
    serve: (rows) => linked(rows, 'limit', (next) => ({ envelope: { next } })),
  },
  'link-header': {
    size: 100,
    serve: (rows) => linked(rows, 'per_page', nextInHeader),
  },
  'github-issues': {
    size: 100,
    serve: (rows) => linked(rows, 'per_page', nextInHeader),
  },
  overlap: {
    size: 100,
    isCounted: true,
    overlap: 3,
    serve: (rows) =>
      listServer({
        list: rows,
        start: (at) => at('offset') ?? 0,
        size: 'limit',
        tell: ({ all }) => ({ envelope: { total: all } }),
      }),
  },
  'page-in-path': {
    size: 50,
    serve: (rows) => (request) => {
      const page = Number(/\/page\/(\d+)/.exec(request.url)?.[1]);
      return listServer({
        list: rows,
        start: (at) => (page - 1) * (at('size') ?? 1),
        size: 'size',
        tell: ({ more }) => ({ envelope: { result: { more } } }),
      })(request);
    },
  },
  keyset: {
    size: 500,
    serve: (rows) =>
      behind(rows, 500, (_, more) => ({ envelope: { result: { has_more: more } } })),
  },
  single: { size: Number.POSITIVE_INFINITY, serve: (rows) => () => ({ rows }) },
};

/** Requests that a careful client makes for so many rows. */
export function requestsFor(
  { size, overlap = 0, late = 0, isCounted }: ExampleApi,
  count: number,
): number {
  if (count === 0) return 1;
  const more = isCounted && count <= size ? 1 : late;
  return Math.max(1, Math.ceil((count - overlap) / (size - overlap))) + more;
}

/** What the owner of an example keeps for it. */
export const exampleSecrets = {
  ...exampleSettings,
  token: 'secret-token',
  key: 'secret-key',
  username: 'anna',
  password: 'secret-password',
  clientId: 'lake',
  clientSecret: 'secret-client',
  refreshToken: 'secret-refresh',
  tenantKey: 'secret-tenant',
};

/** How a request of each kind of credentials is signed. */
const SIGNATURES: Readonly<Record<string, readonly [header: string, value: string]>> = {
  bearer: ['authorization', 'Bearer secret-token'],
  'api-key': ['x-api-key', 'secret-key'],
  basic: ['authorization', `Basic ${btoa('anna:secret-password')}`],
  'oauth2-client-credentials': ['authorization', 'Bearer granted'],
  'oauth2-refresh-token': ['authorization', 'Bearer granted'],
  login: ['x-session', 'granted'],
};

/** The example's API behind a socket: it counts what a careful client never does. */
export function exampleModel(source: Source, api: ExampleApi, rows: readonly string[]): ApiModel {
  const [stream] = source.streams;
  const serve = api.serve(rows);
  const watch = referee();
  const signature = SIGNATURES[source.credentials?.kind ?? 'none'];
  const records = typeof stream?.records === 'string' ? stream.records : stream?.records.path;
  return {
    handle(request, nowMs) {
      if (request.path.endsWith('/token')) {
        const form = new URLSearchParams(request.body);
        const token = form.get('refresh_token') ?? form.get('client_secret');
        if (!['secret-refresh', 'secret-client'].includes(token ?? '')) {
          watch.violation('a strange token');
        }
        const tokens = { access_token: 'granted', expires_in: 1800, refresh_token: 'next' };
        return answer(nowMs, 200, JSON.stringify(tokens));
      }
      if (request.path.endsWith('/login')) {
        const user = JSON.stringify({ user: 'anna', password: 'secret-password' });
        if (request.body !== user) watch.violation('a strange login');
        if (request.headers['x-tenant']) watch.violation('a key that a login has no use for');
        return answer(nowMs, 200, '{"session":{"token":"granted","seconds":1800}}');
      }
      watch.request();
      if (source.secrets && request.headers['x-tenant'] !== 'secret-tenant') {
        watch.violation('a request without the key of its tenant');
      }
      if (signature && request.headers[signature[0]] !== signature[1]) {
        watch.violation('a request that is not signed');
        return answer(nowMs, 401, '{}');
      }
      if (request.method !== (stream?.method ?? 'GET')) watch.violation(`a ${request.method}`);
      const { headers, body } = request;
      const url = `http://${headers['host']}${request.path}?${request.rawQuery}`;
      const method = request.method === 'POST' ? 'POST' : 'GET';
      const page = serve({ method, url, headers, ...(body === '' ? {} : { body }) });
      const { envelope = {} } = page;
      const text = typeof envelope === 'string' ? envelope : JSON.stringify(envelope);
      return answer(nowMs, 200, withRecords(text, records ?? '', page.rows), page.headers);
    },
    stats: () => ({ ...watch.seen(), allowed: watch.seen().requests, refused: 0, idle: 0 }),
    spendForeign: () => {},
  };
}

/** The body: records where the source looks for them; R-Series-like lists of one are an object. */
function withRecords(envelope: string, path: string, rows: readonly string[]): string {
  const isLikeSeries = envelope.includes('@attributes');
  const list = isLikeSeries && rows.length === 1 ? (rows[0] ?? '') : `[${rows.join(',')}]`;
  if (path === '') return list;
  if (isLikeSeries && rows.length === 0) return envelope;
  const keys = splitPath(path);
  const at = (text: string, [key = '', ...rest]: readonly string[]): string => {
    const value = rest.length === 0 ? list : at('{}', rest);
    const member = `${JSON.stringify(key)}:${value}`;
    return text === '{}' ? `{${member}}` : `{${member},${text.slice(1)}`;
  };
  const inner = `{"${keys[0]}":{`;
  return keys.length > 1 && envelope.startsWith(inner)
    ? `${inner}${at('{}', keys.slice(1)).slice(1, -1)},${envelope.slice(inner.length)}`
    : at(envelope, keys);
}
