import { describe, expect, it } from 'vitest';
import type { Pagination } from '../../../shared/core/source/pagination-schema.ts';
import type { Stream } from '../../../shared/core/source/source.ts';
import { type Asked, type Given, openWalk, rowsOf, sourceOf } from './walk-world.ts';

const ALL = 120;
const MOST = 10;

/** An API that serves one list in several ways, never more than ten rows at a time. */
function serve({ url, at }: Asked): Given {
  const size = Math.min(MOST, Number(at['limit'] ?? MOST));
  const from =
    at['page'] === undefined
      ? Number(at['offset'] ?? at['cursor'] ?? at['after'] ?? 0)
      : Number(at['page']) * size;
  const since = Number(at['since'] ?? 0);
  const all = rowsOf(ALL).filter(({ id }) => id >= since);
  const data = all.slice(from, from + size).map(({ id }) => ({
    id,
    parent: { id: 0 },
    at: new Date(Date.UTC(2026, 5, 1) + id * 60_000).toISOString(),
    name: `n${ALL - id}`,
  }));
  const to = from + data.length;
  const hasMore = to < all.length;
  const link = (start: number): string => {
    const next = new URL(url);
    next.searchParams.set('cursor', String(start));
    return next.href;
  };
  return {
    json: {
      data,
      users: [],
      count: data.length,
      total: all.length,
      page: Math.floor(from / size),
      pages: Math.ceil(all.length / size),
      has_more: hasMore,
      has_previous: from > 0,
      next_cursor: hasMore ? String(to) : null,
      previous_cursor: from > 0 ? String(from - size) : null,
      links: {
        self: url,
        first: link(0),
        last: hasMore ? link(ALL - MOST) : null,
        prev: from > 0 ? link(from - size) : null,
        next: hasMore ? link(to) : null,
      },
    },
    headers: {
      link: [
        ...(hasMore ? [`<${link(to)}>; rel="next"`, `<${link(ALL - MOST)}>; rel="last"`] : []),
        ...(from > 0 ? [`<${link(0)}>; rel="first"`] : []),
      ].join(', '),
    },
  };
}

const right = {
  offset: { kind: 'offset', pageSize: MOST, total: 'total' },
  page: { kind: 'page', firstPage: 0, pageSize: MOST, sizeParam: 'limit', totalPages: 'pages' },
  cursor: { kind: 'cursor', from: 'next_cursor', param: 'cursor' },
  link: { kind: 'link', from: 'links.next' },
  'link-header': { kind: 'link-header' },
  keyset: { kind: 'keyset', field: 'id', param: 'after', pageSize: MOST, sizeParam: 'limit' },
} as const satisfies Partial<Record<Pagination['kind'], Pagination>>;

type Field = readonly [what: string, wrong: Partial<Stream>];

const wrongly = <Kind extends keyof typeof right>(kind: Kind, wrong: object): Field => [
  `${kind}: ${JSON.stringify(wrong)}`,
  { pagination: Object.assign({ ...right[kind] }, wrong) },
];

