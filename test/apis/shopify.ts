// Shopify's REST Admin API: a bucket of 40 that leaks two a second and holds no more than it
// holds (a request must fit), `Retry-After` in decimal seconds, and `Link` headers whose
// page_info allows no other filter.

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
import { type BucketVerdict, leakyBucket } from './limits.ts';

export interface ShopifyOptions {
  /** Records by resource: `{ products: 250 }` answers `/admin/api/2024-01/products.json`. */
  readonly rows: Readonly<Record<string, number>>;
  readonly size?: number;
  readonly leakPerSecond?: number;
  readonly foreignShare?: number;
  /** Whole calls are told, which hides a part of one; up when absent. */
  readonly rounds?: 'up' | 'down';
  readonly faults?: FaultOptions;
  readonly accessToken?: string;
  readonly seed?: number;
}

export interface ShopifyModel extends ApiModel {
  /** Sent as `X-Shopify-Access-Token`. */
  readonly accessToken: string;
  records(stream: string): string[];
}

export function shopify(options: ShopifyOptions): ShopifyModel {
  const { size = 40, leakPerSecond = 2, foreignShare = 0, rounds = 'up' } = options;
  const { accessToken = 'shopify-token' } = options;
  const bucket = leakyBucket({ size, leakPerSecond, foreignShare, overflow: false });
  const lists = plainLists(options.rows, options.seed);
  const faults = passingFaults(options.faults ?? { rate: 0 });
  const watch = referee();
  return {
    accessToken,
    handle: (request, nowMs) => {
      watch.request();
      if (request.headers['x-shopify-access-token'] !== accessToken) {
        return answer(nowMs, 401, '{"errors":"[API] Invalid API key or access token"}');
      }
      const verdict = bucket.take(nowMs);
      const headers = { 'X-Shopify-Shop-Api-Call-Limit': callLimit(verdict, rounds) };
      if (!verdict.allowed) {
        const errors = 'Exceeded 2 calls per second for api client.';
        const seconds = Math.max(1, Math.ceil(verdict.retryAfterMs / 1000));
        watch.refusal(nowMs, nowMs + seconds * 1000);
        const body = JSON.stringify({ errors });
        return answer(nowMs, 429, body, { ...headers, 'Retry-After': seconds.toFixed(1) });
      }
      const content = page(request, nowMs, lists, watch);
      const healthy = { ...content, headers: { ...content.headers, ...headers } };
      return faults.strike(nowMs, healthy);
    },
    stats: () => {
      const { allowed, refused, idle } = bucket.counts();
      return { ...watch.seen(), allowed, refused, idle };
    },
    spendForeign: bucket.spendForeign,
    records: (stream) => lists.slice(stream, 0, lists.count(stream) ?? 0),
  };
}

/** `32/40`: whole calls, never above the size. */
function callLimit({ level, size }: BucketVerdict, rounds: 'up' | 'down'): string {
  const calls = rounds === 'up' ? Math.ceil(level - 1e-9) : Math.floor(level + 1e-9);
  return `${Math.min(size, calls)}/${size}`;
}

function page(
  request: ApiRequest,
  nowMs: number,
  lists: Lists,
  watch: { violation(text: string): void },
): ApiResponse {
  const stream = /^\/admin\/api\/[^/]+\/([a-z_]+)\.json$/u.exec(request.path)?.[1] ?? '';
  const count = lists.count(stream);
  if (count === undefined) return answer(nowMs, 404, '{"errors":"Not Found"}');
  const limit = wholeNumber(request.query.get('limit'), 50);
  if (limit === undefined || limit < 1 || limit > 250) {
    return answer(nowMs, 400, '{"errors":{"limit":"must be between 1 and 250"}}');
  }
  const info = request.query.get('page_info');
  const extra = [...request.query.keys()].filter(
    (key) => !/^(page_info|limit|fields)$/u.test(key),
  );
  const place = info === null ? 0 : readInfo(info);
  if (place === undefined || (info !== null && extra.length > 0)) {
    watch.violation(`page_info came damaged or with other filters: ${request.rawQuery}`);
    return answer(nowMs, 400, '{"errors":{"page_info":"Invalid value."}}');
  }
  const base = originOf(request, 'https://shop.myshopify.com') + request.path;
  const url = (to: number) => `${base}?limit=${limit}&page_info=${writeInfo(to)}`;
  const link = linkHeader({
    previous: place > 0 ? url(Math.max(0, place - limit)) : undefined,
    next: place + limit < count ? url(place + limit) : undefined,
  });
  const texts = lists.slice(stream, place, place + limit);
  const headers: Record<string, string> = link === '' ? {} : { Link: link };
  return answer(nowMs, 200, `{"${stream}":[${texts.join(',')}]}`, headers);
}

function writeInfo(place: number): string {
  return Buffer.from(`{"place":${place}}`).toString('base64url');
}

function readInfo(info: string): number | undefined {
  const found = /^\{"place":(\d+)\}$/u.exec(Buffer.from(info, 'base64url').toString('utf8'));
  return found?.[1] === undefined ? undefined : Number(found[1]);
}
