// Every kind of credentials in four processes at once, while tokens end, servers forget them and
// owners replace what they keep: one renewal at a time, none lost, no request refused for good, and
// no credential in the journal.

import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { HttpAnswer, HttpRequest } from '../../../shared/core/answer/exchange.ts';
import { TOKEN_LOCK_MS } from '../../../shared/core/bounds.ts';
import type { Credentials } from '../../../shared/core/source/credentials/credentials-schema.ts';
import type { Source } from '../../../shared/core/source/source.ts';
import { memoryHttp, memoryResponse } from '../../../shared/ports/http/http-memory.ts';
import { memoryJournal } from '../../../shared/ports/journal.ts';
import { memoryTokenLock } from '../../../shared/ports/ledger/token-lock.ts';
import { seededRandom } from '../../../shared/ports/random.ts';
import { memorySecrets, type SecretFields } from '../../../shared/ports/secrets/secrets.ts';
import { connectCredentials } from '../../../shared/pull/sign/credentials.ts';
import { jumpingClock, page, sourceWith, statusOf, tokenUrl } from './token-world.ts';

const PROCESSES = 4;
const LIFE_SECONDS = 600;

const FIELDS: SecretFields = {
  clientId: 'lake',
  clientSecret: 'planted-client-secret',
  username: 'anna',
  password: 'planted-password-0',
  refreshToken: 'planted-refresh-0',
  token: 'planted-token-0',
  key: 'planted-key-0',
  hook: 'planted-hook-0',
  privateKey: generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString(),
};

const RENEWED: Readonly<Record<string, Credentials>> = {
  'client credentials': { kind: 'oauth2-client-credentials', tokenUrl },
  'a refresh token': { kind: 'oauth2-refresh-token', tokenUrl, header: 'X-Token' },
  'a password': { kind: 'oauth2-password', tokenUrl, format: 'Word {token}' },
  'a JWT': { kind: 'oauth2-jwt-bearer', tokenUrl, algorithm: 'ES256', claims: { iss: 'lake' } },
  'a login': {
    kind: 'login',
    request: { url: tokenUrl, form: { user: '{username}', pw: '{password}' } },
    token: 'access_token',
    expires: 'expires_in',
    cookie: 'sid',
  },
};

const FIXED: Readonly<
  Record<string, readonly [Credentials, string, (value: string) => string, Partial<Source>?]>
> = {
  'a token': [{ kind: 'bearer' }, 'token', (value) => `Bearer ${value}`],
  'a key in the query': [{ kind: 'api-key', query: 'k' }, 'key', (value) => `k=${value}`],
  'a key in a cookie': [{ kind: 'api-key', cookie: 'sid' }, 'key', (value) => `sid=${value}`],
  'a name and a password': [
    { kind: 'basic' },
    'password',
    (value) => `Basic ${Buffer.from(`anna:${value}`).toString('base64')}`,
  ],
  'a secret in a header': [
    { kind: 'none' },
    'hook',
    (value) => `App ${value}`,
    { secrets: { hook: 'a key' }, headers: { 'X-App': 'App {hook}' } },
  ],
};

/** Four processes that share a clock, a lock and a secret, before one server. */
function four(source: Source, serve: (request: HttpRequest, nowMs: number) => HttpAnswer) {
  const clock = jumpingClock();
  const tokenLock = memoryTokenLock(clock);
  const journal = memoryJournal();
  const given = new Map([['shop', FIELDS]]);
  const secrets = memorySecrets(given);
  const all = Array.from({ length: PROCESSES }, (_, index) => {
    const random = seededRandom(index + 1);
    // An answer takes a while, so that all of them are on their way at once.
    const http = memoryHttp(async (request) => {
      await clock.sleep(50 + Math.floor(random.next() * 400));
      return serve(request, clock.nowMs());
    });
    const holder = `process ${index}`;
    const world = { source, secrets, http, tokenLock, clock, random, journal, holder };
    return connectCredentials(world);
  });
  const sendAll = async () => {
    const asked = (sent: { readonly secrets: Readonly<Record<string, string>> }) => {
      const { hook } = sent.secrets;
      const headers = { ...page().headers, ...(hook ? { 'x-app': `App ${hook}` } : {}) };
      return { ...page(), headers };
    };
    const answers = await Promise.all(all.map((credentials) => credentials.send(asked)));
    return answers.map(statusOf);
  };
  return { clock, given, journal, sendAll, all };
}

