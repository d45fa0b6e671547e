// Each way to sign in, against a server that refuses every other: all pages land, no request was
// refused, and nothing of the secret is in the ledger's item or the lake.

import { describe, it } from 'vitest';
import { jsonObject } from '../apis/exchange.ts';
import { basicAs, every, inHeader, inQuery, type LockedOptions, lackIn } from '../apis/locked.ts';
import { expectWhole, LINKS, lockedShop, POST, STREAM } from './locked-shop.ts';

const KEY = 'planted-key+/4Zr8';
const OTHER = 'planted other/key 7Qm2';

/** What a source says, what its owner keeps, and the only request that is let in. */
const SHAPES: Readonly<
  Record<
    string,
    readonly [Readonly<Record<string, unknown>>, Readonly<Record<string, string>>, LockedOptions]
  >
> = {
  'a word before the key': [
    { credentials: { kind: 'api-key', header: 'Authorization', format: 'Token {key}' } },
    { key: KEY },
    { lock: inHeader('authorization', `Token ${KEY}`) },
  ],
  'a word before the token': [
    { credentials: { kind: 'bearer', format: 'Klaviyo-API-Key {token}' } },
    { token: KEY },
    { lock: inHeader('authorization', `Klaviyo-API-Key ${KEY}`) },
  ],
  'Bearer under another header': [
    { credentials: { kind: 'bearer', header: 'X-Auth' } },
    { token: KEY },
    {
      lock: every(inHeader('x-auth', `Bearer ${KEY}`), ({ headers }) => headers['authorization']),
    },
  ],
  'a secret within the format of another': [
    {
      credentials: {
        kind: 'bearer',
        format: 'OAuth token="{token}", account="{account}", app="{appKey}"',
      },
      settings: { account: 'number of the account' },
      secrets: { appKey: 'key of the application' },
    },
    { token: KEY, account: '17', appKey: 'planted-app-3Xw9' },
    {
      lock: inHeader(
        'authorization',
        `OAuth token="${KEY}", account="17", app="planted-app-3Xw9"`,
      ),
    },
  ],
  'two keys in headers': [
    {
      credentials: { kind: 'api-key', header: 'DD-API-KEY' },
      secrets: { appKey: 'application key' },
      headers: { 'DD-APPLICATION-KEY': '{appKey}' },
    },
    { key: KEY, appKey: 'planted-app-3Xw9' },
    {
      lock: every(inHeader('dd-api-key', KEY), inHeader('dd-application-key', 'planted-app-3Xw9')),
    },
  ],
  'a key in a header and one in the query': [
    {
      credentials: { kind: 'bearer' },
      secrets: { other: 'second key' },
      streams: [{ ...STREAM, query: { code: '{other}' } }],
    },
    { token: KEY, other: OTHER },
    { lock: every(inHeader('authorization', `Bearer ${KEY}`), inQuery('code', OTHER)) },
  ],
  'a key and a secret in the query of links that have neither': [
    {
      credentials: { kind: 'api-key', query: 'key' },
      secrets: { other: 'second key' },
      streams: [{ ...LINKS, query: { token: '{other}' } }],
    },
    { key: KEY, other: OTHER },
    {
      lock: every(inQuery('key', KEY), inQuery('token', OTHER)),
      link: (request, next) => `http://${request.headers['host']}/v1/items?page=${next}`,
    },
  ],
  'a key and a secret in the query of links that have both': [
    {
      credentials: { kind: 'api-key', query: 'key' },
      secrets: { other: 'second key' },
      streams: [{ ...LINKS, query: { token: '{other}' } }],
    },
    { key: KEY, other: OTHER },
    {
      lock: every(inQuery('key', KEY), inQuery('token', OTHER)),
      link: ({ headers, query }, next) => {
        query.set('page', String(next));
        return `http://${headers['host']}/v1/items?${query}`;
      },
    },
  ],
  'a secret in the path': [
    {
      secrets: { hook: 'the secret end of the address' },
      streams: [{ ...STREAM, path: 'bot{hook}/items' }],
    },
    { hook: OTHER },
    {
      lock: ({ path }) =>
        path === `/v1/bot${encodeURIComponent(OTHER)}/items` ? undefined : path,
    },
  ],
  'a secret in the path of links': [
    {
      secrets: { hook: 'the secret end of the address' },
      streams: [{ ...LINKS, path: 'hooks/{hook}/items' }],
    },
    { hook: OTHER },
    {
      lock: ({ path }) =>
        path === `/v1/hooks/${encodeURIComponent(OTHER)}/items` ? undefined : path,
      link: ({ headers, path }, next) => `http://${headers['host']}${path}?page=${next}`,
    },
  ],
  'a secret in the path of relative links': [
    {
      secrets: { hook: 'the secret end of the address' },
      streams: [{ ...LINKS, path: 'hooks/{hook}/items' }],
    },
    { hook: OTHER },
    {
      lock: ({ path }) =>
        path === `/v1/hooks/${encodeURIComponent(OTHER)}/items` ? undefined : path,
      link: (_, next) => `?page=${next}`,
    },
  ],
  'a key in the body': [
    { credentials: { kind: 'api-key', body: 'auth.key' }, streams: [POST] },
    { key: OTHER },
    { lock: ({ body }) => lackIn(jsonObject(body)['auth'], { key: OTHER }) },
  ],
  'a secret in the body, beside what is no secret': [
    {
      secrets: { other: 'the key' },
      streams: [{ ...POST, body: { auth: { key: '{other}' }, filter: '{other} {x}' } }],
    },
    { other: OTHER },
    {
      lock: ({ body }) =>
        lackIn(jsonObject(body)['auth'], { key: OTHER }) ??
        lackIn(jsonObject(body)['filter'], '{other} {x}'),
    },
  ],
  'a form with two keys': [
    {
      credentials: { kind: 'api-key', body: 'api_key' },
      secrets: { other: 'second key' },
      streams: [{ ...POST, bodyAs: 'form', body: { code: '{other}', all: true } }],
    },
    { key: KEY, other: OTHER },
    {
      lock: ({ body, headers }) =>
        headers['content-type'] === 'application/x-www-form-urlencoded'
          ? lackIn(
              { ...Object.fromEntries(new URLSearchParams(body)), page: undefined },
              { code: OTHER, all: 'true', api_key: KEY },
            )
          : 'it is no form',
    },
  ],
  'a key in a cookie': [
    { credentials: { kind: 'api-key', cookie: 'sid', format: 'v1.{key}' } },
    { key: 'planted-8Zr4' },
    { lock: inHeader('cookie', 'sid=v1.planted-8Zr4') },
  ],
  'Basic with an empty password': [
    { credentials: { kind: 'basic', password: '' } },
    { username: KEY },
    { lock: basicAs(KEY, '') },
  ],
  'Basic of other fields': [
    {
      credentials: { kind: 'basic', username: '{email}/token', password: '{apiToken}' },
      settings: { email: 'address of the agent' },
      secrets: { apiToken: 'token of the API' },
    },
    { email: 'anna@example.com', apiToken: OTHER },
    { lock: basicAs('anna@example.com/token', OTHER) },
  ],
};

