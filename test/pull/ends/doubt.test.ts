import { describe, expect, it } from 'vitest';
import type { Stream } from '../../../shared/core/source/source.ts';
import { type Asked, type Given, openWalk, rowsOf, sourceOf } from './walk-world.ts';

const cursor = (from: string, more: object = {}): Partial<Stream> => ({
  pagination: { kind: 'cursor', from, param: 'cursor', ...more },
  incremental: { field: 'id', param: 'since', type: 'integer' },
});
const full = { pageSize: 10, sizeParam: 'limit' };

/** It never says that there are more than ten rows, unless the next page is asked for. */
const silent =
  (rows: number) =>
  ({ at }: Asked): Given => {
    const all = rowsOf(rows).filter(({ id }) => id >= Number(at['since'] ?? 0));
    const from = Number(at['cursor'] ?? 0);
    const data = all.slice(from, from + 10);
    const to = from + data.length;
    return { json: { data, ...(to < all.length ? { go_on_at: String(to) } : {}) } };
  };

describe('an only page that is full, behind which nothing says that there is more', () => {
  it('is published with a warning, and read again from the same watermark', async () => {
    const walk = openWalk(silent(25));
    const first = await walk.run(sourceOf(cursor('next', full)));
    expect(first).toMatchObject({ exit: 0, rows: rowsOf(10) });
    expect(first.warnings).toEqual([
      'Nothing shows that the list ends here: no cursor at next, and the only page is full ' +
        '(10 rows). The next run reads it again from the same place.',
    ]);
    expect(first.state?.watermark).toBeUndefined();
    const mended = await walk.run(sourceOf(cursor('go_on_at', full)));
    expect(mended).toMatchObject({ exit: 0, warnings: [], rows: rowsOf(25) });
    expect(mended.state?.watermark).toBe('25');
  });

  it.each([
    ['its size is asked for in the query', { query: { per_page: 10 } }],
    [
      'its size is fixed',
      { pagination: { kind: 'cursor', from: 'next', param: 'c', pageSize: 10 } },
    ],
    ['it is a link', { pagination: { kind: 'link', from: 'next', ...full } }],
    ['it is a link header', { pagination: { kind: 'link-header', ...full } }],
    ['it is one request', { pagination: { kind: 'single' }, query: { $top: 10 } }],
  ] satisfies [string, Partial<Stream>][])('is full when %s', async (_, stream) => {
    const ran = await openWalk(silent(10)).run(sourceOf({ ...cursor('next'), ...stream }));
    expect(ran).toMatchObject({ exit: 0, rows: rowsOf(10), warnings: [expect.any(String)] });
  });

  it.each([
    ['a total', { total: 10 }, { total: { body: 'total' } }],
    ['a flag', { more: false }, cursor('next', { hasMore: 'more', ...full })],
    ['a flag that is not declared', { has_more: false }, {}],
    ['an empty place', { next: null }, {}],
  ] satisfies [string, object, Partial<Stream>][])(
    'is not doubted where %s shows the end',
    async (_, beside, stream) => {
      const walk = openWalk(() => ({ json: { data: rowsOf(10), ...beside } }));
      const ran = await walk.run(sourceOf({ ...cursor('next', full), ...stream }));
      expect(ran).toMatchObject({ exit: 0, warnings: [] });
      expect(ran.state?.watermark).toBe('10');
    },
  );
});

describe('a page that is not known to be full', () => {
  it('moves the watermark, and a walk that is mended starts before it', async () => {
    const walk = openWalk(silent(25));
    const typo = sourceOf(cursor('next'));
    const first = await walk.run(typo);
    expect(first).toMatchObject({ exit: 0, warnings: [], rows: rowsOf(10) });
    expect(first.state?.watermark).toBe('10');
    const second = await walk.run(typo);
    expect(second.requests[0]).toContain('since=10');
    expect(second.state).toMatchObject({ watermark: '19', unproven: {} });
    const mended = await walk.run(sourceOf(cursor('go_on_at')));
    expect(mended.requests[0]).not.toContain('since');
    expect(mended.rows).toEqual(rowsOf(25));
    expect(mended.state?.watermark).toBe('25');
    expect(mended.state).not.toHaveProperty('unproven');
  });

  it.each([
    ['param', { pagination: { kind: 'cursor', from: 'next', param: 'at' } }],
    ['hasMore', cursor('next', { hasMore: 'more' })],
    ['records', { records: { path: 'data', missing: 'none' }, ...cursor('next') }],
  ] satisfies [string, Partial<Stream>][])(
    'is read from its old start only where the walk is another: %s',
    async (what, stream) => {
      const walk = openWalk(silent(10));
      await walk.run(sourceOf(cursor('next')));
      const same = await walk.run(sourceOf({ ...cursor('next'), cost: 2 }));
      expect(same.requests[0]).toContain('since=10');
      const other = await walk.run(sourceOf({ ...cursor('next'), ...stream }));
      expect(other.requests[0]?.includes('since')).toBe(what === 'records');
    },
  );
});

