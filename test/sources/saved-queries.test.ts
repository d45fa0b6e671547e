import { afterEach, describe, expect, it } from 'vitest';
import { sourceNamed } from '../../functions/read-source.ts';
import { loadQueries } from '../../infra/settings/load-queries.ts';
import type { Cell } from '../../local/lake/cells.ts';
import { openLakeDatabase } from '../../local/lake/query.ts';
import { savedQuery } from '../../local/lake/saved-query.ts';
import type { ApiModel } from '../apis/exchange.ts';
import { lightspeedR, allQuirks as quirksOfR } from '../apis/lightspeed-r.ts';
import { lightspeedX, allQuirks as quirksOfX } from '../apis/lightspeed-x.ts';
import { cleanUpLakes, newLake } from '../local/lake/hand-made-lake.ts';
import { leaking, openWorld, type World, withStreams } from './harness.ts';

cleanUpLakes();

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** The rows of a saved query, as text where they are no numbers. */
async function answer(lakeDir: string, name: string): Promise<Cell[][]> {
  const database = await openLakeDatabase(lakeDir);
  try {
    const rows: Cell[][] = [];
    for await (const batch of (await database.query(savedQuery(name).sql)).batches) {
      for (const row of batch) {
        rows.push(row.map((cell) => (typeof cell === 'bigint' ? Number(cell) : cell)));
      }
    }
    return rows;
  } finally {
    database.close();
  }
}

type Sale = {
  readonly day: string;
  readonly place: string;
  readonly netCents: number;
  readonly taxCents: number;
  readonly discountCents: number;
};

/** The report, worked out by other means: in cents, and with the calendar of the JavaScript engine. */
function report(sales: readonly Sale[]) {
  const groups = Map.groupBy(sales, ({ day, place }) => `${day} ${place}`);
  return [...groups.values()].map((group) => {
    const sum = (of: (sale: Sale) => number) =>
      (group.reduce((total, sale) => total + of(sale), 0) / 100).toFixed(2);
    return {
      day: group[0]?.day ?? '',
      place: group[0]?.place ?? '',
      sales: group.filter(({ netCents }) => netCents >= 0).length,
      returns: group.filter(({ netCents }) => netCents < 0).length,
      net: sum((sale) => sale.netCents),
      tax: sum((sale) => sale.taxCents),
      total: sum((sale) => sale.netCents + sale.taxCents),
      discounts: sum((sale) => sale.discountCents),
    };
  });
}

const byDayAndPlace = (a: readonly Cell[], b: readonly Cell[]) =>
  `${b[0]}`.localeCompare(`${a[0]}`) || (`${a[1]}` < `${b[1]}` ? -1 : 1);

const dayIn = (timeZone: string, instant: string): string =>
  new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short' }).format(new Date(instant));

const cents = (text: unknown): number => Math.round(Number(text) * 100);

async function recordsOf<Fields>(world: World<ApiModel>, stream: string): Promise<Fields[]> {
  return (await world.published(stream)).map((line) => JSON.parse(line));
}

type SaleOfR = Record<
  | 'completed'
  | 'voided'
  | 'completeTime'
  | 'shopID'
  | 'calcTotal'
  | 'calcTax1'
  | 'calcTax2'
  | 'calcDiscount',
  string
>;

describe('lightspeed-r.daily-sales', () => {
  it('sums what was completed and not voided, by the calendar of each shop', async () => {
    const source = leaking(withStreams(await sourceNamed('lightspeed-r'), 'sales', 'shops'), 200);
    const rows = { Sale: 230, Shop: 2 };
    const model = lightspeedR({
      rows,
      quirks: quirksOfR,
      size: 90,
      leakPerSecond: 200,
      auth: 'token',
      accountId: '1',
    });
    const world = await openWorld({ ...source, credentials: { kind: 'bearer' } }, model, {
      secrets: { accountId: '1', clientName: 'lake', token: 'token' },
    });
    open.push(world.close);
    const run = await world.run();
    expect(run.status, JSON.stringify(run)).toBe('done');

    const shops = await recordsOf<{ shopID: string; name: string; timeZone: string }>(
      world,
      'shops',
    );
    const sales = await recordsOf<SaleOfR>(world, 'sales');
    expect(shops).toHaveLength(2);
    expect(sales).toHaveLength(230);
    const counted = sales.filter(
      ({ completed, voided }) => completed === 'true' && voided === 'false',
    );
    expect(counted.length).toBeLessThan(180);
    const wanted = report(
      counted.map((sale) => {
        const shop = shops.find(({ shopID }) => shopID === sale.shopID);
        const taxCents = cents(sale.calcTax1) + cents(sale.calcTax2);
        return {
          day: dayIn(shop?.timeZone ?? 'UTC', sale.completeTime),
          place: shop?.name ?? `shop ${sale.shopID}`,
          netCents: cents(sale.calcTotal) - taxCents,
          taxCents,
          discountCents: cents(sale.calcDiscount),
        };
      }),
    );
    const found = await answer(world.lakeDir, 'lightspeed-r.daily-sales');
    expect(found.length).toBeGreaterThan(100);
    expect(new Set(found.map(([, shop]) => shop))).toEqual(
      new Set(['Shop 1', 'Shop 2', 'shop 9']),
    );
    expect(found).toEqual(
      wanted
        .map((row) => [
          row.day,
          row.place,
          row.sales,
          row.returns,
          row.net,
          row.tax,
          row.total,
          row.discounts,
        ])
        .sort(byDayAndPlace),
    );
  });
});

