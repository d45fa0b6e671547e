// HTTP over undici: keep-alive, bounded in bytes and time, whole bodies or a fault. It never
// retries, never leaves the origin it was sent to, and its messages hold no query, for that may
// hold a key.

import { setImmediate as nextTurn } from 'node:timers/promises';
import { Agent, errors } from 'undici';
import type { HttpAnswer, HttpRequest } from '../core/exchange.ts';
import { BODY_BYTES, CONNECT_MS, CONNECTIONS, KEEP_ALIVE_MS, REDIRECTS } from '../core/limits.ts';
import type { Headers } from '../core/words.ts';
import type { Http } from './http.ts';
import { decodeBody, encodingsUnderstood } from './http-encodings.ts';

export interface UndiciOptions {
  /** Sent when a request names no other, e.g. `driplake/1.2.3`. Some APIs refuse without one. */
  readonly userAgent?: string;
  /** Most bytes of one body, compressed or not. */
  readonly bodyBytes?: number;
  /** Connections to one origin; a request beyond them waits while its own time runs. */
  readonly connections?: number;
}

type Fault = Extract<HttpAnswer, { kind: 'fault' }>;
type Exchange = { readonly signal: AbortSignal; readonly bodyBytes: number };
type Step = HttpAnswer | { readonly kind: 'follow'; readonly request: HttpRequest };

export function undiciHttp(options: UndiciOptions = {}): Http {
  const bodyBytes = options.bodyBytes ?? BODY_BYTES;
  const agent = new Agent({
    connections: options.connections ?? CONNECTIONS,
    pipelining: 1,
    allowH2: false, // Pages come one at a time: HTTP/2 would only add other ways to be cut off.
    keepAliveTimeout: KEEP_ALIVE_MS,
    connect: { timeout: CONNECT_MS },
    headersTimeout: 0, // One deadline covers the whole exchange, below.
    bodyTimeout: 0,
  });
  const defaults: Headers = {
    'user-agent': options.userAgent ?? 'driplake',
    'accept-encoding': encodingsUnderstood,
  };
  return {
    async send(request, signal) {
      const controller = new AbortController();
      const stop = (): void => controller.abort('aborted');
      const timer = setTimeout(() => controller.abort('timeout'), request.timeoutMs);
      if (signal?.aborted) stop();
      signal?.addEventListener('abort', stop, { once: true });
      const exchange: Exchange = { signal: controller.signal, bodyBytes };
      try {
        const headers = { ...defaults, ...lowerCase(request.headers) };
        const answer = await followRedirects(agent, { ...request, headers }, exchange);
        // undici frees a connection one turn after its answer: the next page finds it free.
        await nextTurn();
        return answer;
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', stop);
        controller.abort('over'); // Whatever is left of the exchange is let go.
      }
    },
  };
}

async function followRedirects(
  agent: Agent,
  first: HttpRequest,
  exchange: Exchange,
): Promise<HttpAnswer> {
  let request = first;
  for (let followed = 0; followed <= REDIRECTS; followed += 1) {
    const step = await sendOnce(agent, request, exchange);
    if (step.kind !== 'follow') return step;
    request = step.request;
  }
  return fault('redirect', `${place(first)} was redirected more than ${REDIRECTS} times`);
}

async function sendOnce(agent: Agent, request: HttpRequest, exchange: Exchange): Promise<Step> {
  const url = URL.parse(request.url);
  if (url === null) return fault('unreachable', 'The request has no valid URL');
  let headSeen = false;
  try {
    const answer = await agent.request({
      origin: url.origin,
      path: url.pathname + url.search,
      method: request.method,
      headers: request.headers,
      body: request.body ?? null,
      signal: exchange.signal,
    });
    headSeen = true;
    const headers = joined(answer.headers);
    const next = redirection(request, url, answer.statusCode, headers);
    if (next !== undefined) {
      // A redirect's body is nobody's business; a long one costs the connection, not the time.
      await answer.body.dump({ limit: 16 * 1024, signal: exchange.signal });
      await nextTurn();
      return next;
    }
    const raw = await readWhole(answer.body, headers, exchange.bodyBytes);
    if (raw === 'too-large') return tooLarge(request, exchange.bodyBytes);
    const body = await decodeBody(raw, headers['content-encoding'] ?? '', exchange.bodyBytes);
    if (body.kind === 'too-large') return tooLarge(request, exchange.bodyBytes);
    if (body.kind === 'damaged') {
      return fault('cut-off', `${place(request)} sent a damaged body: ${body.detail}`);
    }
    return { kind: 'response', status: answer.statusCode, headers, body: body.bytes };
  } catch (error) {
    return transportFault(error, request, headSeen, exchange.signal);
  }
}

