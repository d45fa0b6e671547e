// Lightspeed Retail R-Series, V3 and legacy, as strict as the vendor: a leaky bucket and a burst
// limiter that charge errors too, cursors that must come back untouched, tokens that rotate.
// Writes are refused (405).

import {
  type ApiModel,
  type ApiRequest,
  type ApiResponse,
  answer,
  originOf,
  referee,
} from './exchange.ts';
import { type FaultOptions, passingFaults } from './faults.ts';
import { failure, relationsOf, rSeriesLimits } from './lightspeed-r-limits.ts';
import { renderPage } from './lightspeed-r-pages.ts';
import { allQuirks, noQuirks, type RSeriesQuirks } from './lightspeed-r-quirks.ts';
import {
  appendRows,
  makeResource,
  QueryFault,
  type Resource,
  removeRow,
  select,
  touchRow,
  withRelations,
} from './lightspeed-r-rows.ts';
import { bearerOf, type OAuth } from './oauth.ts';

export { allQuirks, type RSeriesQuirks };

export interface RSeriesOptions {
  /** Records per resource, by path: `{ Item: 764, 'Inventory/Transfer': 3 }`. Others answer 404. */
  readonly rows: Readonly<Record<string, number>>;
  readonly quirks?: Partial<RSeriesQuirks>;
  readonly size?: number;
  readonly leakPerSecond?: number;
  /** Most requests in one second when the burst limiter is on. */
  readonly burstLimit?: number;
  /** Share of the drip that another application of the same client takes. */
  readonly foreignShare?: number;
  /** The vendor changes size and rate in mid-run, at the n-th request. */
  readonly changes?: readonly { atRequest: number; size: number; leakPerSecond: number }[];
  readonly faults?: FaultOptions;
  /** A static token, or a token endpoint with rotation. */
  readonly auth?: string | OAuth;
  readonly accountId?: string;
  readonly seed?: number;
}

export interface RSeriesModel extends ApiModel {
  readonly basePath: string;
  readonly legacyBasePath: string;
  readonly accessToken: string;
  /** The exact bytes of each record a query should yield, in server order. */
  records(resource: string, rawQuery?: string): string[];
  touch(resource: string, id: string, nowMs: number): void;
  append(resource: string, count: number, nowMs: number): void;
  remove(resource: string, id: string): void;
  /** Level and size of the bucket at that moment. */
  level(nowMs: number): { level: number; size: number };
}

export function lightspeedR(options: RSeriesOptions): RSeriesModel {
  const quirks = { ...noQuirks, ...options.quirks };
  const { size = 90, leakPerSecond = 1, accountId = '190211', seed = 1 } = options;
  const { auth = 'r-series-token', foreignShare = 0 } = options;
  const watch = referee();
  const limits = rSeriesLimits({
    size,
    leakPerSecond,
    foreignShare,
    burstLimit: options.burstLimit ?? 20,
    accountId,
    quirks,
    watch,
  });
  const faults = passingFaults(options.faults ?? { rate: 0 });
  const made = Object.entries(options.rows);
  const resources = new Map(
    made.map(([path, count]) => [path, makeResource(path, count, seed, quirks)]),
  );
  const resourceOf = (path: string): Resource => {
    const resource = resources.get(path);
    if (resource === undefined) throw new Error(`this account has no ${path}`);
    return resource;
  };

  return {
    basePath: `/API/V3/Account/${accountId}`,
    legacyBasePath: `/API/Account/${accountId}`,
    accessToken: typeof auth === 'string' ? auth : auth.first.accessToken,
    handle: (request, nowMs) => {
      watch.request();
      const change = options.changes?.find((one) => one.atRequest === watch.seen().requests);
      if (change !== undefined) limits.resize(nowMs, change);
      if (typeof auth !== 'string' && isTokenPath(request.path)) return auth.token(request, nowMs);
      if (!signedIn(request, auth, nowMs)) {
        return unauthorized(nowMs, quirks.bareUnauthorized ? {} : limits.headers(nowMs));
      }
      const content = route(request, nowMs, { accountId, quirks, resources, watch });
      const charged = limits.charge(request, content, nowMs);
      return charged.refused ? charged.response : faults.strike(nowMs, charged.response);
    },
    stats: () => {
      const signing = typeof auth === 'string' ? [] : auth.seen().violations;
      const seen = watch.seen();
      return { ...seen, ...limits.counts(), violations: [...seen.violations, ...signing] };
    },
    spendForeign: limits.spendForeign,
    records: (path, rawQuery = '') => {
      const resource = resourceOf(path);
      const names = relationsOf(new URLSearchParams(rawQuery));
      const { rows } = select(resource, rawQuery, quirks);
      return rows.map((row) => withRelations(resource.text(row), row, names));
    },
    touch: (path, id, nowMs) => touchRow(resourceOf(path), id, nowMs),
    append: (path, count, nowMs) => appendRows(resourceOf(path), count, nowMs),
    remove: (path, id) => removeRow(resourceOf(path), id),
    level: limits.level,
  };
}

