// What passes between a client and a strict API server, as plain values: a model is a pure
// function of the request and the time, so the same server runs behind a socket and inside a
// virtual-time simulation. Nothing here knows the product: the servers are an independent
// referee.

/** One request. `rawQuery` is the query as sent, without the `?`; header names are lower case. */
export interface ApiRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly rawQuery: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One response. With `dropAfterBytes` the connection breaks after that many bytes of the body. */
export interface ApiResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  readonly dropAfterBytes?: number;
}

/**
 * What a server saw. `refused` counts only our own requests over a limit, `idle` the permits
 * nobody used,
 * `violations` what no correct client does (one sentence each, the first thousand kept).
 */
export interface ApiStats {
  readonly requests: number;
  readonly allowed: number;
  readonly refused: number;
  readonly idle: number;
  readonly violations: readonly string[];
}

export interface ApiModel {
  handle(request: ApiRequest, nowMs: number): ApiResponse;
  stats(): ApiStats;
  /** Another application spends `cost` permits of the same limit. */
  spendForeign(nowMs: number, cost: number): void;
}

/**
 * Builds a request from a target such as `/API/V3/Account/1/Item.json?limit=2` or an absolute
 * URL.
 */
export function apiRequest(
  target: string,
  options: { method?: string; headers?: Readonly<Record<string, string>>; body?: string } = {},
): ApiRequest {
  const relative = target.replace(/^https?:\/\/[^/?]+/u, '');
  const mark = relative.indexOf('?');
  const rawQuery = mark < 0 ? '' : relative.slice(mark + 1);
  const named = Object.entries(options.headers ?? {});
  return {
    method: options.method ?? 'GET',
    path: mark < 0 ? relative : relative.slice(0, mark),
    query: new URLSearchParams(rawQuery),
    rawQuery,
    headers: Object.fromEntries(named.map(([name, value]) => [name.toLowerCase(), value])),
    body: options.body ?? '',
  };
}

/** A response stamped with the server's own clock, as every real server stamps it. */
export function answer(
  nowMs: number,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): ApiResponse {
  const stamped = { 'Content-Type': 'application/json', Date: new Date(nowMs).toUTCString() };
  return { status, headers: { ...stamped, ...headers }, body };
}

/** A header of a response whatever its case: `X-LS-Api-Request-Cost` is `x-ls-api-request-cost`. */
export function headerOf(response: ApiResponse, name: string): string | undefined {
  const wanted = name.toLowerCase();
  return Object.entries(response.headers).find(([key]) => key.toLowerCase() === wanted)?.[1];
}

/**
 * The public origin of a server: loopback as the client addressed it, otherwise the vendor's
 * own.
 */
export function originOf(request: ApiRequest, vendorOrigin: string): string {
  const host = request.headers['host'];
  return host !== undefined && /^(127\.0\.0\.1|localhost)(:|$)/u.test(host)
    ? `http://${host}`
    : vendorOrigin;
}

/** A whole number from a query, or the fallback when absent; undefined when it is not one. */
export function wholeNumber(value: string | null, fallback: number): number | undefined {
  if (value === null) return fallback;
  return /^\d{1,9}$/u.test(value) ? Number(value) : undefined;
}

/** JSON object of a request body or of any text; an empty object when it is something else. */
export function jsonObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value))
      : {};
  } catch {
    return {};
  }
}

/** RFC 8288 `Link` value of the relations that exist. */
export function linkHeader(links: Readonly<Record<string, string | undefined>>): string {
  return Object.entries(links)
    .flatMap(([rel, url]) => (url === undefined ? [] : [`<${url}>; rel="${rel}"`]))
    .join(', ');
}

/**
 * Requests and violations of one server. A refusal while an announced wait still runs is a
 * violation.
 */
export interface Referee {
  request(): void;
  violation(text: string): void;
  refusal(nowMs: number, retryAtMs: number): void;
  seen(): { requests: number; violations: readonly string[] };
}

/**
 * Requests already on their way when a refusal is sent are not the client's fault, so a second
 * refusal
 * within `inFlightMs` is forgiven, but no more than twenty of them: that is a hot loop.
 */
export function referee(inFlightMs = 250): Referee {
  let requests = 0;
  let firstRefusalMs = Number.NEGATIVE_INFINITY;
  let blockedUntilMs = Number.NEGATIVE_INFINITY;
  let forgiven = 0;
  const violations: string[] = [];
  const violation = (text: string) => {
    if (violations.length < 1000) violations.push(text);
  };
  return {
    request: () => {
      requests += 1;
    },
    violation,
    refusal: (nowMs, retryAtMs) => {
      if (nowMs >= blockedUntilMs) {
        firstRefusalMs = nowMs;
        blockedUntilMs = retryAtMs;
        forgiven = 0;
        return;
      }
      forgiven += 1;
      if (nowMs > firstRefusalMs + inFlightMs || forgiven > 20) {
        violation(`refused again ${blockedUntilMs - nowMs} ms before the announced wait was over`);
      }
    },
    seen: () => ({ requests, violations: [...violations] }),
  };
}
