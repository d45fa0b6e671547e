// A rejection of the token endpoint is asked for once and told to every process that would present
// the same.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  TOKEN_LOOK_LONGEST_MS as LOOK_MS,
  TOKEN_LOCK_MS,
  TOKEN_LOOK_FIRST_MS,
} from '../../../shared/core/bounds.ts';
import { Failure } from '../../../shared/core/failures.ts';
import { memoryResponse } from '../../../shared/ports/http/http-memory.ts';
import { errorOf, page, sourceWith, statusOf, tokenUrl, tokenWorld } from './token-world.ts';

const wrong = { clientSecret: 'planted-wrong-secret' };

type World = ReturnType<typeof tokenWorld>;

/** Starts processes at one moment: how each of them failed, and how long after it. */
function failures({ start, clock }: World, count: number) {
  const from = clock.nowMs();
  return Promise.all(
    Array.from({ length: count }, async () => {
      const { name, message, remedy } = await errorOf(start().credentials.send(page()));
      return { told: { name, message, remedy }, afterMs: clock.nowMs() - from };
    }),
  );
}

describe('a rejection', () => {
  it('is asked for once, and told to all processes at their first look', async () => {
    const world = tokenWorld();
    world.given.set('shop', { ...world.signIn, ...wrong });
    const together = await failures(world, 27);
    expect(Math.max(...together.map(({ afterMs }) => afterMs))).toBeLessThanOrEqual(
      TOKEN_LOOK_FIRST_MS,
    );
    const later = await failures(world, 27);
    expect(later.map(({ afterMs }) => afterMs)).toEqual(Array(27).fill(0));
    expect(world.events).toEqual(['token']);
    const told = {
      name: Failure.credentials,
      message: `POST ${tokenUrl} refused the client of shop: 401 invalid_client invalid_client.`,
      remedy: 'Check clientId, clientSecret of the secrets of shop and the tokenUrl of shop.',
    };
    for (const one of [...together, ...later]) expect(one.told).toEqual(told);
    expect(world.journal.events).toEqual([
      { kind: 'token', source: 'shop', outcome: 'rejected', reason: told.message },
    ]);
  });

  it('does not hold up a mended secret longer than any other request', async () => {
    const world = tokenWorld();
    world.given.set('shop', { ...world.signIn, ...wrong });
    await failures(world, 27);
    world.given.set('shop', world.signIn);
    const answers = await Promise.all(
      Array.from({ length: 27 }, () => world.start().credentials.send(page())),
    );
    expect(answers.map(statusOf)).toEqual(Array(27).fill(200));
    const [refused = 0, ...others] = world.tokenTimes;
    expect(others).toEqual([refused + TOKEN_LOCK_MS]);
    expect(world.oauth.seen().violations).toEqual([]);
  });

  it('that was the mistake of the vendor is over with the time of the lock', async () => {
    const world = tokenWorld();
    const [asked, told] = [world.start(), world.start()];
    asked.faults.token = () => memoryResponse(401, { error: 'invalid_client' });
    await errorOf(asked.credentials.send(page()));
    await errorOf(told.credentials.send(page()));
    delete asked.faults.token;
    world.clock.advance(TOKEN_LOCK_MS);
    expect(statusOf(await asked.credentials.send(page()))).toBe(200);
    expect(statusOf(await told.credentials.send(page()))).toBe(200);
    expect(world.tokenTimes).toHaveLength(2);
  });

  it('says nothing of another endpoint', async () => {
    const regional = { kind: 'oauth2-refresh-token', tokenUrl: `${tokenUrl}/{region}` } as const;
    const source = sourceWith(regional, { settings: { region: 'of the account' } });
    const { start, given, signIn } = tokenWorld({ source });
    given.set('shop', { ...signIn, region: 'north' });
    const { credentials, faults } = start();
    faults.token = () => memoryResponse(404, { error: 'invalid_request' });
    await errorOf(credentials.send(page()));
    given.set('shop', { ...signIn, region: 'south' });
    expect(statusOf(await start().credentials.send(page()))).toBe(200);
  });

  it('does not stop a process whose token is still good', async () => {
    const { start, given, clock } = tokenWorld();
    const [first, second] = [start(), start()];
    await Promise.all([first, second].map(({ credentials }) => credentials.send(page())));
    given.set('shop', { ...given.get('shop'), ...wrong });
    clock.advance(1_750_000);
    await errorOf(first.credentials.send(page()));
    expect(statusOf(await second.credentials.send(page()))).toBe(200);
    clock.advance(60_000);
    await errorOf(second.credentials.send(page()));
  });

  it('does not stop a process that has new tokens and could not store them', async () => {
    const { start, clock, tokenTimes, oauth } = tokenWorld();
    const [lucky, late] = [start(), start()];
    lucky.faults.store = () => Promise.reject(new Error('the disk is full'));
    await lucky.credentials.send(page());
    clock.advance(TOKEN_LOCK_MS);
    late.faults.token = () => memoryResponse(400, { error: 'invalid_grant' });
    await errorOf(late.credentials.send(page()));
    delete lucky.faults.store;
    expect(statusOf(await lucky.credentials.send(page()))).toBe(200);
    expect(statusOf(await late.credentials.send(page()))).toBe(200);
    expect(tokenTimes).toHaveLength(2);
    expect(oauth.seen().violations).toEqual([]);
  });
});

describe('whatever the owner stores, and whenever', () => {
  const step = fc.record({
    clientSecret: fc.constantFrom('right', 'wrong', 'worse'),
    processes: fc.integer({ min: 1, max: 4 }),
    idleMs: fc.constantFrom(0, 300, 7_000, TOKEN_LOCK_MS),
  });

  it('each process is told the truth of it, and nothing is asked twice in one lock', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 2, maxLength: 12 }), async (steps) => {
        const { start, given, signIn, clock, tokenTimes } = tokenWorld({
          clientSecret: 'right',
          refreshesPerMinute: 3,
        });
        for (const { clientSecret, processes, idleMs } of steps) {
          const { refreshToken = '' } = given.get('shop') ?? {};
          given.set('shop', { ...signIn, refreshToken, clientSecret });
          const fromMs = clock.nowMs();
          const told = Array.from({ length: processes }, async () => {
            const sent = start().credentials.send(page());
            return clientSecret === 'right' ? statusOf(await sent) : (await errorOf(sent)).name;
          });
          const truth = clientSecret === 'right' ? 200 : Failure.credentials;
          expect(await Promise.all(told)).toEqual(Array(processes).fill(truth));
          expect(clock.nowMs() - fromMs).toBeLessThanOrEqual(TOKEN_LOCK_MS + LOOK_MS);
          clock.advance(idleMs);
        }
        tokenTimes.slice(1).forEach((at, index) => {
          expect(at - (tokenTimes[index] ?? 0)).toBeGreaterThanOrEqual(TOKEN_LOCK_MS);
        });
      }),
      { numRuns: 60 },
    );
  });
});
