// What the fault simulation found, told one by one: plans that come late or twice, cursors that
// grow old while runs fail, ends without a record.

import { beforeEach, describe, expect, it } from 'vitest';
import { HOLDER_LEFT, openShop, type Shop } from './shop-world.ts';

let shop: Shop;
beforeEach(() => {
  shop = openShop();
});

describe('a plan', () => {
  it('gives an execution that asks twice the claim that it has', async () => {
    const first = await shop.plan('one');
    expect(await shop.plan('one')).toEqual(first);
  });

  it('that comes late begins nothing behind a run that was begun since', async () => {
    await shop.run('one');
    shop.pass({ minutes: 5 });
    await shop.run('two');
    const published = shop.manifests();

    const late = await shop.plan('one', { startedMinutesAgo: 5 });

    expect(late).toMatchObject({ streams: [], others: [{ kind: 'busy' }] });
    expect((await shop.state())?.holder).toBe(HOLDER_LEFT);
    expect(shop.manifests()).toEqual(published);
    expect(await shop.lastRun()).toMatchObject({ holder: 'two', status: 'done' });
  });

  it('starts over when the cursor is too old, however lately a round failed on it', async () => {
    const { runId } = await shop.drainOnePage('one');
    for (const hours of [4, 4]) {
      shop.pass({ hours });
      shop.refuse();
      await shop.round(await shop.claim(`after ${hours}`));
    }
    expect((await shop.state())?.run?.status).toBe('failed');

    expect((await shop.claim('next')).runId).not.toBe(runId);
  });
});

describe('a clock that was ahead', () => {
  const DAYS_AHEAD = 400;

  it('keeps nobody away from a stream that its owner left held', async () => {
    shop.pass({ hours: 24 * DAYS_AHEAD });
    await shop.drainOnePage('ahead');
    shop.pass({ hours: -24 * DAYS_AHEAD });

    expect(await shop.plan('now')).toMatchObject({ streams: [{ kind: 'drain' }], others: [] });
  });

  it('does not make a later run late, nor its rows older than those of the future', async () => {
    const ids: (string | undefined)[] = [];
    const run = async (execution: string): Promise<void> => {
      await shop.run(execution);
      ids.push((await shop.state())?.run?.runId);
    };
    shop.pass({ hours: 24 * DAYS_AHEAD });
    await run('ahead');
    shop.pass({ hours: -24 * DAYS_AHEAD });
    await run('now');
    shop.pass({ minutes: 10 });
    await run('then');

    expect(new Set(ids).size).toBe(3);
    expect(ids.toSorted()).toEqual(ids);
    expect(shop.manifests().size).toBe(3);
    expect(await shop.lastRun()).toMatchObject({ holder: 'then', status: 'done' });
  });
});

describe('the end of a run', () => {
  it('is landed without a record, so that no late round can land behind it', async () => {
    shop.empty();
    await shop.run('one');
    const [manifest] = shop.manifests().values();
    expect(manifest).toMatchObject({ objects: 1, records: 0, bytes: 0 });
  });

  it('is not published before it is reached', async () => {
    const assignment = await shop.claim('one');
    expect(await shop.finish(assignment)).toMatchObject({ kind: 'failed' });
    expect(shop.manifests().size).toBe(0);
  });

  it('tells of a stream that it finished, though the next run has begun it since', async () => {
    const claimed = await shop.claim('one');
    await shop.drain(claimed);
    const end = await shop.finish(claimed);
    const next = await shop.claim('two');

    expect(await shop.close(claimed, end)).toMatchObject({
      ...{ kind: 'done', cause: '' },
      streams: [{ stream: 'items', status: 'done', pages: 2, records: 2, objects: 2 }],
    });
    expect(await shop.lastRun()).toMatchObject({ holder: 'two', status: 'running' });
    await shop.drain(next);
    expect(await shop.close(next, await shop.finish(next))).toMatchObject({ kind: 'done' });
  });

  it('fails for a stream that was taken from it, and says so', async () => {
    const claimed = await shop.drainOnePage('one');
    shop.pass({ hours: 1 });
    await shop.drain(await shop.claim('two'));
    const end = await shop.finish(claimed);
    expect(await shop.close(claimed, end)).toMatchObject({
      ...{ kind: 'failed', cause: 'items: Another run has taken over items.' },
    });
  });
});
