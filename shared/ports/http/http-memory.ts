// HTTP without a network: a function answers. It keeps every request it was sent, in order, so
// that a test can say what travelled. An aborted request is a fault, as over a real connection.

import type { HttpAnswer, HttpRequest } from '../../core/answer/exchange.ts';
import type { Http } from './http.ts';

export interface MemoryHttp extends Http {
  readonly sent: readonly HttpRequest[];
}

export function memoryHttp(
  handler: (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>,
): MemoryHttp {
  const sent: HttpRequest[] = [];
  return {
    sent,
    async send(request, signal) {
      if (signal?.aborted) return aborted;
      sent.push(request);
      const answer = await handler(request);
      return signal?.aborted ? aborted : answer;
    },
  };
}

/** A response of JSON, or of text as it is; header names in lower case. */
export function memoryResponse(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { kind: 'response', status, headers, body: new TextEncoder().encode(text) };
}

const aborted: HttpAnswer = {
  kind: 'fault',
  reason: 'aborted',
  message: 'The request was given up on request',
};
