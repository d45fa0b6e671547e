// Lightspeed Retail X-Series as strict as the vendor: 2.0 lists that walk by version, 0.x pages,
// the two odd lists, and one window per retailer. Versions beyond 2^53 go out as JSON numbers and
// must come back exact.

import { type ApiModel, type ApiRequest, type ApiResponse, answer, referee } from './exchange.ts';
import { type FaultOptions, passingFaults } from './faults.ts';
import { route } from './lightspeed-x-pages.ts';
import type { XSeriesQuirks } from './lightspeed-x-quirks.ts';
import { retailer, type VersionedRow } from './lightspeed-x-rows.ts';
import { fixedWindow, type WindowVerdict } from './limits.ts';
import { bearerOf, type OAuth } from './oauth.ts';

export type { XSeriesQuirks };

export const allQuirks: XSeriesQuirks = {
  clampPageSize: true,
  nullVersions: true,
  bigVersions: true,
  hideDeleted: true,
  userAgentRequired: true,
  dateRetryAfter: true,
  bodyRetryAfter: true,
  stringMoney: true,
  exactVersions: true,
};

export const noQuirks: XSeriesQuirks = {
  clampPageSize: false,
  nullVersions: false,
  bigVersions: false,
  hideDeleted: false,
  userAgentRequired: false,
  dateRetryAfter: false,
  bodyRetryAfter: false,
  stringMoney: false,
  exactVersions: false,
};

export interface XSeriesOptions {
  /**
   * Records per resource: `{ products: 250, sales: 1200, product_categories: 9,
   * inventory_levels: 9 }`.
   */
  readonly rows: Readonly<Record<string, number>>;
  readonly quirks?: Partial<XSeriesQuirks>;
  /** 300 requests for each register and 50 more in a window of five minutes. */
  readonly registers?: number;
  readonly windowStart?: 'first-request' | 'aligned';
  readonly foreignShare?: number;
  /** Largest page by resource, instead of 500 for sales and 10,000 for others. */
  readonly pageSizes?: Readonly<Record<string, number>>;
  /** How far the vendor's clock runs ahead of ours (negative: behind). */
  readonly clockSkewMs?: number;
  readonly faults?: FaultOptions;
  readonly auth?: string | OAuth;
  readonly seed?: number;
}

export interface XSeriesModel extends ApiModel {
  readonly accessToken: string;
  /**
   * The exact bytes of each record, ascending by version, or as 0.x pages list them (by
   * creation).
   */
  records(
    stream: string,
    options?: { deleted?: boolean; after?: bigint; order?: 'version' | 'creation' },
  ): string[];
  /** The ids in the order of `records`. */
  ids(stream: string): string[];
  /** Changes a record: its version becomes the newest of the retailer, so it comes again later. */
  touch(id: string, change?: { deletedAt?: string | null }): void;
  append(stream: string, count: number): void;
}

const windowMs = 5 * 60 * 1000;

export function lightspeedX(options: XSeriesOptions): XSeriesModel {
  const quirks = { ...noQuirks, ...options.quirks };
  const { registers = 1, auth = 'x-series-token', foreignShare = 0, clockSkewMs = 0 } = options;
  const start = options.windowStart ?? 'first-request';
  const limit = fixedWindow({ limit: 300 * registers + 50, windowMs, start, foreignShare });
  const faults = passingFaults(options.faults ?? { rate: 0 });
  const watch = referee();
  const store = retailer(options.rows, options.seed ?? 1, quirks);
  const issued = new Set<string>(['0']);
  const context = { quirks, store, issued, watch, pageSizes: options.pageSizes ?? {} };

  return {
    accessToken: typeof auth === 'string' ? auth : auth.first.accessToken,
    handle: (request, clientMs) => {
      const nowMs = clientMs + clockSkewMs;
      watch.request();
      if (typeof auth !== 'string' && request.path === '/api/1.0/token') {
        return auth.token(request, nowMs);
      }
      const verdict = limit.take(nowMs);
      if (!verdict.allowed) {
        watch.refusal(nowMs, verdict.resetMs);
        return refused(nowMs, verdict, quirks);
      }
      const content =
        denied(request, nowMs, auth, quirks, watch) ?? route(request, nowMs, context);
      const headers = { ...content.headers, ...windowHeaders(verdict) };
      return faults.strike(nowMs, { ...content, headers });
    },
    stats: () => {
      const { allowed, refused: over, idle } = limit.counts();
      const seen = watch.seen();
      const signing = typeof auth === 'string' ? [] : auth.seen().violations;
      const violations = [...seen.violations, ...signing];
      return { requests: seen.requests, allowed, refused: over, idle, violations };
    },
    spendForeign: (nowMs, cost) => limit.spendForeign(nowMs + clockSkewMs, cost),
    records: (stream, wanted = {}) => {
      const { deleted = true, after = 0n, order = 'version' } = wanted;
      const rows = order === 'version' ? store.byVersion(stream) : store.byCreation(stream);
      return (rows ?? [])
        .filter((row) => row.version > after && (deleted || row.deletedAt === null))
        .map(store.text);
    },
    ids: (stream) => (store.byVersion(stream) ?? []).map((row: VersionedRow) => row.id),
    touch: store.touch,
    append: store.append,
  };
}

function denied(
  request: ApiRequest,
  nowMs: number,
  auth: string | OAuth,
  quirks: XSeriesQuirks,
  watch: { violation(text: string): void },
): ApiResponse | undefined {
  if (quirks.userAgentRequired && (request.headers['user-agent'] ?? '') === '') {
    watch.violation('no User-Agent');
    return answer(nowMs, 403, '{"error":"Forbidden","message":"User-Agent is required"}');
  }
  const signedIn =
    typeof auth === 'string' ? bearerOf(request) === auth : auth.check(request, nowMs) === 'ok';
  if (signedIn) return undefined;
  return answer(nowMs, 401, '{"error":"Unauthorized","message":"The token is not valid"}');
}

function refused(nowMs: number, verdict: WindowVerdict, quirks: XSeriesQuirks): ApiResponse {
  const resetSeconds = Math.ceil(verdict.resetMs / 1000);
  const date = new Date(resetSeconds * 1000).toUTCString();
  const retryAfter = quirks.dateRetryAfter
    ? date
    : String(Math.ceil((verdict.resetMs - nowMs) / 1000));
  const body = {
    error: 'Too Many Requests',
    message: 'Rate limiting enforced',
    ...(quirks.bodyRetryAfter ? { 'retry-after': retryAfter } : {}),
  };
  return answer(nowMs, 429, JSON.stringify(body), {
    ...windowHeaders(verdict),
    'Retry-After': retryAfter,
  });
}

function windowHeaders(verdict: WindowVerdict): Record<string, string> {
  return {
    'X-RateLimit-Limit': String(verdict.limit),
    'X-RateLimit-Remaining': String(verdict.remaining),
  };
}
