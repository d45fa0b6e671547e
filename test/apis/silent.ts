// An API that says nothing: no headers about its limit, a bare 429 when 60 requests in any 60
// seconds are passed. Lists are bare, paged by `offset` and `limit` or by `page` and `per_page`.

import { type Lists, plainLists } from './data.ts';
import {
  type ApiModel,
  type ApiRequest,
  type ApiResponse,
  answer,
  referee,
  wholeNumber,
} from './exchange.ts';
import { type FaultOptions, passingFaults } from './faults.ts';
import { slidingWindow } from './limits.ts';

export interface SilentOptions {
  /** Records by path: `{ posts: 100 }` answers `/posts`. */
  readonly rows: Readonly<Record<string, number>>;
  readonly limit?: number;
  readonly windowMs?: number;
  readonly foreignShare?: number;
  readonly faults?: FaultOptions;
  readonly seed?: number;
}

export interface SilentModel extends ApiModel {
  records(stream: string): string[];
}

export function silent(options: SilentOptions): SilentModel {
  const { limit = 60, windowMs = 60_000, foreignShare = 0 } = options;
  const window = slidingWindow({ limit, windowMs, foreignShare });
  const lists = plainLists(options.rows, options.seed);
  const faults = passingFaults(options.faults ?? { rate: 0 });
  const watch = referee();
  return {
    handle: (request, nowMs) => {
      watch.request();
      if (window.take(nowMs).allowed) return faults.strike(nowMs, page(request, nowMs, lists));
      return { status: 429, headers: {}, body: '' };
    },
    stats: () => {
      const { allowed, refused, idle } = window.counts();
      return { ...watch.seen(), allowed, refused, idle };
    },
    spendForeign: window.spendForeign,
    records: (stream) => lists.slice(stream, 0, lists.count(stream) ?? 0),
  };
}

function page(request: ApiRequest, nowMs: number, lists: Lists): ApiResponse {
  const stream = request.path.slice(1);
  const { query } = request;
  const size = wholeNumber(query.get('limit') ?? query.get('per_page'), 50);
  const number = wholeNumber(query.get('page'), 1);
  const offset = wholeNumber(query.get('offset'), ((number ?? 1) - 1) * (size ?? 0));
  if (lists.count(stream) === undefined) return answer(nowMs, 404, '{}');
  if (size === undefined || offset === undefined || offset < 0) return answer(nowMs, 400, '{}');
  return answer(nowMs, 200, `[${lists.slice(stream, offset, offset + size).join(',')}]`);
}
