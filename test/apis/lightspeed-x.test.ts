import { describe, expect, it } from 'vitest';
import { type ApiResponse, apiRequest, headerOf } from './exchange.ts';
import { allQuirks, lightspeedX, type XSeriesModel } from './lightspeed-x.ts';
import { rotatingTokens } from './oauth.ts';

const start = Date.UTC(2026, 10, 21, 12);
const rows = {
  products: 25,
  customers: 450,
  sales: 1200,
  product_categories: 5,
  inventory_levels: 5,
};

interface Categories {
  readonly data: {
    readonly page_info: { readonly has_next: boolean; readonly last_seen: string };
    readonly data: { readonly categories: readonly unknown[] };
  };
}

function ask(model: XSeriesModel, target: string, nowMs = start, body?: unknown): ApiResponse {
  const authorization = `Bearer ${model.accessToken}`;
  const headers = { Authorization: authorization, 'User-Agent': 'referee/1' };
  const posted = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  return model.handle(apiRequest(target, { headers, ...posted }), nowMs);
}

/** The text of `version.max`, never through a double. */
const maxOf = (response: ApiResponse) =>
  /"max":(\w+)\}\}$/u.exec(String(response.body))?.[1] ?? '';

function walk(model: XSeriesModel, target: string): string[] {
  const bodies: string[] = [];
  for (let after = '0'; after !== 'null' && bodies.length < 20; ) {
    const response = ask(model, `${target}&after=${after}`);
    after = maxOf(response);
    bodies.push(String(response.body));
  }
  return bodies;
}

describe('2.0 lists', () => {
  it('walk by version to an empty page with null versions, every record once and exact', () => {
    const model = lightspeedX({ rows, quirks: allQuirks });
    const bodies = walk(model, '/api/2.0/sales?page_size=10000');
    expect(bodies).toHaveLength(4);
    expect(bodies[3]).toBe('{"data":[],"version":{"min":null,"max":null}}');
    const sent = bodies.slice(0, 3).map((body) => body.slice(9, body.lastIndexOf('],"version"')));
    expect(sent.join(',')).toBe(model.records('sales').join(','));
    expect(model.stats()).toMatchObject({ refused: 0, violations: [] });
  });

  it('versions and flakes stand above 2^53 as JSON numbers that a double cannot hold', () => {
    const model = lightspeedX({ rows, quirks: { bigVersions: true } });
    const [record = ''] = model.records('products');
    const version = /"version":(\d+)\}$/u.exec(record)?.[1] ?? '';
    const flake = /"flake":(\d+)/u.exec(record)?.[1] ?? '';
    expect(BigInt(version)).toBeGreaterThan(2n ** 53n);
    expect(String(Number(flake))).not.toBe(flake);
    expect(lightspeedX({ rows }).records('products')[0]).toMatch(/"version":79\d{4}\}$/u);
  });

  it('writes down a rounded cursor and refuses one that is no number', () => {
    const model = lightspeedX({ rows, quirks: allQuirks });
    const max = maxOf(ask(model, '/api/2.0/products?page_size=1'));
    expect(ask(model, `/api/2.0/products?after=${max}`).status).toBe(200);
    expect(ask(model, `/api/2.0/products?after=${BigInt(max) - 1n}`).status).toBe(200);
    expect(ask(model, '/api/2.0/products?after=null').status).toBe(400);
    expect(model.stats().violations).toHaveLength(2);
  });

  it('clamps page_size in silence, or refuses it when that quirk is off', () => {
    const count = (quirks: object) => {
      const response = ask(lightspeedX({ rows, quirks }), '/api/2.0/sales?page_size=9999');
      const body: { data?: unknown[] } = JSON.parse(String(response.body));
      return body.data?.length ?? response.status;
    };
    expect([count({ clampPageSize: true }), count({})]).toEqual([500, 400]);
  });

  it('shows deleted records only when asked', () => {
    const model = lightspeedX({ rows, quirks: { hideDeleted: true } });
    const count = (query: string) =>
      String(ask(model, `/api/2.0/products${query}`).body).match(/"deleted_at"/gu)?.length;
    expect([count(''), count('?deleted=true')]).toEqual([23, 25]);
    expect(model.records('products', { deleted: false })).toHaveLength(23);
  });

  it('a record touched in mid-walk comes again at the end with a higher version', () => {
    const model = lightspeedX({ rows: { brands: 4 } });
    const first = maxOf(ask(model, '/api/2.0/brands?page_size=2'));
    const [id = ''] = model.ids('brands');
    model.touch(id);
    const rest = String(ask(model, `/api/2.0/brands?after=${first}`).body);
    expect(rest.match(/"version":\d/gu)).toHaveLength(3);
    expect(rest).toContain(`${model.records('brands').at(-1)}]`);
    model.append('brands', 1);
    expect(model.records('brands')).toHaveLength(5);
  });

  it('money is a string in sales and a number elsewhere', () => {
    const model = lightspeedX({ rows, quirks: { stringMoney: true } });
    expect(model.records('sales')[0]).toMatch(/"price":"\d+\.\d0"/u);
    expect(model.records('products')[0]).toMatch(/"price":\d+\.\d0,/u);
    expect(lightspeedX({ rows }).records('sales')[0]).toMatch(/"price":\d+\.\d0,/u);
  });
});

