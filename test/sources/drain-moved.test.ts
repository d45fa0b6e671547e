import { afterEach, describe, expect, it } from 'vitest';
import { accounts, closeAccounts, type Declared, INCREMENTAL, linesOf } from './accounts.ts';

afterEach(closeAccounts);

const OTHER_ACCOUNT: Declared = { settings: { account: '2' } };

const GATEWAY: Declared = { source: { baseUrl: '/gateway/account/{account}' } };

const WHOLE: Declared = { stream: { incremental: undefined } };

const IN_QUERY: Declared = { source: { baseUrl: '' }, stream: { query: { shop: '{account}' } } };

const IN_HEADER: Declared = { source: { baseUrl: '', headers: { 'X-Shop': '{account}' } } };

const LINKS: Declared = { stream: { pagination: { kind: 'link', from: 'next' } } };

/** The same account, by another number. */
const RENUMBERED: Declared = { settings: { account: '01' } };

const SAME_DATA = { sameData: true } as const;

describe('a source that has moved and holds the same data', () => {
  it.each<[string, Declared, Declared, number]>([
    ['to another path', {}, GATEWAY, 1],
    ['and is read whole', WHOLE, { ...GATEWAY, ...WHOLE }, 30],
    ['to another key in its query', IN_QUERY, { ...IN_QUERY, settings: { account: '01' } }, 1],
    ['to another key in its headers', IN_HEADER, { ...IN_HEADER, settings: { account: '01' } }, 1],
  ])('goes on when that is said, and is there from then on: %s', async (_, from, to, records) => {
    const world = await accounts();
    await world.run(from);
    const refused = await world.run(to);
    expect(refused).toMatchObject({ status: 'failed', asked: 0 });
    expect(refused.cause).toContain('run with --same-data, when only the address changed');
    expect(await world.run(to, SAME_DATA)).toMatchObject({ status: 'done', records });
    expect(await world.run(to)).toMatchObject({ status: 'done', records });
    expect(await world.run(from)).toMatchObject({ status: 'failed', asked: 0 });
    expect(await world.run({ ...to, ...OTHER_ACCOUNT })).toMatchObject({ asked: 0 });
  });

  it.each<[string, Declared]>([
    ['page numbers', {}],
    ['links', LINKS],
  ])('goes on with an unfinished run, by %s, and reads no page again', async (_, from) => {
    const world = await accounts();
    const stopped = await world.run(from, { pages: 2 });
    expect(stopped).toMatchObject({ status: 'failed', records: 20 });
    const to = { ...RENUMBERED, ...from };
    // A schedule does not give its pages up before a person can say so.
    expect(await world.run(to)).toMatchObject({ status: 'failed', records: 20, asked: 0 });
    expect(await world.run(to, SAME_DATA)).toMatchObject({ status: 'done', records: 30 });
    expect(world.model.asked.filter((path) => path.includes('/01/')).length).toBeLessThan(3);
    expect(await world.published()).toEqual(linesOf('1'));
    expect(await world.run(to)).toMatchObject({ status: 'done', records: 1 });
  });

  it('goes on behind a batch of the former address that no commit told of', async () => {
    const world = await accounts();
    await world.run(LINKS, { dies: 'at-commit' });
    const to = { ...RENUMBERED, ...LINKS };
    expect(await world.run(to, SAME_DATA)).toMatchObject({ status: 'done', records: 30 });
    expect(await world.published()).toEqual(linesOf('1'));
    expect(await world.run(to)).toMatchObject({ status: 'done', records: 1 });
  });

  it('hears it for a run that only lacked its finish, and asks for nothing', async () => {
    const world = await accounts();
    await world.run({}, { dies: 'at-finish' });
    expect(await world.state()).toMatchObject({ run: { status: 'drained' } });
    const finished = await world.run(GATEWAY, SAME_DATA);
    expect(finished).toMatchObject({ status: 'done', asked: 0, records: 30 });
    expect(await world.run(GATEWAY)).toMatchObject({ status: 'done', records: 1 });
  });

  it('goes on without the word once a round has heard it, and there only', async () => {
    const world = await accounts();
    await world.run({}, { pages: 2 });
    const heard = await world.run(RENUMBERED, { ...SAME_DATA, pages: 0 });
    expect(heard).toMatchObject({ status: 'failed', records: 20 });
    expect(await world.run({})).toMatchObject({ status: 'failed', asked: 0 });
    expect(await world.run(OTHER_ACCOUNT)).toMatchObject({ asked: 0 });
    expect(await world.run(RENUMBERED)).toMatchObject({ status: 'done', records: 30 });
    expect(await world.published()).toEqual(linesOf('1'));
  });

  it('has to say it again when no round heard it', async () => {
    const world = await accounts();
    await world.run({});
    await world.run(GATEWAY, { ...SAME_DATA, dies: 'at-word' });
    expect(await world.state()).toMatchObject({ run: { move: { kind: 'confirmed' }, pages: 0 } });
    const refused = await world.run(OTHER_ACCOUNT);
    expect(refused).toMatchObject({ status: 'failed', asked: 0 });
    expect(await world.run({})).toMatchObject({ status: 'done', records: 1 });
  });

  it('moves the watermark with it, for runs that begin after one that was given up', async () => {
    const world = await accounts();
    await world.run({});
    await world.run(GATEWAY, { ...SAME_DATA, pages: 0 });
    const pages = { kind: 'page', pageSize: 20, sizeParam: 'limit' } as const;
    const next = await world.run({ ...GATEWAY, stream: { pagination: pages } });
    expect(next).toMatchObject({ status: 'done', records: 1 });
  });

  it('is what this process reads now, not what it knew when the run began', async () => {
    const world = await accounts();
    await world.run({}, { pages: 2, warm: true });
    const done = await world.run(RENUMBERED, { ...SAME_DATA, warm: true });
    expect(done).toMatchObject({ status: 'done', records: 30 });
    expect(await world.state()).toMatchObject({ address: { url: '127.0.0.1/account/01/rows' } });
  });

  it('is heard by a process that knows older settings than the one that heard it', async () => {
    const world = await accounts();
    await world.run({}, { pages: 2, warm: true });
    await world.run(RENUMBERED, { ...SAME_DATA, pages: 0 });
    const done = await world.run(RENUMBERED, { warm: true });
    expect(done).toMatchObject({ status: 'done', records: 30 });
  });

  it('begins an unfinished run anew, from its watermark, when its list has another path', async () => {
    const world = await accounts();
    await world.run({}, { pages: 2 });
    expect(await world.run(GATEWAY, SAME_DATA)).toMatchObject({ status: 'done', asked: 4 });
    expect(await world.published()).toEqual(linesOf('1'));
  });

  it('gives an unfinished full refresh up for another full refresh, at once', async () => {
    const world = await accounts();
    await world.run({}, { fullRefresh: true, pages: 2 });
    const anew = await world.run(GATEWAY, { fullRefresh: true });
    expect(anew).toMatchObject({ status: 'done', asked: 4 });
  });

  it('begins an unfinished run anew by itself for another version of the API', async () => {
    const world = await accounts();
    const version = (name: string): Declared => ({
      source: { baseUrl: `/${name}/account/{account}` },
    });
    await world.run(version('V3'), { pages: 2 });
    expect(await world.run(version('V4'))).toMatchObject({ status: 'done', asked: 4 });
  });

  it('tells it to the finished streams of an interrupted run too', async () => {
    const world = await accounts();
    await world.run({});
    const run = await world.ledger.readRun('books');
    if (run) await world.ledger.writeRun({ ...run, status: 'running' });
    expect(await world.run(GATEWAY, SAME_DATA)).toMatchObject({ status: 'done' });
    expect(await world.run(GATEWAY)).toMatchObject({ status: 'done', records: 1 });
  });
});