type SaleOfX = {
  readonly state: string;
  readonly outlet_id: string;
  readonly sale_date: string;
  readonly total_price: number | string;
  readonly total_tax: number;
};

describe('lightspeed-x.daily-sales', () => {
  it.each([
    ['numbers', false],
    ['text', true],
  ])('sums what is closed, by the calendar of each outlet, when money is %s', async (_, text) => {
    const source = withStreams(await sourceNamed('lightspeed-x'), 'sales', 'outlets');
    const quirks = { ...quirksOfX, stringMoney: text };
    const model = lightspeedX({ rows: { sales: 140, outlets: 2 }, quirks });
    const world = await openWorld(source, model, {
      secrets: { domainPrefix: 'blue', application: 'lake', token: model.accessToken },
    });
    open.push(world.close);
    const run = await world.run();
    expect(run.status, JSON.stringify(run)).toBe('done');

    type Outlet = { id: string; name: string; time_zone: string };
    const outlets = await recordsOf<Outlet>(world, 'outlets');
    const sales = await recordsOf<SaleOfX>(world, 'sales');
    expect(typeof sales[0]?.total_price).toBe(text ? 'string' : 'number');
    const wanted = report(
      sales
        .filter(({ state }) => state === 'closed')
        .map((sale) => {
          const outlet = outlets.find(({ id }) => id === sale.outlet_id);
          return {
            day: dayIn(outlet?.time_zone ?? 'UTC', sale.sale_date),
            place: outlet?.name ?? sale.outlet_id,
            netCents: cents(sale.total_price),
            taxCents: cents(sale.total_tax),
            discountCents: 0,
          };
        }),
    );
    const found = await answer(world.lakeDir, 'lightspeed-x.daily-sales');
    expect(new Set(found.map(([, outlet]) => outlet)).size).toBe(3);
    expect(found).toEqual(
      wanted
        .map((row) => [row.day, row.place, row.sales, row.returns, row.net, row.tax, row.total])
        .sort(byDayAndPlace),
    );
  });
});

describe('jsonplaceholder.engagement', () => {
  it('has every user, with posts, comments and comments per post', async () => {
    const lake = newLake();
    const streams = {
      users: [
        '{"id":1,"name":"Ann","email":"ann@a.example","company":{"name":"Ash & Co"}}',
        '{"id":2,"name":"Bob","email":"bob@b.example","company":{"name":"Birch"}}',
        '{"id":3,"name":"Cid","email":"cid@c.example","company":{"bs":"none"}}',
        '{"id":4,"name":"Dan","email":"dan@d.example","company":null}',
      ],
      posts: ['{"id":10,"userId":2}', '{"id":11,"userId":2}', '{"id":12,"userId":2}'].concat(
        '{"id":20,"userId":1}',
        '{"id":30,"userId":3}',
      ),
      comments: [10, 10, 10, 11, 20].map((postId, id) => `{"id":${id},"postId":${postId}}`),
    };
    for (const [stream, lines] of Object.entries(streams)) {
      lake.run({ source: 'jsonplaceholder', stream, runId: 'r1', batches: [lines] });
    }
    expect(await answer(lake.dir, 'jsonplaceholder.engagement')).toEqual([
      ['Bob', 'bob@b.example', 'Birch', 3, 4, 1.33],
      ['Ann', 'ann@a.example', 'Ash & Co', 1, 1, 1],
      ['Cid', 'cid@c.example', null, 1, 0, 0],
      ['Dan', 'dan@d.example', null, 0, 0, 0],
    ]);
  });
});

describe('the saved queries', () => {
  it('belong to sources, and read only streams that these have', async () => {
    const queries = loadQueries();
    expect(queries.map(({ name }) => name)).toEqual([
      'jsonplaceholder.engagement',
      'lightspeed-r.daily-sales',
      'lightspeed-x.daily-sales',
    ]);
    for (const { name, source, sql } of queries) {
      const streams = (await sourceNamed(source)).streams.map((stream) => stream.name);
      const schema = source.replaceAll('-', '_');
      const read = [...sql.matchAll(new RegExp(`\\b${schema}\\.(\\w+)`, 'g'))].map(
        ([, one]) => one,
      );
      expect(read.length, name).toBeGreaterThan(1);
      expect(streams, name).toEqual(expect.arrayContaining(read));
    }
  });
});
