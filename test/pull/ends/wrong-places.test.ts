import { describe, expect, it } from 'vitest';
import type { Pagination } from '../../../shared/core/source/pagination-schema.ts';
import type { Stream } from '../../../shared/core/source/source.ts';
import { type Asked, type Given, openWalk, rowsOf, sourceOf } from './walk-world.ts';

/** A list, and how many rows of it come at most, whatever is asked. */
interface List {
  readonly all: number;
  readonly most: number;
}

/** Where a page stands, in every way that APIs tell it. */
const placesOf = ({ all, most }: List, { at }: Asked, firstPage: number) => {
  const size = Math.min(most, Number(at['limit'] ?? most));
  const page = Number(at['page'] ?? firstPage);
  const from =
    at['page'] === undefined
      ? Number(at['offset'] ?? at['cursor'] ?? at['after'] ?? 0)
      : (page - firstPage) * size;
  const data = rowsOf(Math.min(size, all - from), from);
  const to = from + data.length;
  return {
    data,
    to,
    hasMore: to < all,
    told: {
      count: data.length,
      results: data.length,
      page,
      current_page: page,
      per_page: Number(at['limit'] ?? most),
      page_size: size,
      limit: Number(at['limit'] ?? most),
      offset: from,
      from: from + 1,
      to,
      last_id: data.at(-1)?.id ?? null,
      first_id: data.at(0)?.id ?? null,
      last_page: Math.ceil(all / size),
      total_pages: Math.ceil(all / size),
      page_count: Math.ceil(all / size),
      total: all,
      next_offset: to < all ? to : null,
      live: false,
      success: true,
      archived: 'false',
      has_more: to < all,
      is_last: to >= all,
      done: to >= all,
    },
  };
};

type Told = keyof ReturnType<typeof placesOf>['told'];

/** An API that says nothing but these places, and knows no page beyond the last. */
const saying =
  (list: List, places: readonly Told[], firstPage = 1, beyond: 'empty' | 'refused' = 'empty') =>
  (asked: Asked): Given => {
    const { data, told } = placesOf(list, asked, firstPage);
    if (beyond === 'refused' && data.length === 0) return { status: 404, json: {} };
    const said = Object.fromEntries(places.map((place) => [place, told[place]]));
    return { json: { data, ...said } };
  };

const lists: readonly List[] = [
  { all: 6, most: 2 },
  { all: 5, most: 2 },
  { all: 8, most: 2 },
  { all: 5, most: 1 },
  { all: 16, most: 4 },
  { all: 120, most: 10 },
  { all: 120, most: 50 },
  { all: 7, most: 10 },
];

const asksFor = (size: number) => ({ pageSize: size, sizeParam: 'limit' });

/** Numbers that are no total, and no number of pages. */
const NO_TOTAL: readonly Told[] = [
  ...(['count', 'results', 'page', 'current_page', 'per_page', 'page_size', 'limit'] as const),
  ...(['offset', 'from', 'to', 'last_id', 'first_id', 'next_offset'] as const),
  ...(['total_pages', 'page_count', 'last_page'] as const),
];
const NO_PAGES: readonly Told[] = [
  ...NO_TOTAL.filter((place) => !/pages|page_count|last_page/.test(place)),
  'total',
];
const NO_FLAG: readonly Told[] = ['live', 'archived', 'success', 'is_last', 'done'];

