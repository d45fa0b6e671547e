// An API that a test writes as one function of the request: what it answers, and what it was asked.

import type { ApiModel, ApiRequest } from '../apis/exchange.ts';
import { answer } from '../apis/exchange.ts';

export interface ScriptedAnswer {
  readonly status?: number;
  /** JSON, unless it is a text. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ScriptedApi extends ApiModel {
  /** The queries so far. */
  readonly asked: readonly string[];
  /** And the paths. */
  readonly paths: readonly string[];
}

export function scripted(
  serve: (request: ApiRequest, requests: number) => ScriptedAnswer,
): ScriptedApi {
  const asked: string[] = [];
  const paths: string[] = [];
  return {
    asked,
    paths,
    handle(request, nowMs) {
      asked.push(request.rawQuery);
      paths.push(request.path);
      const { status = 200, body = '', headers = {} } = serve(request, asked.length);
      const text = typeof body === 'string' ? body : JSON.stringify(body);
      return answer(nowMs, status, text, headers);
    },
    stats: () => ({
      requests: asked.length,
      allowed: asked.length,
      refused: 0,
      idle: 0,
      violations: [],
    }),
    spendForeign() {},
  };
}

/** Rows `from` to `from + count - 1`. */
export const rowsFrom = (from: number, count: number): { readonly id: number }[] =>
  Array.from({ length: count }, (_, row) => ({ id: from + row }));
