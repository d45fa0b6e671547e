import { describe, expect, it } from 'vitest';
import { DriplakeError, Failure } from '../../shared/core/failures.ts';
import { TOKEN_LOCK_MS, tokensIn } from '../../shared/core/token.ts';
import type { HttpAnswer } from '../../shared/ports/http.ts';
import { memoryResponse } from '../../shared/ports/http-memory.ts';
import { page, statusOf, tokenWorld } from './token-world.ts';

const cutOff: HttpAnswer = { kind: 'fault', reason: 'cut-off', message: 'broke off' };
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

/** The most token requests in any minute. */
const mostInAMinute = (times: readonly number[]): number =>
  Math.max(
    0,
    ...times.map((from) => times.filter((at) => at >= from && at < from + MINUTE).length),
  );

async function errorOf(work: Promise<unknown>): Promise<DriplakeError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof DriplakeError) return error;
  throw new Error(`expected an error of ours, got ${String(error)}`);
}

describe('rotation', () => {
  it('stores both tokens before it uses the new one', async () => {
    const { start, events, given, oauth, signIn } = tokenWorld();
    const { credentials } = start();
    expect(statusOf(await credentials.send(page()))).toBe(200);
    expect(events).toEqual(['token', 'store', 'use 200']);
    const stored = given.get('shop');
    expect(stored?.['refreshToken']).not.toBe(signIn.refreshToken);
    expect(stored).toMatchObject({ clientId: signIn.clientId, clientSecret: signIn.clientSecret });
    expect(oauth.seen()).toMatchObject({ refreshes: 1, violations: [] });
  });

  it('goes on with the stored token in the next process', async () => {
    const { start, events } = tokenWorld();
    await start().credentials.send(page());
    expect(statusOf(await start().credentials.send(page()))).toBe(200);
    expect(events).toEqual(['token', 'store', 'use 200', 'use 200']);
  });

  it.each([
    [1_800, 1_739, 1_740],
    [300, 269, 270],
  ])('renews a token of %i s after %i s and before %i s are over', async (life, quiet, due) => {
    const { start, events, clock } = tokenWorld({ lifetimeSeconds: life });
    const { credentials } = start();
    await credentials.send(page());
    clock.advance(quiet * SECOND);
    await credentials.send(page());
    expect(events.filter((event) => event === 'token')).toHaveLength(1);
    clock.advance((due - quiet) * SECOND);
    await credentials.send(page());
    expect(events.slice(-3)).toEqual(['token', 'store', 'use 200']);
  });

  it('lives through a day of renewals without breaking the chain', async () => {
    const { start, oauth, clock } = tokenWorld();
    const { credentials } = start();
    for (let minute = 0; minute < 24 * 60; minute += 1) {
      expect(statusOf(await credentials.send(page()))).toBe(200);
      clock.advance(MINUTE);
    }
    expect(oauth.seen()).toMatchObject({ refreshes: 50, refused: 0, violations: [] });
  });
});

describe('one refresh at a time', () => {
  it('refreshes once for eight processes, and all of them use that token', async () => {
    const { start, events, oauth } = tokenWorld();
    const processes = Array.from({ length: 8 }, start);
    const answers = await Promise.all(processes.map(({ credentials }) => credentials.send(page())));
    expect(answers.map(statusOf)).toEqual(Array(8).fill(200));
    expect(events.slice(0, 2)).toEqual(['token', 'store']);
    expect(oauth.seen()).toMatchObject({ refreshes: 1, violations: [] });
  });

  it('refreshes once for eight requests of one process', async () => {
    const { start, oauth } = tokenWorld();
    const { credentials } = start();
    const sends = Array.from({ length: 8 }, () => credentials.send(page()));
    expect((await Promise.all(sends)).map(statusOf)).toEqual(Array(8).fill(200));
    expect(oauth.seen().refreshes).toBe(1);
  });

  it('refreshes once when eight processes see the same token refused', async () => {
    const { start, oauth, clock } = tokenWorld();
    const processes = Array.from({ length: 8 }, start);
    await Promise.all(processes.map(({ credentials }) => credentials.send(page())));
    clock.advance(MINUTE);
    oauth.expireAll();
    const answers = await Promise.all(processes.map(({ credentials }) => credentials.send(page())));
    expect(answers.map(statusOf)).toEqual(Array(8).fill(200));
    expect(oauth.seen()).toMatchObject({ refreshes: 2, violations: [] });
  });

  it('takes over from a process that died with the lock, not before its time', async () => {
    const { start, tokenLock, clock } = tokenWorld();
    const from = clock.nowMs();
    await tokenLock.tryAcquire('shop', 'dead', from + TOKEN_LOCK_MS);
    expect(statusOf(await start().credentials.send(page()))).toBe(200);
    expect(clock.nowMs() - from).toBe(TOKEN_LOCK_MS);
  });

  it('keeps using a token that is due while another process renews it', async () => {
    const { start, tokenLock, clock, events } = tokenWorld();
    const { credentials } = start();
    await credentials.send(page());
    clock.advance(1_750 * SECOND);
    const from = clock.nowMs();
    await tokenLock.tryAcquire('shop', 'slow', from + TOKEN_LOCK_MS);
    expect(statusOf(await credentials.send(page()))).toBe(200);
    expect(clock.nowMs()).toBe(from);
    expect(events.filter((event) => event === 'token')).toHaveLength(1);
  });

  it('gives the wait up, as a fault, when it is interrupted or has no end', async () => {
    const { start, tokenLock, clock } = tokenWorld();
    await tokenLock.tryAcquire('shop', 'stuck', clock.nowMs() + 60 * MINUTE);
    const controller = new AbortController();
    const waiting = start().credentials.send(page(), controller.signal);
    setImmediate(() => controller.abort());
    expect(await waiting).toMatchObject({ kind: 'fault', reason: 'aborted' });
    const answer = await start().credentials.send(page());
    expect(answer).toMatchObject({ kind: 'fault', reason: 'unreachable' });
    expect(statusOf(answer)).toContain('being refreshed by another process');
  });
});