describe('a source is read whole with', () => {
  it.each(Object.entries(SHAPES))('%s', async (_, [source, secrets, options]) => {
    await expectWhole(await lockedShop(source, secrets, options));
  });
});

describe('a secret may change at any time', () => {
  it('between two runs: it is no other data', async () => {
    let hook = 'planted-hook-1';
    const world = await lockedShop(
      {
        secrets: { hook: 'the secret end of the address', code: 'second key' },
        streams: [{ ...STREAM, path: 'hooks/{hook}/items', query: { code: '{code}' } }],
      },
      { hook, code: 'planted-code-1' },
      { lock: ({ path }) => (path === `/v1/hooks/${hook}/items` ? undefined : path) },
    );
    await expectWhole(world);
    hook = 'planted-hook-2';
    world.secrets.set('shop', { hook, code: 'planted-code-2' });
    await expectWhole(world);
  });

  it('within a run: one look at the secret, and the request is sent again with it', async () => {
    const keys = { old: 'planted-old-key', next: 'planted-new-key' };
    let pages = 0;
    const world = await lockedShop(
      {
        credentials: { kind: 'bearer' },
        secrets: { hook: 'the secret end of the address' },
        streams: [{ ...LINKS, path: 'hooks/{hook}/items' }],
      },
      { token: KEY, hook: keys.old },
      {
        lock: ({ path }) => {
          pages++;
          if (pages === 3) world.secrets.set('shop', { token: KEY, hook: keys.next });
          const now = pages < 3 ? keys.old : keys.next;
          return path === `/v1/hooks/${now}/items` ? undefined : 'the hook of before';
        },
        link: ({ headers, path }, next) => `http://${headers['host']}${path}?page=${next}`,
      },
    );
    await expectWhole(world, ['the hook of before']);
  });
});
