// Thirty ways in which well-known APIs say, or do not say, that a page is the last: each leaves the
// place of the next page out, empties it, or says it in a flag. None of them is to be doubted.

import type { Stream } from '../../../shared/core/source/source.ts';
import { type Asked, type Given, ORIGIN, rowsOf } from './walk-world.ts';

export interface WellFormed {
  readonly name: string;
  readonly stream: Partial<Stream>;
  /** What a page says beside its rows. */
  readonly tell: (page: Page) => {
    readonly body?: object;
    readonly headers?: Record<string, string>;
  };
  /** Under which key the rows stand; absent: the document is the list. */
  readonly rows?: string;
  /** Where a page starts; by `cursor`, else by `page`. */
  readonly start?: (asked: Asked, size: number) => number;
}

export interface Page {
  readonly from: number;
  readonly to: number;
  readonly all: number;
  readonly size: number;
  readonly hasMore: boolean;
  /** URL of the next page. */
  readonly next: string;
}

export const PAGE_SIZE = 10;

const size = { pageSize: PAGE_SIZE, sizeParam: 'limit' } as const;
const cursor = (from: string, more: object = {}): Partial<Stream> => ({
  pagination: { kind: 'cursor', from, param: 'cursor', ...size, ...more },
});
const link = (from: string, more: object = {}): Partial<Stream> => ({
  pagination: { kind: 'link', from, ...size, ...more },
});
const linkHeader: Partial<Stream> = { pagination: { kind: 'link-header', ...size } };

const when = <Told extends object>(is: boolean, told: Told): Told | object => (is ? told : {});