/** The next request, a fault, or undefined when the response is no redirect. */
function redirection(
  request: HttpRequest,
  from: URL,
  status: number,
  headers: Headers,
): Step | undefined {
  const location = headers['location'];
  if (![301, 302, 303, 307, 308].includes(status) || location === undefined) return undefined;
  const to = URL.parse(location, from.href);
  if (to === null) return fault('redirect', `${place(request)} was redirected to no valid URL`);
  if (to.origin !== from.origin) {
    const target = to.origin === 'null' ? to.protocol : to.origin;
    return fault('redirect', `${place(request)} was redirected to another origin, ${target}`);
  }
  if (request.method === 'POST' && status < 307) {
    // RFC 9110 15.4 lets a client turn this into a GET, which would drop what was asked.
    return fault('redirect', `${place(request)} was redirected (${status}) without its body`);
  }
  return { kind: 'follow', request: { ...request, url: to.href } };
}

async function readWhole(
  body: AsyncIterable<Uint8Array>,
  headers: Headers,
  limit: number,
): Promise<Uint8Array | 'too-large'> {
  if (Number(headers['content-length'] ?? 0) > limit) return 'too-large';
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > limit) return 'too-large';
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, length);
}

function transportFault(
  error: unknown,
  request: HttpRequest,
  headSeen: boolean,
  signal: AbortSignal,
): Fault {
  const at = place(request);
  if (signal.aborted && signal.reason === 'timeout') {
    return fault('timeout', `${at} did not answer in full within ${request.timeoutMs / 1000} s`);
  }
  if (signal.aborted) return fault('aborted', `${at} was given up on request`);
  const code = errorCode(error);
  if (error instanceof errors.HeadersOverflowError) {
    return fault('too-large', `${at} answered with headers that are too large`);
  }
  if (headSeen) return fault('cut-off', `${at} broke off in the middle of its answer (${code})`);
  return fault('unreachable', `${at} is unreachable: ${causes[code] ?? 'no answer'} (${code})`);
}

/** Words for the codes that people meet; the others speak for themselves. */
const causes: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was closed before the answer',
  UND_ERR_SOCKET: 'the connection was closed before the answer',
  UND_ERR_CONNECT_TIMEOUT: `no connection within ${CONNECT_MS / 1000} s`,
  UND_ERR_INVALID_ARG: 'the request holds a header or a path that cannot be sent',
  ENOTFOUND: 'there is no such host',
  EAI_AGAIN: 'its name cannot be looked up now',
  EHOSTUNREACH: 'there is no way to the host',
  ENETUNREACH: 'there is no way to its network',
  ETIMEDOUT: 'the connection timed out',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate chain is self-signed',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate cannot be verified',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another host',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS on this port',
};

function errorCode(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error) return String(error.code);
  return error instanceof Error ? error.name : 'unknown';
}

/** Origin and path only. */
function place(request: HttpRequest): string {
  const url = URL.parse(request.url);
  return url === null ? 'An invalid URL' : `${request.method} ${url.origin}${url.pathname}`;
}

const tooLarge = (request: HttpRequest, limit: number): Fault =>
  fault('too-large', `${place(request)} sent a body of more than ${limit} bytes`);

const fault = (reason: Fault['reason'], message: string): Fault => ({
  kind: 'fault',
  reason,
  message,
});

const lowerCase = (headers: Headers): Headers =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** Duplicates are one list (RFC 9110 5.3). */
const joined = (headers: Readonly<Record<string, string | string[] | undefined>>): Headers =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name.toLowerCase(),
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
