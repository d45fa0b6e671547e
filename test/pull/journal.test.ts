import { beforeEach, describe, expect, it } from 'vitest';
import type { JournalEvent } from '../../shared/ports/journal.ts';
import { openShop, type Shop } from './shop-world.ts';
import { errorOf, page, tokenUrl, tokenWorld } from './sign/token-world.ts';

let shop: Shop;
beforeEach(() => {
  shop = openShop();
});

const of = (kind: JournalEvent['kind']): JournalEvent[] =>
  shop.events.filter((event) => event.kind === kind);

const agesInHours = (): number[] =>
  shop.events.flatMap((event) => (event.kind === 'age' ? event.ageMs / 3_600_000 : []));

describe('a round tells the journal', () => {
  it('that it begins, and at its end what it added to the run', async () => {
    const { runId } = await shop.drainOnePage('one');
    const at = { source: 'shop', stream: 'items', runId };
    expect(of('begin')).toEqual([{ kind: 'begin', ...at }]);
    const work = { pages: 1, records: 1, requests: 1, throttled: 0, waitedMs: 0 };
    expect(of('round')).toMatchObject([{ ...at, outcome: 'more', ...work }]);
  });

  it('the sum of the run, over all of its rounds', async () => {
    await shop.run('one');
    const pages = shop.events.map((event) => (event.kind === 'round' ? event.pages : 0));
    expect(pages.reduce((sum, one) => sum + one, 0)).toBe(2);
  });

  it('why it was refused', async () => {
    const assignment = await shop.claim('one');
    shop.refuse();
    const outcome = await shop.round(assignment);
    const cause = outcome.kind === 'failed' ? outcome.cause : 'none';
    expect(cause).toContain('410');
    expect(of('round')).toMatchObject([{ outcome: 'failed', cause, pages: 0, requests: 1 }]);
  });

  it('nothing that it did when another run has the stream', async () => {
    const assignment = await shop.drainOnePage('one');
    await shop.round({ ...assignment, fence: assignment.fence - 1 });
    expect(of('round').at(-1)).toMatchObject({ outcome: 'failed', pages: 0, requests: 0 });
  });
});

describe('the age of a source', () => {
  it('is not told before anything was claimed, and is nothing when all was finished', async () => {
    await shop.run('one');
    expect(agesInHours()).toEqual([0]);
  });

  it('is told when a run begins: the time since the last one finished', async () => {
    await shop.run('one');
    shop.pass({ hours: 3 });
    await shop.claim('two');
    expect(agesInHours()).toEqual([0, 3]);
  });

  it('grows while runs fail, though each of them begins again', async () => {
    await shop.run('one');
    for (const execution of ['two', 'three']) {
      shop.pass({ hours: 20 });
      shop.refuse();
      await shop.round(await shop.claim(execution));
    }
    expect(agesInHours()).toEqual([0, 20, 40]);
  });

  it('grows for a stream that was never finished', async () => {
    await shop.drainOnePage('one');
    for (const execution of ['two', 'three']) {
      shop.pass({ hours: 10 });
      shop.refuse();
      await shop.round(await shop.claim(execution));
    }
    expect(agesInHours()).toEqual([10, 20]);
  });
});

describe('tokens tell the journal', () => {
  const outcomes = ({ journal }: ReturnType<typeof tokenWorld>) =>
    journal.events.map((event) => (event.kind === 'token' ? event.outcome : event.kind));

  it('of each that was renewed', async () => {
    const world = tokenWorld();
    await world.start().credentials.send(page());
    expect(world.journal.events).toEqual([{ kind: 'token', source: 'shop', outcome: 'renewed' }]);
  });

  it('of a request that may work later, and of the one that did', async () => {
    const world = tokenWorld();
    const { credentials, faults } = world.start();
    faults.token = () => ({ kind: 'fault', reason: 'unreachable', message: 'no host' });
    await credentials.send(page());
    faults.token = (answer) => answer;
    world.clock.advance(60_000);
    await credentials.send(page());
    expect(outcomes(world)).toEqual(['fault', 'renewed']);
    expect(world.journal.events[0]).toMatchObject({ reason: expect.stringContaining('no host') });
  });

  it('of a sign-in that only a person can renew, once, without the credential', async () => {
    const world = tokenWorld();
    world.given.set('shop', { ...world.signIn, refreshToken: 'planted-dead-token' });
    const { credentials } = world.start();
    await errorOf(credentials.send(page()));
    await errorOf(credentials.send(page()));
    expect(outcomes(world)).toEqual(['rejected']);
    const told = JSON.stringify(world.journal.events);
    expect(told).toContain(tokenUrl);
    for (const secret of ['planted-dead-token', world.signIn.clientSecret]) {
      expect(told).not.toContain(secret);
    }
  });
});
