import { describe, expect, it } from 'vitest';
import { type ApiModel, type ApiResponse, apiRequest, headerOf } from './exchange.ts';
import { github } from './github.ts';
import { shopify } from './shopify.ts';
import { silent } from './silent.ts';

const start = Date.UTC(2026, 10, 21);
const headers = {
  Authorization: 'Bearer github-token',
  'X-Shopify-Access-Token': 'shopify-token',
  'User-Agent': 'referee/1',
};
const ask = (model: ApiModel, target: string, nowMs = start): ApiResponse =>
  model.handle(apiRequest(target, { headers }), nowMs);
const linkOf = (response: ApiResponse, rel: string) =>
  new RegExp(`<([^>]*)>; rel="${rel}"`, 'u').exec(headerOf(response, 'link') ?? '')?.[1];

describe('GitHub', () => {
  it('links pages until the last one and sends the exact records', () => {
    const model = github({ rows: { issues: 250 } });
    const path = '/repos/acme/shop/issues?per_page=500&state=all';
    const first = ask(model, path);
    expect(linkOf(first, 'last')).toMatch(/^https:\/\/api\.github\.com\/repos.*page=3$/u);
    const second = ask(model, linkOf(first, 'next') ?? '');
    const third = ask(model, linkOf(second, 'next') ?? '');
    expect(linkOf(third, 'next')).toBeUndefined();
    expect(third.body).toBe(`[${model.records('issues').slice(200).join(',')}]`);
  });

  it('counts an hour and tells when it ends in epoch seconds', () => {
    const model = github({ rows: { issues: 1 }, limit: 2 });
    expect(headerOf(ask(model, '/issues', start + 1), 'x-ratelimit-remaining')).toBe('1');
    ask(model, '/issues');
    const refused = ask(model, '/issues');
    expect(refused.status).toBe(403);
    expect(headerOf(refused, 'x-ratelimit-used')).toBe('2');
    expect(headerOf(refused, 'x-ratelimit-reset')).toBe(String(start / 1000 + 3601));
    expect(headerOf(refused, 'retry-after')).toBeUndefined();
    expect(model.stats()).toMatchObject({ allowed: 2, refused: 1 });
  });

  it('refuses with 429 and retry-after when told to, and wants a User-Agent', () => {
    const model = github({ rows: {}, limit: 1, refusalStatus: 429, retryAfter: true });
    expect(model.handle(apiRequest('/issues'), start).status).toBe(403);
    const refused = ask(model, '/issues', start + 600_000);
    expect([refused.status, headerOf(refused, 'retry-after')]).toEqual([429, '3000']);
  });
});

describe('Shopify', () => {
  it('tells used/size, refuses the 41st call at once and says decimal seconds', () => {
    const model = shopify({ rows: { products: 1 } });
    const target = '/admin/api/2024-01/products.json';
    const told = Array.from({ length: 40 }, () =>
      headerOf(ask(model, target), 'X-Shopify-Shop-Api-Call-Limit'),
    );
    expect([told[0], told[31], told[39]]).toEqual(['1/40', '32/40', '40/40']);
    const refused = ask(model, target);
    expect([refused.status, headerOf(refused, 'Retry-After')]).toEqual([429, '1.0']);
    expect(ask(model, target, start + 500).status).toBe(200);
  });

  it('a page_info stands alone', () => {
    const model = shopify({ rows: { products: 5 } });
    const first = ask(model, '/admin/api/2024-01/products.json?limit=3&status=any');
    const next = linkOf(first, 'next') ?? '';
    expect(ask(model, `${next}&status=any`).status).toBe(400);
    const second = ask(model, next);
    expect(second.body).toBe(`{"products":[${model.records('products').slice(3).join(',')}]}`);
    expect(linkOf(second, 'next')).toBeUndefined();
    expect(linkOf(second, 'previous')).toBeDefined();
  });
});

describe('the silent API', () => {
  it('refuses the 61st request in any 60 seconds without a word', () => {
    const model = silent({ rows: { posts: 100 } });
    for (let call = 0; call < 60; call += 1) {
      expect(ask(model, '/posts', start + call * 1000).status).toBe(200);
    }
    expect(ask(model, '/posts', start + 59_999)).toEqual({ status: 429, headers: {}, body: '' });
    expect(ask(model, '/posts', start + 60_000).status).toBe(200);
    expect(model.stats()).toMatchObject({ requests: 62, allowed: 61, refused: 1 });
  });

  it('pages by offset or by number', () => {
    const model = silent({ rows: { posts: 100 } });
    const wanted = `[${model.records('posts').slice(60, 80).join(',')}]`;
    expect(ask(model, '/posts?offset=60&limit=20').body).toBe(wanted);
    expect(ask(model, '/posts?page=4&per_page=20').body).toBe(wanted);
    expect(ask(model, '/posts?offset=100').body).toBe('[]');
  });
});
