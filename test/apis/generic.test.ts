import { describe, expect, it } from 'vitest';
import { type ApiResponse, apiRequest, headerOf } from './exchange.ts';
import {
  type Damage,
  type GenericKind,
  type GenericModel,
  generic,
  genericKinds,
} from './generic.ts';

/**
 * A plain client for each kind: the next request, or undefined at the end that the kind
 * declares.
 */
type Step = (at: {
  page: number;
  rows: number;
  last: ApiResponse | undefined;
  size: number;
}) => { target: string; post?: object } | undefined;

const bodyOf = (response: ApiResponse | undefined): Record<string, unknown> =>
  response === undefined ? {} : JSON.parse(String(response.body));
const rowsOf = (response: ApiResponse): number => {
  const body: unknown = JSON.parse(String(response.body));
  const list = Array.isArray(body) ? body : bodyOf(response)['data'];
  return Array.isArray(list) ? list.length : 0;
};
const ended = (last: ApiResponse | undefined) => last !== undefined && rowsOf(last) === 0;
const offset: Step = ({ rows, last, size }) =>
  ended(last) ? undefined : { target: `?offset=${rows}&limit=${size}` };
const query = (text: string | undefined, last: ApiResponse | undefined, size: number) =>
  text !== undefined && text !== 'null'
    ? { target: `?cursor=${encodeURIComponent(text)}&limit=${size}` }
    : last === undefined
      ? { target: `?limit=${size}` }
      : undefined;

const steps: Readonly<Record<GenericKind, Step>> = {
  offset,
  bare: offset,
  clamped: offset,
  total: (at) =>
    at.last !== undefined && at.rows >= Number(bodyOf(at.last)['total'])
      ? undefined
      : offset({ ...at, last: undefined }),
  page: ({ page, last, size }) =>
    ended(last) ? undefined : { target: `?page=${page + 1}&limit=${size}` },
  'page-zero': ({ page, last, size }) =>
    ended(last) ? undefined : { target: `?page=${page}&limit=${size}` },
  'has-more': ({ page, last, size }) =>
    last !== undefined && bodyOf(last)['has_more'] === false
      ? undefined
      : { target: `?page=${page + 1}&limit=${size}` },
  'cursor-body': ({ last, size }) =>
    query(last && String(bodyOf(last)['next_cursor']), last, size),
  'cursor-header': ({ last, size }) => query(last && headerOf(last, 'x-next-cursor'), last, size),
  'link-body': ({ last, size }) => linked(last && String(bodyOf(last)['next']), last, size),
  'link-header': ({ last, size }) =>
    linked(/<([^>]*)>; rel="next"/u.exec((last && headerOf(last, 'link')) ?? '')?.[1], last, size),
  keyset: ({ last, size, rows }) =>
    ended(last) ? undefined : { target: `?since_id=${rows}&limit=${size}` },
  single: ({ last }) => (last === undefined ? { target: '' } : undefined),
  post: ({ rows, last, size }) =>
    ended(last) ? undefined : { target: '', post: { offset: rows, limit: size } },
  'post-cursor': ({ last, size }) => {
    const cursor = last === undefined ? null : bodyOf(last)['next_cursor'];
    return last !== undefined && cursor === null
      ? undefined
      : { target: '', post: { cursor, limit: size } };
  },
};

function linked(url: string | undefined, last: ApiResponse | undefined, size: number) {
  if (last === undefined) return { target: `?limit=${size}` };
  return url === undefined || url === 'null' ? undefined : { target: url.slice(url.indexOf('?')) };
}

function send(model: GenericModel, kind: GenericKind, target: string, post?: object): ApiResponse {
  const posted = post === undefined ? {} : { method: 'POST', body: JSON.stringify(post) };
  return model.handle(apiRequest(`/${kind}${target}`, posted), 0);
}

function drain(model: GenericModel, kind: GenericKind, size: number): string {
  const bodies: string[] = [];
  let rows = 0;
  let last: ApiResponse | undefined;
  for (let page = 0; page < 100; page += 1) {
    const step = steps[kind]({ page, rows, last, size });
    if (step === undefined) break;
    last = send(model, kind, step.target, step.post);
    expect(last.status).toBe(200);
    rows += rowsOf(last);
    const body = String(last.body);
    const inner = body.slice(body.indexOf('[') + 1, body.lastIndexOf(']'));
    if (inner !== '') bodies.push(inner);
  }
  return bodies.join(',');
}

