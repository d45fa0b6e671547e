import { describe, expect, it } from 'vitest';
import { type ApiResponse, apiRequest, headerOf } from './exchange.ts';
import { lightspeedR, type RSeriesModel, type RSeriesOptions } from './lightspeed-r.ts';

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

describe('limits', () => {
  it('reports a level that includes the request, as a float, with mixed header names', () => {
    const model = account({ quirks: { floatLevel: true, mixedHeaderCase: true } });
    ask(model, v3('Item'));
    const second = ask(model, v3('Item'), start + 537);
    expect(headerOf(second, 'x-ls-api-bucket-level')).toBe('1.463/90');
    const names = [second, ask(model, v3('Item')), ask(model, v3('Item'))].map((response) =>
      Object.keys(response.headers).find((name) => name.toLowerCase().endsWith('bucket-level')),
    );
    expect(new Set(names).size).toBe(3);
    expect(headerOf(second, 'X-LS-API-Drip-Rate')).toBe('1');
  });

  it('older recordings lack Drip-Rate and Request-Cost', () => {
    const response = ask(account({ quirks: { olderHeaders: true } }), v3('Item'));
    expect(headerOf(response, 'X-LS-API-Bucket-Level')).toBe('1/90');
    expect(headerOf(response, 'X-LS-API-Drip-Rate')).toBeUndefined();
    expect(headerOf(response, 'X-LS-API-Request-Cost')).toBeUndefined();
  });

  it('refuses over the bucket with its type and whole seconds, free of charge', () => {
    const model = account({ size: 3 });
    for (let call = 0; call < 3; call += 1) expect(ask(model, v3('Item')).status).toBe(200);
    const refused = ask(model, v3('Item'));
    expect(refused.status).toBe(429);
    expect(headerOf(refused, 'X-LS-API-RateLimit-Type')).toBe('api-leaky-bucket');
    expect(headerOf(refused, 'Retry-After')).toBe('1');
    expect(ask(model, v3('Item'), start + 1000).status).toBe(200);
    expect(model.stats()).toMatchObject({ allowed: 4, refused: 1, requests: 5, violations: [] });
  });

  it('the burst limiter refuses the next request of the same second', () => {
    const model = account({ quirks: { burst: true }, burstLimit: 2 });
    expect(headerOf(ask(model, v3('Item')), 'X-LS-API-Burst-Level')).toBe('1/2');
    ask(model, v3('Item'));
    const refused = ask(model, v3('Item'));
    expect(headerOf(refused, 'X-LS-API-RateLimit-Type')).toBe('api-burst-limiter');
    expect(headerOf(refused, 'X-LS-API-Bucket-Level')).toBe('2/90');
    expect(ask(model, v3('Item'), start + 1000).status).toBe(200);
  });

  it('charges errors while that quirk is on, and never a 401', () => {
    const level = (chargedErrors: boolean) => {
      const model = account({ quirks: { chargedErrors } });
      ask(model, v3('Item', 'limit=999'));
      model.handle(apiRequest(v3('Item')), start);
      return model.level(start).level;
    };
    expect([level(true), level(false)]).toEqual([1, 0]);
  });

  it('load_relations and count=1 cost what the vendor says', () => {
    const model = account({ quirks: { relationCost: true, countCost: true } });
    const relations = `load_relations=${encodeURIComponent('["Category","ItemShops"]')}`;
    const cost = (target: string) => headerOf(ask(model, target), 'X-LS-API-Request-Cost');
    expect(cost(v3('Item', relations))).toBe('1.6');
    expect(cost(v3('Item/3', relations))).toBe('1.3');
    expect(cost(v3('Item', 'count=1'))).toBe('10');
    expect(model.records('Item', relations)[0]).toContain('"ItemShops":');
  });

  it('size and rate change in mid-run', () => {
    const model = account({ changes: [{ atRequest: 2, size: 180, leakPerSecond: 1.5 }] });
    expect(headerOf(ask(model, v3('Item')), 'X-LS-API-Bucket-Level')).toBe('1/90');
    const later = ask(model, v3('Item'));
    expect(headerOf(later, 'X-LS-API-Bucket-Level')).toBe('2/180');
    expect(headerOf(later, 'X-LS-API-Drip-Rate')).toBe('1.5');
  });
});

