import { describe, expect, it } from 'vitest';
import { type ApiResponse, apiRequest } from './exchange.ts';
import { allQuirks, lightspeedR, type RSeriesModel, type RSeriesOptions } from './lightspeed-r.ts';

const start = Date.UTC(2026, 10, 21);
const json = { Accept: 'application/json' };

function ask(model: RSeriesModel, target: string, nowMs = start): ApiResponse {
  const headers = { ...json, Authorization: `Bearer ${model.accessToken}` };
  return model.handle(apiRequest(target, { headers }), nowMs);
}

interface Page {
  readonly '@attributes': Readonly<Record<string, string | number>>;
  readonly [key: string]: unknown;
}
const pageOf = (response: ApiResponse): Page => JSON.parse(String(response.body));
const account = (options: Partial<RSeriesOptions> = {}) =>
  lightspeedR({ rows: { Item: 25, Category: 5, Shop: 2 }, ...options });
const v3 = (resource: string, query = '') =>
  `/API/V3/Account/190211/${resource}.json${query === '' ? '' : `?${query}`}`;
const legacy = (resource: string, query = '') => v3(resource, query).replace('/V3', '');

/** Walks `next` as given, far enough apart to stay under the limit; returns pages of raw bodies. */
function walk(model: RSeriesModel, first: string): string[] {
  const bodies: string[] = [];
  let next = first;
  for (let nowMs = start; next !== '' && bodies.length < 20; nowMs += 5000) {
    const response = ask(model, next, nowMs);
    expect(response.status).toBe(200);
    bodies.push(String(response.body));
    next = String(pageOf(response)['@attributes']['next']);
  }
  return bodies;
}

describe('pages', () => {
  it('V3 gives every record once, byte for byte, through full URLs until an empty one', () => {
    const model = account({ quirks: allQuirks });
    const bodies = walk(model, v3('Item', 'limit=10'));
    const wanted = model.records('Item');
    expect(wanted).toHaveLength(21);
    expect(bodies).toHaveLength(3);
    const sent = bodies.map((body) => body.slice(body.indexOf('"Item":')));
    expect(sent[0]).toBe(`"Item":[${wanted.slice(0, 10).join(',')}]}`);
    expect(sent[2]).toBe(`"Item":${wanted[20]}}`);
    expect(model.stats()).toMatchObject({ requests: 3, refused: 0, violations: [] });
  });

  it('a page with one record holds an object only while that quirk is on', () => {
    const single = 'limit=1';
    expect(pageOf(ask(account(), v3('Item', single)))['Item']).toBeInstanceOf(Array);
    const odd = account({ quirks: { oneAsObject: true } });
    expect(pageOf(ask(odd, v3('Item', single)))['Item']).toMatchObject({ itemID: 1 });
  });

  it('V3 zero rows have no key and an empty next', () => {
    const model = lightspeedR({ rows: { Item: 0 }, quirks: { keylessEmpty: true } });
    expect(ask(model, v3('Item')).body).toBe('{"@attributes":{"next":"","previous":""}}');
    const tidy = lightspeedR({ rows: { Item: 0 } });
    expect(pageOf(ask(tidy, v3('Item')))['Item']).toEqual([]);
  });

  it('a list that fills its last page leads to an empty page when that quirk is on', () => {
    const rows = { Item: 20 };
    const whole = 'limit=10&archived=true';
    expect(walk(lightspeedR({ rows }), v3('Item', whole))).toHaveLength(2);
    const odd = lightspeedR({ rows, quirks: { emptyLastPage: true, keylessEmpty: true } });
    const bodies = walk(odd, v3('Item', whole));
    expect(bodies).toHaveLength(3);
    expect(bodies[2]).not.toContain('"Item"');
  });

  it('legacy pages by offset with counts as strings; zero rows keep a count of "0"', () => {
    const model = lightspeedR({ rows: { Category: 205, Vendor: 0 }, quirks: allQuirks });
    const count = String(model.records('Category').length);
    const page = pageOf(ask(model, legacy('Category', 'offset=100&limit=100')));
    expect(page['@attributes']).toEqual({ count, offset: '100', limit: '100' });
    expect(ask(model, legacy('Vendor')).body).toBe('{"@attributes":{"count":"0"}}');
    const past = ask(model, legacy('Category', 'offset=900')).body;
    expect(past).toBe(`{"@attributes":{"count":"${count}","offset":"900","limit":"100"}}`);
  });

  it('every scalar is a string, only while that quirk is on', () => {
    const numbers = (model: RSeriesModel) =>
      JSON.stringify(pageOf(ask(model, legacy('Item', 'limit=2'))));
    expect(numbers(account({ quirks: { stringScalars: true } }))).not.toMatch(
      /":(-?\d|true|false)/u,
    );
    expect(numbers(account())).toMatch(/"itemID":1/u);
  });

  it('limit is 0 to 100 and 100 by default', () => {
    const model = lightspeedR({ rows: { Item: 150 } });
    expect(pageOf(ask(model, v3('Item')))['Item']).toHaveLength(100);
    expect(pageOf(ask(model, v3('Item', 'limit=0')))['Item']).toEqual([]);
    expect(ask(model, v3('Item', 'limit=101')).status).toBe(400);
  });

  it('some resources answer under another name', () => {
    const rows = { Shipment: 2, 'Inventory/Transfer': 2, 'Customer/CustomField': 2 };
    const model = lightspeedR({ rows, quirks: { envelopeNames: true } });
    const names = Object.keys(rows).map((path) => Object.keys(pageOf(ask(model, v3(path))))[1]);
    expect(names).toEqual(['OrderShipment', 'Transfer', 'CustomField']);
  });

  it('archived records are hidden by default, shown with true, alone with only', () => {
    const model = account({ quirks: { archivedDefault: true } });
    const count = (query: string) => pageOf(ask(model, legacy('Item', query)))['@attributes'];
    expect(count('')).toMatchObject({ count: 21 });
    expect(count('archived=true')).toMatchObject({ count: 25 });
    expect(count('archived=only')).toMatchObject({ count: 4 });
  });

  it('refuses a cursor that was rebuilt, encoded again or taken to another query', () => {
    const model = account({ quirks: { strictCursor: true } });
    const next = String(pageOf(ask(model, v3('Item', 'limit=10')))['@attributes']['next']);
    expect(next).toMatch(/^https:\/\/api\.lightspeedapp\.com\/API\/V3\/.*after=.*%3d%3a%2b$/u);
    expect(ask(model, new URL(next).href).status).toBe(200);
    const rebuilt = new URL(next);
    rebuilt.search = new URLSearchParams(rebuilt.search).toString();
    expect(ask(model, rebuilt.href).status).toBe(400);
    expect(ask(model, next.replace('limit=10', 'limit=20')).status).toBe(400);
    expect(model.stats().violations).toHaveLength(2);
  });
});

