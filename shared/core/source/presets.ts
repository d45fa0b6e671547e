// The limits of well-known APIs as data, to be named in a source: `limits: github`. Sizes are the
// smallest that the vendor documents or that were seen: they hold until the first response tells
// better. Where an API throttles in a way of its own, its verdicts and its wait stand beside it.

import type { Verdict } from './answer-spec.ts';
import type { Limit } from './api-limits.ts';

/**
 * Lightspeed Retail R-Series, per account and OAuth client: a bucket (60 or 90 units and 1 a second
 * for one register, more with each further one) and fixed one-second windows of a fraction of its
 * size. Vendor page: developers.lightspeedhq.com/retail/introduction/ratelimits
 */
export const lightspeedR: Limit[] = [
  {
    kind: 'leaky-bucket',
    size: 60,
    leakPerSecond: 1,
    headers: {
      level: 'X-LS-API-Bucket-Level',
      leakPerSecond: 'X-LS-API-Drip-Rate',
      cost: 'X-LS-API-Request-Cost',
    },
  },
  {
    kind: 'window',
    requests: 20,
    periodSeconds: 1,
    headers: { usedOfLimit: 'X-LS-API-Burst-Level' },
  },
];

/** R-Series answers 400 when it is too busy; the text tells it from a request that is wrong. */
export const lightspeedRVerdicts: Verdict[] = [
  { status: 400, text: 'Please try again later', verdict: 'retry' },
  // An error in place of the list; no list has these keys beside it.
  { status: 200, body: 'httpCode', verdict: 'retry' },
];

/**
 * Lightspeed Retail X-Series, per retailer and application: 300 requests for each register and 50
 * more in five minutes. No reset header; a throttled response dates its `Retry-After`.
 * Vendor page: x-series-api.lightspeedhq.com/docs/rate_limiting
 */
export const lightspeedX: Limit[] = [
  {
    kind: 'window',
    requests: 350,
    periodSeconds: 300,
    headers: { limit: 'X-RateLimit-Limit', remaining: 'X-RateLimit-Remaining' },
  },
];

/**
 * The token endpoint of X-Series counts by itself and tells its reset in epoch seconds. The vendor
 * publishes no size: five a minute is that of the R-Series token endpoint.
 */
export const lightspeedXToken: Limit[] = [
  {
    kind: 'window',
    requests: 5,
    periodSeconds: 60,
    headers: {
      limit: 'X-RateLimit-Limit',
      remaining: 'X-RateLimit-Remaining',
      reset: 'X-RateLimit-Reset',
    },
  },
];

/**
 * Shopify Admin REST, per shop and app: a bucket of 40 that leaks 2 a second. Larger plans tell
 * their size, and leak size / 20: 4 a second for 80 (transcripts of 2026). A 429 has a `Retry-After`
 * and no level. Vendor page: shopify.dev/docs/api/admin-rest/usage/rate-limits
 */
export const shopify: Limit[] = [
  {
    kind: 'leaky-bucket',
    size: 40,
    leakPerSecond: 2,
    emptiesInSeconds: 20,
    headers: { level: 'X-Shopify-Shop-Api-Call-Limit' },
  },
];

/**
 * GitHub REST, per user or installation: 60 an hour without a token, 5,000 with one.
 * Vendor page: docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
 */
export const github: Limit[] = [
  {
    kind: 'window',
    requests: 60,
    periodSeconds: 3600,
    headers: {
      limit: 'x-ratelimit-limit',
      remaining: 'x-ratelimit-remaining',
      used: 'x-ratelimit-used',
      reset: 'x-ratelimit-reset',
      resource: { header: 'x-ratelimit-resource', value: 'core' },
    },
  },
];

/**
 * GitHub's search counts by itself, a minute at a time: 10 without a token and 30 with one (vendor
 * page), 5 at the fewest (recordings of 2013 to 2026). For the `limits` of a stream that searches,
 * with `onlyOwnLimits`. From 2021 a header names the budget of an answer.
 */
export const githubSearch: Limit[] = [
  {
    kind: 'window',
    requests: 5,
    periodSeconds: 60,
    headers: {
      limit: 'x-ratelimit-limit',
      remaining: 'x-ratelimit-remaining',
      used: 'x-ratelimit-used',
      reset: 'x-ratelimit-reset',
      resource: { header: 'x-ratelimit-resource', value: 'search' },
    },
  },
];

/**
 * GitHub throttles with 403 as well as 429, and every 403 carries the limit headers, also the one
 * for a missing permission: what tells them apart is nothing remaining, a `Retry-After`, or the
 * text of the secondary limits. Vendor page:
 * docs.github.com/rest/using-the-rest-api/troubleshooting
 */
