// A list of five pages that stands behind a lock: a request without the right credentials in the
// right place, and nowhere else, is refused. It says what each request was refused for.

import { type ApiModel, type ApiRequest, type ApiResponse, answer } from './exchange.ts';

/** Why a request is not let in; undefined: it is. */
export type Lock = (request: ApiRequest, nowMs: number) => string | undefined;

export interface LockedOptions {
  readonly lock: Lock;
  /** Answers all that is no page: a login, a token endpoint. */
  readonly door?: (request: ApiRequest, nowMs: number) => ApiResponse | undefined;
  /** Status of a refusal. */
  readonly refusal?: number;
  /** The cookie that an answer sets. */
  readonly set?: (request: ApiRequest) => string | undefined;
  /** What stands in a page. */
  readonly row?: (page: number) => object;
  /** What follows a page: the query of the next one, or a whole link. */
  readonly link?: (request: ApiRequest, next: number) => string;
}

export const PAGES = 5;

export interface Locked extends ApiModel {
  /** Why requests were refused, in their order. */
  readonly refused: readonly string[];
}

export function locked(options: LockedOptions): Locked {
  const { lock, door, refusal = 401, link, set, row = (id) => ({ id }) } = options;
  const refused: string[] = [];
  let requests = 0;
  return {
    refused,
    handle(request, nowMs) {
      requests++;
      const other = door?.(request, nowMs);
      if (other) return other;
      const why = lock(request, nowMs);
      if (why !== undefined) {
        refused.push(why);
        return answer(nowMs, refusal, JSON.stringify({ error: 'not let in' }));
      }
      const page = Number.parseInt(pageOf(request) ?? '1', 10);
      const more = page < PAGES;
      const next = more ? (link?.(request, page + 1) ?? String(page + 1)) : null;
      const cookie = set?.(request);
      const headers = cookie === undefined ? {} : { 'Set-Cookie': cookie };
      return answer(nowMs, 200, JSON.stringify({ data: [row(page)], next }), headers);
    },
    stats: () => ({
      requests,
      allowed: requests - refused.length,
      refused: 0,
      idle: 0,
      violations: [],
    }),
    spendForeign: () => {},
  };
}

function pageOf({ query, headers, body }: ApiRequest): string | null {
  if (query.has('page')) return query.get('page');
  if (headers['content-type']?.includes('form')) return new URLSearchParams(body).get('page');
  const found: { page?: unknown } = body === '' ? {} : JSON.parse(body);
  return found.page === undefined ? null : String(found.page);
}

/** The header has this value, and no other place has a word of it. */
export const inHeader =
  (name: string, value: string): Lock =>
  ({ headers }) =>
    headers[name] === value ? undefined : `${name} is ${headers[name] ?? 'not there'}`;

export const inQuery =
  (name: string, value: string): Lock =>
  ({ query }) =>
    query.getAll(name).join() === value && query.getAll(name).length === 1
      ? undefined
      : `${name} is ${query.getAll(name).join(' and ') || 'not there'}`;

export const basicAs = (user: string, password: string): Lock =>
  inHeader('authorization', `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`);

/** All of them. */
export const every =
  (...locks: readonly Lock[]): Lock =>
  (request, nowMs) =>
    locks.map((lock) => lock(request, nowMs)).find((why) => why !== undefined);

/** JSON that must be the same. */
export const lackIn = (found: unknown, wanted: unknown): string | undefined => {
  const [one, other] = [found, wanted].map((value) => JSON.stringify(value));
  return one === other ? undefined : `it is ${one}`;
};

/** A server of many nodes: a walk stays on the one that its first page names, by a cookie. */
export function sticky(name: string) {
  let walks = 0;
  let node = '';
  return {
    walks: () => walks,
    set: ({ query }: ApiRequest): string => {
      if (!query.has('page')) {
        walks++;
        node = `n${walks}`;
      }
      return `${name}=${node}; Path=/; Expires=Wed, 09 Jun 2100 10:18:14 GMT`;
    },
    lock: (({ headers, query }) => {
      const found = (headers['cookie'] ?? '')
        .split('; ')
        .find((pair) => pair.startsWith(`${name}=`));
      const wanted = query.has('page') ? `${name}=${node}` : undefined;
      return found === wanted ? undefined : `${found ?? 'no cookie'} where ${wanted} is wanted`;
    }) satisfies Lock,
  };
}
