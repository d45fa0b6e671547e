// Streams that are many lists, in each way in which an API asks for one of them, on the real machines
// and against a server that refuses whatever is not asked for rightly.

import { afterEach, describe, expect, it } from 'vitest';
import { readSource, type Source, type Stream } from '../../shared/core/source/source.ts';
import type { ApiRequest } from '../apis/exchange.ts';
import {
  allOrders,
  type FamilyModel,
  type FamilyOptions,
  family,
  PRODUCTS,
  SHOPS,
  VISITS,
} from '../apis/family.ts';
import { exampleSecrets, examples } from './example-apis.ts';
import { familySource } from './family-source.ts';
import { openWorld, type World } from './harness.ts';
import { type ScriptedAnswer, scripted } from './scripted-api.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const secrets = { skus: 'tea, mate' };

async function worldOf(
  source: Source = familySource,
  options: FamilyOptions = {},
): Promise<World<FamilyModel>> {
  const world = await openWorld(source, family(options), { secrets });
  open.push(world.close);
  return world;
}

/** The source with one of its streams changed. */
const changed = (name: string, changes: Partial<Stream>): Source =>
  readSource(
    {
      ...familySource,
      streams: familySource.streams.map((stream) =>
        stream.name === name ? { ...stream, ...changes } : stream,
      ),
    },
    'the test',
  );

const ORDERS = allOrders();
const GONE = [ORDERS[1]?.id ?? '', ORDERS[4]?.id ?? ''];
const text = JSON.stringify;
const ofOrders = (line: (order: (typeof ORDERS)[number]) => readonly string[]) =>
  ORDERS.flatMap(line);
const linesOf = (id: string) => [0, 1, 2].map((line) => `${id}-${line}`);
const notesOf = (id: string) =>
  ['a', 'b', 'c'].map((note) => `{"order_id":${id},"note":"${note}"}`);
const stock = SHOPS.flatMap((shop) =>
  PRODUCTS.map((sku) => `{"shop":${text(shop)},"sku":"${sku}","count":${shop.length}}`),
);
const visits = VISITS.map((visit) => visit.text);

/** What each stream has to hold. */
const EXPECTED: Readonly<Record<string, readonly string[]>> = {
  shops: SHOPS.map((id) => `{"id":${text(id)},"open":${id !== 'wést'}}`),
  orders: ORDERS.map(
    ({ id, shop, state }, index) =>
      `{"shop":${text(shop)},"shop_is_open":${shop !== 'wést'},"id":${id},"state":"${state}","customer":{"name":"C ${index % 3}"}}`,
  ),
  lines: ofOrders(({ id }) => linesOf(id).map((line) => `{"order_id":${id},"id":"${line}"}`)),
  taxes: ofOrders(({ id }) => linesOf(id).map((line) => `{"rate":"${line}%"}`)),
  payments: ORDERS.flatMap(({ id, shop }, index) =>
    GONE.includes(id)
      ? []
      : [`{"order_id":${id},"customer":"C ${index % 3}","shop":${text(shop)},"paid":"${id}"}`],
  ),
  notes: ofOrders(({ id }) => notesOf(id)),
  events: ofOrders(({ id }) => [`{"order_id":${id},"event":"made"}`]),
  open_notes: ofOrders(({ id, state }) => (state === 'open' ? notesOf(id) : [])),
  products: PRODUCTS.map((sku) => `{"sku":"${sku}"}`),
  stock,
  set_stock: stock,
  kinds: ['big', 'small'].map((kind) => `{"kind":"${kind}","of":"${kind}"}`),
  visits,
  shop_visits: SHOPS.flatMap((shop) =>
    visits.map((visit) => `{"shop":${text(shop)},${visit.slice(1)}`),
  ),
  visits_between: visits,
  days: visits,
  clicks: visits,
  months: visits,
  years: visits,
};