describe('without its quirks', () => {
  it('the empty page has zeros, deleted records are shown, a damaged cursor starts again', () => {
    const model = lightspeedX({ rows: { tags: 12, users: 0 } });
    const empty = ask(model, '/api/2.0/users').body;
    expect(empty).toBe('{"data":[],"version":{"min":0,"max":0}}');
    const all = String(ask(model, '/api/2.0/tags?after=null').body);
    expect(all.match(/"deleted_at"/gu)).toHaveLength(12);
    expect(ask(model, '/api/tags').body).toContain('{"results":12,');
    expect(ask(model, '/api/tags?page_size=201').status).toBe(400);
  });

  it('nobody needs a User-Agent, and Retry-After is seconds in the header alone', () => {
    const model = lightspeedX({ rows: { taxes: 1 } });
    const request = apiRequest('/api/2.0/taxes', {
      headers: { Authorization: `Bearer ${model.accessToken}` },
    });
    expect(model.handle(request, start).status).toBe(200);
    for (let call = 1; call < 350; call += 1) model.handle(request, start);
    const refused = model.handle(request, start + 500);
    expect(headerOf(refused, 'Retry-After')).toBe('300');
    expect(refused.body).not.toContain('retry-after');
  });
});

describe('other shapes', () => {
  it('0.x pages have a named key, a pagination object and at most 200 records', () => {
    const model = lightspeedX({ rows, quirks: allQuirks });
    const wanted = model.records('customers', { deleted: false, order: 'creation' });
    const last = String(ask(model, '/api/customers?page=3&page_size=900').body);
    const pagination = { results: wanted.length, page: 3, page_size: 200, pages: 3 };
    const tail = wanted.slice(400).join(',');
    expect(last).toBe(`{"pagination":${JSON.stringify(pagination)},"customers":[${tail}]}`);
  });

  it('product_categories nest their list and go on after a string', () => {
    const model = lightspeedX({ rows });
    const page = (query: string) => {
      const { body } = ask(model, `/api/2.0/product_categories?page_size=3${query}`);
      const { data }: Categories = JSON.parse(String(body));
      return { info: data.page_info, count: data.data.categories.length };
    };
    const first = page('');
    expect(first).toMatchObject({ count: 3, info: { has_next: true } });
    const second = page(`&after=${first.info.last_seen}`);
    expect(second).toMatchObject({ count: 2, info: { has_next: false } });
    expect(ask(model, '/api/2.0/product_categories?after=7').status).toBe(400);
  });

  it('inventory_levels answers a bare list to a POST and null past the end', () => {
    const model = lightspeedX({ rows });
    const page = (offset: number) =>
      ask(model, '/api/2.0/inventory_levels', start, { offset, size: 3 }).body;
    expect(page(3)).toBe(`[${model.records('inventory_levels').slice(3).join(',')}]`);
    expect(page(6)).toBe('null');
    expect(ask(model, '/api/2.0/inventory_levels').status).toBe(405);
  });
});

describe('limit and access', () => {
  it('gives 300 requests a register and 50 in five minutes, then a date to come back', () => {
    const model = lightspeedX({ rows: { taxes: 1 }, quirks: allQuirks });
    const first = ask(model, '/api/2.0/taxes', start + 250);
    expect(headerOf(first, 'X-RateLimit-Limit')).toBe('350');
    expect(headerOf(first, 'X-RateLimit-Remaining')).toBe('349');
    for (let call = 1; call < 350; call += 1) ask(model, '/api/2.0/taxes', start + 300);
    const refused = ask(model, '/api/2.0/taxes', start + 1000);
    expect(refused.status).toBe(429);
    expect(headerOf(refused, 'Retry-After')).toBe('Sat, 21 Nov 2026 12:05:01 GMT');
    expect(JSON.parse(String(refused.body))).toEqual({
      error: 'Too Many Requests',
      message: 'Rate limiting enforced',
      'retry-after': 'Sat, 21 Nov 2026 12:05:01 GMT',
    });
    expect(ask(model, '/api/2.0/taxes', start + 301_000).status).toBe(200);
    expect(model.stats()).toMatchObject({ allowed: 351, refused: 1, idle: 0, violations: [] });
  });

  it('a server whose clock is behind gives a date that is in our past, beside its own Date', () => {
    const model = lightspeedX({ rows: { taxes: 1 }, quirks: allQuirks, clockSkewMs: -3_600_000 });
    for (let call = 0; call < 350; call += 1) ask(model, '/api/2.0/taxes');
    const refused = ask(model, '/api/2.0/taxes');
    const retryMs = Date.parse(headerOf(refused, 'Retry-After') ?? '');
    expect(retryMs).toBeLessThan(start);
    expect(retryMs - Date.parse(headerOf(refused, 'Date') ?? '')).toBe(300_000);
  });

  it('wants a User-Agent and a token, and counts both requests', () => {
    const model = lightspeedX({ rows, quirks: allQuirks });
    const headers = { Authorization: `Bearer ${model.accessToken}` };
    expect(model.handle(apiRequest('/api/2.0/sales', { headers }), start).status).toBe(403);
    const agent = { 'User-Agent': 'referee/1' };
    const signedOut = model.handle(apiRequest('/api/2.0/sales', { headers: agent }), start);
    expect(signedOut.status).toBe(401);
    expect(headerOf(signedOut, 'X-RateLimit-Remaining')).toBe('348');
    expect(model.stats().violations).toEqual(['no User-Agent']);
  });

  it('answers on its token path', () => {
    const auth = rotatingTokens(start, { formOnly: true, lifetimeSeconds: 86_400 });
    const model = lightspeedX({ rows, auth });
    expect(ask(model, '/api/2.0/sales').status).toBe(200);
    expect(ask(model, '/api/1.0/token', start, {}).status).toBe(400);
  });
});