describe('every way to page', () => {
  for (const kind of genericKinds) {
    it(`${kind} gives each record once over lists of any length`, () => {
      for (const length of [0, 1, 9, 10, 11, 20, 37]) {
        const model = generic({ length });
        expect(drain(model, kind, 10)).toBe(model.records(kind).join(','));
        expect(model.stats().violations).toEqual([]);
      }
    });
  }

  it('refuses cursors it never gave, page 0 where pages start at 1, and the wrong method', () => {
    const model = generic({ length: 30 });
    const statuses = [
      send(model, 'cursor-body', '?cursor=cGxhY2U'),
      send(model, 'page', '?page=0'),
      send(model, 'post', '?offset=0'),
      send(model, 'keyset', '?since_id=NaN'),
    ].map((response) => response.status);
    expect(statuses).toEqual([400, 400, 400, 400]);
    expect(model.stats().violations).toHaveLength(4);
  });

  it('writes down requests that go further past the end than any rule needs', () => {
    const model = generic({ length: 20 });
    send(model, 'offset', '?offset=20&limit=10');
    expect(model.stats().violations).toEqual([]);
    send(model, 'offset', '?offset=30&limit=10');
    expect(model.stats().violations).toEqual(['/offset: asked for row 30 of 20']);
  });

  it('ends a cursor as null, as an empty string or not at all', () => {
    const tail = (cursorEnd: 'null' | 'empty' | 'absent') =>
      String(send(generic({ length: 0, cursorEnd }), 'cursor-body', '').body);
    expect(tail('null')).toBe('{"data":[],"next_cursor":null}');
    expect(tail('empty')).toBe('{"data":[],"next_cursor":""}');
    expect(tail('absent')).toBe('{"data":[]}');
  });

  it('breaks lines between records and starts with a byte order mark when told to', () => {
    const options = { length: 2, lineBreaks: true, byteOrderMark: true, recordsKey: 'items' };
    const model = generic(options);
    const { body } = send(model, 'single', '');
    expect(body).toBe(`\u{feff}{"items":[${model.records('single').join(',\n')}]}`);
  });

  it('tells a plain limit and enforces it', () => {
    const model = generic({ length: 1, window: { limit: 1, windowMs: 5000 } });
    expect(headerOf(send(model, 'single', ''), 'X-RateLimit-Reset')).toBe('5');
    expect(send(model, 'single', '').status).toBe(429);
    expect(model.stats()).toMatchObject({ allowed: 1, refused: 1 });
  });
});

describe('damage', () => {
  const hurt = (damage: Damage, from = 2, times?: number) =>
    generic({
      length: 50,
      damage: { [damage]: { from, ...(times === undefined ? {} : { times }) } },
    });

  it('strikes from the n-th request for as many times as told', () => {
    const model = hurt('emptyBody', 2, 1);
    const sizes = [1, 2, 3].map(() => String(send(model, 'offset', '').body).length > 0);
    expect(sizes).toEqual([true, false, true]);
  });

  it('a page can be HTML, half a document or cut off, all with status 200', () => {
    expect(headerOf(send(hurt('html200', 1), 'page', ''), 'content-type')).toBe('text/html');
    const half = String(send(hurt('halfJson', 1), 'page', '').body);
    expect(() => JSON.parse(half)).toThrow();
    const cut = send(hurt('cutOff', 1), 'page', '');
    expect(cut.dropAfterBytes).toBeLessThan(Buffer.byteLength(cut.body));
  });

  it('cursors can stand still or run in a circle', () => {
    const seen = (damage: Damage) => {
      const model = hurt(damage, 1);
      const cursors: string[] = [];
      for (let turn = 0, target = ''; turn < 8; turn += 1) {
        const cursor = String(bodyOf(send(model, 'cursor-body', target))['next_cursor']);
        cursors.push(cursor);
        target = `?cursor=${encodeURIComponent(cursor)}`;
      }
      return cursors;
    };
    expect(new Set(seen('sameCursor')).size).toBe(1);
    const cycle = seen('cursorCycle');
    expect(cycle.slice(3, 6)).toEqual(cycle.slice(0, 3));
  });

  it('rows can repeat for ever behind cursors that move on', () => {
    const model = hurt('repeatRows', 1);
    const one = send(model, 'offset', '?offset=0').body;
    expect(send(model, 'offset', '?offset=990').body).toBe(one);
    expect(bodyOf(send(model, 'has-more', '?page=99'))['has_more']).toBe(true);
    expect(model.stats().violations).toEqual([]);
  });

  it('a link can lead to another host', () => {
    const model = hurt('otherOriginLink', 1);
    expect(bodyOf(send(model, 'link-body', ''))['next']).toMatch(
      /^https:\/\/elsewhere\.example\//u,
    );
    expect(headerOf(send(model, 'link-header', ''), 'link')).toContain(
      'https://elsewhere.example/',
    );
  });
});
