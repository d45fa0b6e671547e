// A careless API, and the credentials that it is given: it echoes what it was sent in every place
// that a careless server finds, so that a test can look where they turn up again.

import type { Credentials } from '../../shared/core/source/credentials/credentials-schema.ts';
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
};

export const KINDS: Readonly<Record<string, Credentials>> = {
  bearer: { kind: 'bearer' },
  'a key in the query': { kind: 'api-key', query: 'api_key' },
  basic: { kind: 'basic' },
  OAuth: { kind: 'oauth2-refresh-token', tokenUrl: 'https://api.example.com/oauth/token' },
};

/** All that a request carries, as a careless server shows it. */
const echo = ({ method, path, rawQuery, headers, body }: ApiRequest): string =>
  JSON.stringify({ url: `${path}?${rawQuery}`, method, headers, body });

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
      if (request.path === '/oauth/token') {
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