export const wellFormed: readonly WellFormed[] = [
  {
    name: 'GitHub: no Link header on an only page',
    stream: linkHeader,
    tell: ({ hasMore, next }) => when(hasMore, { headers: { link: `<${next}>; rel="next"` } }),
  },
  {
    name: 'GitHub: a Link header with first and prev only',
    stream: linkHeader,
    tell: ({ hasMore, next, from }) => ({
      headers: hasMore
        ? { link: `<${next}>; rel="next", <${ORIGIN}/rows>; rel="first"` }
        : from > 0
          ? { link: `<${ORIGIN}/rows>; rel="prev", <${ORIGIN}/rows>; rel="first"` }
          : {},
    }),
  },
  {
    name: 'GitLab: totals and numbers in headers, the next one empty at the end',
    stream: linkHeader,
    tell: ({ hasMore, next, all, from }) => ({
      headers: {
        'x-total': String(all),
        'x-total-pages': String(Math.max(1, Math.ceil(all / PAGE_SIZE))),
        'x-page': String(1 + from / PAGE_SIZE),
        'x-next-page': hasMore ? String(2 + from / PAGE_SIZE) : '',
        'x-prev-page': '',
        ...when(hasMore, { link: `<${next}>; rel="next"` }),
      },
    }),
  },
  {
    name: 'WordPress: totals in headers',
    stream: linkHeader,
    tell: ({ hasMore, next, all }) => ({
      headers: {
        'x-wp-total': String(all),
        'x-wp-totalpages': String(Math.ceil(all / PAGE_SIZE)),
        ...when(hasMore, { link: `<${next}>; rel="next"` }),
      },
    }),
  },
  {
    name: 'Mastodon: a prev link on every page',
    stream: linkHeader,
    tell: ({ hasMore, next }) => ({
      headers: {
        link: [
          ...(hasMore ? [`<${next}>; rel="next"`] : []),
          `<${ORIGIN}/rows?min_id=1>; rel="prev"`,
        ].join(', '),
      },
    }),
  },
  {
    name: 'Square: cursor left out',
    stream: cursor('cursor'),
    rows: 'data',
    tell: ({ hasMore, to }) => ({ body: when(hasMore, { cursor: String(to) }) }),
  },
  {
    name: 'Slack: next_cursor empty inside response_metadata',
    stream: cursor('response_metadata.next_cursor'),
    rows: 'data',
    tell: ({ hasMore, to }) => ({
      body: { ok: true, response_metadata: { next_cursor: hasMore ? String(to) : '' } },
    }),
  },
  {
    name: 'Slack: response_metadata left out',
    stream: cursor('response_metadata.next_cursor'),
    rows: 'data',
    tell: ({ hasMore, to }) => ({
      body: { ok: true, ...when(hasMore, { response_metadata: { next_cursor: String(to) } }) },
    }),
  },
  {
    name: 'HubSpot: paging left out',
    stream: cursor('paging.next.after'),
    rows: 'data',
    tell: ({ hasMore, to, next }) => ({
      body: when(hasMore, { paging: { next: { after: String(to), link: next } } }),
    }),
  },
  {
    name: 'HubSpot search: a total beside',
    stream: cursor('paging.next.after'),
    rows: 'data',
    tell: ({ hasMore, to, all }) => ({
      body: { total: all, ...when(hasMore, { paging: { next: { after: String(to) } } }) },
    }),
  },
  {
    name: 'Facebook: cursors.after on the last page too, next left out',
    stream: link('paging.next'),
    rows: 'data',
    tell: ({ hasMore, next, to }) => ({
      body: { paging: { cursors: { before: 'a', after: `c${to}` }, ...when(hasMore, { next }) } },
    }),
  },
  {
    name: 'Google: nextPageToken left out, a nextSyncToken on the last page',
    stream: cursor('nextPageToken'),
    rows: 'data',
    tell: ({ hasMore, to }) => ({
      body: hasMore ? { nextPageToken: String(to) } : { nextSyncToken: 'CPDAlvWDx70CEPDAlvWDx7' },
    }),
  },
  {
    name: 'YouTube: pageInfo with the size asked for',
    stream: cursor('nextPageToken'),
    rows: 'data',
    tell: ({ hasMore, to, all }) => ({
      body: {
        pageInfo: { totalResults: all, resultsPerPage: PAGE_SIZE },
        ...when(hasMore, { nextPageToken: String(to) }),
      },
    }),
  },
  {
    name: 'Microsoft Graph: @odata.nextLink left out, a deltaLink at the end',
    stream: link('@odata\\.nextLink'),
    rows: 'data',
    tell: ({ hasMore, next }) => ({
      body: {
        '@odata.context': `${ORIGIN}/$metadata#rows`,
        ...(hasMore
          ? { '@odata.nextLink': next }
          : { '@odata.deltaLink': `${ORIGIN}/rows/delta?token=9` }),
      },
    }),
  },
  {
    name: 'Microsoft Graph: a count that is told with the first page',
    stream: link('@odata\\.nextLink'),
    rows: 'data',
    tell: ({ hasMore, next, all, from }) => ({
      body: {
        ...when(from === 0, { '@odata.count': all }),
        ...when(hasMore, { '@odata.nextLink': next }),
      },
    }),
  },
  {
    name: 'Salesforce: done and no nextRecordsUrl',
    stream: link('nextRecordsUrl'),
    rows: 'data',
    tell: ({ hasMore, next, all }) => ({
      body: { totalSize: all, done: !hasMore, ...when(hasMore, { nextRecordsUrl: next }) },
    }),
  },
  {
    name: 'Django REST: next is null',
    stream: link('next'),
    rows: 'data',
    tell: ({ hasMore, next, all }) => ({
      body: { count: all, next: hasMore ? next : null, previous: null },
    }),
  },
  {
    name: 'JSON:API: links without next',
    stream: link('links.next'),
    rows: 'data',
    tell: ({ hasMore, next, all }) => ({
      body: {
        links: { self: `${ORIGIN}/rows`, first: `${ORIGIN}/rows`, ...when(hasMore, { next }) },
        meta: { total: all },
        included: [{ id: 1, type: 'users', attributes: { next: 'tomorrow', has_more: true } }],
      },
    }),
  },
  {
    name: 'HAL: _links without next',
    stream: link('_links.next.href'),
    rows: 'data',
    tell: ({ hasMore, next, all }) => ({
      body: {
        _links: { self: { href: `${ORIGIN}/rows` }, ...when(hasMore, { next: { href: next } }) },
        page: { size: PAGE_SIZE, totalElements: all, totalPages: Math.ceil(all / PAGE_SIZE) },
      },
    }),
  },
  {
    name: 'Laravel: last_page and next_page_url null',
    stream: link('next_page_url'),
    rows: 'data',
    tell: ({ hasMore, next, all, from }) => ({
      body: {
        current_page: 1 + from / PAGE_SIZE,
        last_page: Math.max(1, Math.ceil(all / PAGE_SIZE)),
        per_page: PAGE_SIZE,
        total: all,
        next_page_url: hasMore ? next : null,
      },
    }),
  },
  {
    name: 'Stripe: has_more, and the last id of a page as the cursor',
    stream: {
      pagination: { kind: 'keyset', field: 'id', param: 'cursor', hasMore: 'has_more', ...size },
    },
    rows: 'data',
    tell: ({ hasMore }) => ({ body: { object: 'list', url: '/v1/rows', has_more: hasMore } }),
  },
  {
    name: 'Zendesk: has_more false beside a link that leads on',
    stream: link('links.next', { hasMore: 'meta.has_more' }),
    rows: 'data',
    tell: ({ hasMore, next, to }) => ({
      body: { meta: { has_more: hasMore, after_cursor: `c${to}` }, links: { next, prev: null } },
    }),
  },
  {
    name: 'Zendesk exports: end_of_stream beside a link that leads on',
    stream: link('after_url', { lastPage: 'end_of_stream' }),
    rows: 'data',
    tell: ({ hasMore, next, to }) => ({
      body: { end_of_stream: !hasMore, after_url: next, after_cursor: `c${to}` },
    }),
  },
  {
    name: 'Relay: hasNextPage false beside an endCursor',
    stream: cursor('pageInfo.endCursor', { hasMore: 'pageInfo.hasNextPage' }),
    rows: 'data',
    tell: ({ hasMore, to }) => ({
      body: { pageInfo: { hasNextPage: hasMore, endCursor: String(to) } },
    }),
  },
  {
    name: 'Airtable: offset left out',
    stream: cursor('offset'),
    rows: 'data',
    tell: ({ hasMore, to }) => ({ body: when(hasMore, { offset: `itr/${to}` }) }),
    start: ({ at }) => Number((at['cursor'] ?? '').replace('itr/', '')),
  },
  {
    name: 'LinkedIn: count is the size asked for',
    stream: link('paging.next'),
    rows: 'data',
    tell: ({ hasMore, next, from }) => ({
      body: { paging: { start: from, count: PAGE_SIZE, links: [], ...when(hasMore, { next }) } },
    }),
  },
  {
    name: 'Intercom: pages.next left out beside a number of pages',
    stream: cursor('pages.next.starting_after'),
    rows: 'data',
    tell: ({ hasMore, to, all }) => ({
      body: {
        type: 'list',
        total_count: all,
        pages: {
          type: 'pages',
          page: 1,
          per_page: PAGE_SIZE,
          total_pages: Math.max(1, Math.ceil(all / PAGE_SIZE)),
          ...when(hasMore, { next: { starting_after: String(to) } }),
        },
      },
    }),
  },
  {
    name: 'Twitter: result_count, next_token left out',
    stream: cursor('meta.next_token'),
    rows: 'data',
    tell: ({ hasMore, to, from }) => ({
      body: { meta: { result_count: to - from, ...when(hasMore, { next_token: String(to) }) } },
    }),
  },
  {
    name: 'Shopify: a bare Link header',
    stream: linkHeader,
    rows: 'data',
    tell: ({ hasMore, next, from }) => ({
      headers: hasMore
        ? { link: `<${next}>; rel="next"` }
        : from > 0
          ? { link: `<${ORIGIN}/rows?page_info=x>; rel="previous"` }
          : {},
    }),
  },
  {
    name: 'a cursor in a header, left out',
    stream: {
      pagination: { kind: 'cursor', from: { header: 'X-Next-Cursor' }, param: 'cursor', ...size },
    },
    rows: 'data',
    tell: ({ hasMore, to }) => when(hasMore, { headers: { 'x-next-cursor': String(to) } }),
  },
  {
    name: 'Notion: has_more and next_cursor null',
    stream: cursor('next_cursor'),
    rows: 'data',
    tell: ({ hasMore, to }) => ({
      body: { object: 'list', has_more: hasMore, next_cursor: hasMore ? String(to) : null },
    }),
  },
  {
    name: 'DynamoDB: LastEvaluatedKey left out, Count and ScannedCount',
    stream: cursor('LastEvaluatedKey.id'),
    rows: 'data',
    tell: ({ hasMore, to, from }) => ({
      body: {
        Count: to - from,
        ScannedCount: to - from,
        ...when(hasMore, { LastEvaluatedKey: { id: String(to) } }),
      },
    }),
  },
  {
    name: 'one document that is the list',
    stream: { pagination: { kind: 'single' } },
    tell: () => ({}),
  },
  {
    name: 'one document with notes about its list',
    stream: { pagination: { kind: 'single' } },
    rows: 'data',
    tell: ({ to }) => ({
      body: {
        ok: true,
        count: to,
        generated_at: '2026-11-21T08:00:00Z',
        next_update: 'soon',
        summary: { total: 1500 },
      },
    }),
  },
];

export function serve({ tell, rows, start, stream }: WellFormed, all: number) {
  const isSingle = stream.pagination?.kind === 'single';
  return (asked: Asked): Given => {
    const size = isSingle ? all : Number(asked.at['limit'] ?? PAGE_SIZE);
    const from = start ? start(asked, size) : Number(asked.at['cursor'] ?? 0);
    const data = rowsOf(Math.min(size, all - from), from);
    const to = from + data.length;
    const url = new URL(asked.url);
    url.searchParams.set('cursor', String(to));
    const page = { from, to, all, size, hasMore: to < all, next: url.href };
    const { body = {}, headers = {} } = { body: undefined, headers: undefined, ...tell(page) };
    return { json: rows === undefined ? data : { ...body, [rows]: data }, headers };
  };
}
