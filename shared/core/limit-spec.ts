// What an API may declare of its limits: the part of a source's schema that budgets read.
// Header names are matched whatever their case; a header that is absent says nothing.

import * as z from 'zod';

const header = z.string().min(1);
const positive = z.number().positive();

/**
 * A bucket that fills with each request and leaks all the time (Lightspeed R-Series, Shopify).
 * A request is allowed while the level is below the size.
 */
const leakyBucket = z.strictObject({
  kind: z.literal('leaky-bucket'),
  /** Units the bucket holds until the API says otherwise. */
  size: positive,
  /** Units that leak in one second until the API says otherwise. */
  leakPerSecond: positive,
  headers: z
    .strictObject({
      /** `level/size`, floats allowed: `76.47055864334/90`. */
      level: header.optional(),
      /** Units a second: `0.5`. */
      leakPerSecond: header.optional(),
      /** Units this request cost: `1`, `10`, `1.2`. */
      cost: header.optional(),
    })
    .optional(),
});

/**
 * So many requests in so much time, counted by the API, which tells what remains (GitHub,
 * Zendesk, HubSpot, X-Series, the burst limiter of R-Series).
 */
const window = z.strictObject({
  kind: z.literal('window'),
  /** Requests in one window until the API says otherwise. */
  requests: positive,
  periodSeconds: positive,
  headers: z
    .strictObject({
      limit: header.optional(),
      remaining: header.optional(),
      used: header.optional(),
      /** `used/limit` in one header, alone or as `name=used/limit`: `1/20`, `api-usage=18/100`. */
      usedOfLimit: header.optional(),
      /** When the window ends: epoch s, epoch ms, seconds from now, HTTP-date or ISO date. */
      reset: header.optional(),
      /** Length of the window in milliseconds. */
      periodMs: header.optional(),
      /** `RateLimit` and `RateLimit-Policy` of the IETF drafts, structured or older. */
      ietf: z.literal(true).optional(),
    })
    .optional(),
});

/** So many requests in any stretch of so much time, for an API that says nothing. */
const declared = z.strictObject({
  kind: z.literal('declared'),
  requests: positive,
  periodSeconds: positive,
});

export const limit = z.discriminatedUnion('kind', [leakyBucket, window, declared]);

export type Limit = z.infer<typeof limit>;
export type LeakyBucket = z.infer<typeof leakyBucket>;
export type Window = z.infer<typeof window>;
