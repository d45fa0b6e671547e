import { describe, expect, it } from 'vitest';
import type { HttpAnswer } from '../../../shared/core/answer/exchange.ts';
import { tokensIn } from '../../../shared/core/answer/token.ts';
import { Failure } from '../../../shared/core/failures.ts';
import { memoryResponse } from '../../../shared/ports/http/http-memory.ts';
import { errorOf, page, statusOf, tokenUrl, tokenWorld } from './token-world.ts';

const cutOff: HttpAnswer = { kind: 'fault', reason: 'cut-off', message: 'broke off' };
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** The most token requests in any minute. */
const mostInAMinute = (times: readonly number[]): number =>
  Math.max(
    0,
    ...times.map((from) => times.filter((at) => at >= from && at < from + MINUTE).length),
  );

describe('refusals', () => {
  it('refreshes once for a 401, and answers the second one', async () => {
    const { start, events, clock } = tokenWorld();
    const { credentials, faults } = start();
    await credentials.send(page());
    clock.advance(MINUTE);
    faults.api = () => memoryResponse(401, {});
    events.length = 0;
    expect(statusOf(await credentials.send(page()))).toBe(401);
    expect(events).toEqual(['use 401', 'token', 'store', 'use 401']);
    expect(statusOf(await credentials.send(page()))).toBe(401);
    expect(events.slice(4)).toEqual(['use 401']);
    delete faults.api;
    expect(statusOf(await credentials.send(page()))).toBe(200);
  });

  it('takes up what another process renewed, and tries again itself much later', async () => {
    const { start, events, clock, oauth } = tokenWorld({ lifetimeSeconds: 24 * 3600 });
    const [unlucky, other] = [start(), start()];
    unlucky.faults.api = () => memoryResponse(401, {});
    expect(statusOf(await unlucky.credentials.send(page()))).toBe(401);
    delete unlucky.faults.api;
    oauth.expireAll();
    clock.advance(MINUTE);
    expect(statusOf(await unlucky.credentials.send(page()))).toBe(401);
    expect(statusOf(await other.credentials.send(page()))).toBe(200);
    expect(statusOf(await unlucky.credentials.send(page()))).toBe(200);
    oauth.expireAll();
    clock.advance(10 * MINUTE);
    events.length = 0;
    expect(statusOf(await unlucky.credentials.send(page()))).toBe(200);
    expect(events).toEqual(['use 401', 'token', 'store', 'use 200']);
    expect(oauth.seen().violations).toEqual([]);
  });

  it('refreshes again for a later 401 of a token that had been accepted', async () => {
    const { start, clock, oauth } = tokenWorld();
    const { credentials } = start();
    for (let round = 0; round < 3; round += 1) {
      expect(statusOf(await credentials.send(page()))).toBe(200);
      clock.advance(MINUTE);
      oauth.expireAll();
    }
    expect(oauth.seen()).toMatchObject({ refreshes: 3, violations: [] });
  });

  it('asks for a new sign-in when the grant is gone, and asks the server once', async () => {
    const { start, given, signIn, events, tokenLock, clock } = tokenWorld();
    given.set('shop', { ...signIn, refreshToken: 'planted-dead-token' });
    const { credentials } = start();
    const error = await errorOf(credentials.send(page()));
    expect(error.name).toBe(Failure.credentials);
    expect(error.message).toBe(
      `POST ${tokenUrl} refused the refresh token of shop: 400 invalid_grant invalid_grant.`,
    );
    expect(error.remedy).toBe(
      'Sign in again, and store the new refresh token: refreshToken of the secrets of shop.',
    );
    expect(await errorOf(credentials.send(page()))).toEqual(error);
    expect(events).toEqual(['token']);
    const lock = await tokenLock.tryAcquire('shop', 'next', clock.nowMs() + 1);
    const { message, remedy } = error;
    expect(lock).toMatchObject({ kind: 'held', rejection: { message, remedy } });
    expect(JSON.stringify(lock)).not.toContain('planted');
  });

  it('goes on when the owner signed in again while the old grant was refused', async () => {
    const { start, given, signIn } = tokenWorld();
    given.set('shop', { ...signIn, refreshToken: 'planted-dead-token' });
    const { credentials, faults } = start();
    faults.token = (answer) => {
      given.set('shop', signIn);
      return answer;
    };
    expect(statusOf(await credentials.send(page()))).toBe(200);
    expect(tokensIn(given.get('shop') ?? {})?.refreshToken).not.toBe(signIn.refreshToken);
  });

  it('names the client when the client is refused', async () => {
    const { start, given, signIn } = tokenWorld();
    given.set('shop', { ...signIn, clientSecret: 'planted-wrong-secret' });
    const error = await errorOf(start().credentials.send(page()));
    expect(error.message).toMatch(/refused the client of shop: 401 invalid_client/);
    expect(error.remedy).toBe(
      'Check clientId, clientSecret of the secrets of shop and the tokenUrl of shop.',
    );
  });

  it('goes on in the same process when the owner has mended the client', async () => {
    const { start, given, signIn } = tokenWorld();
    given.set('shop', { ...signIn, clientSecret: 'planted-wrong-secret' });
    const { credentials } = start();
    await errorOf(credentials.send(page()));
    given.set('shop', signIn);
    expect(statusOf(await credentials.send(page()))).toBe(200);
  });

  it.each([
    ['429', memoryResponse(429, '', { 'retry-after': '600' })],
    ['503', memoryResponse(503, '', { 'retry-after': '600' })],
    ['a body', memoryResponse(429, '{"retryAfter":600}')],
  ])('asks again when the token endpoint says so, by %s, and not before', async (_, refusal) => {
    const { start, clock, tokenTimes } = tokenWorld();
    const { credentials, faults } = start();
    faults.token = () => refusal;
    const sent = await credentials.send(page());
    const untilMs = clock.nowMs() + 600 * SECOND;
    expect(sent).toMatchObject({ kind: 'fault', reason: 'unreachable', untilMs });
    delete faults.token;
    clock.advance(599 * SECOND);
    expect(await credentials.send(page())).toEqual(sent);
    expect(tokenTimes).toHaveLength(1);
    clock.advance(SECOND);
    expect(statusOf(await credentials.send(page()))).toBe(200);
  });

  it('asks at most five times a minute, whatever goes wrong in eight processes', async () => {
    const { start, oauth, clock, tokenTimes } = tokenWorld();
    const processes = Array.from({ length: 8 }, start);
    const bad: HttpAnswer[] = [cutOff, memoryResponse(500, ''), memoryResponse(200, '{"half')];
    for (let round = 0; round < 30; round += 1) {
      processes.forEach(({ faults }, index) => {
        faults.token = (answer) => bad[(round + index) % 5] ?? answer;
      });
      await Promise.all(processes.map(({ credentials }) => credentials.send(page())));
      clock.advance(SECOND);
      oauth.expireAll();
    }
    expect(tokenTimes.length).toBeGreaterThan(20);
    expect(mostInAMinute(tokenTimes)).toBeLessThanOrEqual(5);
    expect(oauth.seen().violations).toEqual([]);
  });
});
