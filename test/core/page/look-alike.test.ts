import { describe, expect, it } from 'vitest';
import { LOOK_ALIKE_KEYS } from '../../../shared/core/bounds.ts';
import { earlierPages, lookAlikes } from '../../../shared/core/page/look-alike.ts';
import { aPage, ORIGIN } from '../builders.ts';

const ROWS = 50;

const found = (body: object, headers: Record<string, string> = {}, ignored: string[] = []) =>
  lookAlikes(
    aPage({ rows: ROWS, body: JSON.stringify(body), headers }),
    { rows: ROWS, pages: 1 },
    ignored,
  )
    .filter(({ says }) => says !== 'no-next')
    .map(({ says, place }) => `${says} ${place}`);

describe('what looks like more', () => {
  it.each<[string, object]>([
    ['next next_cursor', { next_cursor: 'NTA' }],
    ['next nextPageToken', { nextPageToken: 'CAUQAA' }],
    ['next links.next', { links: { next: `${ORIGIN}/rows?page=2` } }],
    ['next _links.next.href', { _links: { next: { href: '/rows?page=2' } } }],
    [
      'next links.1',
      {
        links: [
          { rel: 'self', href: 'a' },
          { rel: 'next', href: 'b' },
        ],
      },
    ],
    ['next paging.next.after', { paging: { next: { after: 'NTI1', link: '?after=NTI1' } } }],
    ['next @odata\\.nextLink', { '@odata.nextLink': `${ORIGIN}/rows?$skip=50` }],
    ['next meta.pagination.next_page', { meta: { pagination: { next_page: 2 } } }],
    ['next next_batch', { next_batch: 's72594' }],
    ['next cursor', { cursor: 'abc' }],
    ['next offset', { offset: 'itr1/rec2' }],
    ['next _scroll_id', { _scroll_id: 'abc' }],
    ['next continue.cmcontinue', { continue: { cmcontinue: 'page|x' } }],
    ['next resumptionToken', { resumptionToken: 'abc' }],
    ['next LastEvaluatedKey.id', { LastEvaluatedKey: { id: '50' } }],
    ['more has_more', { has_more: true }],
    [
      'more data.rows.pageInfo.hasNextPage',
      { data: { rows: { pageInfo: { hasNextPage: true } } } },
    ],
    ['more has-more', { 'has-more': 1 }],
    ['more IsTruncated', { IsTruncated: true }],
    ['more more_items_in_collection', { more_items_in_collection: true }],
    ['more isLast', { isLast: false }],
    ['more done', { done: false }],
    ['more end_of_stream', { end_of_stream: false }],
    ['end has_more', { has_more: false }],
    ['end last', { last: true }],
    ['total count', { count: 1200 }],
    ['total hits.total', { hits: { total: { value: 10_000, relation: 'gte' } } }],
    ['total response.numFound', { response: { numFound: 1200, start: 0 } }],
    ['total @odata\\.count', { '@odata.count': 1200 }],
    ['total meta.total', { meta: { total: '1200' } }],
    ['pages last_page', { current_page: 1, last_page: 24 }],
    ['pages meta.total_pages', { meta: { total_pages: 24 } }],
  ])('is found in a body: %s', (place, body) => {
    expect(found(body)).toEqual([place]);
  });

  it.each<[string, Record<string, string>]>([
    ['next header link', { link: '<https://api.example.com/rows?page=2>; rel=next' }],
    ['next header x-next-page', { 'x-next-page': '2' }],
    ['next header x-next-cursor', { 'x-next-cursor': 'abc' }],
    ['next header x-ms-continuation', { 'x-ms-continuation': 'abc' }],
    ['more header x-has-more', { 'x-has-more': 'true' }],
    ['total header x-total-count', { 'x-total-count': '1200' }],
    ['total header x-wp-total', { 'x-wp-total': '1200' }],
    ['total header content-range', { 'content-range': 'items 0-49/1200' }],
    ['total header x-pagination.TotalCount', { 'x-pagination': '{"TotalCount":1200}' }],
  ])('is found in a header: %s', (place, headers) => {
    expect(found({}, headers)).toEqual([place]);
  });

  it.each<[string, object, Record<string, string>?]>([
    ['a place that is empty', { next: null, next_cursor: '', nextPage: 0, next_page: false }],
    ['a total of what came', { total: ROWS, count: ROWS, total_pages: 1 }],
    ['a token of another kind', { nextSyncToken: 'x', next_run: 'soon', next_update_at: '2027' }],
    ['the place of a row', { paging: { cursors: { before: 'a', after: 'b' } } }],
    ['the size that was asked for', { paging: { start: 0, count: 100 }, offset: 0, limit: 100 }],
    ['what counts something else', { rate_limit: { total: 5000 }, usage: { count: 99 } }],
    ['the page itself', { next: `${ORIGIN}/v1/things?limit=2` }],
    ['lists of records', { included: [{ next: 'x', has_more: true, total: 99 }] }],
    ['limits', {}, { 'x-ratelimit-remaining': '99', 'retry-after': '99', 'x-total-time': '99' }],
    ['a header that is no JSON', {}, { 'x-pagination': '{"TotalCount":' }],
    ['links elsewhere', {}, { link: '<https://api.example.com/rows>; rel="first"' }],
  ])('is not taken from %s', (_, body, headers) => {
    expect(found(body, headers)).toEqual([]);
  });

  it('is left out where the source names it, with all that is below', () => {
    const body = { meta: { next: 'x', total: 99 }, has_more: true };
    expect(found(body, { 'x-total': '99' }, ['meta', 'header x-total'])).toEqual([
      'more has_more',
    ]);
  });

  it('is looked for in a bounded number of keys', () => {
    const wide = Object.fromEntries(Array.from({ length: 9_000 }, (_, at) => [`k${at}`, {}]));
    expect(found({ ...wide, next_cursor: 'x' })).toEqual([]);
    expect(Object.keys(wide).length).toBeGreaterThan(LOOK_ALIKE_KEYS);
  });
});

describe('pages before a first one', () => {
  it.each<[object, Record<string, string>, number]>([
    [{ has_previous: true }, {}, 1],
    [{ links: { prev: '/rows?page=0' } }, {}, 1],
    [{}, { link: '</rows?page=0>; rel="prev"' }, 1],
    [{ previous: null, prev_page: 0, has_prev: false }, {}, 0],
  ])('are seen in %j %j', (body, headers, count) => {
    const page = aPage({ body: JSON.stringify(body), headers });
    expect(earlierPages(page, [])).toHaveLength(count);
  });
});