interface Account {
  readonly accountId: string;
  readonly quirks: RSeriesQuirks;
  readonly resources: ReadonlyMap<string, Resource>;
  readonly watch: { violation(text: string): void };
}

function route(request: ApiRequest, nowMs: number, account: Account): ApiResponse {
  const { accountId, quirks, resources, watch } = account;
  const found = /^\/API(\/V3)?\/Account\/([^/]+)\/([A-Za-z/]+?)(?:\/(\d+))?(\.json|\.xml)?$/u.exec(
    request.path,
  );
  const resource = resources.get(found?.[3] ?? '');
  if (found === null || found[2] !== accountId || resource === undefined) {
    return failure(nowMs, 404, 'Not Found', 'Resource not found.', quirks);
  }
  if (request.method !== 'GET') {
    return failure(nowMs, 405, 'Method Not Allowed', 'Only reading is allowed.', quirks);
  }
  const wantsJson = (request.headers['accept'] ?? '').includes('application/json');
  if (quirks.xmlDefault && !(wantsJson && found[5] === '.json')) {
    watch.violation(`asked for XML: ${request.path} with Accept ${request.headers['accept']}`);
    const xml = `<?xml version="1.0"?>\n<${resource.envelope}s count="${resource.rows.length}"/>\n`;
    return answer(nowMs, 200, xml, { 'Content-Type': 'application/xml' });
  }
  try {
    const page = renderPage({
      resource,
      v3: found[1] !== undefined,
      id: found[4],
      url: originOf(request, 'https://api.lightspeedapp.com') + request.path,
      rawQuery: request.rawQuery,
      relations: relationsOf(request.query),
      quirks,
    });
    if (page === undefined) return failure(nowMs, 404, 'Not Found', 'No such record.', quirks);
    return answer(nowMs, 200, page);
  } catch (error) {
    if (!(error instanceof QueryFault || error instanceof URIError)) throw error;
    watch.violation(`${request.path}?${request.rawQuery}: ${error.message}`);
    return failure(nowMs, 400, 'Bad Request', error.message, quirks);
  }
}

function unauthorized(nowMs: number, headers: Readonly<Record<string, string>>): ApiResponse {
  const error_description = 'The resource owner or authorization server denied the request.';
  const body = { error: 'access_denied', error_description, hint: 'The token is not valid.' };
  return answer(nowMs, 401, JSON.stringify(body), headers);
}

function isTokenPath(path: string): boolean {
  return path === '/auth/oauth/token' || path === '/oauth/access_token.php';
}

function signedIn(request: ApiRequest, auth: string | OAuth, nowMs: number): boolean {
  return typeof auth === 'string'
    ? bearerOf(request) === auth
    : auth.check(request, nowMs) === 'ok';
}
