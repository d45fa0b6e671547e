import { describe, expect, it } from 'vitest';
import type { Cursor } from '../../../shared/core/page/cursor.ts';
import { buildRequest, originOf, type RequestContext } from '../../../shared/core/page/request.ts';
import type { Source, Stream } from '../../../shared/core/source/source.ts';
import { aSource, aStream, ORIGIN } from '../builders.ts';

const aContext = (changes: Partial<RequestContext> = {}): RequestContext => ({
  settings: {},
  startedAt: '2026-11-21T08:00:00.000Z',
  userAgent: 'driplake/1.2.3',
  ...changes,
});

const request = (
  stream: Partial<Stream>,
  options: { cursor?: Cursor; source?: Partial<Source>; context?: Partial<RequestContext> } = {},
) =>
  buildRequest(
    aSource(options.source),
    aStream(stream),
    options.cursor ?? null,
    aContext(options.context),
  );

describe('the URL of a page', () => {
  it('holds the numbers of paging where its path names them, the others in the query', () => {
    const page = { kind: 'page', in: 'path', pageSize: 50, sizeParam: 'size' } as const;
    const stream = { path: 'shops/{shop}/page/{page}', query: { sort: 'id' }, pagination: page };
    const options = {
      source: { settings: { shop: 'shop' } },
      context: { settings: { shop: '{page}' } },
    };
    expect(request(stream, options).url).toBe(
      `${ORIGIN}/v1/shops/%7Bpage%7D/page/1?sort=id&size=50`,
    );
    const third = request(stream, { ...options, cursor: { page: 3, rows: 100 } });
    expect(third.url).toBe(`${ORIGIN}/v1/shops/%7Bpage%7D/page/3?sort=id&size=50`);
    const offset = { kind: 'offset', in: 'path', pageSize: 20 } as const;
    const path = 'things/{offset}/{limit}';
    expect(request({ path, pagination: offset }, { cursor: { offset: 40 } }).url).toBe(
      `${ORIGIN}/v1/things/40/20`,
    );
  });

  it('joins base and path with one slash and no question mark without a query', () => {
    expect(request({ path: '/things' }, { source: { baseUrl: `${ORIGIN}/v1/` } }).url).toBe(
      `${ORIGIN}/v1/things`,
    );
  });

  it('encodes operator, comma, plus and space of a filter once', () => {
    const { url } = request(
      {
        query: { q: 'a b' },
        incremental: { field: 'timeStamp', param: 'timeStamp', format: '>=,{value}' },
      },
      { context: { watermark: '2021-10-05T14:18:46+00:00' } },
    );
    expect(url).toBe(
      `${ORIGIN}/v1/things?q=a%20b&timeStamp=%3E%3D%2C2021-10-05T14%3A18%3A46%2B00%3A00`,
    );
  });

  it('fills settings into base, path, query and headers, encoded where it must be', () => {
    const source = {
      baseUrl: 'https://{shop}.example.com',
      settings: { shop: 'shop', account: 'account' },
      headers: { 'X-Account': '{account}' },
    };
    const sent = request(
      { path: 'accounts/{account}/things', query: { a: '{account}', json: '{"b":{c}}' } },
      { source, context: { settings: { shop: 'blue', account: 'a/b c' } } },
    );
    expect(sent.url).toBe(
      'https://blue.example.com/accounts/a%2Fb%20c/things?a=a%2Fb%20c&json=%7B%22b%22%3A%7Bc%7D%7D',
    );
    expect(sent.headers['x-account']).toBe('a/b c');
  });

  it.each(['evil.example.net/', 'evil.example.net#', 'user@evil', 'a b'])(
    'does not let a setting choose another host: %s',
    (shop) => {
      const source = { baseUrl: 'https://{shop}.example.com', settings: { shop: 'shop' } };
      const options = { source, context: { settings: { shop } } };
      expect(() => request({}, options)).toThrow('is not a URL');
    },
  );

  it('names a setting that has no value', () => {
    const source = { settings: { account: 'Number of the account' } };
    expect(() => request({ path: '{account}/things' }, { source })).toThrow(
      'The setting account has no value (Number of the account).',
    );
  });

  it('bounds a run from above by its start when the stream says so', () => {
    const { url } = request({
      incremental: {
        field: 'at',
        param: 'since',
        first: '2024-01-01',
        until: { param: 'until', format: '<{value}' },
      },
    });
    expect(url).toBe(`${ORIGIN}/v1/things?until=%3C2026-11-21T08%3A00%3A00.000Z`);
  });

  it('uses a link exactly as it was given', () => {
    const url = `${ORIGIN}/v1/things?after=WzEyXQ%3d%3d&q=a+b|c`;
    const sent = request(
      {
        query: { q: 'other' },
        pagination: { kind: 'link', from: 'next', pageSize: 100, sizeParam: 'limit' },
        incremental: { field: 'at', param: 'since' },
      },
      { cursor: { url }, context: { watermark: '2024-01-01' } },
    );
    expect(sent.url).toBe(url);
  });

  it('has an origin that settings complete', () => {
    const source = aSource({
      baseUrl: 'https://{shop}.Example.com:443/x',
      settings: { shop: '' },
    });
    expect(originOf(source, { shop: 'blue' })).toBe('https://blue.example.com');
  });
});

