import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pagination } from '../../../shared/core/source/pagination-schema.ts';
import { paged } from '../builders.ts';
import { listServer, type Server, type Window, walk } from './list-server.ts';

/** A way to page: the spec, a server for it, and how many requests `n` rows need at least. */
interface Way {
  readonly name: string;
  readonly spec: (size: number) => Pagination;
  readonly server: (list: readonly string[], size: number, clamp: number) => Server;
  /**
   * The end shows one page later than the last row: when every page was full or only one came, when
   * the total is that of an only page or the size of one, or always.
   */
  readonly late?: 'full' | 'total' | 'always';
  readonly neverClamps?: true;
}

const more = ({ more: has }: Window) => ({ envelope: { has_more: has } });
const total = ({ all }: Window) => ({ envelope: { meta: { total: String(all) } } });
const none = () => ({});
const from = (name: string) => (at: (name: string) => number | undefined) => at(name) ?? 0;
const pageFrom = (at: (name: string) => number | undefined) =>
  ((at('page') ?? 1) - 1) * (at('size') ?? 1);
const idFrom = (at: (name: string) => number | undefined) => (at('after') ?? 1000) - 1000;

const offsetWay = (
  name: string,
  extra: object,
  tell: (page: Window) => object,
  rest: Partial<Way> = {},
): Way => ({
  name: `offset, ${name}`,
  spec: (pageSize) => ({ kind: 'offset', pageSize, ...extra }),
  server: (list, _, clamp) =>
    listServer({
      list,
      start: from('offset'),
      size: 'limit',
      clamp,
      tell: (w) => ({ ...tell(w) }),
    }),
  ...rest,
});

const pageWay = (
  name: string,
  extra: object,
  tell: (page: Window, size: number) => object,
  rest: Partial<Way> = {},
): Way => ({
  name: `page, ${name}`,
  spec: (pageSize) => ({ kind: 'page', pageSize, sizeParam: 'per_page', ...extra }),
  server: (list, size, clamp) =>
    listServer({
      list,
      start: pageFrom,
      size: 'per_page',
      clamp,
      tell: (w) => ({ ...tell(w, Math.min(size, clamp)) }),
    }),
  ...rest,
});

const cursorWay = (
  name: string,
  extra: object,
  tell: (page: Window) => object,
  rest: Partial<Way> = {},
): Way => ({
  name: `cursor, ${name}`,
  spec: (pageSize) => ({
    kind: 'cursor',
    from: 'next.after',
    param: 'after',
    pageSize,
    sizeParam: 'limit',
    ...extra,
  }),
  server: (list, _, clamp) =>
    listServer({ list, start: idFrom, size: 'limit', clamp, tell: (w) => ({ ...tell(w) }) }),
  ...rest,
});

const nextUrl = (page: Window) => {
  const url = new URL(page.url);
  url.searchParams.set('offset', String(page.to));
  return url.href;
};

const linkWay = (spec: object, tell: (page: Window) => object): Way => ({
  name: JSON.stringify(spec),
  spec: (pageSize) =>
    ({ kind: 'link', from: '@attributes.next', pageSize, sizeParam: 'limit', ...spec }) as const,
  server: (list, _, clamp) =>
    listServer({
      list,
      start: from('offset'),
      size: 'limit',
      clamp,
      tell: (w) => ({ ...tell(w) }),
    }),
});

