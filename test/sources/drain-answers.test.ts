// Answers that are not the list, and words for ends and beginnings, on the real machines.

import { afterEach, describe, expect, it } from 'vitest';
import { readSource, type Stream } from '../../shared/core/source/source.ts';
import type { ApiRequest } from '../apis/exchange.ts';
import { openWorld, type World } from './harness.ts';
import { rowsFrom, type ScriptedAnswer, type ScriptedApi, scripted } from './scripted-api.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

type Serve = (request: ApiRequest, requests: number) => ScriptedAnswer;

async function worldOf(
  stream: Partial<Stream>,
  serve: Serve,
  patienceSeconds = 0,
): Promise<World<ScriptedApi>> {
  const declared = {
    name: 'answers',
    baseUrl: 'https://api.example.com',
    patienceSeconds,
    streams: [{ name: 'rows', path: 'rows', records: 'data', pagination: PAGES, ...stream }],
  };
  const world = await openWorld(readSource(declared, 'the test'), scripted(serve));
  open.push(world.close);
  return world;
}

const PAGES = { kind: 'page' } as const;
const CURSORS = { kind: 'cursor', from: 'next', param: 'cursor' } as const;

const ids = (lines: readonly string[]): unknown[] => lines.map((line) => JSON.parse(line).id);
const pageOf = ({ query }: ApiRequest): number => Number(query.get('page'));

/** Fifteen rows, five a page; the cursor is the number of rows before it. */
const byCursor = ({ query }: ApiRequest): ScriptedAnswer => {
  const at = Number(query.get('cursor') ?? 0);
  return { body: { data: rowsFrom(at + 1, 5), next: at < 10 ? String(at + 5) : null } };
};

describe('an answer that is not the list', () => {
  const none = { path: 'data', missing: 'none' } as const;

  it.each([
    ['an error document', { httpCode: '500', message: 'Internal error' }],
    ['an empty object', {}],
  ])('is no last page behind pages that had it: %s', async (_, body) => {
    let sick = false;
    const serve: Serve = (request) =>
      request.query.has('cursor') && sick ? { body } : byCursor(request);
    const world = await worldOf({ records: none, pagination: CURSORS }, serve);
    await world.run();
    sick = true;
    const run = await world.run();
    expect(run.streams['rows']).toMatchObject({ status: 'failed' });
    expect(run.streams['rows']?.cause).toContain('neither it nor the place of the next page');
    expect(await world.published('rows')).toHaveLength(15);
  });

  it('is the last page where the place of the next one is there and says nothing', async () => {
    const serve: Serve = (request) =>
      request.query.has('cursor') ? { body: { next: null } } : byCursor(request);
    const world = await worldOf({ records: none, pagination: CURSORS }, serve);
    expect((await world.run()).streams['rows']).toMatchObject({ status: 'done', records: 5 });
  });

  it('is known to be suspect by the round that goes on, too', async () => {
    const serve: Serve = (request) =>
      request.query.has('cursor') ? { body: {} } : byCursor(request);
    const stream = { records: none, pagination: CURSORS, pagesPerRound: 1 };
    const run = await (await worldOf(stream, serve)).run();
    expect(run.streams['rows']).toMatchObject({ status: 'failed', records: 5 });
  });

  it('is asked for again when it is not ready, at the time that it names', async () => {
    const notReady = { status: 202, body: [], headers: { 'Retry-After': '40' } };
    const serve: Serve = (_, requests) =>
      requests < 30 ? notReady : { body: { data: rowsFrom(1, 2) } };
    const stream: Partial<Stream> = { pagination: { kind: 'single' } };
    const world = await worldOf(stream, serve, 3600);
    const run = await world.run();
    expect(run.streams['rows']).toMatchObject({ status: 'done', records: 2, requests: 30 });
    // The Wait state of the test machine is short; what was asked of it is counted.
    expect(run.streams['rows']?.waitedSeconds).toBeGreaterThan(29 * 39);
  });

  it.each([
    ['a cursor', '{"data":[{"id":1}],"next":"5","next":null}', { pagination: CURSORS }],
    ['the list', '{"data":[{"id":1}],"next":null,"data":[]}', { pagination: CURSORS }],
    ['a total', '{"data":[{"id":1}],"n":9,"n":1}', { total: { body: 'n' } }],
  ])('is one in which %s has two meanings', async (_, body, stream) => {
    const run = await (await worldOf(stream, () => ({ body }))).run();
    expect(run.streams['rows']).toMatchObject({ status: 'failed', records: 0 });
  });
});

