import { get } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { generic } from './generic.ts';
import { allQuirks, lightspeedR } from './lightspeed-r.ts';
import { type ServeOptions, serve } from './serve.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function serving(options: Parameters<typeof generic>[0], serveOptions: ServeOptions = {}) {
  const served = await serve(generic(options), serveOptions);
  open.push(served.close);
  return served;
}

describe('serve', () => {
  it('sends the bytes of the model, and links that lead back to its own port', async () => {
    const { url, model } = await serving({ length: 12 });
    const first = await fetch(`${url}/link-body`);
    const text = await first.text();
    expect(text).toContain(`[${model.records('link-body').slice(0, 10).join(',')}]`);
    expect(text).toContain(`"next":"${url}/link-body?cursor=`);
  });

  it('passes the body and the query of a request on', async () => {
    const { url, model } = await serving({ length: 12 });
    const body = JSON.stringify({ offset: 10, limit: 5 });
    const response = await fetch(`${url}/post?x=1`, { method: 'POST', body });
    expect(await response.text()).toBe(`{"data":[${model.records('post').slice(10).join(',')}]}`);
  });

  it('breaks the connection in the middle of a body', async () => {
    const { url } = await serving({ length: 50, damage: { cutOff: { from: 1 } } });
    const response = await fetch(`${url}/single`);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });

  it('walks an R-Series list to its end through the links it gave, over a socket', async () => {
    const model = lightspeedR({ rows: { Item: 30 }, quirks: allQuirks });
    const { url, close } = await serve(model);
    open.push(close);
    const headers = { Authorization: `Bearer ${model.accessToken}`, Accept: 'application/json' };
    const ids: string[] = [];
    for (let next = `${url}${model.basePath}/Item.json?limit=9`; next !== ''; ) {
      const text = await (await fetch(next, { headers })).text();
      ids.push(...[...text.matchAll(/"itemID":"(\d+)"/gu)].map((found) => found[1] ?? ''));
      const found: string | undefined = /"next":"([^"]*)"/u.exec(text)?.[1];
      next = found ?? '';
    }
    expect(ids).toHaveLength(model.records('Item').length);
    expect(new Set(ids).size).toBe(ids.length);
    expect(model.stats()).toMatchObject({ requests: 3, refused: 0, violations: [] });
  });

  it('compresses what the client accepts', async () => {
    const { url, model } = await serving({ length: 12 }, { encoding: 'gzip' });
    const response = await fetch(`${url}/single`);
    expect(response.headers.get('content-encoding')).toBe('gzip');
    expect(await response.text()).toBe(`{"data":[${model.records('single').join(',')}]}`);
  });

  it('keeps the vendor case of header names, and the time it was given', async () => {
    const nowMs = Date.UTC(2026, 10, 21);
    const served = await serve(lightspeedR({ rows: { Item: 1 } }), { now: () => nowMs });
    open.push(served.close);
    const { model, url } = served;
    const names = await new Promise<string[]>((resolve, reject) => {
      const headers = { Authorization: `Bearer ${model.accessToken}` };
      get(`${url}${model.basePath}/Item.json`, { headers }, (response) => {
        response.resume();
        resolve(response.rawHeaders);
      }).once('error', reject);
    });
    expect(names).toContain('X-LS-Api-Request-Cost');
    expect(names).toContain('Sat, 21 Nov 2026 00:00:00 GMT');
  });
});