describe('a stream of many lists', () => {
  it('lands each row of each of them once, whatever asks for it', async () => {
    const world = await worldOf(familySource, { gone: GONE });
    const run = await world.run();
    const causes = Object.values(run.streams).flatMap(({ cause }) => cause ?? []);
    expect({ status: run.status, causes }).toMatchObject({ status: 'done' });
    expect(world.model.stats().violations).toEqual([]);
    for (const [name, expected] of Object.entries(EXPECTED)) {
      const lines = await world.published(name);
      expect({ name, lines: lines.toSorted() }).toEqual({ name, lines: expected.toSorted() });
    }
    expect(run.streams['payments']?.warnings).toEqual([
      expect.stringContaining('2 of 9 partitions were skipped, as the source declares'),
    ]);
    for (const id of GONE) expect(run.streams['payments']?.cause).toContain(`order.id ${id}`);
  });

  it('asks for each page of each list once', async () => {
    const world = await worldOf(familySource, { gone: GONE });
    await world.run({ streams: ['taxes', 'payments', 'events', 'kinds', 'stock'] });
    expect(world.model.asked).toHaveLength(2 + 7 + 9 * 2 + 27 + 9 + 9 + 2 + 1 + 8);
    expect(new Set(world.model.asked).size).toBe(world.model.asked.length);
  });

  it('says at the head of a line of which window it is', async () => {
    const world = await worldOf();
    await world.run({ streams: ['visits_in_path'] });
    const lines = await world.published('visits_in_path');
    expect(lines).toHaveLength(VISITS.length);
    expect(lines[0]).toBe('{"seen_from":"2025-12-20","id":0,"at":"2025-12-20T00:00:00Z"}');
    expect(lines.at(-1)).toContain('{"seen_from":"2026-02-21","id":139,');
  });

  it('reads windows from the watermark on, and all of them of a parent that is new', async () => {
    const shops = ['north & co', 'empty'];
    const world = await worldOf(familySource, { shops });
    await world.run({ streams: ['shop_visits'] });
    const before = world.model.asked.length;
    shops.push('so/uth?');
    expect(await world.run({ streams: ['shop_visits'] })).toMatchObject({ status: 'done' });
    const firsts = world.model.asked.slice(before).flatMap((asked) => {
      const [, shop, from] = /shops\/(.+)\/visits\?min=(.{10}).*page=1$/.exec(asked) ?? [];
      return shop === undefined ? [] : [`${decodeURIComponent(shop)} ${from}`];
    });
    const earliestOf = (shop: string) => firsts.find((one) => one.startsWith(shop));
    expect(earliestOf('north')).toBe('north & co 2026-02-27');
    expect(earliestOf('so/uth')).toBe('so/uth? 2025-12-20');
    expect(new Set(firsts).size).toBe(firsts.length);
    const lines = await world.published('shop_visits');
    const last = VISITS.at(-1)?.text.slice(1);
    expect(lines.toSorted()).toEqual(
      [
        `{"shop":"empty",${last}`,
        `{"shop":"north & co",${last}`,
        ...visits.map((visit) => `{"shop":"so/uth?",${visit.slice(1)}`),
      ].toSorted(),
    );
  });

  it('brings along the parents of a stream that is asked for, and nothing else', async () => {
    const world = await worldOf();
    const run = await world.run({ streams: ['taxes'] });
    expect(Object.keys(run.streams).sort()).toEqual(['lines', 'orders', 'shops', 'taxes']);
    expect(await world.published('taxes')).toHaveLength(27);
  });

  it('has no rows where its parents have none', async () => {
    const world = await worldOf(familySource, { shops: [] });
    const run = await world.run({ streams: ['stock'] });
    expect(run.streams['stock']).toMatchObject({ status: 'done', records: 0 });
    expect(world.model.asked.filter((asked) => asked.includes('/stock'))).toEqual([]);
  });
});