describe('paging parameters', () => {
  it.each<[string, Stream['pagination'], Cursor, string]>([
    ['the first offset', { kind: 'offset', pageSize: 20 }, null, 'offset=0&limit=20'],
    [
      'a later offset under other names',
      { kind: 'offset', pageSize: 20, offsetParam: '_start', limitParam: '_limit' },
      { offset: 40 },
      '_start=40&_limit=20',
    ],
    [
      'the first page, counted from zero',
      { kind: 'page', firstPage: 0, pageSize: 5, sizeParam: 'page[size]', pageParam: 'page[no]' },
      null,
      'page%5Bno%5D=0&page%5Bsize%5D=5',
    ],
    ['a later page', { kind: 'page' }, { page: 7, rows: 60 }, 'page=7'],
    [
      'the first page of a cursor',
      { kind: 'cursor', from: 'next', param: 'after', pageSize: 9, sizeParam: 'limit' },
      null,
      'limit=9',
    ],
    [
      'a 64-bit cursor',
      { kind: 'cursor', from: 'next', param: 'after' },
      { value: '9223372036854775807', number: true },
      'after=9223372036854775807',
    ],
    [
      'a keyset with an operator',
      { kind: 'keyset', field: 'id', param: 'id', format: '>,{value}' },
      { value: '$&7' },
      'id=%3E%2C%24%267',
    ],
  ])('are sent for %s', (_, pagination, cursor, query) => {
    expect(request({ pagination }, { cursor }).url).toBe(`${ORIGIN}/v1/things?${query}`);
  });

  it('win over the watermark and the query of the same name', () => {
    const stream: Partial<Stream> = {
      query: { since: 'never' },
      pagination: { kind: 'keyset', field: 'at', param: 'since' },
      incremental: { field: 'at', param: 'since' },
    };
    const context = { watermark: '2024-01-01' };
    expect(request(stream, { context }).url).toContain('?since=2024-01-01');
    expect(request(stream, { context, cursor: { value: '2025' } }).url).toContain('?since=2025');
  });

  it('start at the watermark when it is the cursor itself', () => {
    const stream: Partial<Stream> = {
      pagination: { kind: 'cursor', from: 'version.max', param: 'after', end: 'empty-page' },
      incremental: { field: 'version', type: 'integer' },
    };
    expect(request(stream).url).toBe(`${ORIGIN}/v1/things`);
    expect(request(stream, { context: { watermark: '791094' } }).url).toContain('?after=791094');
  });

  it('travel in the body, where a number is a number again, digit for digit', () => {
    const sent = request(
      {
        method: 'POST',
        body: { query: 'all', variables: { first: 5 } },
        pagination: { kind: 'cursor', from: 'next', param: 'variables.after', in: 'body' },
      },
      { cursor: { value: '9223372036854775807', number: true } },
    );
    expect(sent.body).toBe('{"query":"all","variables":{"first":5,"after":9223372036854775807}}');
    expect(sent.headers['content-type']).toBe('application/json');
    expect(sent.url).toBe(`${ORIGIN}/v1/things`);
  });

  it('stand inside the lists of a body, which stay lists', () => {
    const filter = { propertyName: 'id', operator: 'GT', value: '0' };
    const stream = {
      method: 'POST',
      body: { filterGroups: [{ filters: [filter, { value: 1 }] }], sorts: [], '0': 'zero' },
      pagination: {
        kind: 'keyset',
        field: 'id',
        param: 'filterGroups.0.filters.0.value',
        in: 'body',
        pageSize: 100,
        sizeParam: 'sorts.0',
      },
    } as const;
    const bodyAt = (cursor: Cursor) => JSON.parse(request(stream, { cursor }).body ?? '');
    expect(bodyAt(null)).toEqual({ ...stream.body, sorts: [100] });
    expect(bodyAt({ value: '7' })).toEqual({
      filterGroups: [{ filters: [{ ...filter, value: '7' }, { value: 1 }] }],
      sorts: [100],
      '0': 'zero',
    });
    expect(stream.body.filterGroups[0].filters[0].value).toBe('0');
  });

  it('stand beside settings, which are whole texts of the body', () => {
    const query = 'query {shop {id}} {shop}';
    const body = { shop: '{shop}', list: [{ shop: '{shop}' }], query, n: 1, none: null };
    const sent = request(
      { method: 'POST', body },
      { source: { settings: { shop: 'The shop' } }, context: { settings: { shop: 'blue "1"' } } },
    );
    const shop = 'blue "1"';
    expect(JSON.parse(sent.body ?? '')).toEqual({ ...body, shop, list: [{ shop }] });
  });

  it('leave the body of the source alone', () => {
    const body = { variables: { first: 5 } };
    const pagination = {
      kind: 'offset',
      pageSize: 5,
      in: 'body',
      offsetParam: 'variables.at',
    } as const;
    request({ method: 'POST', body, pagination }, { cursor: { offset: 5 } });
    expect(body).toEqual({ variables: { first: 5 } });
  });

  it('travel in headers', () => {
    const sent = request(
      { pagination: { kind: 'cursor', from: 'next', param: 'X-After', in: 'header' } },
      { cursor: { value: 'abc' } },
    );
    expect(sent.headers['x-after']).toBe('abc');
    expect(sent.url).not.toContain('abc');
  });
});

