// HTTP over Node's own client: keep-alive, bounded in bytes and time, whole bodies or a fault. It
// never retries, never leaves the origin it was sent to, and its messages hold no query, for that
// may hold a key.
//
// Why: docs/decisions/012-bundles-below-600-kilobytes.md

import * as http from 'node:http';
import * as https from 'node:https';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { urlToHttpOptions } from 'node:url';
import type { Headers, HttpAnswer, HttpRequest } from '../../core/answer/exchange.ts';
import {
  BODY_BYTES,
  CONNECT_MS,
  CONNECTIONS,
  HEADER_BYTES,
  KEEP_ALIVE_MS,
  REDIRECT_BODY_BYTES,
  REDIRECTS,
} from '../../core/bounds.ts';
import type { Http } from './http.ts';
import { toUtf8 } from './http-charsets.ts';
import { decodeBody, encodingsUnderstood } from './http-encodings.ts';
import { errorCode, fault, place, tooLarge, transportFault } from './http-faults.ts';

export interface NodeHttpOptions {
  /** Sent when a request names no other, e.g. `driplake/1.2.3`. Some APIs refuse without one. */
  readonly userAgent?: string;
  /** Most bytes of one body, compressed or not. */
  readonly bodyBytes?: number;
  /** Connections to one origin; a request beyond them waits while its own time runs. */
  readonly connections?: number;
  /** Milliseconds that a connection may take, TLS included. */
  readonly connectMs?: number;
}

/** What all exchanges of one port share. */
type Line = {
  readonly plain: http.Agent;
  readonly secure: https.Agent;
  readonly bodyBytes: number;
  readonly connectMs: number;
};
type Step = HttpAnswer | { readonly kind: 'follow'; readonly request: HttpRequest };

/** HTTP that keeps its connections for the next request, until it is closed. */
export interface NodeHttp extends Http {
  close(): void;
}

export function nodeHttp(options: NodeHttpOptions = {}): NodeHttp {
  const pool: http.AgentOptions = {
    keepAlive: true,
    maxSockets: options.connections ?? CONNECTIONS,
    timeout: KEEP_ALIVE_MS, // Of an idle connection; a server that says less is believed.
  };
  const line: Line = {
    plain: new http.Agent(pool),
    secure: new https.Agent(pool),
    bodyBytes: options.bodyBytes ?? BODY_BYTES,
    connectMs: options.connectMs ?? CONNECT_MS,
  };
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
      try {
        const headers = { ...defaults, ...lowerCase(request.headers) };
        const answer = await followRedirects(line, { ...request, headers }, controller.signal);
        // A connection is free one turn after its answer: the next page finds it free.
        await nextTurn();
        return answer;
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', stop);
        controller.abort('over'); // Whatever is left of the exchange is let go.
      }
    },
    close() {
      line.plain.destroy();
      line.secure.destroy();
    },
  };
}

async function followRedirects(
  line: Line,
  first: HttpRequest,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  let request = first;
  for (let followed = 0; followed <= REDIRECTS; followed += 1) {
    const step = await sendOnce(line, request, signal);
    if (step.kind === 'response' && request !== first) return { ...step, url: request.url };
    if (step.kind !== 'follow') return step;
    request = step.request;
  }
  return fault('redirect', `${place(first)} was redirected more than ${REDIRECTS} times`);
}

async function sendOnce(line: Line, request: HttpRequest, signal: AbortSignal): Promise<Step> {
  const url = URL.parse(request.url);
  if (url === null) return fault('unreachable', 'The request has no valid URL');
  const sent: { error?: unknown } = {};
  let headSeen = false;
  try {
    const answer = await open(line, { request, url, signal }, sent);
    headSeen = true;
    const status = answer.statusCode ?? 0;
    const headers = joined(answer.headersDistinct);
    const next = redirection(request, url, status, headers);
    if (next !== undefined) {
      // A redirect's body is nobody's business; a long or broken one costs the connection.
      await readWhole(answer, headers, REDIRECT_BODY_BYTES).catch(errorCode);
      await nextTurn();
      return next;
    }
    const raw = await readWhole(answer, headers, line.bodyBytes);
    if (raw === 'too-large') return tooLarge(request, line.bodyBytes);
    const body = await decodeBody(raw, headers['content-encoding'] ?? '', line.bodyBytes);
    if (body.kind === 'too-large') return tooLarge(request, line.bodyBytes);
    if (body.kind === 'damaged') {
      return fault('cut-off', `${place(request)} sent a damaged body: ${body.detail}`);
    }
    const text = toUtf8(body.bytes, headers['content-type'] ?? '');
    return { kind: 'response', status, headers, body: text };
  } catch (error) {
    return transportFault(sent.error ?? error, { request, headSeen, signal });
  }
}

/** A request on its way. */
interface Sending {
  readonly request: HttpRequest;
  readonly url: URL;
  readonly signal: AbortSignal;
}

/** Sends the request and waits for the head of its answer. `sent.error`: why that broke off. */
function open(
  line: Line,
  { request, url, signal }: Sending,
  sent: { error?: unknown },
): Promise<http.IncomingMessage> {
  const isSecure = url.protocol === 'https:';
  const options: https.RequestOptions = {
    ...urlToHttpOptions(url),
    auth: null, // Credentials are headers; those of a URL are not sent.
    method: request.method,
    headers: request.headers,
    agent: isSecure ? line.secure : line.plain,
    maxHeaderSize: HEADER_BYTES,
  };
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const outgoing = isSecure ? https.request(options) : http.request(options);
    outgoing.on('error', (error) => {
      sent.error ??= error;
      reject(error);
    });
    outgoing.once('response', resolve);
    // An answer to something else, such as an upgrade, closes the connection and is no error.
    const closed = Object.assign(new Error('closed'), { code: 'ECONNRESET' });
    outgoing.once('close', () => reject(closed));
    boundConnecting(outgoing, isSecure, line.connectMs);
    // A request that still waits for a connection says nothing when it is destroyed.
    const giveUp = (): void => {
      outgoing.destroy();
      reject(signal.reason);
    };
    signal.addEventListener('abort', giveUp, { once: true });
    outgoing.end(request.body);
  });
}

/** A new connection must stand within its time; one from the pool stands already. */
function boundConnecting(outgoing: http.ClientRequest, isSecure: boolean, withinMs: number): void {
  outgoing.once('socket', (socket) => {
    if (!socket.connecting) return;
    const timer = setTimeout(() => {
      const text = `no connection within ${withinMs / 1000} s`;
      outgoing.destroy(Object.assign(new Error(text), { code: 'CONNECT_TIMEOUT' }));
    }, withinMs);
    const done = (): void => clearTimeout(timer);
    socket.once(isSecure ? 'secureConnect' : 'connect', done).once('close', done);
  });
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

const lowerCase = (headers: Headers): Headers =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** Duplicates are one list (RFC 9110 5.3), but for cookies: a comma stands in their dates. */
const joined = (headers: NodeJS.Dict<string[]>): Headers =>
  Object.fromEntries(
    Object.entries(headers).map(([name, values = []]) => [
      name,
      values.join(name === 'set-cookie' ? '\n' : ', '),
    ]),
  );