describe('the GitHub example', () => {
  it('lands the comments of each issue, page by page, and then those of issues that changed', async () => {
    const issues = [
      { id: 11, number: 1, updated_at: '2026-01-01T00:00:00Z' },
      { id: 12, number: 2, updated_at: '2026-01-02T00:00:00Z' },
      { id: 13, number: 3, updated_at: '2026-01-03T00:00:00Z' },
    ];
    const commentsOf = (number: number) =>
      Array.from({ length: number * 2 - 2 }, (_, index) => ({ id: number * 100 + index }));
    const api = scripted((request) => {
      const { path, query } = request;
      const number = Number(/\/issues\/(\d)\/comments$/.exec(path)?.[1]);
      if (number > 0) return linked(request, commentsOf(number));
      const since = query.get('since') ?? '';
      return linked(
        request,
        issues.filter((issue) => issue.updated_at >= since),
      );
    });
    const source = examples.get('github-issues') ?? expect.fail('it is there');
    const world = await openWorld(source, api, { secrets: exampleSecrets });
    open.push(world.close);
    expect(await world.run()).toMatchObject({ status: 'done' });
    const lineOf = (number: number) =>
      commentsOf(number).map(({ id }) => `{"issue_number":${number},"id":${id}}`);
    const lines = await world.published('comments');
    expect(lines.toSorted()).toEqual([...lineOf(2), ...lineOf(3)]);
    issues[1] = { id: 12, number: 2, updated_at: '2026-02-01T00:00:00Z' };
    const before = api.paths.length;
    expect(await world.run()).toMatchObject({ status: 'done' });
    expect(await world.published('comments')).toEqual(expect.arrayContaining(lineOf(2)));
    expect(api.paths.slice(before)).not.toContain('/repos/acme/shop/issues/1/comments');
  });
});

/** Two rows a page, with a link to the next one. */
function linked(request: ApiRequest, rows: readonly object[]): ScriptedAnswer {
  const page = Number(request.query.get('page') ?? '1');
  const next = `http://${request.headers['host']}${request.path}?page=${page + 1}`;
  const body = rows.slice(page * 2 - 2, page * 2);
  return rows.length > page * 2 ? { body, headers: { link: `<${next}>; rel="next"` } } : { body };
}

describe('a stream of many lists fails with a cause that names', () => {
  const causeOf = async (source: Source, stream: string, options: FamilyOptions = {}) => {
    const world = await worldOf(source, options);
    const run = await world.run({ streams: [stream] });
    expect(run.streams[stream]?.status).toBe('failed');
    return { cause: run.streams[stream]?.cause ?? '', asked: world.model.asked };
  };

  it('a field that its records have already', async () => {
    const source = changed('lines', { include: { id: '{order.id}' } });
    const { cause } = await causeOf(source, 'lines');
    expect(cause).toContain(
      'What lines includes has no place: a record has a field "id" of its own',
    );
  });

  it('a parent whose field is a list or an object, before anything is asked', async () => {
    const source = changed('notes', { headers: { 'X-Order': '{order.customer}' } });
    const { cause, asked } = await causeOf(source, 'notes');
    expect(cause).toContain(
      'A record of orders has a list or an object where {order.customer} is taken from',
    );
    expect(asked.filter((one) => one.includes('/notes'))).toEqual([]);
  });

  it('a value that cannot stand where it is wanted', async () => {
    const { cause, asked } = await causeOf(familySource, 'orders', { shops: ['north', '..'] });
    expect(cause).toContain('The value of {shop.id} holds dots that lead to another place');
    expect(asked.filter((one) => one.includes('/orders'))).toEqual([
      'GET /shops/north/orders?page=1',
      'GET /shops/north/orders?page=2',
    ]);
  });

  it('what share of it was refused, above what it allows', async () => {
    const source = changed('payments', { skipAtMost: 0.2 });
    const { cause } = await causeOf(source, 'payments', { gone: GONE });
    expect(cause).toMatch(/2 of 9/);
  });
});