describe('the word that the data is the same', () => {
  it('changes nothing where nothing has moved', async () => {
    const world = await accounts();
    expect(await world.run({}, SAME_DATA)).toMatchObject({ status: 'done', records: 30 });
    expect(await world.run({}, SAME_DATA)).toMatchObject({ status: 'done', records: 1 });
    expect(await world.run({})).toMatchObject({ status: 'done', records: 1 });
  });

  it('does not make a watermark of one field one of another', async () => {
    const world = await accounts();
    await world.run({});
    const stream = { incremental: { ...INCREMENTAL, field: 'id' } };
    const refused = await world.run({ ...GATEWAY, stream }, SAME_DATA);
    expect(refused).toMatchObject({ status: 'failed', asked: 0 });
    expect(refused.cause).toContain('its watermark was of the field version and is of id now');
    expect(refused.cause).not.toContain('--same-data');
    expect(await world.run({})).toMatchObject({ status: 'done', records: 1 });
  });

  it('does not make a page number of one size one of another', async () => {
    const world = await accounts();
    await world.run({}, { pages: 2 });
    const pages = { kind: 'page', pageSize: 20, sizeParam: 'limit' } as const;
    const anew = await world.run({ ...GATEWAY, stream: { pagination: pages } }, SAME_DATA);
    expect(anew).toMatchObject({ status: 'done', records: 30 });
    expect(await world.published()).toEqual(linesOf('1'));
  });

  it('about an unfinished full refresh says nothing of the watermark from before it', async () => {
    const world = await accounts();
    await world.run({});
    await world.run(OTHER_ACCOUNT, { fullRefresh: true, pages: 1 });
    const to: Declared = { settings: { account: '02' } };
    expect(await world.run(to, { ...SAME_DATA, pages: 1 })).toMatchObject({ records: 20 });
    expect(await world.state()).toMatchObject({ address: { url: '127.0.0.1/account/1/rows' } });
    expect(await world.run(to)).toMatchObject({ status: 'done', records: 30 });
    expect(await world.published()).toEqual(linesOf('2'));
  });

  it('is refused together with a full refresh', async () => {
    const world = await accounts();
    await world.run({});
    const refused = await world.run(GATEWAY, { ...SAME_DATA, fullRefresh: true });
    expect(refused).toEqual({ asked: 0 });
    expect(await world.run({})).toMatchObject({ status: 'done', records: 1 });
  });
});
