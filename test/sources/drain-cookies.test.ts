// Cookies that later pages need, and credentials that the API itself shows.

import { describe, expect, it } from 'vitest';
import { PAGES, sticky } from '../apis/locked.ts';
import { expectWhole, lockedShop, STREAM } from './locked-shop.ts';

describe('cookies of a walk', () => {
  const source = { cookies: ['node'], streams: [{ ...STREAM, pagesPerRound: 1 }] };

  it('are carried from page to page, through rounds of one page, and end with the walk', async () => {
    const affinity = sticky('node');
    const world = await lockedShop(source, {}, { lock: affinity.lock, set: affinity.set });
    await expectWhole(world);
    await expectWhole(world);
    expect(affinity.walks()).toBe(2);
  });

  it('stand beside a cookie that the source signs with', async () => {
    const affinity = sticky('node');
    const world = await lockedShop(
      {
        ...source,
        credentials: { kind: 'api-key', cookie: 'sid' },
        headers: { Cookie: 'lang=en' },
      },
      { key: 'planted-8Zr4' },
      {
        set: affinity.set,
        lock: (request) =>
          affinity.lock(request) ??
          (/^lang=en; (node=\w+; )?sid=planted-8Zr4$/.test(request.headers['cookie'] ?? '')
            ? undefined
            : `cookies are ${request.headers['cookie']}`),
      },
    );
    await expectWhole(world);
  });

  it('that the source does not name are not sent', async () => {
    const affinity = sticky('node');
    const world = await lockedShop({}, {}, { lock: affinity.lock, set: affinity.set });
    const { ended } = await world.run();
    expect(ended.kind).toBe('failed');
    expect(affinity.walks()).toBe(1);
    expect(world.model.refused.length).toBeGreaterThan(0);
  });

  it('of more bytes than fit fail the stream, and say so', async () => {
    const world = await lockedShop(
      source,
      {},
      {
        lock: () => undefined,
        set: () => `node=${'x'.repeat(5_000)}`,
      },
    );
    const { ended } = await world.run();
    expect(JSON.stringify(ended)).toContain(
      'The API sets cookies of 5005 bytes, and 4096 are kept',
    );
  });
});

describe('a credential that the API shows', () => {
  const KEY = 'planted "key" 8Zr4Lm1Xw9';
  const source = { credentials: { kind: 'api-key', query: 'key' } };

  it('in its records is told once, and stands there as it came', async () => {
    const world = await lockedShop(
      source,
      { key: KEY },
      {
        lock: () => undefined,
        row: (page) => ({ id: page, by: KEY }),
      },
    );
    const { ended, streams } = await world.run();
    expect(ended.kind).toBe('succeeded');
    expect(streams['items']?.warnings).toEqual([
      expect.stringMatching(/^The records show a credential of the source\./),
    ]);
    expect(await world.published('items')).toHaveLength(PAGES);
    expect((await world.published('items'))[0]).toBe(JSON.stringify({ id: 1, by: KEY }));
    expect(JSON.stringify([ended, world.events])).not.toContain('8Zr4Lm1Xw9');
  });

  it('in its cursors is told once', async () => {
    const world = await lockedShop(
      source,
      { key: KEY },
      {
        lock: () => undefined,
        link: (_, next) => `${next}#${KEY}`,
      },
    );
    const { ended, streams } = await world.run();
    expect(streams['items']?.warnings).toEqual([
      expect.stringMatching(/^The cursors of the API show a credential of the source\./),
    ]);
    expect(JSON.stringify([ended, world.events])).not.toContain('8Zr4Lm1Xw9');
  });

  it('in a cursor that comes again and again is in no cause, not even half of it', async () => {
    const world = await lockedShop(
      source,
      { key: KEY },
      { lock: () => undefined, link: () => `1${'-'.repeat(60)}${KEY}`, row: () => ({ id: 1 }) },
    );
    const { ended } = await world.run();
    expect(JSON.stringify(ended)).toContain('it gives the cursor of an earlier page again');
    expect(JSON.stringify([ended, world.events])).not.toContain('planted');
  });
});
