// GitHub's REST paging and primary limit: a fixed window of an hour, told in `x-ratelimit-*` with
// an epoch reset, refused with 403 or 429, pages linked by RFC 8288. Bare lists, at most 100
// records a page.

import { type Lists, plainLists } from './data.ts';
import {
  type ApiModel,
  type ApiRequest,
  type ApiResponse,
  answer,
  linkHeader,
  originOf,
  referee,
  wholeNumber,
} from './exchange.ts';
import { type FaultOptions, passingFaults } from './faults.ts';
import { fixedWindow, type WindowVerdict } from './limits.ts';
import { bearerOf } from './oauth.ts';

export interface GithubOptions {
  /** Records by the last part of the path: `{ issues: 250 }` answers `/repos/acme/shop/issues`. */
  readonly rows: Readonly<Record<string, number>>;
  readonly limit?: number;
  readonly windowMs?: number;
  readonly windowStart?: 'first-request' | 'aligned';
  readonly refusalStatus?: 403 | 429;
  /** Send `retry-after` with a refusal, as the secondary limits do. */
  readonly retryAfter?: boolean;
  readonly foreignShare?: number;
  readonly faults?: FaultOptions;
  readonly accessToken?: string;
  readonly seed?: number;
}

export interface GithubModel extends ApiModel {
  readonly accessToken: string;
  records(stream: string): string[];
}

export function github(options: GithubOptions): GithubModel {
  const { limit = 5000, windowMs = 3_600_000, foreignShare = 0 } = options;
  const { accessToken = 'github-token', windowStart: start = 'first-request' } = options;
  const window = fixedWindow({ limit, windowMs, start, foreignShare });
  const lists = plainLists(options.rows, options.seed);
  const faults = passingFaults(options.faults ?? { rate: 0 });
  const watch = referee();
  return {
    accessToken,
    handle: (request, nowMs) => {
      watch.request();
      const verdict = window.take(nowMs);
      const headers = limitHeaders(verdict);
      if (!verdict.allowed) {
        watch.refusal(nowMs, verdict.resetMs);
        return refused(nowMs, verdict, headers, options);
      }
      if ((request.headers['user-agent'] ?? '') === '') {
        watch.violation('no User-Agent');
        return answer(nowMs, 403, '{"message":"Request forbidden by administrative rules."}');
      }
      if (bearerOf(request) !== accessToken) {
        return answer(nowMs, 401, '{"message":"Bad credentials","status":"401"}', headers);
      }
      const content = page(request, nowMs, lists);
      const healthy = { ...content, headers: { ...content.headers, ...headers } };
      return faults.strike(nowMs, healthy);
    },
    stats: () => {
      const { allowed, refused: over, idle } = window.counts();
      return { ...watch.seen(), allowed, refused: over, idle };
    },
    spendForeign: window.spendForeign,
    records: (stream) => lists.slice(stream, 0, lists.count(stream) ?? 0),
  };
}

function page(request: ApiRequest, nowMs: number, lists: Lists): ApiResponse {
  const stream = request.path.slice(request.path.lastIndexOf('/') + 1);
  const count = lists.count(stream);
  if (count === undefined) return answer(nowMs, 404, '{"message":"Not Found","status":"404"}');
  const number = Math.max(1, wholeNumber(request.query.get('page'), 1) ?? 1);
  const asked = wholeNumber(request.query.get('per_page'), 30) ?? 30;
  const size = Math.min(100, Math.max(1, asked));
  const last = Math.max(1, Math.ceil(count / size));
  const base = originOf(request, 'https://api.github.com') + request.path;
  const url = (to: number) => {
    const query = new URLSearchParams(request.query);
    query.set('page', String(to));
    return `${base}?${query}`;
  };
  const link = linkHeader({
    prev: number > 1 ? url(number - 1) : undefined,
    next: number < last ? url(number + 1) : undefined,
    last: number < last ? url(last) : undefined,
    first: number > 1 ? url(1) : undefined,
  });
  const texts = lists.slice(stream, (number - 1) * size, number * size);
  const type = { 'Content-Type': 'application/json; charset=utf-8' };
  const headers = link === '' ? type : { ...type, Link: link };
  return answer(nowMs, 200, `[${texts.join(',')}]`, headers);
}

function refused(
  nowMs: number,
  verdict: WindowVerdict,
  headers: Readonly<Record<string, string>>,
  options: GithubOptions,
): ApiResponse {
  const { refusalStatus = 403, retryAfter = false } = options;
  const seconds = String(Math.ceil(verdict.retryAfterMs / 1000));
  const body = {
    message: 'API rate limit exceeded for user ID 1.',
    documentation_url: 'https://docs.github.com/rest/rate-limit',
    status: String(refusalStatus),
  };
  const extra = retryAfter ? { 'retry-after': seconds } : {};
  return answer(nowMs, refusalStatus, JSON.stringify(body), { ...headers, ...extra });
}

function limitHeaders(verdict: WindowVerdict): Record<string, string> {
  return {
    'x-ratelimit-limit': String(verdict.limit),
    'x-ratelimit-remaining': String(verdict.remaining),
    'x-ratelimit-used': String(verdict.used),
    'x-ratelimit-reset': String(Math.ceil(verdict.resetMs / 1000)),
    'x-ratelimit-resource': 'core',
  };
}