describe('a verdict of the walk', () => {
  it('ends it at a status, and what landed is published with its watermark', async () => {
    const all = rowsFrom(1, 5);
    const serve: Serve = (request) => {
      const after = Number(request.query.get('after') ?? 0);
      const at = (pageOf(request) - 1) * 2;
      const data = all.filter((row) => row.id >= after).slice(at, at + 2);
      return data.length === 0
        ? { status: 404, body: { detail: 'Invalid page.' } }
        : { body: { data } };
    };
    const incremental = { field: 'id', param: 'after', type: 'integer' } as const;
    const verdicts = [{ status: 404, verdict: 'end' }] as const;
    const world = await worldOf({ verdicts: [...verdicts], incremental }, serve);
    expect((await world.run()).streams['rows']).toMatchObject({ status: 'done', records: 5 });
    await world.run();
    expect(world.model.asked.some((query) => query.includes('after=5'))).toBe(true);
  });

  it('makes a first page that is the end a table without rows', async () => {
    const verdicts: Stream['verdicts'] = [{ status: 204, verdict: 'end' }];
    const world = await worldOf({ verdicts }, () => ({ status: 204 }));
    expect((await world.run()).streams['rows']).toMatchObject({ status: 'done', records: 0 });
  });

  it('keeps the rows of the answer that says the end', async () => {
    const verdicts: Stream['verdicts'] = [{ status: 200, body: 'last', verdict: 'end' }];
    const world = await worldOf({ verdicts }, (request) => ({
      body: { data: rowsFrom(pageOf(request) * 2 - 1, 2), last: pageOf(request) === 3 },
    }));
    expect((await world.run()).streams['rows']).toMatchObject({ status: 'done', records: 6 });
  });

  it('goes on behind a page without rows', async () => {
    const verdicts: Stream['verdicts'] = [{ status: 204, verdict: 'empty' }];
    const world = await worldOf({ verdicts }, (request) => {
      const page = pageOf(request);
      if (page === 2) return { status: 204 };
      return { body: { data: page > 3 ? [] : rowsFrom(page, 1) } };
    });
    expect((await world.run()).streams['rows']).toMatchObject({ status: 'done', records: 2 });
    expect(ids(await world.published('rows'))).toEqual([1, 3]);
  });

  it('refuses to skip a stream of which pages were read, and names the others', async () => {
    const verdicts: Stream['verdicts'] = [{ status: 404, verdict: 'skip' }];
    const world = await worldOf({ verdicts }, (request) =>
      pageOf(request) > 2 ? { status: 404 } : { body: { data: rowsFrom(pageOf(request), 1) } },
    );
    const run = await world.run();
    expect(run.streams['rows']).toMatchObject({ status: 'failed' });
    expect(run.streams['rows']?.cause).toMatch(/declare "end"/i);
  });
});