const ways: readonly Way[] = [
  offsetWay('empty page', {}, none, { late: 'always' }),
  offsetWay('short page', { end: 'short-page' }, none, { late: 'full', neverClamps: true }),
  offsetWay('total', { total: 'meta.total' }, total, { late: 'total' }),
  offsetWay(
    'total in a header',
    { total: { header: 'X-Total-Count' } },
    ({ all }) => ({ headers: { 'x-total-count': String(all) } }),
    { late: 'total' },
  ),
  offsetWay(
    'Content-Range',
    { total: { header: 'Content-Range' } },
    ({ from: a, to, all }) => ({ headers: { 'content-range': `${a}-${to - 1}/${all}` } }),
    { late: 'total' },
  ),
  offsetWay('has more', { hasMore: 'has_more' }, more),
  offsetWay('in the body', { in: 'body', total: 'meta.total' }, total, { late: 'total' }),
  offsetWay('in headers', { in: 'header', total: 'meta.total' }, total, { late: 'total' }),
  pageWay('empty page', {}, none, { late: 'always' }),
  pageWay('short page', { end: 'short-page' }, none, { late: 'full', neverClamps: true }),
  pageWay('total', { total: 'meta.total' }, total, { late: 'total' }),
  pageWay('pages', { totalPages: 'pages' }, ({ all }, size) => ({
    envelope: { pages: Math.ceil(all / size) },
  })),
  pageWay('has more', { hasMore: 'has_more' }, more),
  cursorWay('none at the end', {}, (w) => ({
    envelope: { next: w.more ? { after: w.to + 1000 } : {} },
  })),
  cursorWay('null at the end', {}, (w) => ({
    envelope: { next: { after: w.more ? String(w.to + 1000) : null } },
  })),
  cursorWay('has more', { hasMore: 'more' }, (w) => ({
    envelope: { more: w.more ? 1 : 0, next: { after: w.to + 1000 } },
  })),
  cursorWay(
    'empty page',
    { end: 'empty-page' },
    (w) => ({ envelope: { next: { after: w.last === undefined ? null : w.to + 1000 } } }),
    { late: 'always' },
  ),
  cursorWay('header', { from: { header: 'X-Next' } }, (w) => ({
    headers: w.more ? { 'x-next': String(w.to + 1000) } : {},
  })),
  linkWay({}, (w) => ({ envelope: { '@attributes': { next: w.more ? nextUrl(w) : '' } } })),
  {
    ...linkWay({}, (w) => ({
      headers: w.more ? { link: `<${nextUrl(w)}>; rel="last next"` } : {},
    })),
    name: 'link header',
    spec: (pageSize) => ({ kind: 'link-header', pageSize, sizeParam: 'limit' }),
  },
  {
    name: 'keyset, empty page',
    spec: (pageSize) => ({
      kind: 'keyset',
      field: 'id',
      param: 'after',
      pageSize,
      sizeParam: 'n',
    }),
    server: (list, _, clamp) => listServer({ list, start: idFrom, size: 'n', clamp, tell: none }),
    late: 'always',
  },
  {
    name: 'keyset, has more',
    spec: (pageSize) => ({
      kind: 'keyset',
      field: 'id',
      param: 'after',
      pageSize,
      sizeParam: 'n',
      hasMore: 'has_more',
    }),
    server: (list, _, clamp) => listServer({ list, start: idFrom, size: 'n', clamp, tell: more }),
  },
];

/** Records whose id is 1000 + their place counted from 1: a keyset of its own. */
const records = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `{"id":${1001 + index}}`);

describe('every way to page', () => {
  const shapes = fc.record({
    count: fc.oneof(fc.constantFrom(0, 1, 10, 20, 30), fc.nat(45)),
    size: fc.constantFrom(1, 2, 5, 10, 50),
    clamp: fc.constantFrom(1, 3, 5, 10, 100),
  });

  for (const way of ways) {
    it(`yields each record once, in order, with no request too many: ${way.name}`, () => {
      fc.assert(
        fc.property(shapes, ({ count, size, clamp }) => {
          const most = way.neverClamps ? 1000 : clamp;
          const list = records(count);
          const { source, stream } = paged(way.spec(size), {
            method: JSON.stringify(way.spec(size)).includes('"body"') ? 'POST' : 'GET',
          });
          const walked = walk(source, stream, way.server(list, size, most));
          expect(walked.records).toEqual(list);
          expect(walked.outcome.kind).toBe('end');
          const given = Math.min(size, most);
          const isLate: Readonly<Record<NonNullable<Way['late']>, boolean>> = {
            full: count % given === 0 || count < given,
            total: count <= given || count === size,
            always: true,
          };
          const late = count > 0 && way.late !== undefined && isLate[way.late];
          const needed = Math.max(1, Math.ceil(count / given)) + (late ? 1 : 0);
          expect(walked.requests).toHaveLength(needed);
        }),
        { numRuns: 150 },
      );
    });
  }

  it('asks once for a stream that is one request', () => {
    const { source, stream } = paged({ kind: 'single' });
    const walked = walk(source, stream, () => ({ rows: records(3) }));
    expect(walked.requests).toHaveLength(1);
    expect(walked.outcome.kind).toBe('end');
  });
});