export const githubVerdicts: Verdict[] = [
  { status: 403, header: { name: 'retry-after' }, verdict: 'blocked' },
  { status: 403, header: { name: 'x-ratelimit-remaining', value: '0' }, verdict: 'blocked' },
  { status: 403, text: 'secondary rate limit', verdict: 'blocked' },
  { status: 403, text: 'rate limit exceeded', verdict: 'blocked' },
];

/** GitHub: "wait for at least one minute" when a throttled response names no time. */
export const githubRefusedWaitSeconds = 60;

/**
 * Zendesk Support, per account: from 200 a minute (Team plan); the reset is seconds from now. The
 * headers had three families of names: `ratelimit-` from February 2024, `rate-limit` in 2023, and
 * `x-rate-limit` without a reset in the help center (recordings of 2023 and 2024).
 * Vendor page: developer.zendesk.com/api-reference/introduction/rate-limits
 */
export const zendesk: Limit[] = [
  {
    kind: 'window',
    requests: 200,
    periodSeconds: 60,
    headers: {
      limit: ['ratelimit-limit', 'rate-limit', 'x-rate-limit'],
      remaining: ['ratelimit-remaining', 'rate-limit-remaining', 'x-rate-limit-remaining'],
      reset: ['ratelimit-reset', 'rate-limit-reset'],
    },
  },
];

/**
 * Zendesk's list of tickets, beside the limit of the account: 100 a minute, told in one header that
 * changed its name in February 2024 (recordings of 2023 and 2024).
 */
export const zendeskTicketList: Limit[] = [
  {
    kind: 'window',
    requests: 100,
    periodSeconds: 60,
    headers: {
      parts: ['zendesk-ratelimit-tickets-index', 'zendesk-rate-limit-tickets-index'],
    },
  },
];

/**
 * HubSpot v3, per account and app: from 100 in ten seconds, a header telling the length of the
 * window, and 250,000 a day (transcripts of 2026).
 * Vendor page: developers.hubspot.com/docs/api/usage-details
 */
export const hubspot: Limit[] = [
  {
    kind: 'window',
    requests: 100,
    periodSeconds: 10,
    headers: {
      limit: 'X-HubSpot-RateLimit-Max',
      remaining: 'X-HubSpot-RateLimit-Remaining',
      periodMs: 'X-HubSpot-RateLimit-Interval-Milliseconds',
    },
  },
  {
    kind: 'window',
    requests: 250_000,
    periodSeconds: 86_400,
    headers: {
      limit: 'X-HubSpot-RateLimit-Daily',
      remaining: 'X-HubSpot-RateLimit-Daily-Remaining',
    },
  },
];

/** HubSpot v1 and v2, which tell seconds and days only (recordings of 2018 and 2019). */
export const hubspotOld: Limit[] = [
  {
    kind: 'window',
    requests: 10,
    periodSeconds: 1,
    headers: {
      limit: 'X-HubSpot-RateLimit-Secondly',
      remaining: 'X-HubSpot-RateLimit-Secondly-Remaining',
    },
  },
  {
    kind: 'window',
    requests: 40_000,
    periodSeconds: 86_400,
    headers: {
      limit: 'X-HubSpot-RateLimit-Daily',
      remaining: 'X-HubSpot-RateLimit-Daily-Remaining',
    },
  },
];

/**
 * Salesforce REST, per organisation and 24 hours: `Sforce-Limit-Info: api-usage=18/5000`.
 * Vendor page: developer.salesforce.com, REST API Developer Guide, "Limit Info Header"
 */
export const salesforce: Limit[] = [
  {
    kind: 'window',
    requests: 5_000,
    periodSeconds: 86_400,
    headers: { usedOfLimit: 'Sforce-Limit-Info' },
  },
];

/** Salesforce names the limit in the body of a 403 that a missing permission would have too. */
export const salesforceVerdicts: Verdict[] = [
  { status: 403, text: 'REQUEST_LIMIT_EXCEEDED', verdict: 'blocked' },
];

/** The 24 hours of Salesforce roll: a quarter of an hour frees about one request in a hundred. */
export const salesforceRefusedWaitSeconds = 900;

/** Any API with the `RateLimit` fields of the IETF drafts; 60 a minute until it speaks. */
export const ietf: Limit[] = [
  { kind: 'window', requests: 60, periodSeconds: 60, headers: { ietf: true } },
];

/** Any API with `X-RateLimit-Limit`, `-Remaining` and `-Reset`; 60 a minute until it speaks. */
export const plain: Limit[] = [
  {
    kind: 'window',
    requests: 60,
    periodSeconds: 60,
    headers: {
      limit: 'X-RateLimit-Limit',
      remaining: 'X-RateLimit-Remaining',
      reset: 'X-RateLimit-Reset',
    },
  },
];