const carriedBy = ({ url, headers }: HttpRequest): string =>
  [url, ...Object.values(headers)].join(' ');

const GOOD = Array(PROCESSES).fill(200);

describe('tokens of four processes at once', () => {
  it.each(Object.entries(RENEWED))('%s', async (_, credentials) => {
    const issued: { readonly token: string; readonly atMs: number }[] = [];
    const violations: string[] = [];
    let refresh = FIELDS['refreshToken'] ?? '';
    let isForgotten = false;
    const world = four(sourceWith(credentials), (request, nowMs) => {
      const last = issued.at(-1);
      if (request.url === tokenUrl) {
        const form = new URLSearchParams(request.body);
        const sent = form.get('refresh_token');
        if (sent !== null && sent !== refresh) violations.push('a spent refresh token');
        if (last && nowMs - last.atMs < TOKEN_LOCK_MS - 1_000) violations.push('two at once');
        issued.push({ token: `planted-access-${issued.length + 1}`, atMs: nowMs });
        isForgotten = false;
        refresh = sent === null ? refresh : `planted-refresh-${issued.length}`;
        return memoryResponse(200, {
          access_token: issued.at(-1)?.token,
          expires_in: LIFE_SECONDS,
          ...(sent === null ? {} : { refresh_token: refresh }),
        });
      }
      // Only the newest is good: who uses an older one has missed a renewal.
      const isNew = last !== undefined && carriedBy(request).includes(last.token);
      const isAlive = last !== undefined && nowMs < last.atMs + LIFE_SECONDS * 1000;
      return memoryResponse(isNew && isAlive && !isForgotten ? 200 : 401, {});
    });
    for (let minute = 0; minute < 60; minute++) {
      expect(await world.sendAll(), `minute ${minute}`).toEqual(GOOD);
      world.clock.advance(60_000);
      if (minute % 13 === 5) isForgotten = true;
    }
    expect(violations).toEqual([]);
    // An hour of tokens that live for ten minutes, four of which the server forgot.
    expect(issued.length).toBeGreaterThanOrEqual(7);
    expect(issued.length).toBeLessThanOrEqual(12);
    expect(world.given.get('shop')?.['accessToken']).toBe(issued.at(-1)?.token);
    expect(world.given.get('shop')?.['refreshToken']).toBe(refresh);
    expect(JSON.stringify(world.journal.events)).not.toContain('planted');
    expect(world.all[0]?.redact(`is ${issued[0]?.token}`)).toBe('is ***');
  });
});

describe('what an owner replaces under four processes at once', () => {
  it.each(Object.entries(FIXED))('%s', async (_, [credentials, field, carried, more = {}]) => {
    let good = FIELDS[field] ?? '';
    let refused = 0;
    const world = four(sourceWith(credentials, more), (request) => {
      const isGood = carriedBy(request).includes(carried(good));
      if (!isGood) refused++;
      return memoryResponse(isGood ? 200 : 401, {});
    });
    for (let time = 1; time <= 5; time++) {
      expect(await world.sendAll(), `time ${time}`).toEqual(GOOD);
      good = `planted-${field}-${time}`;
      world.given.set('shop', { ...FIELDS, [field]: good });
    }
    expect(await world.sendAll()).toEqual(GOOD);
    // Each process asked once with what it knew.
    expect(refused).toBe(5 * PROCESSES);
    expect(world.all[0]?.redact(`was planted-${field}-0, is ${good}`)).toBe('was ***, is ***');
    expect(JSON.stringify(world.journal.events)).not.toContain('planted');
  });
});
