// An API whose lists belong to something: to a parent named in the path, the query, a header or the
// body, to a value of a list, or to a stretch of time. It answers nothing that is not asked for
// rightly, and keeps what it was asked: a wrong child is a violation, not an empty list.

import { type ApiModel, type ApiRequest, type ApiResponse, answer, referee } from './exchange.ts';

export interface FamilyOptions {
  /** Orders whose payments are gone: 404. */
  readonly gone?: readonly string[];
  /** More shops, for those that appear later. */
  readonly shops?: readonly string[];
}

export interface FamilyModel extends ApiModel {
  /** `GET /shops?page=1`, a line for each request so far. */
  readonly asked: readonly string[];
}

/** Names that break careless URLs. */
export const SHOPS = ['north & co', 'so/uth?', 'wést', 'empty'] as const;

/** Ids beyond 2^53: the shop's place, then the order's. */
const ordersOf = (shop: string, shops: readonly string[]): readonly string[] => {
  const place = shops.indexOf(shop);
  return shop === 'empty'
    ? []
    : Array.from({ length: 3 }, (_, order) => `90071992547409${place}${order}1`);
};

const STATES = ['open', 'closed', 'open'] as const;

/** All orders with their shops, in the order in which they are listed. */
export const allOrders = (shops: readonly string[] = SHOPS) =>
  shops.flatMap((shop) =>
    ordersOf(shop, shops).map((id, index) => ({ id, shop, state: STATES[index] ?? 'open' })),
  );

export const PRODUCTS = ['tea', 'mate'] as const;

/** A row each half day of 70 days; its text is the record. */
export const VISITS: readonly { readonly atMs: number; readonly text: string }[] = Array.from(
  { length: 140 },
  (_, index) => {
    const atMs = Date.parse('2025-12-20T00:00:00Z') + index * 43_200_000;
    const at = new Date(atMs).toISOString().replace('.000', '');
    return { atMs, text: `{"id":${index},"at":"${at}"}` };
  },
);

/** Days that the API gives at a time. */
const LONGEST_DAYS = 31;

type Rows = readonly string[] | { readonly status: number; readonly why: string };

const wrong = (why: string): Rows => ({ status: 422, why });

export function family({ gone = [], shops = SHOPS }: FamilyOptions = {}): FamilyModel {
  const asked: string[] = [];
  const watch = referee();
  return {
    asked,
    handle(request, nowMs) {
      watch.request();
      const query = request.rawQuery === '' ? '' : `?${request.rawQuery}`;
      asked.push(`${request.method} ${request.path}${query}${request.body}`);
      const rows = rowsFor(request, { gone, shops });
      if ('status' in rows) {
        if (rows.status !== 404) watch.violation(rows.why);
        return answer(nowMs, rows.status, JSON.stringify({ error: rows.why }));
      }
      return paged(request, rows, nowMs);
    },
    stats: () => ({ ...watch.seen(), allowed: asked.length, refused: 0, idle: 0 }),
    spendForeign() {},
  };
}

/** Two rows a page, and whether there are more. */
function paged({ query }: ApiRequest, rows: readonly string[], nowMs: number): ApiResponse {
  const page = Number(query.get('page') ?? '1');
  const from = (page - 1) * 2;
  const more = from + 2 < rows.length;
  return answer(nowMs, 200, `{"data":[${rows.slice(from, from + 2).join(',')}],"more":${more}}`);
}

function rowsFor(request: ApiRequest, options: Required<FamilyOptions>): Rows {
  const [first = '', ...rest] = request.path.split('/').slice(1).map(decodeURIComponent);
  const answered = LISTS[first]?.(rest, request, options);
  return answered ?? { status: 404, why: `no such list: ${request.path}` };
}

type List = (
  path: readonly string[],
  request: ApiRequest,
  options: Required<FamilyOptions>,
) => Rows;

