import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  readTokenAnswer,
  renewalDueAtMs,
  type Tokens,
  tokenAge,
  tokenFields,
  tokensIn,
} from '../../../shared/core/answer/token.ts';
import { TOKEN_BODY_BYTES } from '../../../shared/core/bounds.ts';

const NOW = 1_000_000;
const bytes = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));
const read = (status: number, value: unknown) => readTokenAnswer(status, bytes(value), NOW);

describe('the answer of a token endpoint', () => {
  it.each([
    [
      { access_token: 'a', refresh_token: 'r', expires_in: 1800 },
      { refreshToken: 'r', life: 1800 },
    ],
    [{ access_token: 'a', expires_in: '3600', token_type: 'bearer' }, { life: 3600 }],
    [
      { access_token: 'a', expires_in: 86400, expires: 1387145621, refresh_token: null },
      { life: 86400 },
    ],
    [{ access_token: 'a', refresh_token: '' }, {}],
    [{ access_token: 'a', expires_in: 0 }, {}],
    [{ access_token: 'a', expires_in: -5 }, {}],
    [{ access_token: 'a', expires_in: 'soon' }, {}],
    [{ access_token: 'a', expires_in: 1e30 }, {}],
    [{ access_token: 'a', expires_in: 0.5 }, { life: 0.5 }],
  ])('%j gives tokens', (body, expected: { refreshToken?: string; life?: number }) => {
    const { life, ...others } = expected;
    const expires = life === undefined ? {} : { expiresAtMs: NOW + life * 1000 };
    const tokens = { accessToken: 'a', obtainedAtMs: NOW, ...others, ...expires };
    expect(read(200, body)).toEqual({ kind: 'tokens', tokens });
  });

  it.each([
    [200, ''],
    [200, '{"access_token":"a"'],
    [200, '[]'],
    [200, 'null'],
    [200, '<html>'],
    [200, {}],
    [200, { access_token: '' }],
    [200, { access_token: 'a\r\nx-evil: 1' }],
    [200, { access_token: 'ü' }],
    [200, { access_token: 17 }],
    [200, { access_token: 'a', refresh_token: 'b c' }],
    [200, { access_token: 'a', refresh_token: ['b'] }],
    [200, `{"access_token":"${'a'.repeat(TOKEN_BODY_BYTES)}"}`],
    [204, ''],
    [302, ''],
    [403, '<html>'],
    [408, ''],
    [429, { error: 'too_many_requests' }],
    [400, { error: 'temporarily_unavailable' }],
    [500, { message: 'out of memory' }],
    [503, ''],
  ])('%i %j is a fault that may pass', (status, body) => {
    expect(read(status, body)).toMatchObject({ kind: 'fault' });
  });

  it.each([
    [400, { error: 'invalid_grant' }, true],
    [401, { error: 'invalid_grant', error_description: 'revoked' }, true],
    [200, { error: 'bad_refresh_token' }, true],
    [401, { error: 'access_denied', error_description: '...', hint: '...' }, true],
    [401, { error: 'invalid_client' }, false],
    [400, { error: 'invalid_scope' }, false],
    [403, { error: 'unauthorized_client' }, false],
    [400, '<html>', false],
    [401, '', false],
    [404, '', false],
    [200, { access_token: 'a', token_type: 'mac' }, false],
  ])('%i %j is a refusal; signing in again helps: %s', (status, body, signInAgain) => {
    expect(read(status, body)).toMatchObject({ kind: 'rejected', signInAgain });
  });

  it('never throws, and gives one line, whatever the server says', () => {
    const body = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map((text) => bytes(text)),
      fc
        .record(
          { access_token: fc.anything(), error: fc.anything(), error_description: fc.string() },
          { requiredKeys: [] },
        )
        .map((value) =>
          bytes(JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? 0 : part))),
        ),
    );
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 599 }), body, (status, raw) => {
        const answer = readTokenAnswer(status, raw, NOW);
        if (answer.kind !== 'tokens') expect(answer.reason).not.toMatch(/[\r\n]/);
      }),
    );
  });
});

describe('the age of a token', () => {
  const lasting = (seconds: number): Tokens => ({
    accessToken: 'a',
    obtainedAtMs: NOW,
    expiresAtMs: NOW + seconds * 1000,
  });

  it.each([
    [3600, 3540],
    [600, 540],
    [300, 270],
    [10, 9],
  ])('of %i s is due after %i s', (life, due) => {
    expect(renewalDueAtMs(lasting(life))).toBe(NOW + due * 1000);
    expect(tokenAge(lasting(life), NOW + due * 1000 - 1)).toBe('fresh');
    expect(tokenAge(lasting(life), NOW + due * 1000)).toBe('due');
    expect(tokenAge(lasting(life), NOW + life * 1000)).toBe('dead');
  });

  it('is fresh for ever when the server gave no life, and dead when the times are nonsense', () => {
    expect(tokenAge({ accessToken: 'a', obtainedAtMs: 0 }, Number.MAX_SAFE_INTEGER)).toBe('fresh');
    const backwards = { accessToken: 'a', obtainedAtMs: NOW, expiresAtMs: NOW - 1 };
    expect(tokenAge(backwards, NOW)).toBe('dead');
  });
});

describe('tokens as fields', () => {
  it('come back as they were', () => {
    const tokens = fc.record(
      {
        accessToken: fc
          .string({ minLength: 1 })
          .map((text) => `t${text.replaceAll(/[^!-~]/g, '')}`),
        refreshToken: fc.string({ minLength: 1 }),
        obtainedAtMs: fc.nat(),
        expiresAtMs: fc.nat(),
      },
      { requiredKeys: ['accessToken', 'obtainedAtMs'] },
    );
    fc.assert(
      fc.property(tokens, (some) => {
        expect(tokensIn(tokenFields(some))).toEqual({ ...some });
      }),
    );
  });

  it('are none without a usable access token', () => {
    expect(tokensIn({ refreshToken: 'r' })).toBeUndefined();
    expect(tokensIn({ accessToken: 'a b' })).toBeUndefined();
    expect(tokensIn({ accessToken: 'a', accessTokenExpiresAtMs: 'soon' })).toEqual({
      accessToken: 'a',
      obtainedAtMs: 0,
    });
  });
});
