// A careless API, and the credentials that it is given: it echoes what it was sent in every place
// that a careless server finds, so that a test can look where they turn up again.

import { generateKeyPairSync } from 'node:crypto';
import { URL_CHARS } from '../../shared/core/bounds.ts';
import { type ApiModel, type ApiRequest, type ApiResponse, answer } from '../apis/exchange.ts';

export const PLANTED = {
  token: 'eyJhbGciOi.Tq8-~_planted+/bearer7Zk3.Wf0pQx9c==',
  key: 'kéy planted+/=&%25"in\\the?query#8Zr4Lm1Xw9',
  username: 'anna',
  password: 'pässword planted 5Jt7:Hq2Vb6+/Nd',
  clientId: 'lake',
  clientSecret: 'client-secret-planted-3Fy8Kp5Rs1',
  refreshToken: 'refresh-token-planted-6Bw2Mc9Tg4',
  accessToken: 'access-token-planted-1Xd7Vn3Qj8Lz',
  appKey: 'app-key-planted-4Gs9Tz2Rm6',
  hook: 'hook planted/9Kc3?Yd7&Pb1',
  privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString(),
};

const tokenUrl = 'https://api.example.com/oauth/token';

/** What a source says of its credentials. */
export interface SignIn {
  readonly credentials: object;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
}

export const KINDS: Readonly<Record<string, SignIn>> = {
  bearer: { credentials: { kind: 'bearer' } },
  'a key in the query': { credentials: { kind: 'api-key', query: 'api_key' } },
  basic: { credentials: { kind: 'basic' } },
  'a token in a cookie, two secrets elsewhere': {
    credentials: { kind: 'bearer', cookie: 'sid' },
    secrets: { appKey: 'key of the application', hook: 'secret end of the address' },
    headers: { 'X-App': 'App {appKey}' },
    path: 'hooks/{hook}/items',
  },
};

/** The kinds whose tokens come from the token endpoint. */
export const TOKEN_KINDS: Readonly<Record<string, SignIn>> = {
  OAuth: { credentials: { kind: 'oauth2-refresh-token', tokenUrl } },
  'OAuth by password': { credentials: { kind: 'oauth2-password', tokenUrl } },
  'OAuth by JWT': {
    credentials: {
      kind: 'oauth2-jwt-bearer',
      tokenUrl,
      algorithm: 'ES256',
      claims: { iss: 'lake' },
    },
  },
  'a login': {
    credentials: {
      kind: 'login',
      request: { url: '/login', body: { user: '{username}', password: '{password}' } },
      token: 'access_token',
      query: 'session',
    },
  },
};

/** All that a request carries, as a careless server shows it. */
const echo = ({ method, path, rawQuery, headers, body }: ApiRequest): string =>
  JSON.stringify({ url: `${path}?${rawQuery}`, method, headers, body });

/** In another spelling, and that in another. */
const entities = (text: string): string =>
  text.replaceAll(/[^a-z0-9 ]/gi, (one) => `&#x${one.codePointAt(0)?.toString(16)};`);

const hex = (text: string): string => Buffer.from(text).toString('hex');

const html = { 'Content-Type': 'text/html' };
const page = (nowMs: number, next: string | null): ApiResponse =>
  answer(nowMs, 200, JSON.stringify({ data: [{ id: 1 }], next }));
const target = (request: ApiRequest): string => `${request.path}?${request.rawQuery}`;
const here = (request: ApiRequest): string => `http://${request.headers['host']}`;

/** What the API does at its n-th request. */
type Behaviour = (request: ApiRequest, nowMs: number, count: number) => ApiResponse;

