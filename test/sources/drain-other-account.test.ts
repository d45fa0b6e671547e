import { afterEach, describe, expect, it } from 'vitest';
import { accounts, closeAccounts, type Declared, INCREMENTAL, linesOf, PAGE } from './accounts.ts';

afterEach(closeAccounts);

const OTHER_ACCOUNT: Declared = { settings: { account: '2' } };

describe('a source that means another account under the same name', () => {
  it.each<[string, Declared, Declared, string]>([
    [
      'by a setting in its address',
      {},
      OTHER_ACCOUNT,
      'its address was 127.0.0.1/account/1 and is 127.0.0.1/account/2 now',
    ],
    [
      'by another baseUrl',
      { source: { baseUrl: '/account/1' } },
      { source: { baseUrl: '/account/2' } },
      'its address was 127.0.0.1/account/1 and is 127.0.0.1/account/2 now',
    ],
    [
      'by a setting in its query',
      { source: { baseUrl: '' }, stream: { query: { shop: '{account}' } } },
      { source: { baseUrl: '' }, stream: { query: { shop: '{account}' } }, ...OTHER_ACCOUNT },
      'its setting account has another value',
    ],
    [
      'by a setting in its headers',
      { source: { baseUrl: '', headers: { 'X-Shop': '{account}' } } },
      { source: { baseUrl: '', headers: { 'X-Shop': '{account}' } }, ...OTHER_ACCOUNT },
      'its setting account has another value',
    ],
    [
      'and whose streams are read whole',
      { stream: { incremental: undefined } },
      { stream: { incremental: undefined }, ...OTHER_ACCOUNT },
      'its address was 127.0.0.1/account/1 and is 127.0.0.1/account/2 now',
    ],
  ])('is refused before anything is read: %s', async (_what, before, after, told) => {
    const world = await accounts();
    expect(await world.run(before)).toMatchObject({ status: 'done', records: 30 });
    const refused = await world.run(after);
    expect(refused).toMatchObject({ status: 'failed', asked: 0, records: 0 });
    expect(refused.cause).toContain(told);
    expect(refused.cause).toContain('--full-refresh');
    // And again, as long as nobody decides.
    expect(await world.run(after)).toMatchObject({ status: 'failed', asked: 0 });
    expect(await world.published()).toEqual(linesOf('1'));
  });

  it('begins anew with a full refresh, and goes on from there', async () => {
    const world = await accounts();
    await world.run({});
    await world.run(OTHER_ACCOUNT);
    const full = await world.run(OTHER_ACCOUNT, { fullRefresh: true });
    expect(full).toMatchObject({ status: 'done', records: 30 });
    expect(await world.published()).toEqual(linesOf('2'));
    const next = await world.run(OTHER_ACCOUNT);
    expect(next).toMatchObject({ status: 'done', records: 1 });
    expect(await world.run({})).toMatchObject({ status: 'failed', asked: 0 });
  });

  it('goes on from its watermark when the change is undone', async () => {
    const world = await accounts();
    await world.run({});
    await world.run(OTHER_ACCOUNT);
    expect(await world.run({})).toMatchObject({ status: 'done', records: 1 });
  });

  it('goes on with an unfinished run when the change is undone, and loses nothing of it', async () => {
    const world = await accounts();
    const stopped = await world.run({}, { pages: 2 });
    expect(stopped).toMatchObject({ status: 'failed', records: 20 });
    expect(await world.run(OTHER_ACCOUNT)).toMatchObject({ status: 'failed', asked: 0 });
    expect(await world.run({})).toMatchObject({ status: 'done', asked: 2 });
    expect(await world.published()).toEqual(linesOf('1'));
  });

  it('never lands the rows of two accounts in one run', async () => {
    const world = await accounts();
    await world.run({}, { pages: 2, fullRefresh: true });
    const refused = await world.run(OTHER_ACCOUNT, { fullRefresh: true });
    expect(refused).toMatchObject({ status: 'failed', asked: 0 });
    // Told once, a full refresh begins anew instead of going on with the other account's.
    const full = await world.run(OTHER_ACCOUNT, { fullRefresh: true });
    expect(full).toMatchObject({ status: 'done', records: 30 });
    expect(await world.published()).toEqual(linesOf('2'));
  });

  it('does not go on behind a batch of the other account that no commit told of', async () => {
    const world = await accounts();
    await world.run({}, { dies: 'at-commit' });
    expect(await world.state()).toMatchObject({ run: { pages: 0, status: 'draining' } });
    const refused = await world.run(OTHER_ACCOUNT);
    expect(refused).toMatchObject({ status: 'failed', records: PAGE });
    expect(refused.cause).toContain('its address was 127.0.0.1/account/1 and');
    expect(await world.run({})).toMatchObject({ status: 'done' });
    expect(await world.published()).toEqual(linesOf('1'));
  });

  it('starts without a word where nothing was read yet', async () => {
    const world = await accounts();
    expect(await world.run({}, { pages: 0 })).toMatchObject({ status: 'failed', records: 0 });
    expect(await world.run(OTHER_ACCOUNT)).toMatchObject({ status: 'done', records: 30 });
    expect(await world.published()).toEqual(linesOf('2'));
  });

  it('is refused when the watermark is of another field', async () => {
    const world = await accounts();
    await world.run({});
    const refused = await world.run({ stream: { incremental: { ...INCREMENTAL, field: 'id' } } });
    expect(refused).toMatchObject({ status: 'failed', asked: 0 });
    expect(refused.cause).toContain('its watermark was of the field version and is of id now');
  });
});

describe('a source that only reads the same data in another way', () => {
  it.each<[string, Declared]>([
    ['other pages', { stream: { pagination: { kind: 'page', pageSize: 20, sizeParam: 'size' } } }],
    [
      'other limits',
      { source: { limits: [{ kind: 'declared', requests: 5, periodSeconds: 1 }] } },
    ],
    ['a share left to others', { source: { reserve: 0.5, concurrency: 1 } }],
    ['another name for the budget', { source: { scope: 'books/{contact}' } }],
    ['another user agent', { source: { headers: { 'User-Agent': 'books ({contact})' } } }],
    ['a media type', { stream: { headers: { Accept: 'application/vnd.books+json' } } }],
    ['its address written in another way', { source: { baseUrl: '/account/1/' } }],
    ['another setting that no request carries', { settings: { contact: 'you' } }],
  ])('goes on from its watermark: %s', async (_what, after) => {
    const world = await accounts();
    await world.run({});
    expect(await world.run(after)).toMatchObject({ status: 'done', records: 1 });
  });

  it('goes on from a watermark that an earlier version kept, and knows from then on', async () => {
    const world = await accounts();
    await world.run({});
    await world.forget();
    expect(await world.run({})).toMatchObject({ status: 'done', records: 1 });
    expect(await world.state()).toMatchObject({ address: { url: '127.0.0.1/account/1/rows' } });
    expect(await world.run(OTHER_ACCOUNT)).toMatchObject({ status: 'failed', asked: 0 });
  });
});
