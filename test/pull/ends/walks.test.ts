import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pagination } from '../../../shared/core/source/pagination-schema.ts';
import type { Stream } from '../../../shared/core/source/source.ts';
import { type Asked, type Given, ORIGIN, openWalk, rowsOf, sourceOf } from './walk-world.ts';

/** An API, as it is drawn. */
interface Api {
  readonly kind: Pagination['kind'];
  readonly all: number;
  readonly size: number;
  /** The most rows that it gives, whatever is asked. */
  readonly clamp: number;
  /** What stands where the next place was, on the last page. */
  readonly last: 'null' | 'empty' | 'absent' | 'false' | 'zero';
  readonly flag: 'none' | 'declared' | 'last-page' | 'undeclared';
  readonly total: 'none' | 'right' | 'undeclared' | 'zero' | 'least' | 'more' | 'of the page';
  /** From which request on it misbehaves, and for how many. */
  readonly fault: {
    readonly what: 'none' | 'error document' | 'html' | '500' | 'dead cursor' | 'lost place';
    readonly from: number;
    readonly times: number;
  };
  readonly pagesPerRound: number;
}

const api: fc.Arbitrary<Api> = fc.record({
  kind: fc.constantFrom('offset', 'page', 'cursor', 'link', 'link-header', 'keyset', 'single'),
  all: fc.oneof(fc.constantFrom(0, 1, 10, 20), fc.nat(45)),
  size: fc.constantFrom(1, 3, 5, 10, 50),
  clamp: fc.constantFrom(2, 5, 10, 100),
  last: fc.constantFrom('null', 'empty', 'absent', 'false', 'zero'),
  flag: fc.constantFrom('none', 'declared', 'last-page', 'undeclared'),
  total: fc.constantFrom('none', 'right', 'undeclared', 'zero', 'least', 'more', 'of the page'),
  fault: fc.record({
    what: fc.constantFrom('none', 'error document', 'html', '500', 'dead cursor', 'lost place'),
    from: fc.integer({ min: 1, max: 5 }),
    times: fc.constantFrom(1, 2, 100),
  }),
  pagesPerRound: fc.constantFrom(1, 2, 50),
});

const NOTHING = { null: null, empty: '', false: false, zero: 0, absent: undefined } as const;

/** What one page holds, and what it says of the next. */
function pageOf({ kind, all, size, clamp, last, flag, total }: Api, { url, at }: Asked) {
  const most = kind === 'single' ? all : Math.min(size, clamp);
  const from =
    kind === 'page' ? (Number(at['page'] ?? 1) - 1) * most : Number(at['at'] ?? at['offset'] ?? 0);
  const data = rowsOf(Math.min(most, all - from), from);
  const to = from + data.length;
  const hasMore = to < all;
  const next = new URL(url);
  next.searchParams.set('at', String(to));
  const place = kind === 'link' ? next.href : String(to);
  const counts = {
    none: undefined,
    right: all,
    undeclared: all,
    zero: 0,
    least: { value: Math.min(all, most), relation: 'gte' },
    more: all + 5,
    'of the page': data.length,
  };
  return {
    hasMore,
    next: kind === 'link-header' ? next.href : undefined,
    body: {
      data,
      ...(kind === 'cursor' || kind === 'link' ? { next: hasMore ? place : NOTHING[last] } : {}),
      ...(flag === 'last-page' ? { is_last: !hasMore } : {}),
      ...(flag === 'declared' || flag === 'undeclared' ? { has_more: hasMore } : {}),
      total: counts[total],
    },
  };
}

const served = (drawn: Api) => {
  let requests = 0;
  const { from, times } = drawn.fault;
  // A total that is reached and a refusal of the page behind it agree: nobody could tell.
  const agree = drawn.fault.what === 'dead cursor' && drawn.total === 'of the page';
  const what = agree ? 'none' : drawn.fault.what;
  return (asked: Asked): Given => {
    requests++;
    const page = pageOf(drawn, asked);
    const headers = page.hasMore && page.next ? { link: `<${page.next}>; rel="next"` } : {};
    const isSick = requests >= from && requests < from + times;
    if (!isSick || what === 'none') return { json: page.body, headers };
    if (what === 'error document') return { json: { error: { message: 'Try again.' } } };
    if (what === 'html') return { json: '<html><body>Sorry</body></html>' };
    if (what === '500') return { status: 500, json: {} };
    if (what === 'dead cursor') {
      return asked.url === `${ORIGIN}/rows`
        ? { json: page.body, headers }
        : { status: 400, json: { error: 'unknown cursor' } };
    }
    const { next: _next, ...body } = page.body;
    return { json: { ...body, has_more: page.hasMore, total: drawn.all } };
  };
};

function streamOf({ kind, size, flag, total, fault, pagesPerRound }: Api): Partial<Stream> {
  const flags = {
    ...(flag === 'declared' ? { hasMore: 'has_more' } : {}),
    ...(flag === 'last-page' ? { lastPage: 'is_last' } : {}),
  };
  const sized = { pageSize: size, sizeParam: 'limit' };
  // What a lost place says of itself is a total.
  const isTold = !['none', 'undeclared'].includes(total) || fault.what === 'lost place';
  const counted = isTold ? { total: 'total' } : {};
  const specs: { readonly [Kind in Pagination['kind']]: object } = {
    offset: { pageSize: size, ...counted, ...flags },
    page: { ...sized, ...counted, ...flags },
    cursor: { from: 'next', param: 'at', ...sized, ...flags },
    link: { from: 'next', ...sized, ...flags },
    'link-header': { ...sized, ...flags },
    keyset: { field: 'id', param: 'at', ...sized, ...flags },
    single: {},
  };
  const spec: Pagination = Object.assign({ kind: 'single' as const }, { kind }, specs[kind]);
  const own = isTold && kind !== 'offset' && kind !== 'page' ? { total: { body: 'total' } } : {};
  return { pagination: spec, pagesPerRound, ...own };
}

describe('a walk over any API', () => {
  it('that exits 0 has every row, and says why where it does not', async () => {
    const seen = { done: 0, failed: 0 };
    await fc.assert(
      fc.asyncProperty(api, async (drawn) => {
        const walk = openWalk(served(drawn));
        const source = sourceOf(streamOf(drawn));
        for (let times = 0; times < 2; times++) {
          const ran = await walk.run(source);
          if (ran.exit === 0) {
            seen.done++;
            expect(ran.rows).toEqual(rowsOf(drawn.all));
          } else {
            seen.failed++;
            expect(ran.cause).not.toBe('');
          }
        }
      }),
      { numRuns: 600 },
    );
    expect(seen.done).toBeGreaterThan(300);
    expect(seen.failed).toBeGreaterThan(50);
  });

  it('that is well served and told no wrong total is done without a doubt of its end', async () => {
    const well = api.map((drawn): Api => {
      const total = drawn.total === 'right' || drawn.total === 'undeclared' ? drawn.total : 'none';
      return { ...drawn, total, fault: { ...drawn.fault, what: 'none' } };
    });
    await fc.assert(
      fc.asyncProperty(well, async (drawn) => {
        const ran = await openWalk(served(drawn)).run(sourceOf(streamOf(drawn)));
        expect(ran).toMatchObject({ exit: 0, rows: rowsOf(drawn.all) });
        const isFull = drawn.all === Math.min(drawn.size, drawn.clamp);
        if (!isFull) expect(ran.warnings).toEqual([]);
      }),
      { numRuns: 600 },
    );
  });
});