export const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  'all is well': (_, nowMs) => page(nowMs, null),
  'a next link carries the request’s own query': (request, nowMs, count) => {
    const next = count > 2 ? null : `${here(request)}${target(request)}&page=${count}`;
    return answer(nowMs, 200, JSON.stringify({ data: [{ id: count }], next }));
  },
  'a next link carries the token of the header': (request, nowMs, count) => {
    const token = encodeURIComponent(request.headers['authorization']?.replace(/^\w+ /, '') ?? '');
    const next =
      count > 2 ? null : `${here(request)}/v1/items?page=${count}&access_token=${token}`;
    return answer(nowMs, 200, JSON.stringify({ data: [{ id: count }], next }));
  },
  'a 401 echoes the request': (request, nowMs) => answer(nowMs, 401, echo(request)),
  'a 400 echoes the request': (request, nowMs) => answer(nowMs, 400, echo(request)),
  'a 400 echoes the request in JSON in HTML': (request, nowMs) =>
    answer(nowMs, 400, entities(JSON.stringify(echo(request))), html),
  'a 400 echoes the request in a URL, in JSON': (request, nowMs) =>
    answer(nowMs, 400, JSON.stringify({ was: `/?x=${encodeURIComponent(echo(request))}` })),
  'a 400 echoes the values of the request in hex': (request, nowMs) => {
    const { headers, query } = request;
    const values = [...Object.values(headers), ...query.values()];
    return answer(nowMs, 400, JSON.stringify(values.map(hex)));
  },
  'a 500 echoes the request': (request, nowMs) =>
    answer(nowMs, 500, `<pre>${'.'.repeat(40)}${echo(request)}</pre>`, html),
  'a 429 echoes the request': (request, nowMs, count) =>
    count > 1 ? page(nowMs, null) : answer(nowMs, 429, echo(request), { 'Retry-After': '1' }),
  'a 200 is a page of HTML that echoes the request': (request, nowMs) =>
    answer(nowMs, 200, `<html>${echo(request)}`, html),
  'a content type echoes the request': (request, nowMs) =>
    answer(nowMs, 502, '', {
      'Content-Type': `${target(request)} ${request.headers['authorization'] ?? ''}`,
    }),
  'a redirect leaves the origin with the query': (request, nowMs) =>
    answer(nowMs, 302, '', { Location: `https://elsewhere.example${target(request)}` }),
  'a redirect makes the URL too long to be shown whole': (request, nowMs) => {
    if (request.query.has('pad')) return answer(nowMs, 400, '{}');
    const [own, { length }] = [
      target(request),
      `${here(request)}${request.path}?pad=&sort=id&api_key=`,
    ];
    const pad = '-'.repeat(Math.max(0, URL_CHARS - length - PLANTED.key.length));
    return answer(nowMs, 302, '', { Location: own.replace('?', `?pad=${pad}&`) });
  },
  'redirects never end': (request, nowMs, count) =>
    answer(nowMs, 307, '', { Location: `${target(request)}&again=${count}` }),
  'a next link leaves the origin with the query': (request, nowMs) => {
    const next = `https://elsewhere.example${target(request)}`;
    return answer(nowMs, 200, JSON.stringify({ data: [], next }));
  },
  'the connection breaks in the middle': (request, nowMs) => ({
    ...answer(nowMs, 200, echo(request)),
    dropAfterBytes: 60,
  }),
  'the token endpoint echoes the request': (_, nowMs) => page(nowMs, null),
};

export function echoing(name: string, behaviour: Behaviour): ApiModel {
  let count = 0;
  return {
    handle(request, nowMs) {
      if (request.path === '/oauth/token' || request.path === '/v1/login') {
        const { accessToken, refreshToken } = PLANTED;
        const tokens = {
          access_token: accessToken,
          expires_in: 1800,
          refresh_token: refreshToken,
        };
        const refuses = name.startsWith('the token endpoint');
        return refuses
          ? answer(nowMs, 400, JSON.stringify({ error: 'invalid_grant', was: echo(request) }))
          : answer(nowMs, 200, JSON.stringify(tokens));
      }
      count++;
      return behaviour(request, nowMs, count);
    },
    stats: () => ({ requests: count, allowed: count, refused: 0, idle: 0, violations: [] }),
    spendForeign: () => {},
  };
}
