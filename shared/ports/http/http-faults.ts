// What broke an HTTP exchange, in one line for people: origin and path, the cause, its code. Never
// the query, a header or a body, which may hold a key.

import type { HttpAnswer, HttpRequest } from '../../core/answer/exchange.ts';

export type HttpFault = Extract<HttpAnswer, { kind: 'fault' }>;

export interface Broken {
  readonly request: HttpRequest;
  /** Whether the status and the headers of the answer had arrived. */
  readonly headSeen: boolean;
  /** Aborted with the reason `timeout` when the exchange took too long. */
  readonly signal: AbortSignal;
}

/** @param error what Node's client threw or emitted */
export function transportFault(error: unknown, broken: Broken): HttpFault {
  const { request, headSeen, signal } = broken;
  const at = place(request);
  if (signal.aborted && signal.reason === 'timeout') {
    return fault('timeout', `${at} did not answer in full within ${request.timeoutMs / 1000} s`);
  }
  if (signal.aborted) return fault('aborted', `${at} was given up on request`);
  const code = errorCode(error);
  if (code === 'HPE_HEADER_OVERFLOW') {
    return fault('too-large', `${at} answered with headers that are too large`);
  }
  if (code.startsWith('HPE_') && !headSeen) {
    const other = request.url.startsWith('https:') ? 'http' : 'https';
    const said = `answered with what is not HTTP (${code})`;
    return fault('unreachable', `${at} ${said}: is it an HTTP server, and is it ${other}?`);
  }
  if (headSeen) return fault('cut-off', `${at} broke off in the middle of its answer (${code})`);
  return fault('unreachable', `${at} is unreachable: ${causeOf(code, error)} (${code})`);
}

const NO_TLS = 'it does not speak TLS on this port: is it http?';

/** What OpenSSL says of bytes that are no TLS at all. */
const NO_TLS_REASONS = /wrong version number|packet length too long|unknown protocol|http request/;

/** Words for the codes that people meet; the others speak for themselves. */
const causes: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was closed before the answer',
  EPIPE: 'the connection was closed before the answer',
  ERR_INVALID_CHAR: 'the request holds a header that cannot be sent',
  ERR_INVALID_HTTP_TOKEN: 'the request holds a header that cannot be sent',
  ERR_UNESCAPED_CHARACTERS: 'the request holds a path that cannot be sent',
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
  ERR_SSL_WRONG_VERSION_NUMBER: NO_TLS,
};

function causeOf(code: string, error: unknown): string {
  // The port's own error: its text is made of a number.
  if (code === 'CONNECT_TIMEOUT' && error instanceof Error) return error.message;
  if (code === 'EPROTO') return tlsFault(error);
  return causes[code] ?? 'the exchange failed';
}

/** TLS came to no agreement: OpenSSL says why, and nothing of the request. */
function tlsFault(error: unknown): string {
  const reason = error instanceof Error && 'reason' in error ? String(error.reason) : '';
  const said = error instanceof Error ? error.message : '';
  if (NO_TLS_REASONS.test(reason) || NO_TLS_REASONS.test(said)) return NO_TLS;
  return reason === '' ? 'TLS failed' : `TLS failed, ${reason}`;
}

export function errorCode(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error) return String(error.code);
  return error instanceof Error ? error.name : 'unknown';
}

/** Method, origin and path. */
export function place(request: HttpRequest): string {
  const url = URL.parse(request.url);
  return url === null ? 'An invalid URL' : `${request.method} ${url.origin}${url.pathname}`;
}

export const tooLarge = (request: HttpRequest, limit: number): HttpFault =>
  fault('too-large', `${place(request)} sent a body of more than ${limit} bytes`);

export const fault = (reason: HttpFault['reason'], message: string): HttpFault => ({
  kind: 'fault',
  reason,
  message,
});