describe('without its quirks', () => {
  it('costs are flat, levels whole, header names and content types as documented', () => {
    const model = account();
    const heavy = `count=1&load_relations=${encodeURIComponent('["ItemShops"]')}`;
    ask(model, v3('Item', heavy));
    const response = ask(model, v3('Item', heavy), start + 500);
    expect(response.headers).toMatchObject({
      'X-LS-API-Bucket-Level': '2/90',
      'X-LS-Api-Request-Cost': '1',
    });
    expect(headerOf(ask(model, v3('Nothing')), 'Content-Type')).toBe('application/json');
    const signedOut = model.handle(apiRequest(v3('Item')), start + 500);
    expect(headerOf(signedOut, 'X-LS-API-Bucket-Level')).toBe('2/90');
  });

  it('archived rows are shown, envelopes keep the name of the path, any Accept gets JSON', () => {
    const model = lightspeedR({ rows: { Shipment: 8, Item: 0 } });
    const headers = { Authorization: `Bearer ${model.accessToken}` };
    const page = pageOf(model.handle(apiRequest(v3('Shipment'), { headers }), start));
    expect(page['Shipment']).toHaveLength(8);
    expect(pageOf(ask(model, legacy('Item')))).toEqual({
      '@attributes': { count: 0, offset: 0, limit: 100 },
      Item: [],
    });
  });

  it('a cursor that was encoded again still works', () => {
    const model = account();
    const next = new URL(String(pageOf(ask(model, v3('Item', 'limit=9')))['@attributes']['next']));
    next.search = new URLSearchParams(next.search).toString();
    expect(String(ask(model, next.href).body)).toContain('"itemID":10,');
    expect(model.stats().violations).toEqual([]);
  });
});

describe('errors and formats', () => {
  it('a 401 has the new shape and no bucket headers', () => {
    const model = account({ quirks: { bareUnauthorized: true } });
    const response = model.handle(apiRequest(v3('Item'), { headers: json }), start);
    expect(response.status).toBe(401);
    expect(JSON.parse(String(response.body))).toMatchObject({ error: 'access_denied' });
    expect(headerOf(response, 'X-LS-API-Bucket-Level')).toBeUndefined();
  });

  it('JSON errors say text/html', () => {
    const response = ask(account({ quirks: { htmlErrors: true } }), v3('Nothing'));
    expect(headerOf(response, 'Content-Type')).toBe('text/html; charset=UTF-8');
    expect(JSON.parse(String(response.body))).toMatchObject({ httpCode: '404' });
  });

  it('answers XML unless the path ends in .json and Accept says JSON', () => {
    const model = account({ quirks: { xmlDefault: true } });
    const headers = { Authorization: `Bearer ${model.accessToken}`, Accept: '*/*' };
    expect(model.handle(apiRequest(v3('Item'), { headers }), start).body).toMatch(/^<\?xml/u);
    expect(ask(model, v3('Item').replace('.json', '')).body).toMatch(/^<\?xml/u);
    expect(model.stats().violations).toHaveLength(2);
  });

  it('fails now and then in the ways the vendor does, the same way for the same seed', () => {
    const statuses = () => {
      const model = account({ faults: { rate: 0.5, seed: 4 }, size: 1000 });
      return Array.from({ length: 60 }, () => {
        const { status, dropAfterBytes } = ask(model, v3('Item'));
        return dropAfterBytes === undefined ? String(status) : 'cut-off';
      });
    };
    expect(new Set(statuses())).toEqual(new Set(['200', '400', '500', '502', '504', 'cut-off']));
    expect(statuses()).toEqual(statuses());
  });
});
