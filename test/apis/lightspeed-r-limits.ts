// What an R-Series request costs and what the response says about it: the bucket, the burst
// limiter, their headers and their refusals. Every request that is signed in is charged, whatever
// becomes of it.

import { type ApiRequest, type ApiResponse, answer, type Referee } from './exchange.ts';
import { errorBody } from './faults.ts';
import type { RSeriesQuirks } from './lightspeed-r-quirks.ts';
import { relationCost } from './lightspeed-r-rows.ts';
import { type BucketVerdict, burst, leakyBucket, type WindowVerdict } from './limits.ts';

export interface RSeriesLimits {
  /** Charges the request; a refusal takes the place of the content. */
  charge(
    request: ApiRequest,
    content: ApiResponse,
    nowMs: number,
  ): { refused: boolean; response: ApiResponse };
  /** The headers of a response that was not charged. */
  headers(nowMs: number): Record<string, string>;
  resize(nowMs: number, next: { size: number; leakPerSecond: number }): void;
  spendForeign(nowMs: number, cost: number): void;
  level(nowMs: number): { level: number; size: number };
  counts(): { allowed: number; refused: number; idle: number };
}

export function rSeriesLimits(options: {
  size: number;
  leakPerSecond: number;
  foreignShare: number;
  burstLimit: number;
  accountId: string;
  quirks: RSeriesQuirks;
  watch: Referee;
}): RSeriesLimits {
  const { quirks, watch, accountId } = options;
  const bucket = leakyBucket(options);
  const seconds = burst({ limit: options.burstLimit });
  const context = (cost: number, inSecond: WindowVerdict | undefined): LimitContext => ({
    cost,
    inSecond,
    number: watch.seen().requests,
    accountId,
    quirks,
  });
  return {
    charge: (request, content, nowMs) => {
      const free = content.status >= 400 && !quirks.chargedErrors;
      const cost = free ? 0 : costOf(request, quirks);
      const inSecond = quirks.burst ? seconds.take(nowMs) : undefined;
      const inBurst = inSecond?.allowed === false;
      const inBucket = inBurst ? bucket.peek(nowMs) : bucket.take(nowMs, cost);
      const headers = limitHeaders(inBucket, context(cost, inSecond));
      if (inBucket.allowed && !inBurst) {
        const response = { ...content, headers: { ...content.headers, ...headers } };
        return { refused: false, response };
      }
      const waitMs = inBurst ? inSecond.retryAfterMs : inBucket.retryAfterMs;
      const retrySeconds = Math.max(1, Math.ceil(waitMs / 1000));
      watch.refusal(nowMs, nowMs + retrySeconds * 1000);
      const response = failure(nowMs, 429, 'Too Many Requests', 'Rate limit reached.', quirks, {
        ...headers,
        'X-LS-API-RateLimit-Type': inBurst ? 'api-burst-limiter' : 'api-leaky-bucket',
        'Retry-After': String(retrySeconds),
      });
      return { refused: true, response };
    },
    headers: (nowMs) => limitHeaders(bucket.peek(nowMs), context(0, undefined)),
    resize: bucket.resize,
    spendForeign: (nowMs, cost) => {
      seconds.spendForeign(nowMs, 1);
      bucket.spendForeign(nowMs, cost);
    },
    level: bucket.peek,
    counts: () => {
      const { allowed, refused, idle } = bucket.counts();
      return { allowed, refused: refused + seconds.counts().refused, idle };
    },
  };
}

/** 1 for a plain request; `count=1` makes it 10; relations are added, doubled on lists. */
function costOf(request: ApiRequest, quirks: RSeriesQuirks): number {
  const base = quirks.countCost && request.query.get('count') === '1' ? 10 : 1;
  const onList = /\/\d+(\.json)?$/u.test(request.path) ? 1 : 2;
  const added = quirks.relationCost ? onList * relationCost(relationsOf(request.query)) : 0;
  return Math.round((base + added) * 1000) / 1000;
}

/** `load_relations=["Category","ItemShops"]`, JSON in a parameter. */
export function relationsOf(query: URLSearchParams): readonly string[] {
  const text = query.get('load_relations');
  if (text === null) return [];
  return [...text.matchAll(/"([A-Za-z.]+)"/gu)].map((found) => found[1] ?? '');
}

interface LimitContext {
  readonly cost: number;
  readonly inSecond: WindowVerdict | undefined;
  readonly number: number;
  readonly accountId: string;
  readonly quirks: RSeriesQuirks;
}

function limitHeaders(bucket: BucketVerdict, context: LimitContext): Record<string, string> {
  const { cost, inSecond, number, accountId, quirks } = context;
  const level = quirks.floatLevel
    ? Number(bucket.level.toPrecision(14))
    : Math.ceil(bucket.level - 1e-9);
  const headers: [string, string | undefined][] = [
    ['X-LS-Acct-Id', accountId],
    ['X-LS-OAuth-Client-Id', '71082'],
    ['X-LS-Shard-Id', '23'],
    ['X-LS-API-Bucket-Level', `${level}/${bucket.size}`],
    ['X-LS-API-Drip-Rate', quirks.olderHeaders ? undefined : String(bucket.leakPerSecond)],
    ['X-LS-API-Burst-Level', inSecond && `${inSecond.used}/${inSecond.limit}`],
    ['X-LS-Api-Request-Cost', quirks.olderHeaders ? undefined : String(cost)],
  ];
  const cased = (name: string) => {
    if (!quirks.mixedHeaderCase) return name;
    return number % 3 === 0 ? name.toLowerCase() : name.replace(/-A[Pp][Ii]-/u, caseOf(number));
  };
  return Object.fromEntries(
    headers.flatMap(([name, value]) => (value === undefined ? [] : [[cased(name), value]])),
  );
}

function caseOf(number: number): string {
  return number % 3 === 1 ? '-API-' : '-Api-';
}

/** The JSON error shape, with the content type that the vendor puts on it. */
export function failure(
  nowMs: number,
  status: number,
  name: string,
  message: string,
  quirks: RSeriesQuirks,
  headers: Readonly<Record<string, string>> = {},
): ApiResponse {
  const type = quirks.htmlErrors ? { 'Content-Type': 'text/html; charset=UTF-8' } : {};
  return answer(nowMs, status, errorBody(status, name, message), { ...type, ...headers });
}
