// One HTTP exchange. A transport fault is an answer, not an exception; the port never retries and
// never follows a redirect to another origin.

import type { HttpAnswer, HttpRequest } from '../../core/answer/exchange.ts';

export interface Http {
  send(request: HttpRequest, signal?: AbortSignal): Promise<HttpAnswer>;
}
