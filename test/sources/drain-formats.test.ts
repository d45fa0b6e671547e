// Bodies that are not one JSON list, drained whole: CSV by offset, JSON lines by a Link header, maps
// and wrapped rows. Each walk has several pages and an answer that is no page in its middle.

import { afterEach, describe, expect, it } from 'vitest';
import { readSource, type Stream } from '../../shared/core/source/source.ts';
import { openWorld } from './harness.ts';
import { rowsFrom, type ScriptedAnswer, type ScriptedApi, scripted } from './scripted-api.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

async function drain(stream: Partial<Stream>, api: ScriptedApi, patienceSeconds = 900) {
  const rows = { name: 'rows', path: 'rows', pagination: { kind: 'single' }, records: '' };
  const source = { name: 'formats', baseUrl: 'https://formats.example', patienceSeconds };
  const read = readSource({ ...source, streams: [{ ...rows, ...stream }] }, 'the test');
  const world = await openWorld(read, api);
  open.push(world.close);
  const report = (await world.run()).streams['rows'];
  return { report, rows: report?.status === 'done' ? await world.published('rows') : [] };
}

const idsOf = (lines: readonly string[]): unknown[] =>
  lines.map((line) => Number(JSON.parse(line).id));

const seven = [0, 1, 2, 3, 4, 5, 6];

/** Rows from `offset`, three a page; the second request meets a page that is no page. */
const inPages =
  (write: (rows: readonly { readonly id: number }[], offset: number) => ScriptedAnswer) =>
  ({ query }: { readonly query: URLSearchParams }, requests: number): ScriptedAnswer => {
    if (requests === 2) return { body: '<html>Back soon</html>' };
    const offset = Number(query.get('offset') ?? 0);
    return write(rowsFrom(offset, Math.max(0, Math.min(3, 7 - offset))), offset);
  };

const byOffset = { kind: 'offset', pageSize: 3 } as const;

describe('a body that is not one JSON list', () => {
  it('is CSV, page by page', async () => {
    const api = scripted(
      inPages((rows) => ({
        body: ['id;name', ...rows.map(({ id }) => `${id};"n;""${id}"""`)].join('\r\n'),
        headers: { 'content-type': 'text/csv' },
      })),
    );
    const { rows } = await drain(
      { primaryKey: ['id'], records: { format: 'csv', delimiter: ';' }, pagination: byOffset },
      api,
    );
    expect(idsOf(rows)).toEqual(seven);
    expect(rows[0]).toBe('{"id":"0","name":"n;\\"0\\""}');
  });

  it('is lines of JSON, and the next page is in a header', async () => {
    const api = scripted(
      inPages((rows, offset) => ({
        body: rows.map((row) => `${JSON.stringify(row)}\n`).join(''),
        headers: offset + 3 < 7 ? { link: `</rows?offset=${offset + 3}>; rel="next"` } : {},
      })),
    );
    const { rows } = await drain(
      { records: { format: 'lines' }, pagination: { kind: 'link-header' } },
      api,
    );
    expect(idsOf(rows)).toEqual(seven);
  });

  it('is a map of records, whose keys become a field', async () => {
    const api = scripted(
      inPages((rows) => ({
        body: { things: Object.fromEntries(rows.map(({ id }) => [`k${id}`, { id }])) },
      })),
    );
    const { rows } = await drain(
      { records: { path: 'things.*', key: 'name' }, pagination: byOffset },
      api,
    );
    expect(idsOf(rows)).toEqual(seven);
    expect(rows[0]).toBe('{"name":"k0","id":0}');
  });

  it('has rows that are wrapped one by one, and the next cursor beside them', async () => {
    const api = scripted(
      inPages((rows, offset) => ({
        body: {
          items: rows.map((data) => ({ kind: 'row', data })),
          ...(offset + 3 < 7 ? { next: String(offset + 3) } : { next: null }),
        },
      })),
    );
    const { rows } = await drain(
      {
        records: 'items.*.data',
        pagination: { kind: 'cursor', from: 'next', param: 'offset' },
      },
      api,
    );
    expect(idsOf(rows)).toEqual(seven);
  });

  it('is a fault where one row of many is not like the others', async () => {
    const api = scripted(() => ({ body: { items: [{ data: { id: 1 } }, { error: 'timeout' }] } }));
    const { report } = await drain({ records: 'items.*.data' }, api, 0);
    expect(report).toMatchObject({ status: 'failed', records: 0 });
    expect(report?.cause).toContain('behind *: expected an object with the key "data"');
  });
});
