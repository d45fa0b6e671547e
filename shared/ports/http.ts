// One HTTP exchange. A transport fault is an answer, not an exception; the port never retries and
// never follows a redirect to another origin.

import type { Headers } from '../core/words.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Headers;
  readonly body?: string;
  /** Milliseconds for the whole exchange. */
  readonly timeoutMs: number;
}

export type HttpAnswer =
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly headers: Headers;
      /** Decompressed. */
      readonly body: Uint8Array;
    }
  | {
      readonly kind: 'fault';
      readonly reason: 'unreachable' | 'timeout' | 'cut-off' | 'too-large' | 'redirect' | 'aborted';
      /** One line, without credentials. */
      readonly message: string;
    };

export interface Http {
  send(request: HttpRequest, signal?: AbortSignal): Promise<HttpAnswer>;
}
