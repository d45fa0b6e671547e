// Lists of one page, whose end only a total or their size shows: the page behind it is asked for once,
// until a longer page has shown how many rows the API gives at a time.

import { afterEach, describe, expect, it } from 'vitest';
import { readSource, type Stream } from '../../shared/core/source/source.ts';
import { openWorld } from './harness.ts';
import { rowsFrom, type ScriptedApi, scripted } from './scripted-api.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** A list of so many rows for each shop, a hundred at a time. */
const shops = (sizes: Readonly<Record<string, number>>): ScriptedApi =>
  scripted(({ query }) => {
    const size = sizes[query.get('shop') ?? ''] ?? 0;
    const offset = Number(query.get('offset'));
    const rows = rowsFrom(offset, Math.max(0, Math.min(100, size - offset)));
    return { body: { total: size, data: rows } };
  });

async function worldOf(stream: Partial<Stream>, api: ScriptedApi) {
  const rows = { name: 'rows', path: 'rows', records: 'data', primaryKey: ['shop', 'id'] };
  const pagination = { kind: 'offset', pageSize: 100, total: 'total' };
  const source = {
    name: 'short',
    baseUrl: 'https://short.example',
    streams: [{ ...rows, pagination, include: { shop: 'x' }, ...stream }],
  };
  const world = await openWorld(readSource(source, 'the test'), api);
  open.push(world.close);
  return world;
}

const asked = (api: ScriptedApi): number => api.asked.length;

describe('a list of one page', () => {
  it('is asked for once more, and no more when a longer page was seen', async () => {
    const sizes = { '': 250 };
    const api = shops(sizes);
    const world = await worldOf({}, api);
    await world.run();
    expect(asked(api)).toBe(3);
    sizes[''] = 99;
    await world.run();
    expect(asked(api)).toBe(4);
    sizes[''] = 100;
    // A full page may have more behind it, whatever its total says.
    await world.run();
    expect(asked(api)).toBe(6);
  });

  it('is asked for once more in the first of many partitions, and where one is longer', async () => {
    const api = shops({ a: 3, b: 2, c: 0, d: 1, e: 4, f: 2 });
    const stream = {
      query: { shop: '{shop}' },
      partitions: { name: 'shop', values: ['a', 'b', 'c', 'd', 'e', 'f'] },
      include: { shop: '{shop}' },
    };
    const world = await worldOf(stream, api);
    expect((await world.run()).streams['rows']).toMatchObject({ status: 'done', records: 12 });
    // Six lists, and two that were the longest so far.
    expect(asked(api)).toBe(8);
  });

  it('is landed once where the page behind it is the same again, whatever its lines include', async () => {
    const api = scripted(() => ({ body: { total: 2, data: rowsFrom(0, 2) } }));
    const world = await worldOf(
      {
        query: { shop: '{shop}' },
        partitions: { name: 'shop', values: ['a'] },
        include: { shop: '{shop}' },
        primaryKey: undefined,
      },
      api,
    );
    expect((await world.run()).streams['rows']).toMatchObject({ status: 'done', records: 2 });
    expect(await world.published('rows')).toEqual(['{"shop":"a","id":0}', '{"shop":"a","id":1}']);
    expect(asked(api)).toBe(2);
  });
});
