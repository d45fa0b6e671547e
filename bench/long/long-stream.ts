// A stream of any length, and the strict API that gives it: one record a page behind a cursor, a
// leaky bucket that is enforced. It keeps counts only, so that millions of pages cost no memory.

import type { HttpAnswer, HttpRequest } from '../../shared/core/answer/exchange.ts';
import { defineSource, type Source } from '../../shared/core/source/source.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Http } from '../../shared/ports/http/http.ts';

export interface LongStream {
  readonly pages: number;
  /** Absent: as many pages a round as the waits make worth it. */
  readonly pagesPerRound?: number;
}

interface LongApi extends Http {
  /** Requests so far: those over the limit, and those that no correct client sends. */
  stats(): { readonly requests: number; readonly refused: number; readonly violations: number };
}

/** As R-Series: 90 at once, then one a second. */
const BUCKET = { size: 90, leakPerSecond: 1 };
const LATENCY_MS = 400;

export const longSource = ({ pagesPerRound }: LongStream): Source =>
  defineSource({
    name: 'long',
    baseUrl: 'https://api.example',
    limits: [{ kind: 'leaky-bucket', ...BUCKET, headers: { level: 'X-Bucket-Level' } }],
    streams: [
      {
        name: 'rows',
        path: 'rows',
        records: 'data',
        pagination: { kind: 'cursor', from: 'next', param: 'after' },
        primaryKey: ['id'],
        ...(pagesPerRound === undefined ? {} : { pagesPerRound }),
      },
    ],
  });

/** The record of a page, counted from 1, as it must stand in the lake. */
export const lineOf = (page: number): string => `{"id":${page}}`;

/** @param onPage told of each page that is given, counted from 1 */
export function longApi(
  { pages }: LongStream,
  clock: Clock,
  onPage: (page: number) => void,
): LongApi {
  let [requests, refused, violations] = [0, 0, 0];
  let given = 0;
  let level = 0;
  let levelAtMs = clock.nowMs();

  function take(): boolean {
    const nowMs = clock.nowMs();
    level = Math.max(0, level - ((nowMs - levelAtMs) / 1000) * BUCKET.leakPerSecond);
    levelAtMs = nowMs;
    if (level + 1 > BUCKET.size) return false;
    level++;
    return true;
  }

  return {
    stats: () => ({ requests, refused, violations }),
    async send(request) {
      await clock.sleep(LATENCY_MS);
      requests++;
      if (!take()) {
        refused++;
        return answer(429, '{}', { 'retry-after': '1' });
      }
      const page = pageAsked(request);
      // Nothing fails here: each page is asked for once, in order.
      if (page !== given + 1) violations++;
      given = page;
      onPage(page);
      const next = page < pages ? `"p${page + 1}"` : 'null';
      const told = { 'x-bucket-level': `${Math.ceil(level)}/${BUCKET.size}` };
      return answer(200, `{"data":[${lineOf(page)}],"next":${next}}`, told);
    },
  };
}

function pageAsked({ url }: HttpRequest): number {
  const cursor = /[?&]after=p(\d+)$/.exec(url);
  return cursor ? Number(cursor[1]) : 1;
}

const answer = (
  status: number,
  text: string,
  headers: Readonly<Record<string, string>>,
): HttpAnswer => ({ kind: 'response', status, headers, body: Buffer.from(text) });