describe('a total', () => {
  const told =
    (count: number, rows: number) =>
    ({ at }: Asked): Given => ({
      json: {
        count,
        data: rowsOf(rows).filter(({ id }) => id >= Number(at['since'] ?? 0)),
        next: null,
      },
    });
  const withTotal = { ...cursor('next'), total: { body: 'count' } };

  it('of more rows than came fails the run, which moves no watermark and publishes nothing', async () => {
    const walk = openWalk(told(250, 50));
    for (let times = 0; times < 2; times++) {
      const ran = await walk.run(sourceOf(withTotal));
      expect(ran).toMatchObject({ exit: 1, rows: [] });
      expect(ran.cause).toContain('250');
      expect(ran.requests.join()).not.toContain('since');
    }
  });

  it.each([
    ['whose total is declared', withTotal, 'say total.onMismatch "warn"'],
    [
      'whose walk has a total',
      { pagination: { kind: 'page', total: 'count', hasMore: 'has_more' } },
      'say for the stream total: {"body":"count","onMismatch":"warn"}',
    ],
  ] satisfies [string, Partial<Stream>, string][])(
    'of all rows, where only changes were asked for, is told with what to say: %s',
    async (_, stream, remedy) => {
      const all = rowsOf(20);
      const walk = openWalk(({ at }) => {
        const data = all.filter(({ id }) => id >= Number(at['since'] ?? 0));
        const isBehind = at['page'] !== undefined && at['page'] !== '1';
        const rest = isBehind ? [] : data;
        return { json: { count: all.length, data: rest, next: null, has_more: false } };
      });
      const { incremental } = cursor('next');
      const source = sourceOf({ ...stream, ...(incremental ? { incremental } : {}) });
      expect(await walk.run(source)).toMatchObject({ exit: 0, warnings: [] });
      const ran = await walk.run(source);
      expect(ran).toMatchObject({ exit: 1 });
      expect(ran.cause).toContain('counts all rows, and not those that were asked for');
      expect(ran.cause).toContain(remedy);
      const total = { body: 'count', onMismatch: 'warn' } as const;
      const [mended] = source.streams;
      if (mended) source.streams.splice(0, 1, { ...mended, total });
      expect(await walk.run(source)).toMatchObject({ exit: 0 });
    },
  );

  it('that the API counts otherwise is a warning where that is declared', async () => {
    const total = { body: 'count', onMismatch: 'warn' } as const;
    const pages = ({ at }: Asked): Given => ({
      json: {
        count: 9,
        data: at['cursor'] ? rowsOf(3, 3) : rowsOf(3),
        next: at['cursor'] ? null : 'b',
      },
    });
    const ran = await openWalk(pages).run(sourceOf({ ...withTotal, total }));
    expect(ran).toMatchObject({ exit: 0, rows: rowsOf(6) });
    expect(ran.warnings).toEqual(['The API told of 9 records, 6 came.']);
  });

  const counted =
    (total: unknown, more: object = {}) =>
    ({ at }: Asked): Given => {
      const data = rowsOf(25).slice((Number(at['page']) - 1) * 5, Number(at['page']) * 5);
      return { json: { total, data, ...more } };
    };

  it.each([
    ['of none', 0],
    ['of fewer rows than came', 3],
    ['that is the least', { value: 10, relation: 'gte' }],
    ['that is a text of the least', '10+'],
    ['of the page', 5],
  ])('%s ends nothing', async (_, total) => {
    const beside = total === 5 ? { next_page: 2 } : {};
    const walk = openWalk((asked) =>
      counted(total, asked.at['page'] === '6' ? {} : beside)(asked),
    );
    const ran = await walk.run(sourceOf({ pagination: { kind: 'page', total: 'total' } }));
    expect(ran).toMatchObject({ exit: 0, rows: rowsOf(25) });
  });

  it('of pages that is none ends nothing beside rows', async () => {
    const walk = openWalk(counted(undefined, { total_pages: 0 }));
    const pagination = { kind: 'page', totalPages: 'total_pages' } as const;
    expect(await walk.run(sourceOf({ pagination }))).toMatchObject({ exit: 0, rows: rowsOf(25) });
  });

  it.each([
    ['an object', { value: 250, relation: 'gte' }],
    ['a text', '250+'],
  ])('that is the least, as %s, fails a run with fewer rows', async (_, count) => {
    const only = () => ({ json: { count, data: rowsOf(50), next: null } });
    expect(await openWalk(only).run(sourceOf(withTotal))).toMatchObject({ exit: 1, rows: [] });
    const two = ({ at }: Asked): Given => ({
      json: {
        count,
        data: at['cursor'] ? rowsOf(3, 3) : rowsOf(3),
        next: at['cursor'] ? null : 'b',
      },
    });
    const ran = await openWalk(two).run(sourceOf(withTotal));
    expect(ran).toMatchObject({ exit: 1, rows: [] });
    expect(ran.cause).toContain('The API told of at least 250 records, 6 came.');
  });

  it('that nobody declared speaks against a full page whose next place is lost', async () => {
    const lost = ({ at }: Asked): Given => ({
      json: { total: 60, data: at['cursor'] ? rowsOf(10, 10) : rowsOf(10) },
      headers: at['cursor']
        ? {}
        : { link: `<https://api.example.com/rows?cursor=10>; rel="next"` },
    });
    const pagination = { kind: 'link-header', pageSize: 10 } as const;
    const ran = await openWalk(lost).run(sourceOf({ pagination }));
    expect(ran).toMatchObject({ exit: 1, rows: [] });
    expect(ran.cause).toContain('total says 60');
  });

  it('that grows while the list is read is a warning', async () => {
    const grows = ({ at }: Asked): Given => ({
      json: {
        count: at['cursor'] ? 7 : 6,
        data: at['cursor'] ? rowsOf(3, 3) : rowsOf(3),
        next: at['cursor'] ? null : 'b',
      },
    });
    const ran = await openWalk(grows).run(sourceOf(withTotal));
    expect(ran).toMatchObject({ exit: 0, rows: rowsOf(6) });
  });
});