describe('headers', () => {
  it('ask for JSON and say who asks', () => {
    expect(request({}).headers).toEqual({
      accept: 'application/json',
      'user-agent': 'driplake/1.2.3',
    });
  });

  it('are lower case, those of the stream over those of the source', () => {
    const source = { headers: { 'X-Api-Version': '1', Accept: 'application/vnd.github+json' } };
    expect(request({ headers: { 'x-api-version': '2' } }, { source }).headers).toMatchObject({
      accept: 'application/vnd.github+json',
      'x-api-version': '2',
    });
  });
});

describe('the request of a partition', () => {
  const values = {
    'issue.number': '12345678901234567890',
    'issue.repo': '"a/b?c"',
    'issue.open': 'true',
    shop: '"north & {issue.number}"',
  };
  const source = { settings: { account: 'account' } };
  const context = { settings: { account: '{shop}' }, values };

  it('has its values in path and query, encoded once and put in at one go', () => {
    const stream = {
      path: '{account}/repos/{issue.repo}/issues/{issue.number}/comments?open={issue.open}',
      query: { shop: 'is {shop}', author: '{issue.author}' },
    };
    expect(request(stream, { source, context }).url).toBe(
      `${ORIGIN}/v1/%7Bshop%7D/repos/a%2Fb%3Fc/issues/12345678901234567890/comments?open=true` +
        '&shop=is%20north%20%26%20%7Bissue.number%7D&author=%7Bissue.author%7D',
    );
  });

  it('has them in headers, and in a body as what they are', () => {
    const { headers, body } = request(
      {
        method: 'POST',
        headers: { 'X-Shop': '{issue.repo}', 'X-Issue': 'no. {issue.number}' },
        body: {
          id: '{issue.number}',
          text: '{issue.repo}',
          list: ['{issue.open}', '{account}'],
          graphql: 'query { issue { number } }',
        },
      },
      { source, context },
    );
    expect(headers).toMatchObject({ 'x-shop': 'a/b?c', 'x-issue': 'no. 12345678901234567890' });
    expect(body).toBe(
      '{"id":12345678901234567890,"text":"a/b?c","list":[true,"{shop}"],' +
        '"graphql":"query { issue { number } }"}',
    );
  });

  it('has its window in one parameter, in the path, or in the parameters of the watermark', () => {
    const window = { days: 1 };
    const at = { values: { from: '"2026-01-01"', to: '"2026-01-02"' }, watermark: '2020-01-01' };
    const one = request(
      { query: { at: 'between {from},{to}' }, incremental: { field: 'at', window } },
      { context: at },
    );
    expect(one.url).toBe(`${ORIGIN}/v1/things?at=between%202026-01-01%2C2026-01-02`);
    const path = request(
      { path: 'days/{from}/{to}', incremental: { field: 'at', window } },
      { context: at },
    );
    expect(path.url).toBe(`${ORIGIN}/v1/days/2026-01-01/2026-01-02`);
    const incremental = {
      field: 'at',
      param: 'min',
      until: { param: 'max', format: '<{value}' },
      window,
    };
    expect(request({ incremental }, { context: at }).url).toBe(
      `${ORIGIN}/v1/things?min=2026-01-01&max=%3C2026-01-02`,
    );
    const epochs = { values: { from: '1767225600', to: '1767312000' } };
    const body = request(
      {
        method: 'POST',
        incremental: { field: 'at', param: 'at.gte', until: { param: 'at.lt' }, window },
        pagination: { kind: 'cursor', from: 'next', param: 'after', in: 'body' },
      },
      { context: epochs },
    ).body;
    expect(body).toBe('{"at":{"gte":1767225600,"lt":1767312000}}');
  });

  it.each([
    ['path', { path: 'issues/{issue.id}' }, '"."', 'dots that lead to another place of the path'],
    ['path', { path: 'issues/{issue.id}' }, '""', 'nothing'],
    ['header', { headers: { 'X-Id': '{issue.id}' } }, '"a\\nb"', 'a line break'],
  ])('is refused with its name where its %s cannot carry a value: %o', (_, stream, raw, what) => {
    const bad = { context: { values: { 'issue.id': raw } } };
    expect(() => request(stream, bad)).toThrow(`The value of {issue.id} holds ${what}`);
  });
});
