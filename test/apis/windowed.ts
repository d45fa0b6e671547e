// Bare lists behind fixed windows, as many as an API counts: what a request is counted in depends on
// its path, and what the answer says of them on the API.

import { plainLists } from './data.ts';
import { type ApiModel, answer, referee } from './exchange.ts';
import { fixedWindow, type WindowVerdict } from './limits.ts';

export interface WindowedOptions {
  /** Rows of each list, by path. */
  readonly rows: Readonly<Record<string, number>>;
  readonly windows: readonly WindowOf[];
  /** Names and values by the verdicts of the windows that the request was counted in. */
  readonly headers: (verdicts: ReadonlyMap<string, WindowVerdict>, nowMs: number) => Headers;
  /** Whether a refusal says when to come back. */
  readonly saysWhen: boolean;
}

type Headers = Readonly<Record<string, string>>;

interface WindowOf {
  readonly name: string;
  readonly limit: number;
  readonly windowMs: number;
  /** The only list that it counts; all when absent. */
  readonly list?: string;
}

export function windowedLists(options: WindowedOptions): ApiModel {
  const lists = plainLists(options.rows);
  const windows = options.windows.map((one) => ({ ...one, window: fixedWindow(one) }));
  const watch = referee();
  const counts = { allowed: 0, refused: 0 };
  return {
    handle(request, nowMs) {
      watch.request();
      const list = request.path.split('/').at(-1) ?? '';
      const counting = windows.filter((one) => one.list === undefined || one.list === list);
      const verdicts = new Map(counting.map(({ name, window }) => [name, window.take(nowMs)]));
      const headers = options.headers(verdicts, nowMs);
      const refusing = [...verdicts.values()].filter((verdict) => !verdict.allowed);
      counts[refusing.length === 0 ? 'allowed' : 'refused']++;
      if (refusing.length > 0) {
        const opensMs = Math.max(...refusing.map((verdict) => verdict.resetMs));
        watch.refusal(nowMs, opensMs);
        const seconds = String(Math.ceil((opensMs - nowMs) / 1000));
        return answer(nowMs, 429, '', {
          ...headers,
          ...(options.saysWhen ? { 'Retry-After': seconds } : {}),
        });
      }
      const [offset, limit] = ['offset', 'limit'].map((name) => Number(request.query.get(name)));
      const rows = lists.slice(list, offset ?? 0, (offset ?? 0) + (limit ?? 0));
      return answer(nowMs, 200, `[${rows.join(',')}]`, headers);
    },
    stats: () => ({ ...watch.seen(), ...counts, idle: 0 }),
    spendForeign() {},
  };
}

/** Strava: a quarter of an hour and a day in each header; a refusal names no time. */
export const stravaLists = (rows: WindowedOptions['rows']): ApiModel =>
  windowedLists({
    rows,
    saysWhen: false,
    windows: [
      { name: 'quarter', limit: 100, windowMs: 900_000 },
      { name: 'day', limit: 1_000, windowMs: 86_400_000 },
    ],
    headers: (verdicts) => {
      const all = [...verdicts.values()];
      return {
        'X-ReadRateLimit-Limit': all.map(({ limit }) => limit).join(','),
        'X-ReadRateLimit-Usage': all.map(({ limit, remaining }) => limit - remaining).join(','),
      };
    },
  });

/** Zendesk: the account's minute in three headers, that of the list of tickets in one. */
export const zendeskLists = (rows: WindowedOptions['rows'], account = 700): ApiModel =>
  windowedLists({
    rows,
    saysWhen: true,
    windows: [
      { name: 'account', limit: account, windowMs: 60_000 },
      { name: 'tickets', limit: 100, windowMs: 60_000, list: 'tickets' },
    ],
    headers: (verdicts, nowMs) => {
      const [whole, list] = ['account', 'tickets'].map((name) => verdicts.get(name));
      const seconds = (one: WindowVerdict): number => Math.ceil((one.resetMs - nowMs) / 1000);
      return {
        ...(whole
          ? {
              'ratelimit-limit': String(whole.limit),
              'ratelimit-remaining': String(whole.remaining),
              'ratelimit-reset': String(seconds(whole)),
            }
          : {}),
        ...(list
          ? {
              'zendesk-ratelimit-tickets-index': `total=${list.limit}; remaining=${list.remaining}; resets=${seconds(list)}`,
            }
          : {}),
      };
    },
  });