describe('a place that looks like the next page', () => {
  it('is none where the source says so', async () => {
    const walk = openWalk(() => ({ json: { data: rowsOf(3), next: 'the next sale', total: 99 } }));
    const single = (ignore: string[]) => sourceOf({ pagination: { kind: 'single', ignore } });
    expect(await walk.run(single([]))).toMatchObject({ exit: 1 });
    expect(await walk.run(single(['next', 'total']))).toMatchObject({ exit: 0, warnings: [] });
  });

  it('is never looked for in records', async () => {
    const rows = rowsOf(3).map((row) => ({
      ...row,
      next: 'x',
      has_more: true,
      links: { next: 'y' },
    }));
    const walk = openWalk(() => ({ json: { data: rows } }));
    const ran = await walk.run(sourceOf({ pagination: { kind: 'single' } }));
    expect(ran).toMatchObject({ exit: 0, rows, warnings: [] });
  });
});

describe('ends that are declared', () => {
  const links =
    (rows: number) =>
    ({ at, url }: Asked): Given => {
      const from = Number(at['from'] ?? 0);
      const data = rowsOf(Math.min(10, rows - from), from);
      const next = new URL(url);
      next.searchParams.set('from', String(from + 10));
      return { json: { data, next: next.href, end_of_stream: from + 10 >= rows } };
    };

  it.each([
    ['a page without rows', { end: 'empty-page' }, 25, 4],
    ['a short page', { end: 'short-page', pageSize: 10 }, 25, 3],
    ['a short page behind full ones', { end: 'short-page', pageSize: 10 }, 20, 3],
    ['a flag of the last page', { lastPage: 'end_of_stream' }, 25, 3],
  ] as const)('end links that always lead on: %s', async (_, more, rows, requests) => {
    const walk = openWalk(links(rows));
    const ran = await walk.run(sourceOf({ pagination: { kind: 'link', from: 'next', ...more } }));
    expect(ran).toMatchObject({ exit: 0, rows: rowsOf(rows), warnings: [] });
    expect(ran.requests).toHaveLength(requests);
  });

  it('are faults where two flags contradict each other', async () => {
    const walk = openWalk(() => ({ json: { data: rowsOf(3), more: true, last: true } }));
    const flags = { hasMore: 'more', lastPage: 'last' };
    const ran = await walk.run(sourceOf({ pagination: { kind: 'page', ...flags } }));
    expect(ran).toMatchObject({ exit: 1 });
    expect(ran.cause).toContain('more and last cannot both be true');
  });
});