describe('filters and order', () => {
  const filter = (operator: string, time: string) =>
    `timeStamp=${encodeURIComponent(`${operator},${time}`)}&archived=true`;

  it('>= keeps ties at one-second resolution, > drops them', () => {
    const model = account();
    const count = (query: string) =>
      pageOf(ask(model, legacy('Item', query)))['@attributes']['count'];
    const tie = '2021-10-05T14:19:46+00:00';
    expect(count(filter('>=', tie))).toBe(22);
    expect(count(filter('>', tie))).toBe(19);
    expect(count(filter('><', `${tie},${tie}`))).toBe(3);
  });

  it('refuses filters that are not encoded and attributes that do not exist', () => {
    const model = account({ quirks: { encodedFilters: true } });
    const raw = 'timeStamp=>=,2021-10-05T14:18:46Z';
    expect(ask(account(), v3('Item', raw)).status).toBe(200);
    expect(ask(model, v3('Item', raw)).status).toBe(400);
    expect(ask(model, v3('Item', 'timestamp=1')).status).toBe(400);
    expect(model.stats().violations).toHaveLength(2);
  });

  it('not every resource sorts by timeStamp', () => {
    expect(ask(account(), v3('Item', 'sort=timeStamp')).status).toBe(200);
    expect(ask(account(), v3('Shop', 'sort=timeStamp')).status).toBe(400);
  });

  it('a changed Sale moves its updatetime and not its timeStamp', () => {
    const model = lightspeedR({ rows: { Sale: 9 } });
    const since = (field: string) =>
      `${field}=${encodeURIComponent('>=,2026-01-01T00:00:00+00:00')}`;
    model.touch('Sale', '3', start);
    expect(model.records('Sale', since('timeStamp'))).toHaveLength(0);
    expect(model.records('Sale', since('updatetime'))[0]).toContain('"saleID":3,');
  });

  it('removed rows leave no tombstone, and offset paging over them skips one', () => {
    const model = lightspeedR({ rows: { Category: 6 } });
    model.remove('Category', '1');
    expect(ask(model, legacy('Category', 'offset=2&limit=2')).body).not.toContain(
      '"categoryID":3,',
    );
  });
});
