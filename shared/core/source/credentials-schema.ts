// How a source signs in, as data: one variant a kind. The values are in Secrets Manager or the
// environment; here stand the names of headers and the place of the token endpoint only.

import * as z from 'zod/mini';

const text = z.string().check(z.minLength(1));

export const credentials = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  /** `Authorization: Bearer <token>`. Secret fields: `token`. */
  z.strictObject({ kind: z.literal('bearer') }),
  /** A key in a header or a query parameter. Secret fields: `key`. */
  z.strictObject({
    kind: z.literal('api-key'),
    header: z.optional(text),
    query: z.optional(text),
  }),
  /** HTTP Basic. Secret fields: `username`, `password`. */
  z.strictObject({ kind: z.literal('basic') }),
  /** OAuth2 client credentials. Secret fields: `clientId`, `clientSecret`. */
  z.strictObject({
    kind: z.literal('oauth2-client-credentials'),
    tokenUrl: text,
    scope: z.optional(text),
    /** Where the client id and secret travel: the form (default) or an Authorization header. */
    clientIn: z.optional(z.enum(['form', 'header'])),
  }),
  /** OAuth2 with rotating refresh tokens. Secret fields: `clientId`, `clientSecret`,
   * `refreshToken`; the tokens that a refresh returns are kept beside them. */
  z.strictObject({
    kind: z.literal('oauth2-refresh-token'),
    tokenUrl: text,
    scope: z.optional(text),
    clientIn: z.optional(z.enum(['form', 'header'])),
  }),
]);

export type Credentials = z.infer<typeof credentials>;
