// A token endpoint with rotation, as Lightspeed's: each refresh gives a new access and a new
// refresh token, the old refresh token dies when a new access token is first used, and five
// refreshes a minute are the most. It refuses what the real one refuses and writes down what a
// careful client never does.

import { type Random, randomFrom } from './data.ts';
import { type ApiRequest, type ApiResponse, answer, jsonObject } from './exchange.ts';
import { slidingWindow } from './limits.ts';

export interface OAuthOptions {
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly lifetimeSeconds?: number;
  readonly refreshesPerMinute?: number;
  readonly seed?: number;
  /** Accept only form-encoded bodies, as the X-Series does. */
  readonly formOnly?: boolean;
}

export type BearerVerdict = 'ok' | 'missing' | 'unknown' | 'expired' | 'superseded';

export interface OAuth {
  /** The pair a person got by signing in: what a client starts from. */
  readonly first: { readonly accessToken: string; readonly refreshToken: string };
  readonly clientId: string;
  readonly clientSecret: string;
  token(request: ApiRequest, nowMs: number): ApiResponse;
  /** Checks `Authorization: Bearer ...`; the first use of a token ends the life of its parent. */
  check(request: ApiRequest, nowMs: number): BearerVerdict;
  /** Ends the current access tokens at once, as a server that forgets its sessions does. */
  expireAll(): void;
  seen(): { refreshes: number; refused: number; violations: readonly string[] };
}

interface Grant {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly parent: Grant | undefined;
  readonly issuedMs: number;
  readonly children: Grant[];
  expiresMs: number;
  used: boolean;
  refreshDead: boolean;
  superseded: boolean;
}

const unusedRefreshLifeMs = 30 * 24 * 3600 * 1000;

export function rotatingTokens(startMs: number, options: OAuthOptions = {}): OAuth {
  const { lifetimeSeconds = 1800, refreshesPerMinute = 5, formOnly = false } = options;
  const { clientId = 'client', clientSecret = 'client-secret' } = options;
  const random = randomFrom(options.seed ?? 7);
  const limit = slidingWindow({ limit: refreshesPerMinute, windowMs: 60_000 });
  const byAccess = new Map<string, Grant>();
  const byRefresh = new Map<string, Grant>();
  const violations: string[] = [];
  let refreshes = 0;

  const issue = (parent: Grant | undefined, nowMs: number): Grant => {
    const grant = newGrant(random, parent, nowMs, lifetimeSeconds);
    byAccess.set(grant.accessToken, grant);
    byRefresh.set(grant.refreshToken, grant);
    return grant;
  };
  const first = issue(undefined, startMs);
  first.used = true;

  return {
    first: { accessToken: first.accessToken, refreshToken: first.refreshToken },
    clientId,
    clientSecret,
    token: (request, nowMs) => {
      const turn = limit.take(nowMs);
      if (!turn.allowed) {
        violations.push(`more than ${refreshesPerMinute} token requests in a minute`);
        return tooMany(nowMs, turn.retryAfterMs, turn.resetMs);
      }
      const form = readForm(request, formOnly);
      const fault = faultOf(form, clientId, clientSecret);
      if (fault !== undefined) return refuse(nowMs, fault === 'invalid_client' ? 401 : 400, fault);
      const grant = byRefresh.get(form?.['refresh_token'] ?? '');
      if (grant === undefined || grant.refreshDead || isStale(grant, nowMs)) {
        violations.push('a dead or unknown refresh token was presented');
        return refuse(nowMs, 400, 'invalid_grant');
      }
      refreshes += 1;
      return issued(nowMs, issue(grant, nowMs), lifetimeSeconds);
    },
    check: (request, nowMs) => {
      const bearer = bearerOf(request);
      if (bearer === undefined) return 'missing';
      const grant = byAccess.get(bearer);
      if (grant === undefined) return 'unknown';
      if (grant.superseded) {
        violations.push('a token was used whose sibling had been used: two refreshes ran at once');
        return 'superseded';
      }
      if (nowMs >= grant.expiresMs) return 'expired';
      if (!grant.used) firstUse(grant);
      return 'ok';
    },
    expireAll: () => {
      for (const grant of byAccess.values()) grant.expiresMs = Number.NEGATIVE_INFINITY;
    },
    seen: () => ({ refreshes, refused: limit.counts().refused, violations: [...violations] }),
  };
}

/** Tokens vary in length. */
function newGrant(
  random: Random,
  parent: Grant | undefined,
  nowMs: number,
  lifetimeSeconds: number,
): Grant {
  const grant: Grant = {
    accessToken: `at_${random.word(40 + random.below(900))}`,
    refreshToken: `rt_${random.word(40 + random.below(400))}`,
    parent,
    issuedMs: nowMs,
    children: [],
    expiresMs: nowMs + lifetimeSeconds * 1000,
    used: false,
    refreshDead: false,
    superseded: false,
  };
  parent?.children.push(grant);
  return grant;
}

function isStale(grant: Grant, nowMs: number): boolean {
  return nowMs - grant.issuedMs > unusedRefreshLifeMs;
}

type Form = Readonly<Record<string, string | undefined>>;

function faultOf(
  form: Form | undefined,
  clientId: string,
  clientSecret: string,
): 'invalid_request' | 'invalid_client' | 'unsupported_grant_type' | undefined {
  if (form === undefined) return 'invalid_request';
  const known = form['client_id'] === clientId && form['client_secret'] === clientSecret;
  if (!known) return 'invalid_client';
  return form['grant_type'] === 'refresh_token' ? undefined : 'unsupported_grant_type';
}

function issued(nowMs: number, grant: Grant, lifetimeSeconds: number): ApiResponse {
  const body = {
    token_type: 'Bearer',
    expires_in: lifetimeSeconds,
    access_token: grant.accessToken,
    refresh_token: grant.refreshToken,
  };
  return answer(nowMs, 200, JSON.stringify(body));
}

/**
 * The parent's refresh token dies, and so do the pairs that another refresh of that parent
 * produced.
 */
function firstUse(grant: Grant): void {
  grant.used = true;
  if (grant.parent === undefined) return;
  grant.parent.refreshDead = true;
  for (const sibling of grant.parent.children) {
    if (sibling === grant) continue;
    sibling.superseded = true;
    sibling.refreshDead = true;
  }
}

export function bearerOf(request: ApiRequest): string | undefined {
  return /^Bearer (\S+)$/u.exec(request.headers['authorization'] ?? '')?.[1];
}

function readForm(request: ApiRequest, formOnly: boolean): Form | undefined {
  if (request.method !== 'POST') return undefined;
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('application/x-www-form-urlencoded')) {
    return Object.fromEntries(new URLSearchParams(request.body));
  }
  if (formOnly || !type.startsWith('application/json')) return undefined;
  const entries = Object.entries(jsonObject(request.body));
  return Object.fromEntries(
    entries.flatMap(([key, value]) => (typeof value === 'string' ? [[key, value]] : [])),
  );
}

function refuse(nowMs: number, status: number, error: string): ApiResponse {
  return answer(nowMs, status, JSON.stringify({ error, error_description: error }));
}

function tooMany(nowMs: number, retryAfterMs: number, resetMs: number): ApiResponse {
  return answer(nowMs, 429, JSON.stringify({ error: 'too_many_requests' }), {
    'Retry-After': String(Math.ceil(retryAfterMs / 1000)),
    'X-RateLimit-Reset': String(Math.ceil(resetMs / 1000)),
  });
}
