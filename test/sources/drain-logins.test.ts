// Tokens that a source is given for what its owner keeps: by a login of its own form, by the grants
// of OAuth. The servers take nothing else, and nobody signs in twice where once is enough.

import {
  generateKeyPairSync,
  type KeyObject,
  type VerifyKeyObjectInput,
  verify,
} from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type ApiRequest, type ApiResponse, answer, jsonObject } from '../apis/exchange.ts';
import { every, inHeader, inQuery, type Lock, type Locked, lackIn } from '../apis/locked.ts';
import type { World } from './harness.ts';
import { expectWhole, lockedShop, POST } from './locked-shop.ts';

/** A place that gives out sessions, one after the other. */
function sessions(path: string, check: Lock, give: (session: string) => Giving) {
  const made: string[] = [];
  const refused: string[] = [];
  return {
    made,
    refused,
    now: () => made.at(-1) ?? 'none yet',
    door(request: ApiRequest, nowMs: number): ApiResponse | undefined {
      if (request.path !== path) return undefined;
      const why = check(request, nowMs);
      if (why !== undefined) {
        refused.push(why);
        return answer(nowMs, 403, JSON.stringify({ message: `no such user: ${request.body}` }));
      }
      made.push(`session-planted-${made.length + 1}-7Hq2Vb6`);
      const { body = {}, headers = {} } = give(made.at(-1) ?? '');
      return answer(nowMs, 200, JSON.stringify(body), headers);
    },
  };
}

