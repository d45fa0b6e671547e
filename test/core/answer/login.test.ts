import { describe, expect, it } from 'vitest';
import { type LoginAnswer, readLoginAnswer } from '../../../shared/core/answer/login.ts';
import { TOKEN_BODY_BYTES } from '../../../shared/core/bounds.ts';

const NOW = Date.UTC(2026, 11, 1);

function read(spec: LoginAnswer, body: unknown, status = 200, headers = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const bytes = new TextEncoder().encode(text);
  return readLoginAnswer(spec, { kind: 'response', status, headers, body: bytes }, NOW);
}

const given = (token: string, more = {}) => ({
  kind: 'tokens',
  tokens: { accessToken: token, obtainedAtMs: NOW, ...more },
});

describe('the token of a login', () => {
  it('stands where the source says', () => {
    expect(read({ token: 'a.0.b' }, { a: [{ b: 'abc' }] })).toEqual(given('abc'));
    expect(read({ token: 'id' }, { id: 17 })).toEqual(given('17'));
    expect(read({ token: { header: 'X-Token' } }, '', 204, { 'x-token': 'abc' })).toEqual(
      given('abc'),
    );
    const headers = { 'set-cookie': 'other=1; Path=/\nsid=abc; HttpOnly' };
    expect(read({ token: { cookie: 'sid' } }, '', 200, headers)).toEqual(given('abc'));
  });

  it('ends when the answer says so, however it says it', () => {
    const spec = { token: 't', expires: 'e', lifeSeconds: 60 };
    const end = (e: unknown) => read(spec, { t: 'abc', e });
    const at = (expiresAtMs: number) => given('abc', { expiresAtMs });
    expect(end(1800)).toEqual(at(NOW + 1_800_000));
    expect(end('1800')).toEqual(at(NOW + 1_800_000));
    expect(end(NOW / 1000 + 90)).toEqual(at(NOW + 90_000));
    expect(end(NOW + 90_000)).toEqual(at(NOW + 90_000));
    expect(end('2026-12-01T01:00:00Z')).toEqual(at(NOW + 3_600_000));
    for (const none of ['soon', null, {}, undefined, -1]) {
      expect(end(none)).toEqual(at(NOW + 60_000));
    }
    expect(read({ token: 't', expires: 'e' }, { t: 'abc' })).toEqual(given('abc'));
  });
});

describe('a login without a token', () => {
  it('is a rejection, since asking again locks accounts', () => {
    for (const status of [400, 401, 403, 404, 422]) {
      const answer = read({ token: 't' }, { error: 'wrong' }, status);
      expect(answer).toMatchObject({ kind: 'rejected', reason: `${status} {"error":"wrong"}` });
    }
    for (const body of [{}, { t: null }, { t: '' }, { t: 'a b' }, 'no JSON', { t: { u: 1 } }]) {
      expect(read({ token: 't' }, body)).toMatchObject({ kind: 'rejected' });
    }
  });

  it('may work later when the server says so, or is broken', () => {
    for (const status of [408, 425, 429, 500, 502, 503, 302]) {
      expect(read({ token: 't' }, 'busy', status)).toMatchObject({ kind: 'fault' });
    }
    expect(read({ token: 't' }, 'x'.repeat(TOKEN_BODY_BYTES + 1))).toMatchObject({
      kind: 'fault',
    });
  });
});
