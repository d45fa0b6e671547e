import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { requestDoubts } from '../../local/source/request-doubts.ts';
import { buildRequest } from '../../shared/core/page/request.ts';
import { readSource, type Source } from '../../shared/core/source/source.ts';
import { walk } from '../core/page/list-server.ts';

const folder = new URL('../../sources/', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.ts'));

const load = async (file: string): Promise<Source> =>
  readSource((await import(new URL(file, folder).href)).default, file);

/** The stream of that name; a test that asks for another one is wrong. */
async function stream(file: string, name: string) {
  const source = await load(file);
  const found = source.streams.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`${file} has no stream ${name}`);
  return { source, stream: found };
}

const settings = {
  accountId: '190211',
  clientName: 'driplake',
  domainPrefix: 'blue',
  application: 'lake',
};
const context = { settings, startedAt: '2026-11-21T08:00:00.000Z', userAgent: 'driplake/1.0.0' };

describe('the sources that come with Driplake', () => {
  it.each(files)('%s is data without faults', async (file) => {
    const source = await load(file);
    expect(`${source.name}.ts`).toBe(file);
    expect(JSON.parse(JSON.stringify(source))).toEqual(source);
  });

  it.each(files)('%s asks for nothing that is to be doubted', async (file) => {
    const source = await load(file);
    expect(source.streams.flatMap((each) => requestDoubts(source, each))).toEqual([]);
  });

  it.each(files)('%s says what each record is, and sends requests to one origin', async (file) => {
    const source = await load(file);
    const origins = source.streams.map((each) => {
      expect(each.description).toMatch(/^[A-Z]/);
      return new URL(buildRequest(source, each, null, context).url).origin;
    });
    expect(new Set(origins).size).toBe(1);
  });

  it('jsonplaceholder asks for twenty rows at an offset', async () => {
    const { source, stream: photos } = await stream('jsonplaceholder.ts', 'photos');
    expect(buildRequest(source, photos, { offset: 40 }, context).url).toBe(
      'https://jsonplaceholder.typicode.com/photos?_start=40&_limit=20',
    );
  });

  it('lightspeed-r encodes its watermark and follows the V3 links to the empty one', async () => {
    const { source, stream: items } = await stream('lightspeed-r.ts', 'items');
    const base = 'https://api.lightspeedapp.com/API/V3/Account/190211/Item.json';
    const next = `${base}?archived=true&after=WzEyXQ%3d%3d`;
    const pages = [next, ''].map((link) => ({
      rows: ['{"itemID":"1"}'],
      envelope: { '@attributes': { next: link, previous: '' } },
    }));
    const { requests, outcome } = walk(source, items, () => pages.shift() ?? { rows: [] }, {
      settings,
      watermark: '2021-10-05T14:18:46+00:00',
    });
    expect(requests.map(({ url }) => url)).toEqual([
      `${base}?archived=true&sort=timeStamp` +
        '&timeStamp=%3E%3D%2C2021-10-05T14%3A18%3A46%2B00%3A00&limit=100',
      next,
    ]);
    expect(outcome.kind).toBe('end');
  });

  it('lightspeed-r reads sales by updatetime, and shares a budget by account and client', async () => {
    const { source, stream: sales } = await stream('lightspeed-r.ts', 'sales');
    expect(sales.incremental).toMatchObject({ field: 'updatetime', param: 'updatetime' });
    expect(source.scope).toBe('lightspeed-r/{accountId}/{clientName}');
  });

  it('lightspeed-r never sorts by time where the API cannot', async () => {
    const source = await load('lightspeed-r.ts');
    const unable =
      /^(Shop|Register|PaymentType|PriceLevel|Tag|ItemAttributeSet|InventoryLog)\.json$/;
    const streams = source.streams.filter(({ path }) => unable.test(path));
    expect(streams).toHaveLength(7);
    for (const each of streams) expect(each.query?.['sort']).toBeUndefined();
  });

  it('lightspeed-r-legacy walks by offset in the order of ids to the exact total', async () => {
    const { source, stream: categories } = await stream('lightspeed-r-legacy.ts', 'categories');
    const rows = Array.from({ length: 100 }, (_, index) => `{"categoryID":"${index}"}`);
    const { requests, records } = walk(
      source,
      categories,
      () => ({ rows, envelope: { '@attributes': { count: '200' } } }),
      { settings },
    );
    expect(records).toHaveLength(200);
    expect(requests[1]?.url).toBe(
      'https://api.lightspeedapp.com/API/Account/190211/Category.json' +
        '?sort=categoryID&offset=100&limit=100',
    );
  });

  it('lightspeed-x goes on from its version, over clamped pages, to the empty page', async () => {
    const { source, stream: products } = await stream('lightspeed-x.ts', 'products');
    const pages = [
      { rows: ['{"version":791095}'], envelope: '{"version":{"min":791095,"max":791095}}' },
      { rows: [], envelope: '{"version":{"min":null,"max":null}}' },
    ];
    const { requests, outcome } = walk(source, products, () => pages.shift() ?? { rows: [] }, {
      settings,
      watermark: '791094',
    });
    expect(requests.map(({ url }) => new URL(url).searchParams.get('after'))).toEqual([
      '791094',
      '791095',
    ]);
    expect(requests[0]?.url).toContain('blue.retail.lightspeed.app/api/2.0/products?deleted=true');
    expect(outcome).toMatchObject({ kind: 'end', cursor: { value: '791095' } });
  });

  it('lightspeed-x pages inventory levels in the body of a POST', async () => {
    const { source, stream: levels } = await stream('lightspeed-x.ts', 'inventory_levels');
    const request = buildRequest(source, levels, { offset: 1000 }, context);
    expect(request).toMatchObject({ method: 'POST', body: '{"offset":1000,"size":1000}' });
  });

  it('lightspeed-x-legacy reads as many pages as it is told', async () => {
    const { source, stream: customers } = await stream('lightspeed-x-legacy.ts', 'customers');
    const { requests } = walk(
      source,
      customers,
      () => ({ rows: ['{}'], envelope: { pagination: { results: 3, page_size: 200, pages: 3 } } }),
      { settings },
    );
    expect(requests).toHaveLength(3);
    expect(requests[2]?.url).toContain('/api/customers?page=3&page_size=200');
  });

  it('lightspeed-x-legacy asks once for a list that comes without pagination', async () => {
    for (const name of ['customers', 'register_sales']) {
      const { source, stream: list } = await stream('lightspeed-x-legacy.ts', name);
      const page = { rows: ['{"id":1}', '{"id":2}'], envelope: {} };
      expect(walk(source, list, () => page, { settings }).requests).toHaveLength(1);
    }
  });
});