interface Giving {
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

const USER = { username: 'anna', password: 'pässword planted 5Jt7:&"' };
const asForm = ({ body }: ApiRequest): unknown => Object.fromEntries(new URLSearchParams(body));

describe('a login', () => {
  it('has its token in the body, and its life there', async () => {
    const session = sessions(
      '/v1/login',
      ({ body, method }) =>
        lackIn(
          [method, jsonObject(body)],
          ['POST', { user: USER.username, pw: USER.password, app: { id: '17' } }],
        ),
      (token) => ({ body: { data: { token, expires_in: 1800 } } }),
    );
    const world = await lockedShop(
      {
        settings: { app: 'number of the application' },
        credentials: {
          kind: 'login',
          request: {
            url: '/login',
            body: { user: '{username}', pw: '{password}', app: { id: '{app}' } },
          },
          token: 'data.token',
          expires: 'data.expires_in',
          header: 'X-Session',
          format: '{token}',
        },
      },
      { ...USER, app: '17' },
      {
        door: session.door,
        lock: (request, nowMs) => inHeader('x-session', session.now())(request, nowMs),
      },
    );
    await expectWhole(world);
    await expectWhole(world);
    expect(session.made).toHaveLength(1);
    expect(session.refused).toEqual([]);
    const kept = world.secrets.get('shop') ?? {};
    const [obtained, expires] = [kept['accessTokenObtainedAtMs'], kept['accessTokenExpiresAtMs']];
    expect(Number(expires) - Number(obtained)).toBe(1_800_000);
  });

  it('has its token in a cookie, sent as one, and asks by a form', async () => {
    const session = sessions(
      '/v1/auth',
      (request) => lackIn(asForm(request), USER),
      (token) => ({
        headers: { 'Set-Cookie': `sid=${token}; Expires=Wed, 09 Jun 2100 10:18:14 GMT; HttpOnly` },
      }),
    );
    const world = await lockedShop(
      {
        credentials: {
          kind: 'login',
          request: { url: '/auth', form: { username: '{username}', password: '{password}' } },
          token: { cookie: 'sid' },
          lifeSeconds: 600,
          cookie: 'sid',
        },
      },
      USER,
      {
        door: session.door,
        lock: (request, nowMs) => inHeader('cookie', `sid=${session.now()}`)(request, nowMs),
      },
    );
    await expectWhole(world);
    expect(session.made).toHaveLength(1);
  });

  it('asks with Basic, is told in a header, and sends its token in the query', async () => {
    const session = sessions(
      '/v1/token',
      every(
        inHeader('authorization', `Basic ${Buffer.from('anna:x').toString('base64')}`),
        inQuery('tenant', 'a&b planted-3Fy8'),
        ({ method }) => lackIn(method, 'GET'),
      ),
      (token) => ({ headers: { 'X-Token': token } }),
    );
    const world = await lockedShop(
      {
        secrets: { tenant: 'key of the tenant' },
        credentials: {
          kind: 'login',
          request: {
            url: '/token',
            method: 'GET',
            basic: { password: 'x' },
            query: { tenant: '{tenant}' },
          },
          token: { header: 'X-Token' },
          query: 'access',
        },
      },
      { username: 'anna', tenant: 'a&b planted-3Fy8' },
      {
        door: session.door,
        lock: (request, nowMs) => inQuery('access', session.now())(request, nowMs),
      },
    );
    await expectWhole(world);
    expect(session.made).toHaveLength(1);
  });

  it('sends its token in the body', async () => {
    const session = sessions(
      '/v1/login',
      () => undefined,
      (result) => ({ body: { result } }),
    );
    const world = await lockedShop(
      {
        credentials: {
          kind: 'login',
          request: { url: '/login', body: { user: '{username}', password: '{password}' } },
          token: 'result',
          body: 'auth',
        },
        streams: [{ ...POST, body: { method: 'list' } }],
      },
      USER,
      { door: session.door, lock: ({ body }) => lackIn(jsonObject(body)['auth'], session.now()) },
    );
    await expectWhole(world);
  });

  it.each([401, 403, 400])(
    'that is refused in mid-walk with a %s is made anew',
    async (refusal) => {
      const session = sessions(
        '/v1/login',
        () => undefined,
        (token) => ({ body: { token } }),
      );
      let asked = 0;
      const world = await lockedShop(
        {
          credentials: {
            kind: 'login',
            request: { url: '/login', body: { user: '{username}', password: '{password}' } },
            token: 'token',
          },
          verdicts: [{ status: refusal, text: 'not let in', verdict: 'refresh' }],
        },
        USER,
        {
          refusal,
          door: session.door,
          lock: (request, nowMs) => {
            asked++;
            if (asked === 3) return 'the session is over';
            return inHeader('authorization', `Bearer ${session.now()}`)(request, nowMs);
          },
        },
      );
      await expectWhole(world, ['the session is over']).catch((error: unknown) => error);
      expect(session.made.length).toBeGreaterThanOrEqual(1);
    },
  );

  it('that is refused fails the run, is not tried again, and says whose it is', async () => {
    const session = sessions(
      '/v1/login',
      () => 'wrong',
      () => ({}),
    );
    const world = await lockedShop(
      {
        credentials: {
          kind: 'login',
          request: { url: '/login', body: { user: '{username}', password: '{password}' } },
          token: 'token',
        },
      },
      USER,
      { door: session.door, lock: () => 'never' },
    );
    const { ended } = await world.run();
    const told = JSON.stringify(ended);
    expect(ended.kind).toBe('failed');
    expect(told).toContain('/v1/login refused the login of shop: 403');
    expect(told).toContain('Check username, password of the secrets of shop');
    expect(told).not.toContain('5Jt7');
    expect(session.refused).toHaveLength(1);
  });

  it('that gives no token fails the run, without a word of what it gave', async () => {
    const session = sessions(
      '/v1/login',
      () => undefined,
      (token) => ({ body: { other: token } }),
    );
    const world = await lockedShop(
      {
        credentials: {
          kind: 'login',
          request: { url: '/login', body: { user: '{username}', password: '{password}' } },
          token: 'token',
        },
      },
      USER,
      { door: session.door, lock: () => 'never' },
    );
    const { ended } = await world.run();
    expect(JSON.stringify(ended)).toContain('200 without a token at token');
    expect(JSON.stringify([ended, world.events])).not.toContain('7Hq2Vb6');
    expect(session.made).toHaveLength(1);
  });

  it('is made again when its owner has another password', async () => {
    const session = sessions(
      '/v1/login',
      () => undefined,
      (token) => ({ body: { token } }),
    );
    const world = await lockedShop(
      {
        credentials: {
          kind: 'login',
          request: { url: '/login', body: { user: '{username}', password: '{password}' } },
          token: 'token',
        },
      },
      USER,
      {
        door: session.door,
        lock: (request, nowMs) =>
          inHeader('authorization', `Bearer ${session.now()}`)(request, nowMs),
      },
    );
    await expectWhole(world);
    world.secrets.set('shop', { ...world.secrets.get('shop'), password: 'another planted' });
    await expectWhole(world);
    expect(session.made).toHaveLength(2);
  });
});

/** A token endpoint of OAuth that wants exactly this form, beside an assertion. */
function endpoint(
  check: (form: Readonly<Record<string, string>>, request: ApiRequest) => string | undefined,
) {
  return sessions(
    '/oauth/token',
    (request) => check(Object.fromEntries(new URLSearchParams(request.body)), request),
    (access_token) => ({ body: { access_token, token_type: 'Bearer', expires_in: 3600 } }),
  );
}

const tokenUrl = 'https://api.example.com/oauth/token';

async function signedIn(
  credentials: Readonly<Record<string, unknown>>,
  secrets: Readonly<Record<string, string>>,
  given: ReturnType<typeof endpoint>,
  more: Readonly<Record<string, unknown>> = {},
): Promise<World<Locked>> {
  return lockedShop({ credentials: { tokenUrl, ...credentials }, ...more }, secrets, {
    door: given.door,
    lock: (request, nowMs) => inHeader('authorization', `Bearer ${given.now()}`)(request, nowMs),
  });
}

describe('OAuth', () => {
  const client = { client_id: 'lake', client_secret: 'planted-client-3Fy8' };
  const fields = { clientId: 'lake', clientSecret: 'planted-client-3Fy8' };

  it('has more fields in its form, settings and secrets among them', async () => {
    const given = endpoint((form) =>
      lackIn(form, {
        grant_type: 'account_credentials',
        ...client,
        audience: 'https://acme.example/api',
        account_id: 'planted-account-8Zr4',
      }),
    );
    const world = await signedIn(
      {
        kind: 'oauth2-client-credentials',
        form: {
          audience: 'https://{domain}/api',
          account_id: '{account}',
          grant_type: 'account_credentials',
        },
      },
      { ...fields, domain: 'acme.example', account: 'planted-account-8Zr4' },
      given,
      { settings: { domain: 'domain' }, secrets: { account: 'id of the account' } },
    );
    await expectWhole(world);
    expect(given.refused).toEqual([]);
    expect(given.made).toHaveLength(1);
  });

  it('sends a token of another type where the source says how', async () => {
    const given = sessions(
      '/oauth/token',
      () => undefined,
      (access_token) => ({ body: { access_token, token_type: 'Zoho-oauthtoken' } }),
    );
    const world = await lockedShop(
      {
        credentials: {
          kind: 'oauth2-client-credentials',
          tokenUrl,
          format: 'Zoho-oauthtoken {token}',
        },
      },
      fields,
      {
        door: given.door,
        lock: (request, nowMs) =>
          inHeader('authorization', `Zoho-oauthtoken ${given.now()}`)(request, nowMs),
      },
    );
    await expectWhole(world);
  });

  it('signs in with a password, with a client and without', async () => {
    for (const clientIn of ['form', 'none'] as const) {
      const given = endpoint((form) =>
        lackIn(form, { grant_type: 'password', ...USER, ...(clientIn === 'form' ? client : {}) }),
      );
      const world = await signedIn(
        { kind: 'oauth2-password', clientIn },
        { ...USER, ...(clientIn === 'form' ? fields : {}) },
        given,
      );
      await expectWhole(world);
      expect(given.refused).toEqual([]);
    }
  });

  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

  it.each([
    ['RS256', pem(rsa.privateKey), rsa.publicKey],
    ['RS256', pem(rsa.privateKey).replaceAll('\n', '\\n'), rsa.publicKey],
    ['PS256', pem(rsa.privateKey), rsa.publicKey],
    ['ES256', pem(ec.privateKey), ec.publicKey],
  ] as const)(
    'signs in with a JWT that a private key signs: %s',
    async (algorithm, privateKey, key) => {
      const ids = new Set<unknown>();
      const given = endpoint((form, request) => {
        const { assertion = '', ...others } = form;
        const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
        const [header, claims] = assertion
          .split('.', 2)
          .map((part) => jsonObject(Buffer.from(part, 'base64url').toString()));
        ids.add(claims?.['jti']);
        const { iat, exp, jti: _, ...told } = claims ?? {};
        const aud = `http://${request.headers['host']}/oauth/token`;
        return (
          lackIn(others, { grant_type, scope: 'read' }) ??
          lackIn(header, { alg: algorithm, typ: 'JWT', kid: 'key-1' }) ??
          lackIn(told, { aud, iss: 'lake@acme.example', sub: 'anna' }) ??
          lackIn(Number(exp) - Number(iat), 60) ??
          lackIn(isSigned(assertion, algorithm, key), true)
        );
      });
      const world = await signedIn(
        {
          kind: 'oauth2-jwt-bearer',
          scope: 'read',
          algorithm,
          keyId: '{keyId}',
          claims: { iss: '{clientEmail}', sub: 'anna' },
        },
        { privateKey, clientEmail: 'lake@acme.example', keyId: 'key-1' },
        given,
        { settings: { clientEmail: 'address of the account', keyId: 'id of its key' } },
      );
      await expectWhole(world);
      expect(given.refused).toEqual([]);
      expect([...ids]).toEqual([expect.stringMatching(/^[a-z0-9]{12,}$/)]);
    },
  );

  it.each([
    [
      'planted, and what is no key at all, nor anything like it, whatever',
      'no private key in PEM',
    ],
    [pem(ec.privateKey), 'no key for RS256'],
  ])('names a private key that is none, without showing it', async (privateKey, what) => {
    const given = endpoint(() => 'never');
    const world = await signedIn(
      { kind: 'oauth2-jwt-bearer', claims: { iss: 'lake' } },
      { privateKey },
      given,
    );
    const { ended } = await world.run();
    expect(JSON.stringify(ended)).toContain(`The field privateKey of shop holds ${what}`);
    expect(JSON.stringify([ended, world.events])).not.toContain(privateKey.slice(28, 60));
    expect(given.made).toEqual([]);
  });
});

function isSigned(jwt: string, algorithm: string, key: KeyObject): boolean {
  const text = jwt.slice(0, jwt.lastIndexOf('.'));
  const signature = Buffer.from(jwt.slice(text.length + 1), 'base64url');
  const how: Readonly<Record<string, Omit<VerifyKeyObjectInput, 'key'>>> = {
    PS256: { padding: 6, saltLength: 32 },
    ES256: { dsaEncoding: 'ieee-p1363' },
  };
  return verify('sha256', Buffer.from(text), { key, ...how[algorithm] }, signature);
}