describe('crashes and faults around a refresh', () => {
  it('loses nothing when the process dies after the refresh and before the store', async () => {
    const { start, oauth, events } = tokenWorld();
    const dying = start();
    dying.faults.store = () => new Promise(() => {});
    void dying.credentials.send(page());
    expect(statusOf(await start().credentials.send(page()))).toBe(200);
    expect(events).toEqual(['token', 'token', 'store', 'use 200']);
    expect(oauth.seen().violations).toEqual([]);
  });

  it('spends the stored refresh token again when the answer was lost', async () => {
    const { start, oauth, events, tokenTimes } = tokenWorld();
    const { credentials, faults } = start();
    faults.token = () => cutOff;
    expect(statusOf(await credentials.send(page()))).toMatch(/^unreachable: .*broke off/);
    faults.token = (answer) => answer;
    expect(statusOf(await credentials.send(page()))).toBe(200);
    expect(events).toEqual(['token', 'token', 'store', 'use 200']);
    expect(oauth.seen().violations).toEqual([]);
    expect((tokenTimes[1] ?? 0) - (tokenTimes[0] ?? 0)).toBeGreaterThanOrEqual(TOKEN_LOCK_MS);
  });

  it('does not use tokens that it could not store, and stores those when it can', async () => {
    const { start, oauth, events } = tokenWorld();
    const { credentials, faults } = start();
    faults.store = () => Promise.reject(new Error('the disk is full'));
    expect(statusOf(await credentials.send(page()))).toContain('cannot be stored: Error: the disk');
    expect(events).toEqual(['token']);
    faults.store = async () => {};
    expect(statusOf(await credentials.send(page()))).toBe(200);
    expect(events).toEqual(['token', 'store', 'use 200']);
    expect(oauth.seen().violations).toEqual([]);
  });

  it('lets a newer token stand when it was so slow that another process went on', async () => {
    const { start, given, oauth } = tokenWorld();
    const slow = start();
    let resume = (): void => {};
    const stalled = new Promise<void>((resolve) => {
      resume = resolve;
    });
    slow.faults.token = async (answer) => {
      await stalled;
      return answer;
    };
    const late = slow.credentials.send(page());
    expect(statusOf(await start().credentials.send(page()))).toBe(200);
    const stored = given.get('shop');
    resume();
    expect(statusOf(await late)).toBe(200);
    expect(given.get('shop')).toEqual(stored);
    expect(oauth.seen().violations).toEqual([]);
  });

  it('uses a due token while the token endpoint is down, and none that is dead', async () => {
    const { start, clock } = tokenWorld();
    const { credentials, faults } = start();
    await credentials.send(page());
    faults.token = () => memoryResponse(503, '<html>busy</html>');
    clock.advance(1_750 * SECOND);
    expect(statusOf(await credentials.send(page()))).toBe(200);
    expect(statusOf(await credentials.send(page()))).toBe(200);
    clock.advance(MINUTE);
    expect(statusOf(await credentials.send(page()))).toBe(
      'unreachable: https://sign-in.example/oauth/token cannot give tokens to shop: 503.',
    );
  });
});

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
      'https://sign-in.example/oauth/token refused the refresh token of shop: 400 invalid_grant invalid_grant.',
    );
    expect(error.remedy).toBe('Sign in again, and store the new refreshToken of shop.');
    expect(await errorOf(credentials.send(page()))).toBe(error);
    expect(events).toEqual(['token']);
    const next = await tokenLock.tryAcquire('shop', 'next', clock.nowMs() + 1);
    expect(next.kind).toBe('acquired');
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
    expect(error.remedy).toBe('Check the clientId, the clientSecret and the tokenUrl of shop.');
  });

  it('never asks more than five times a minute, whatever goes wrong in eight processes', async () => {
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