const fields: readonly Field[] = [
  wrongly('offset', { offsetParam: 'start' }),
  wrongly('offset', { limitParam: 'size' }),
  wrongly('offset', { total: 'count' }),
  wrongly('offset', { total: undefined, hasMore: 'has_previous' }),
  wrongly('offset', { total: undefined, hasMore: 'more' }),
  wrongly('offset', { total: undefined, pageSize: 50, end: 'short-page' }),
  wrongly('offset', { in: 'header' }),
  wrongly('page', { firstPage: 1 }),
  wrongly('page', { firstPage: 1, totalPages: undefined }),
  wrongly('page', { pageParam: 'p' }),
  wrongly('page', { sizeParam: 'size' }),
  wrongly('page', { pageSize: 50, end: 'short-page', totalPages: undefined }),
  wrongly('page', { totalPages: 'page' }),
  wrongly('page', { totalPages: 'count' }),
  wrongly('page', { totalPages: undefined, total: 'count' }),
  wrongly('cursor', { from: 'next' }),
  wrongly('cursor', { from: 'previous_cursor' }),
  wrongly('cursor', { from: { header: 'X-Next-Cursor' } }),
  wrongly('cursor', { param: 'after_cursor' }),
  wrongly('cursor', { end: 'empty-page' }),
  wrongly('cursor', { hasMore: 'has_previous' }),
  wrongly('cursor', { lastPage: 'has_more' }),
  wrongly('link', { from: 'next' }),
  wrongly('link', { from: 'links.prev' }),
  wrongly('link', { from: 'links.self' }),
  wrongly('link', { from: 'links.last' }),
  wrongly('link-header', { rel: 'nxt' }),
  wrongly('link-header', { rel: 'last' }),
  wrongly('keyset', { field: 'ID' }),
  wrongly('keyset', { field: 'parent.id' }),
  wrongly('keyset', { param: 'after_id' }),
  wrongly('keyset', { pageSize: 50, end: 'short-page' }),
  ['the kind: single', { pagination: { kind: 'single' } }],
  ['the kind: link', { pagination: { kind: 'link', from: 'next_cursor' } }],
  ['records: a list that is empty', { pagination: right.page, records: 'users' }],
  ...(['offset', 'page', 'cursor', 'link', 'link-header', 'keyset'] as const).map(
    (kind): Field => [
      `records, of ${kind}: a key that is not there, none being allowed`,
      { pagination: right[kind], records: { path: 'items', missing: 'none' } },
    ],
  ),
  ...[
    { field: 'AT', param: 'since' },
    { field: 'id', param: 'updated' },
  ].map(
    (incremental): Field => [
      `incremental: ${JSON.stringify(incremental)}`,
      { pagination: right.cursor, incremental: { ...incremental, type: 'integer' } },
    ],
  ),
  [
    'incremental: a param that is the cursor',
    { pagination: right.cursor, incremental: { field: 'id', type: 'integer' } },
  ],
];

/** What looks like a misleading name and is none. */
const innocent: readonly Partial<Stream>[] = [
  { pagination: { kind: 'cursor', from: 'meta.last', param: 'after' } },
  { pagination: { kind: 'page', hasMore: 'preview.more' } },
  { pagination: { kind: 'link', from: 'links.last_seen' } },
];

const ids = (rows: readonly unknown[]): readonly number[] => rows.map((row) => Object(row).id);

describe('a source that is wrong in one field', () => {
  it.each(fields)('lands all rows or fails and says why: %s', async (_, stream) => {
    const walk = openWalk(serve);
    for (let times = 0; times < 2; times++) {
      const ran = await runOrRefusal(() => walk.run(sourceOf(stream)));
      if (typeof ran === 'string') return expect(ran).toMatch(/expected/);
      if (ran.exit === 0) expect(ids(ran.table)).toEqual(ids(rowsOf(ALL)));
      else expect(ran.cause).not.toBe('');
    }
  });

  it('does not take the count of a page for that of the list, though nothing else is said', async () => {
    const silent = (asked: Asked): Given => {
      const { data } = { data: [], ...Object(serve(asked).json) };
      return { json: { data, count: data.length } };
    };
    const pagination = { ...right.offset, total: 'count' };
    const ran = await openWalk(silent).run(sourceOf({ pagination }));
    expect(ids(ran.rows)).toEqual(ids(rowsOf(ALL)));
  });

  it.each([
    ['page', 2, { ...right.page, pageParam: 'p', totalPages: 'pages' }],
    ['offset', 3, { ...right.offset, offsetParam: 'start' }],
  ] satisfies [string, number, Pagination][])(
    'is not done where the first page alone counts up to the total: %s, %i times',
    async (_, pages, pagination) => {
      const same = (): Given => ({ json: { data: rowsOf(MOST), total: pages * MOST, pages } });
      const keyed = sourceOf({ pagination });
      const streams = keyed.streams.map(({ primaryKey: _key, ...stream }) => stream);
      for (const source of [keyed, { ...keyed, streams }]) {
        const ran = await openWalk(same).run(source);
        expect(ran.exit).not.toBe(0);
        expect(ran.cause).toContain(`all ${pages} pages hold the same records`);
      }
    },
  );

  it('is refused only for names that can not lead on', () => {
    for (const stream of innocent) expect(() => sourceOf(stream)).not.toThrow();
  });

  it.each(Object.entries(right))('is whole when it is right: %s', async (_, pagination) => {
    const ran = await openWalk(serve).run(sourceOf({ pagination }));
    expect(ran).toMatchObject({ exit: 0, warnings: [], cause: '' });
    expect(ids(ran.rows)).toEqual(ids(rowsOf(ALL)));
  });
});

/** A source may be refused before anything is asked. */
async function runOrRefusal<T>(run: () => Promise<T>): Promise<T | string> {
  try {
    return await run();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
