// What an API may declare of its limits: the part of a source's schema that budgets read. Header
// names are matched whatever their case; a header that is absent says nothing.

import * as z from 'zod/mini';
import { HEADER_NAMES, WINDOWS_IN_A_HEADER } from '../bounds.ts';

const headerName = z.string().check(z.minLength(1));
/** A name, or several where an API has changed it: the first that is there counts. */
const header = z.union([
  headerName,
  z.array(headerName).check(z.minLength(1), z.maxLength(HEADER_NAMES)),
]);
const positive = z.number().check(z.positive());

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
  /**
   * It leaks empty in so long, however large it is: where the API tells a size and no leak, that is
   * the leak of that size (Shopify).
   */
  emptiesInSeconds: z.optional(positive),
  headers: z.optional(
    z.strictObject({
      /** `level/size`, floats allowed: `76.47055864334/90`. */
      level: z.optional(header),
      /** Units a second: `0.5`. */
      leakPerSecond: z.optional(header),
      /** Units this request cost: `1`, `10`, `1.2`. */
      cost: z.optional(header),
    }),
  ),
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
  headers: z.optional(
    z.strictObject({
      limit: z.optional(header),
      remaining: z.optional(header),
      used: z.optional(header),
      /** `used/limit` in one header, alone or as `name=used/limit`: `1/20`, `api-usage=18/100`. */
      usedOfLimit: z.optional(header),
      /**
       * When the window ends: epoch s, epoch ms, seconds from now, HTTP-date or ISO date. A name
       * that ends in `-Ms` is `resetMs`.
       */
      reset: z.optional(header),
      /** The same with milliseconds from now: `20649`. */
      resetMs: z.optional(header),
      /** Length of the window: `1s`, `10 minutes`, or seconds. */
      period: z.optional(header),
      /** The same in milliseconds. */
      periodMs: z.optional(header),
      /** All numbers in one header: `total=100; remaining=87; resets=13`. */
      parts: z.optional(header),
      /**
       * Which of several values in each header is that of this window, from 1: `100,1000` with
       * `7,230` are two windows. Without it, the one that has the least left.
       */
      place: z.optional(z.int().check(z.minimum(1), z.maximum(WINDOWS_IN_A_HEADER))),
      /**
       * A header that says whose numbers these are: where it is there and has another value, they
       * are of another budget, and nothing is heard (GitHub's `x-ratelimit-resource`: `search`).
       */
      resource: z.optional(z.strictObject({ header: headerName, value: headerName })),
      /** `RateLimit` and `RateLimit-Policy` of the IETF drafts, structured or older. */
      ietf: z.optional(z.literal(true)),
    }),
  ),
});

/** So many requests in any stretch of so much time, for an API that says nothing. */
const declared = z.strictObject({
  kind: z.literal('declared'),
  requests: positive,
  periodSeconds: positive,
});

/** So many requests at the same time, all streams and processes together (Crossref). */
const concurrent = z.strictObject({
  kind: z.literal('concurrent'),
  requests: z.int().check(z.positive()),
  headers: z.optional(z.strictObject({ limit: z.optional(header) })),
});

export const limit = z.discriminatedUnion('kind', [leakyBucket, window, declared, concurrent]);

export type Limit = z.infer<typeof limit>;
export type ConcurrentLimit = z.infer<typeof concurrent>;
export type LeakyBucket = z.infer<typeof leakyBucket>;
export type Window = z.infer<typeof window>;

/** Limits that are counted together, in the budget of one scope; settings are not filled in. */
export interface SharedLimits {
  readonly scope: string;
  readonly limits: readonly Limit[];
}

interface Limited {
  readonly name: string;
  readonly scope?: string | undefined;
  readonly limits?: readonly Limit[] | undefined;
}

/**
 * Which limits a stream spends from: those of its endpoint, and those of the whole source. Those of
 * its endpoint first: everybody asks in this order, so nobody waits in a circle.
 */
export function limitsOf(
  source: Limited,
  stream: Limited & { readonly onlyOwnLimits?: true | undefined },
): readonly SharedLimits[] {
  const whole: SharedLimits = { scope: source.scope ?? source.name, limits: source.limits ?? [] };
  const { limits, scope = `${whole.scope}/${stream.name}`, onlyOwnLimits } = stream;
  if (limits === undefined) return [whole];
  return [{ scope, limits }, ...(onlyOwnLimits ? [] : [whole])];
}
