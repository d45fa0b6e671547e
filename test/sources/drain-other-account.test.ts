import { afterEach, describe, expect, it } from 'vitest';
import { runSync } from '../../local/machine.ts';
import type { StreamReport } from '../../shared/core/run.ts';
import { readSource, type Source, type Stream } from '../../shared/core/source.ts';
import type { Ledger } from '../../shared/ports/ledger.ts';
import { contexts } from '../../shared/pull/context.ts';
import { type ApiModel, answer } from '../apis/exchange.ts';
import { openWorld } from './harness.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const PAGE = 10;

/** 30 rows of an account; those of account 2 are all older than those of account 1. */
const rowsOf = (account: string) =>
  Array.from({ length: 30 }, (_, index) => ({
    id: `${account}-${index}`,
    version: index + (account === '1' ? 101 : 1),
  }));

const linesOf = (account: string): string[] => rowsOf(account).map((row) => JSON.stringify(row));

/** Accounts by path, query or header; it breaks while `isBroken` says so. */
function books(isBroken: () => boolean) {
  const asked: string[] = [];
  const model: ApiModel = {
    handle({ path, query, headers }, nowMs) {
      asked.push(path);
      const inPath = /\/account\/(\d+)\//.exec(path)?.[1];
      const account = inPath ?? query.get('shop') ?? headers['x-shop'] ?? '1';
      if (isBroken()) return answer(nowMs, 500, '{}');
      const from = (Number(query.get('page')) - 1) * PAGE;
      const since = Number(query.get('since') ?? 0);
      const rows = rowsOf(account).filter((row) => row.version >= since);
      return answer(nowMs, 200, JSON.stringify({ data: rows.slice(from, from + PAGE) }));
    },
    stats: () => ({ requests: asked.length, allowed: 0, refused: 0, idle: 0, violations: [] }),
    spendForeign: () => undefined,
  };
  return { ...model, asked };
}

const INCREMENTAL: Stream['incremental'] = { field: 'version', param: 'since', type: 'integer' };

interface Declared {
  readonly source?: Partial<Source>;
  readonly stream?: Partial<Stream>;
  readonly settings?: Readonly<Record<string, string>>;
}

const sourceWith = ({ source, stream }: Declared, url = 'https://api.example.com'): Source =>
  readSource(
    {
      name: 'books',
      patienceSeconds: 0,
      settings: { account: 'Number of the account', contact: 'Who to write to' },
      ...source,
      baseUrl: `${url}${source?.baseUrl ?? '/account/{account}'}`,
      streams: [
        {
          name: 'rows',
          path: 'rows',
          records: 'data',
          pagination: { kind: 'page', pageSize: PAGE, sizeParam: 'limit' },
          primaryKey: ['id'],
          incremental: INCREMENTAL,
          pagesPerRound: 1,
          ...stream,
        },
      ],
    },
    'the test',
  );

/** A ledger that cannot be reached when a page was landed. */
const deaf = (ledger: Ledger): Ledger => ({
  ...ledger,
  async moveStream(next) {
    if (next.run?.pages) throw new Error('the ledger cannot be reached');
    return ledger.moveStream(next);
  },
});

/** A world whose source and settings are others at each run. */
async function accounts() {
  let breaksAt = Number.POSITIVE_INFINITY;
  const model = books(() => model.asked.length >= breaksAt);
  const world = await openWorld(sourceWith({}), model);
  open.push(world.close);
  let executions = 0;
  return {
    model,
    state: () => world.ports.ledger.readStream('books', 'rows'),
    forget: async () => {
      const state = await world.ports.ledger.readStream('books', 'rows');
      if (!state) throw new Error('nothing to forget');
      const { address: _address, run: _run, ...old } = state;
      await world.ports.ledger.moveStream({ ...old, revision: state.revision + 1 });
    },
    published: () => world.published('rows'),
    /** @param how `pages` after which the API breaks; `dies` before any commit of a page */
    async run(declared: Declared, how: { fullRefresh?: true; pages?: number; dies?: true } = {}) {
      breaksAt = how.pages === undefined ? breaksAt : model.asked.length + how.pages + 1;
      if (how.pages === undefined) breaksAt = Number.POSITIVE_INFINITY;
      const source = sourceWith(declared, world.url);
      const settings = { account: '1', contact: 'me', ...declared.settings };
      const secrets = { read: async () => settings, storeTokens: async () => undefined };
      const sourceOf = async (): Promise<Source> => source;
      const contextOf = contexts({ ...world.ports, secrets }, sourceOf);
      const ledger = how.dies ? deaf(world.ports.ledger) : world.ports.ledger;
      const ports = { ...world.ports, ledger };
      const connection = { ...world.connection, ports, sourceOf, contextOf };
      const input = { source: 'books', ...(how.fullRefresh ? { fullRefresh: true } : {}) };
      const executionId = `test:${++executions}`;
      const options = { executionId, invocationMs: () => 4_000, waitMs: 5 };
      const before = model.asked.length;
      const ended = await runSync(input, connection, options);
      const [stream]: StreamReport[] = Object(ended.report).streams ?? [];
      return { ...stream, asked: model.asked.length - before };
    },
  };
}

const OTHER_ACCOUNT: Declared = { settings: { account: '2' } };

describe('a source that means another account under the same name', () => {
  it.each<[string, Declared, Declared, string]>([
    [
      'by a setting in its address',
      {},
      OTHER_ACCOUNT,
      'its address was 127.0.0.1/account/1/rows and is 127.0.0.1/account/2/rows now',
    ],
    [
      'by another baseUrl',
      { source: { baseUrl: '/account/1' } },
      { source: { baseUrl: '/account/2' } },
      'its address was 127.0.0.1/account/1/rows and is 127.0.0.1/account/2/rows now',
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
      'its address was 127.0.0.1/account/1/rows and is 127.0.0.1/account/2/rows now',
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
    await world.run({}, { dies: true });
    expect(await world.state()).toMatchObject({ run: { pages: 0, status: 'draining' } });
    const refused = await world.run(OTHER_ACCOUNT);
    expect(refused).toMatchObject({ status: 'failed', records: PAGE });
    expect(refused.cause).toContain('its address was 127.0.0.1/account/1/rows');
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
