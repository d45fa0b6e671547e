import { describe, expect, it } from 'vitest';
import type { HttpAnswer } from '../../../shared/core/answer/exchange.ts';
import { TOKEN_LOCK_MS } from '../../../shared/core/bounds.ts';

import { memoryResponse } from '../../../shared/ports/http/http-memory.ts';
import { gate, page, statusOf, tokenWorld } from './token-world.ts';

const cutOff: HttpAnswer = { kind: 'fault', reason: 'cut-off', message: 'broke off' };
const SECOND = 1_000;
const MINUTE = 60 * SECOND;

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
    const answers = await Promise.all(
      processes.map(({ credentials }) => credentials.send(page())),
    );
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
    const answers = await Promise.all(
      processes.map(({ credentials }) => credentials.send(page())),
    );
    expect(answers.map(statusOf)).toEqual(Array(8).fill(200));
    expect(oauth.seen()).toMatchObject({ refreshes: 2, violations: [] });
  });

  it('looks at the secret before it refreshes, for another process may have done it', async () => {
    const { start, clock, oauth, tokenLock } = tokenWorld();
    const [first, second] = [start(), start()];
    await Promise.all([first, second].map(({ credentials }) => credentials.send(page())));
    clock.advance(1_750 * SECOND);
    await first.credentials.send(page());
    clock.advance(TOKEN_LOCK_MS);
    expect(statusOf(await second.credentials.send(page()))).toBe(200);
    expect(oauth.seen()).toMatchObject({ refreshes: 2, violations: [] });
    const free = await tokenLock.tryAcquire('shop', 'next', clock.nowMs() + 1);
    expect(free.kind).toBe('acquired');
  });

  it('does not take a token that was refused from a renewal that did not know of it', async () => {
    const { start, clock, oauth } = tokenWorld();
    const [first, second] = [start(), start()];
    await Promise.all([first, second].map(({ credentials }) => credentials.send(page())));
    clock.advance(1_750 * SECOND);
    await first.credentials.send(page());
    const renewed = await first.credentials.authorize(page());
    const refused = renewed.kind === 'ready' ? renewed.tokenUsed : '';
    clock.advance(TOKEN_LOCK_MS);
    const [reading, told] = [gate(), gate()];
    second.faults.read = () => {
      reading.open();
      return told.passed;
    };
    const adopting = second.credentials.authorize(page());
    await reading.passed;
    setImmediate(told.open);
    expect(await second.credentials.refreshAfter401(refused)).toEqual({ kind: 'refreshed' });
    expect(await adopting).toMatchObject({ kind: 'ready', tokenUsed: refused });
    expect(oauth.seen()).toMatchObject({ refreshes: 3, violations: [] });
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
    // Others take it one after the other.
    const held = async () => ({ kind: 'held', untilMs: clock.nowMs() + TOKEN_LOCK_MS }) as const;
    Object.assign(tokenLock, { tryAcquire: held });
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
    expect(statusOf(await credentials.send(page()))).toContain(
      'cannot be stored: Error: the disk',
    );
    expect(events).toEqual(['token']);
    faults.store = async () => {};
    expect(statusOf(await credentials.send(page()))).toBe(200);
    expect(events).toEqual(['token', 'store', 'use 200']);
    expect(oauth.seen().violations).toEqual([]);
  });

  it('lets a newer token stand when it was so slow that another process went on', async () => {
    const { start, given, oauth } = tokenWorld();
    const slow = start();
    const stall = gate();
    slow.faults.token = async (answer) => {
      await stall.passed;
      return answer;
    };
    const late = slow.credentials.send(page());
    expect(statusOf(await start().credentials.send(page()))).toBe(200);
    const stored = given.get('shop');
    stall.open();
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
      'unreachable: POST https://sign-in.example/oauth/token cannot give tokens to shop: 503.',
    );
  });
});