describe('a cursor that the API has lost', () => {
  const verdicts: Stream['verdicts'] = [{ status: 400, body: 'errors', verdict: 'restart' }];
  const dead = { status: 400, body: { errors: [{ code: 'INVALID_CURSOR' }] } };

  it.each([1, 1000])('begins the walk anew, each row once: %i pages a round', async (pages) => {
    let times = 0;
    const stream = { pagination: CURSORS, verdicts, pagesPerRound: pages };
    const world = await worldOf(stream, (request) =>
      request.query.get('cursor') === '10' && times++ === 0 ? dead : byCursor(request),
    );
    const run = await world.run();
    expect(run.streams['rows']).toMatchObject({ status: 'done', records: 15, pages: 3 });
    expect(run.streams['rows']?.warnings?.join()).toContain('read from its start again');
    expect(ids(await world.published('rows'))).toEqual(rowsFrom(1, 15).map(({ id }) => id));
  });

  it('begins anew once in a run, and the next run begins anew as well', async () => {
    let times = 0;
    const world = await worldOf({ pagination: CURSORS, verdicts }, (request) =>
      request.query.get('cursor') === '10' && times++ < 2 ? dead : byCursor(request),
    );
    const run = await world.run();
    expect(run.streams['rows']).toMatchObject({ status: 'failed' });
    expect(run.streams['rows']?.cause).toContain('begun anew once already');
    expect(await world.published('rows')).toEqual([]);
    expect((await world.run()).streams['rows']).toMatchObject({ status: 'done', records: 15 });
  });

  it.each([400, 404, 410])(
    'is given up by itself when a run that goes on is refused at once: %i',
    async (status) => {
      let [epoch, sick] = [1, true];
      const world = await worldOf({ pagination: CURSORS, pagesPerRound: 1 }, (request) => {
        const [given = '', at = '0'] = (request.query.get('cursor') ?? '').split('-');
        if (given && (sick || given !== `e${epoch}`)) return { status, body: {} };
        const next = Number(at) + 5;
        const data = rowsFrom(next - 4, 5);
        return { body: { data, next: next < 15 ? `e${epoch}-${next}` : null } };
      });
      const first = await world.run();
      expect(first.streams['rows']).toMatchObject({ status: 'failed', records: 5 });
      [epoch, sick] = [2, false];
      const second = await world.run();
      expect(second.streams['rows']).toMatchObject({ status: 'done', records: 15 });
      expect(second.streams['rows']?.warnings?.join()).toContain(`HTTP ${status}`);
    },
  );
});

describe('an answer that looks right', () => {
  it('is retried for a text far behind its rows, and no part of them is landed', async () => {
    const pad = 'x'.repeat(100);
    const rows = rowsFrom(1, 3000).map((row) => ({ ...row, pad }));
    const world = await worldOf(
      {
        records: 'data.nodes',
        pagination: { kind: 'single' },
        verdicts: [{ status: 200, text: '"errors":[', verdict: 'retry' }],
      },
      (_, requests) =>
        requests < 3
          ? { body: { data: { nodes: rows.slice(0, 1500) }, errors: [{ type: 'BUSY' }] } }
          : { body: { data: { nodes: rows } } },
      60,
    );
    const run = await world.run();
    expect(run.streams['rows']).toMatchObject({ status: 'done', records: 3000, requests: 3 });
    expect(ids(await world.published('rows'))).toEqual(rows.map(({ id }) => id));
  });

  it('of 403 renews the token where that is declared, once, and the page is asked again', async () => {
    let tokens = 0;
    const declared = {
      name: 'answers',
      baseUrl: 'https://api.example.com',
      credentials: {
        kind: 'oauth2-client-credentials',
        tokenUrl: 'https://api.example.com/token',
      },
      verdicts: [{ status: 403, text: 'INVALID_SESSION_ID', verdict: 'refresh' }],
      streams: [{ name: 'rows', path: 'rows', records: 'data', pagination: CURSORS }],
    };
    const model = scripted((request) => {
      if (request.path === '/token') {
        return { body: { access_token: `token-number-${++tokens}-given`, expires_in: 3600 } };
      }
      const isOld = request.headers['authorization'] === 'Bearer token-of-before';
      return isOld && request.query.has('cursor')
        ? { status: 403, body: { error: { code: 'INVALID_SESSION_ID' } } }
        : byCursor(request);
    });
    const nowMs = Date.now();
    const secrets = {
      clientId: 'lake',
      clientSecret: 'planted-client-3Fy8',
      accessToken: 'token-of-before',
      accessTokenObtainedAtMs: String(nowMs - 60_000),
      accessTokenExpiresAtMs: String(nowMs + 3_600_000),
    };
    const world = await openWorld(readSource(declared, 'the test'), model, { secrets });
    open.push(world.close);
    const run = await world.run();
    expect(run.streams['rows']).toMatchObject({ status: 'done', records: 15 });
    expect(tokens).toBe(1);
    expect(model.paths.filter((path) => path === '/rows')).toHaveLength(4);
    expect(world.secrets.get('answers')).toMatchObject({ accessToken: 'token-number-1-given' });
  });
});