const LISTS: Readonly<Record<string, List>> = {
  shops: ([shop, list], { query }, { shops }) => {
    if (shop === undefined) {
      return shops.map((id) => `{"id":${JSON.stringify(id)},"open":${id !== 'wést'}}`);
    }
    if (!shops.includes(shop)) return wrong(`no shop ${shop}`);
    if (list === 'visits') return between(query.get('min'), query.get('max'));
    if (list !== 'orders') return wrong(`no list ${list}`);
    return ordersOf(shop, shops).map(
      (id, index) => `{"id":${id},"state":"${STATES[index]}","customer":{"name":"C ${index}"}}`,
    );
  },
  orders: ([order = '', list], _, options) =>
    ofOrder(order, options, list === 'lines' ? linesOf(order) : wrong(`no list ${list}`)),
  lines: ([line = '', list]) =>
    list === 'taxes' && /^\d+-\d$/.test(line) ? [`{"rate":"${line}%"}`] : wrong(`no line ${line}`),
  payments: (_, { query }, options) => {
    const order = query.get('order') ?? '';
    if (options.gone.includes(order)) return { status: 404, why: `${order} is gone` };
    return ofOrder(order, options, [`{"paid":"${order}"}`]);
  },
  notes: (_, { headers }, options) =>
    ofOrder(headers['x-order'] ?? '', options, ['{"note":"a"}', '{"note":"b"}', '{"note":"c"}']),
  events: (_, { body }, options) => {
    const order = /^\{"filter":\{"order":(\d+)\}/.exec(body)?.[1] ?? '';
    return ofOrder(order, options, [`{"event":"made"}`]);
  },
  products: () => PRODUCTS.map((name) => `{"sku":"${name}"}`),
  stock: (_, { query }, { shops }) => {
    const [shop = '', sku = ''] = [query.get('shop') ?? '', query.get('sku') ?? ''];
    const isKnown = shops.includes(shop) && PRODUCTS.some((name) => name === sku);
    return isKnown ? [`{"count":${shop.length}}`] : wrong(`no stock of ${sku} in ${shop}`);
  },
  kinds: ([kind = '']) =>
    ['big', 'small'].includes(kind) ? [`{"of":"${kind}"}`] : wrong(`no kind ${kind}`),
  visits: ([from, to], { query }) => {
    const [, low, high] = /^between (.*),(.*)$/.exec(query.get('at') ?? '') ?? [];
    return between(from ?? low ?? query.get('min'), to ?? high ?? query.get('max'));
  },
  days: (_, { query }) => between(query.get('first'), query.get('last'), 86_400_000),
  clicks: (_, { query }) => between(epoch(query.get('min')), epoch(query.get('max'))),
  months: ([month = '']) => calendar(month, /^\d{4}-\d\d$/),
  years: ([year = '']) => calendar(year, /^\d{4}$/),
};

const linesOf = (order: string): Rows => [0, 1, 2].map((line) => `{"id":"${order}-${line}"}`);

const ofOrder = (order: string, { shops }: Required<FamilyOptions>, rows: Rows): Rows =>
  allOrders(shops).some(({ id }) => id === order) ? rows : wrong(`no order ${order}`);

const epoch = (text: string | null): string | null =>
  text !== null && /^\d{10}$/.test(text) ? new Date(Number(text) * 1000).toISOString() : null;

/** From one moment to before another, or, with `more`, that much beyond it. */
function between(from: string | null | undefined, to: string | null | undefined, more = 0): Rows {
  const [fromMs, toMs] = [Date.parse(from ?? ''), Date.parse(to ?? '') + more];
  if (!(fromMs < toMs)) return wrong(`no time from ${from} to ${to}`);
  if (toMs - fromMs > LONGEST_DAYS * 86_400_000) return wrong(`too long: ${from} to ${to}`);
  return VISITS.filter(({ atMs }) => atMs >= fromMs && atMs < toMs).map(({ text }) => text);
}

const calendar = (name: string, pattern: RegExp): Rows =>
  pattern.test(name)
    ? VISITS.filter(({ text }) => text.includes(`"at":"${name}-`)).map(({ text }) => text)
    : wrong(`no ${name}`);
