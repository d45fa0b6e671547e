// Requests that are built from a source's data, and refusals that name them.

import { afterEach, describe, expect, it } from 'vitest';
import { readSource, type Source, type Stream } from '../../shared/core/source/source.ts';
import { type ApiModel, type ApiRequest, type ApiResponse, answer } from '../apis/exchange.ts';
import { openWorld, type World } from './harness.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const serving = (handle: (request: ApiRequest, nowMs: number) => ApiResponse): ApiModel => ({
  handle,
  stats: () => ({ requests: 0, allowed: 0, refused: 0, idle: 0, violations: [] }),
  spendForeign: () => {},
});

async function worldOf(
  stream: Partial<Stream>,
  model: ApiModel,
  more: Partial<Source> = {},
  secrets: Readonly<Record<string, string>> = {},
): Promise<World<ApiModel>> {
  const rows = { name: 'rows', path: 'rows', records: 'data', pagination: { kind: 'single' } };
  const source = { name: 'odd', baseUrl: 'https://odd.example/v1', patienceSeconds: 0, ...more };
  const read = readSource({ ...source, streams: [{ ...rows, ...stream }] }, 'the test');
  const world = await openWorld(read, model, { secrets });
  open.push(world.close);
  return world;
}

describe('a parameter inside a list of a body', () => {
  it('leaves it a list, and the walk reads every row once', async () => {
    const filter = { propertyName: 'id', operator: 'GT', value: '0' };
    const model = serving(({ body }, nowMs) => {
      const { filterGroups, shop } = JSON.parse(body);
      const after = filterGroups?.[0]?.filters?.[0]?.value;
      if (!Array.isArray(filterGroups) || after === undefined || shop !== 'blue') {
        return answer(nowMs, 422, '{"message":"filterGroups must be a list"}');
      }
      const ids = [1, 2, 3].map((step) => Number(after) + step).filter((id) => id <= 7);
      return answer(nowMs, 200, JSON.stringify({ data: ids.map((id) => ({ id })) }));
    });
    const stream: Partial<Stream> = {
      method: 'POST',
      body: { shop: '{shop}', filterGroups: [{ filters: [filter] }] },
      pagination: {
        kind: 'keyset',
        field: 'id',
        param: 'filterGroups.0.filters.0.value',
        in: 'body',
      },
    };
    const world = await worldOf(
      stream,
      model,
      { settings: { shop: 'The shop' } },
      { shop: 'blue' },
    );
    expect((await world.run()).streams['rows']).toMatchObject({ status: 'done', records: 7 });
    expect(await world.published('rows')).toEqual(
      [1, 2, 3, 4, 5, 6, 7].map((id) => `{"id":${id}}`),
    );
  });
});

describe('a refusal', () => {
  const causeOf = async (world: World<ApiModel>): Promise<string> =>
    (await world.run()).streams['rows']?.cause ?? '';

  it.each([400, 401, 403, 404, 405, 410, 422, 451])(
    'with %i names method, URL, status and what signed it',
    async (status) => {
      const model = serving((_, nowMs) => answer(nowMs, status, '{"error":"no"}'));
      const world = await worldOf(
        { path: 'v1/rows', query: { a: 'b c' } },
        model,
        {
          credentials: { kind: 'bearer' },
        },
        { token: 'planted-token-of-the-test' },
      );
      const cause = await causeOf(world);
      expect(cause).toContain(`HTTP ${status}`);
      expect(cause).toContain(
        `(GET ${world.url}/v1/v1/rows?a=b%20c, signed with token of the secrets of odd)`,
      );
      expect(cause).not.toContain('planted');
      const state = await world.ports.ledger.readStream('odd', 'rows');
      expect(state?.run?.cause).toBe(cause);
    },
  );

  it('names a POST, and that nothing signed it', async () => {
    const model = serving((_, nowMs) => answer(nowMs, 500, 'It broke.'));
    const world = await worldOf({ method: 'POST' }, model);
    expect(await causeOf(world)).toContain(`(POST ${world.url}/v1/rows, without credentials)`);
  });

  it('names the request too where the answer cannot be read', async () => {
    const model = serving((_, nowMs) => answer(nowMs, 200, '<html>'));
    expect(await causeOf(await worldOf({}, model))).toMatch(
      /^The page can't be read: .*HTTP 200.* \(GET http:\S+\/v1\/rows, without credentials\)/,
    );
  });

  it('cuts a long URL, and names no key that stands in it', async () => {
    const model = serving((_, nowMs) => answer(nowMs, 403, 'no'));
    const world = await worldOf(
      { query: { list: 'x'.repeat(5_000) } },
      model,
      { credentials: { kind: 'api-key', query: 'key' } },
      { key: 'planted-key-of-the-test' },
    );
    const cause = await causeOf(world);
    expect(cause).toMatch(/\/v1\/rows\?list=x+\.\.\., signed with key of the secrets of odd\)/);
    expect(cause.length).toBeLessThan(400);
    expect(cause).not.toContain('planted');
  });
});
