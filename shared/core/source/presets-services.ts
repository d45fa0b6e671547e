// More limits of well-known APIs, each from recordings of its real traffic, as in `presets.ts`.

import type { Limit } from './api-limits.ts';

/**
 * BigCommerce, per store: from 150 in 30 s (vendor page); quota, rest and milliseconds until the
 * reset are told (transcripts of 2020). Vendor page: developer.bigcommerce.com, API rate limits
 */
export const bigcommerce: Limit[] = [
  {
    kind: 'window',
    requests: 150,
    periodSeconds: 30,
    headers: {
      limit: 'X-Rate-Limit-Requests-Quota',
      remaining: 'X-Rate-Limit-Requests-Left',
      resetMs: 'X-Rate-Limit-Time-Reset-Ms',
      periodMs: 'X-Rate-Limit-Time-Window-Ms',
    },
  },
];

/**
 * Xero, per organisation and app: 60 a minute and 5,000 a day (vendor page), of which only the rest
 * is told; a refusal names its window in `X-Rate-Limit-Problem` (transcripts of 2026).
 * Vendor page: developer.xero.com/documentation/guides/oauth2/limits
 */
export const xero: Limit[] = [
  {
    kind: 'window',
    requests: 60,
    periodSeconds: 60,
    headers: { remaining: 'X-MinLimit-Remaining' },
  },
  {
    kind: 'window',
    requests: 5_000,
    periodSeconds: 86_400,
    headers: { remaining: 'X-DayLimit-Remaining' },
  },
];

const stravaPair = (limit: string, used: string, quarter: number, day: number): Limit[] => [
  {
    kind: 'window',
    requests: quarter,
    periodSeconds: 900,
    headers: { limit, used, place: 1 },
  },
  { kind: 'window', requests: day, periodSeconds: 86_400, headers: { limit, used, place: 2 } },
];

/**
 * Strava, per application: a quarter of an hour and a day in each header, once for all requests and
 * once for those that read; a 429 has no `Retry-After` (recordings of 2018 to 2025).
 * Vendor page: developers.strava.com/docs/rate-limits
 */
export const strava: Limit[] = [
  ...stravaPair('X-RateLimit-Limit', 'X-RateLimit-Usage', 200, 2_000),
  ...stravaPair('X-ReadRateLimit-Limit', 'X-ReadRateLimit-Usage', 100, 1_000),
];

/**
 * Crossref's public pool: 50 a second until 2025, 5 or 10 in 2026, with the length as `1s`
 * (recordings of 2022 to 2026), and 1 or 3 at the same time from 2026. Its cursors stay: `resume: 'restart'`.
 * Vendor page: www.crossref.org/documentation/retrieve-metadata/rest-api
 */
export const crossref: Limit[] = [
  {
    kind: 'window',
    requests: 5,
    periodSeconds: 1,
    headers: { limit: 'X-Rate-Limit-Limit', period: 'X-Rate-Limit-Interval' },
  },
  { kind: 'concurrent', requests: 1, headers: { limit: 'X-Concurrency-Limit' } },
];

/**
 * Reddit, per client: budgets of 300 to 10,000 in ten minutes, told as what remains (`598.0`) and
 * what was used, without a limit (recordings of 2016 to 2026).
 * Vendor page: support.reddithelp.com, Reddit Data API Wiki
 */
export const reddit: Limit[] = [
  {
    kind: 'window',
    requests: 300,
    periodSeconds: 600,
    headers: {
      remaining: 'x-ratelimit-remaining',
      used: 'x-ratelimit-used',
      reset: 'x-ratelimit-reset',
    },
  },
];

/**
 * Twitch Helix, per client and user: 800 points a minute that come back one by one. Its reset says
 * when the bucket is full again, and so ends no window: it is left out (recordings of 2020 to
 * 2023).
 * Vendor page: dev.twitch.tv/docs/api/guide, Twitch rate limits
 */
export const twitch: Limit[] = [
  {
    kind: 'window',
    requests: 800,
    periodSeconds: 60,
    headers: { limit: 'Ratelimit-Limit', remaining: 'Ratelimit-Remaining' },
  },
];

/**
 * Okta, per endpoint and organisation, in windows of a minute that end at a whole epoch second; a
 * 429 tells 0 left and no `Retry-After` (recordings of 2020 to 2025). The size depends on endpoint
 * and plan: 60 until the first answer tells.
 * Vendor page: developer.okta.com/docs/reference/rl-best-practices
 */
export const okta: Limit[] = [
  {
    kind: 'window',
    requests: 60,
    periodSeconds: 60,
    headers: {
      limit: 'x-rate-limit-limit',
      remaining: 'x-rate-limit-remaining',
      reset: 'x-rate-limit-reset',
    },
  },
];
