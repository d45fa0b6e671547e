// One HTTP exchange as data: what was asked and what came back. A transport fault is an answer too.

/** Names in lower case. */
export type Headers = Readonly<Record<string, string>>;

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers: Headers;
  readonly body?: string;
  /** Milliseconds for the whole exchange. */
  readonly timeoutMs: number;
}

/** A request that went out, and what came with its answer. Times are epoch ms of our clock. */
export interface Exchange {
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
  /** None when nothing came. */
  readonly headers: Headers;
}

export type HttpAnswer =
  | {
      readonly kind: 'response';
      readonly status: number;
      /** Where it came from, when redirects led there: relative links start from it. */
      readonly url?: string;
      readonly headers: Headers;
      /** Decompressed; text of a known charset is UTF-8. */
      readonly body: Uint8Array;
    }
  | {
      readonly kind: 'fault';
      readonly reason:
        | 'unreachable'
        | 'timeout'
        | 'cut-off'
        | 'too-large'
        | 'redirect'
        | 'aborted';
      /** One line, without credentials. */
      readonly message: string;
      /** Not before this time, epoch ms: the token endpoint said so. */
      readonly untilMs?: number;
    };
