// How a source signs in, as data: one variant a kind. The values are in Secrets Manager or the
// environment; here stand names, places and texts with `{names}` only.

import * as z from 'zod/mini';

const text = z.string().check(z.minLength(1));
const texts = z.record(z.string(), z.string());

/** Where a request has what it is signed with, one of them at most, and what stands there. */
const sent = {
  /** Name of the header. Default: `Authorization`. */
  header: z.optional(text),
  /** Name of the parameter of the URL. */
  query: z.optional(text),
  /** Name of the cookie. */
  cookie: z.optional(text),
  /** Dotted path in the body of a POST; of a form, the name of the field. */
  body: z.optional(text),
  /** What stands there: `Token {key}`. */
  format: z.optional(text),
};

/** What a token endpoint is asked with (RFC 6749). */
const tokenRequest = {
  /** `{setting}` is replaced. */
  tokenUrl: text,
  scope: z.optional(text),
  /** Where the client id and secret travel; `none`: there are none. */
  clientIn: z.optional(z.enum(['form', 'header', 'none'])),
  /** More fields of the form, over those of the grant: `{ audience: '{domain}' }`. */
  form: z.optional(texts),
};

const basic = z.strictObject({
  username: z.optional(z.string()),
  password: z.optional(z.string()),
});

/** The request that returns a session token. */
const loginRequest = z.strictObject({
  /** A whole URL, or a path below `baseUrl`. */
  url: text,
  /** Default: `POST`. */
  method: z.optional(z.enum(['GET', 'POST'])),
  headers: z.optional(texts),
  query: z.optional(texts),
  /** JSON. */
  body: z.optional(z.record(z.string(), z.unknown())),
  /** `application/x-www-form-urlencoded`, in the place of a body. */
  form: z.optional(texts),
  /** An `Authorization: Basic` header of these two. */
  basic: z.optional(basic),
});

/** Where a value stands in an answer: a dotted path of the body, a header or a cookie. */
const inAnswer = z.union([
  text,
  z.strictObject({ header: text }),
  z.strictObject({ cookie: text }),
]);

export const JWT_ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'ES256', 'ES384'] as const;

export const credentials = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  /** `Authorization: Bearer <token>`. Secret fields: `token`. */
  z.strictObject({ kind: z.literal('bearer'), ...sent }),
  /** A key. Secret fields: `key`. */
  z.strictObject({ kind: z.literal('api-key'), ...sent }),
  /** HTTP Basic. Secret fields: those that both texts name, by default `username`, `password`. */
  z.strictObject({ kind: z.literal('basic'), ...basic.shape }),
  /** OAuth2 client credentials. Secret fields: `clientId`, `clientSecret`. */
  z.strictObject({ kind: z.literal('oauth2-client-credentials'), ...tokenRequest, ...sent }),
  /** OAuth2 with rotating refresh tokens. Secret fields: `clientId`, `clientSecret`,
   * `refreshToken`; the tokens that a refresh returns are kept beside them. */
  z.strictObject({ kind: z.literal('oauth2-refresh-token'), ...tokenRequest, ...sent }),
  /** OAuth2 with a user's password. Secret fields: `username`, `password`, those of the client. */
  z.strictObject({ kind: z.literal('oauth2-password'), ...tokenRequest, ...sent }),
  /** OAuth2 with a JWT that a private key signs (RFC 7523). Secret fields: `privateKey` in PEM. */
  z.strictObject({
    kind: z.literal('oauth2-jwt-bearer'),
    ...tokenRequest,
    ...sent,
    /** What the JWT says beside `iat`, `exp` and `jti`; `aud` is the token URL if not said. */
    claims: texts,
    algorithm: z.optional(z.enum(JWT_ALGORITHMS)),
    /** `kid` of the JWT's header. */
    keyId: z.optional(text),
  }),
  /** A request that returns a session token. Secret fields: those that its texts name. */
  z.strictObject({
    kind: z.literal('login'),
    request: loginRequest,
    token: inAnswer,
    /** Where the answer says how long the token lives, in seconds, or until when. */
    expires: z.optional(inAnswer),
    /** How long it lives, where no answer says. Without either: until it is refused. */
    lifeSeconds: z.optional(z.number().check(z.positive())),
    ...sent,
  }),
]);

export type Credentials = z.infer<typeof credentials>;
export type LoginRequest = z.infer<typeof loginRequest>;
export type InAnswer = z.infer<typeof inAnswer>;