const wrong: readonly (readonly [string, Pagination, readonly Told[]])[] = [
  ...NO_TOTAL.flatMap((total) =>
    [
      { kind: 'page', total } as const,
      { kind: 'page', total, ...asksFor(100) } as const,
      { kind: 'offset', total, pageSize: 4 } as const,
      { kind: 'offset', total, pageSize: 100 } as const,
    ].map((spec) => [JSON.stringify(spec), spec, [total]] as const),
  ),
  ...NO_PAGES.flatMap((totalPages) =>
    [
      { kind: 'page', totalPages } as const,
      { kind: 'page', totalPages, ...asksFor(100) } as const,
    ].flatMap((spec) =>
      [[totalPages], [totalPages, 'total_pages'] as const].map(
        (places) => [`${JSON.stringify(spec)} beside ${places.at(1)}`, spec, places] as const,
      ),
    ),
  ),
  ...NO_FLAG.flatMap((hasMore) =>
    [
      { kind: 'page', hasMore } as const,
      { kind: 'offset', hasMore, pageSize: 4 } as const,
      { kind: 'keyset', field: 'id', param: 'after', hasMore } as const,
      { kind: 'cursor', from: 'next_offset', param: 'cursor', hasMore } as const,
    ].flatMap((spec) => {
      const { hasMore: _wrong, ...rest } = spec;
      const inverted = hasMore === 'success' ? 'has_more' : 'success';
      const flags: readonly Pagination[] = [spec, { ...rest, lastPage: inverted }];
      const besides: readonly (readonly Told[])[] = [['has_more'], []];
      return flags.flatMap((flag) =>
        besides.map(
          (beside) =>
            [
              `${JSON.stringify(flag)} beside ${beside}`,
              flag,
              [hasMore, inverted, 'next_offset', ...beside],
            ] as const,
        ),
      );
    }),
  ),
  ...[100, 3].flatMap((pageSize) =>
    [
      { kind: 'page', end: 'short-page', pageSize } as const,
      { kind: 'offset', end: 'short-page', pageSize } as const,
      { kind: 'keyset', field: 'id', param: 'after', end: 'short-page', pageSize } as const,
    ].map((spec) => [JSON.stringify(spec), spec, []] as const),
  ),
];

describe('a place of a pagination that means something else', () => {
  it.each(wrong)('never ends a run with fewer rows: %s', async (_, pagination, places) => {
    for (const list of lists) {
      for (const pagesPerRound of [1, 50]) {
        const walk = openWalk(saying(list, places));
        const ran = await walk.run(sourceOf({ pagination, pagesPerRound }));
        if (ran.exit === 0) expect([list, ran.rows]).toEqual([list, rowsOf(list.all)]);
        else expect(ran.cause).not.toBe('');
      }
    }
  });
});

/** Declared as the API means it; each is asked for one page more at most. */
const right: readonly (readonly [string, Pagination, readonly Told[]])[] = [
  ['a total', { kind: 'page', total: 'total' }, ['total']],
  [
    'a total of rows by size',
    { kind: 'page', total: 'total', ...asksFor(10) },
    ['total', 'count'],
  ],
  ['a total of an offset', { kind: 'offset', total: 'total', pageSize: 10 }, ['total']],
  ['a number of pages', { kind: 'page', totalPages: 'total_pages' }, ['total_pages', 'page']],
  ['another name of pages', { kind: 'page', totalPages: 'page_count' }, ['page_count']],
  ['a flag', { kind: 'page', hasMore: 'has_more' }, ['has_more']],
  ['a flag of the last', { kind: 'page', lastPage: 'is_last' }, ['is_last']],
  ['a flag of another name', { kind: 'offset', lastPage: 'done', pageSize: 10 }, ['done']],
  ['a short page', { kind: 'offset', end: 'short-page', pageSize: 2 }, []],
];

describe('a place that means what is declared', () => {
  it.each(right)('ends without a warning, and soon: %s', async (_, pagination, places) => {
    for (const list of lists) {
      for (const beyond of ['empty', 'refused'] as const) {
        const short = 'end' in pagination && pagination.end === 'short-page';
        const given = short ? { ...list, most: Math.max(2, list.most) } : list;
        if (short && given.most % 2 !== 0) continue;
        const walk = openWalk(saying(given, places, 1, beyond));
        const source = sourceOf({ pagination });
        const ran = await walk.run(source);
        if (short && beyond === 'refused' && given.all % 2 === 0) continue;
        expect([given, beyond, ran]).toMatchObject([
          given,
          beyond,
          { exit: 0, rows: rowsOf(given.all), warnings: [] },
        ]);
        const { pageSize = given.most } = { pageSize: undefined, ...pagination };
        const pages = Math.ceil(given.all / Math.min(given.most, pageSize));
        expect(ran.requests.length).toBeLessThanOrEqual(pages + 1);
      }
    }
  });
});

describe('a page that was asked for only to see that nothing follows', () => {
  const counted: Partial<Stream> = { pagination: { kind: 'page', total: 'count' } };

  it.each([400, 404, 410, 416, 422])('shows the end where it is refused: %i', async (status) => {
    const walk = openWalk(({ at }) =>
      at['page'] === '1' ? { json: { count: 3, data: rowsOf(3) } } : { status, json: {} },
    );
    const ran = await walk.run(sourceOf({ ...counted, pagesPerRound: 1 }));
    expect(ran).toMatchObject({ exit: 0, warnings: [], rows: rowsOf(3) });
    expect(ran.requests).toHaveLength(2);
  });

  it.each([
    ['refused for another reason', 403, {}],
    ['refused where something speaks of more', 404, { has_more: true }],
  ])('shows nothing where it is %s', async (_, status, beside) => {
    const walk = openWalk(({ at }) =>
      at['page'] === '1'
        ? { json: { count: 3, data: rowsOf(3), ...beside } }
        : { status, json: {} },
    );
    expect(await walk.run(sourceOf(counted))).toMatchObject({ exit: 1, rows: [] });
  });

  it('is a doubt where it holds the same rows again', async () => {
    const walk = openWalk(() => ({ json: { count: 3, data: rowsOf(3) } }));
    const ran = await walk.run(sourceOf(counted));
    expect(ran).toMatchObject({ exit: 0, rows: rowsOf(3) });
    expect(ran.warnings).toEqual([expect.stringContaining('the same rows again')]);
  });
});

describe('a walk that ends on a page without rows', () => {
  const at: List = { all: 6, most: 2 };

  it.each([
    ['a page number that starts too late', { kind: 'page' }, ['total'], 0],
    [
      'a page number that starts too late, beside a number of pages',
      { kind: 'page', totalPages: 'total_pages' },
      ['total_pages'],
      0,
    ],
  ] satisfies [string, Pagination, Told[], number][])(
    'is not whole where the answer tells of more rows: %s',
    async (_, pagination, places, firstPage) => {
      const walk = openWalk(saying(at, places, firstPage));
      const ran = await walk.run(sourceOf({ pagination }));
      expect(ran).toMatchObject({ exit: 1, rows: [] });
    },
  );

  it('is not whole where a keyset skips rows, and whole where the total is to be ignored', async () => {
    const skips = ({ at: asked }: Asked): Given => {
      const data = rowsOf(6)
        .map(({ id }) => ({ id, number: 1000 + id }))
        .filter(({ id }) => id > Number(asked['after'] ?? 0))
        .slice(0, 2);
      return { json: { data, total: 6 } };
    };
    const spec = { kind: 'keyset', param: 'after' } as const;
    const skipped = { pagination: { ...spec, field: 'number' } } as const;
    const ran = await openWalk(skips).run(sourceOf(skipped));
    expect(ran).toMatchObject({ exit: 1, rows: [] });
    expect(ran.cause).toContain('at least 6 records, 2 came');
    const ignore = { pagination: { ...skipped.pagination, ignore: ['total'] } };
    expect(await openWalk(skips).run(sourceOf(ignore))).toMatchObject({ exit: 0, warnings: [] });
    const whole = { pagination: { ...spec, field: 'id' } };
    expect(await openWalk(skips).run(sourceOf(whole))).toMatchObject({ exit: 0, warnings: [] });
  });
});
