// OAuth2 tokens: what a token endpoint answered (RFC 6749 section 5), when a token is due for
// renewal, and how tokens are kept as fields of a secret. A damaged answer is a fault, never a
// token.
import { TOKEN_BODY_BYTES, TOKEN_MARGIN_MS } from '../bounds.ts';

export interface Tokens {
  readonly accessToken: string;
  /** A short name of what it was given for; absent in tokens of long ago. */
  readonly accessTokenFor?: string;
  /** Absent: the one that was used stays valid (RFC 6749 section 6). */
  readonly refreshToken?: string;
  readonly obtainedAtMs: number;
  /** Absent: the server did not say, so it is used until it is refused. */
  readonly expiresAtMs?: number;
}

export type TokenAnswer =
  | { readonly kind: 'tokens'; readonly tokens: Tokens }
  /**
   * The server will not give tokens for what we hold; asking again is useless. Reasons are what it
   * says, credentials and line breaks as they came.
   */
  | { readonly kind: 'rejected'; readonly signInAgain: boolean; readonly reason: string }
  /** It may work later, `untilMs` (our clock) at the earliest. */
  | { readonly kind: 'fault'; readonly reason: string; readonly untilMs?: number };

/**
 * What the token endpoint said.
 * @param nowMs when the request was sent: the life of a token is counted from there, the safe side
 * @param isAnyType whether a token of another type than `bearer` can be used as well
 */
export function readTokenAnswer(
  status: number,
  body: Uint8Array,
  nowMs: number,
  isAnyType = false,
): TokenAnswer {
  const read = readTokenBody(body);
  if (read === 'too-large') return fault(`${body.byteLength} bytes (${status})`);
  const fields = objectOf(read);
  const error = errorCode(fields);
  if (status >= 200 && status < 300) {
    if (fields === undefined) return fault(`something that is not a JSON object (${status})`);
    if (error === undefined) return readTokens(fields, nowMs, isAnyType);
  }
  const description = readText(fields?.['error_description']) ?? '';
  const reason = [`${status}`, error, description].filter((part) => part).join(' ');
  if (error !== undefined && laterErrors.has(error)) return fault(reason);
  if (error !== undefined && finalErrors.has(error)) {
    return { kind: 'rejected', signInAgain: signInErrors.has(error), reason };
  }
  if (finalStatuses.has(status)) return { kind: 'rejected', signInAgain: false, reason };
  return fault(reason);
}

/** When to renew, epoch milliseconds; undefined when the server gave no life. */
export function renewalDueAtMs(tokens: Tokens): number | undefined {
  if (tokens.expiresAtMs === undefined) return undefined;
  const life = Math.max(0, tokens.expiresAtMs - tokens.obtainedAtMs);
  return tokens.expiresAtMs - Math.min(TOKEN_MARGIN_MS, Math.floor(life / 10));
}

/** `fresh`: use it. `due`: use it when it cannot be renewed now. `dead`: do not use it. */
export function tokenAge(tokens: Tokens, nowMs: number): 'fresh' | 'due' | 'dead' {
  if (tokens.expiresAtMs !== undefined && nowMs >= tokens.expiresAtMs) return 'dead';
  const due = renewalDueAtMs(tokens);
  return due !== undefined && nowMs >= due ? 'due' : 'fresh';
}

/** The tokens among a secret's fields; undefined when there is no access token. */
export function tokensIn(fields: Readonly<Record<string, string>>): Tokens | undefined {
  const accessToken = fields['accessToken'];
  if (accessToken === undefined || !isToken(accessToken)) return undefined;
  const expiresAtMs = wholeNumber(fields['accessTokenExpiresAtMs']);
  return {
    accessToken,
    obtainedAtMs: wholeNumber(fields['accessTokenObtainedAtMs']) ?? 0,
    ...(fields['accessTokenFor'] && { accessTokenFor: fields['accessTokenFor'] }),
    ...(fields['refreshToken'] && { refreshToken: fields['refreshToken'] }),
    ...(expiresAtMs !== undefined && { expiresAtMs }),
  };
}

/** The fields of a secret that hold these tokens; an absent refresh token is no field. */
export function tokenFields(tokens: Tokens): Record<string, string> {
  const { accessToken, accessTokenFor, refreshToken, obtainedAtMs, expiresAtMs } = tokens;
  return {
    accessToken,
    ...(accessTokenFor !== undefined && { accessTokenFor }),
    accessTokenObtainedAtMs: String(obtainedAtMs),
    // An empty field overwrites the life of the token before.
    accessTokenExpiresAtMs: expiresAtMs === undefined ? '' : String(expiresAtMs),
    ...(refreshToken !== undefined && { refreshToken }),
  };
}

/** Visible ASCII (RFC 6749 appendix A.12), so that it can travel in a header. */
export const isToken = (text: string): boolean => /^[\x21-\x7e]+$/.test(text);

function readTokens(
  fields: Readonly<Record<string, unknown>>,
  nowMs: number,
  isAnyType: boolean,
): TokenAnswer {
  const accessToken = fields['access_token'];
  const refreshToken = fields['refresh_token'] ?? '';
  const type = fields['token_type'] ?? 'bearer';
  if (typeof accessToken !== 'string' || !isToken(accessToken)) {
    return fault('no usable access_token');
  }
  if (typeof refreshToken !== 'string' || (refreshToken !== '' && !isToken(refreshToken))) {
    return fault('no usable refresh_token');
  }
  if (!isAnyType && (typeof type !== 'string' || type.toLowerCase() !== 'bearer')) {
    return { kind: 'rejected', signInAgain: false, reason: 'a token_type other than "bearer"' };
  }
  const seconds = lifeSeconds(fields['expires_in']);
  const tokens: Tokens = {
    accessToken,
    obtainedAtMs: nowMs,
    ...(refreshToken !== '' && { refreshToken }),
    ...(seconds !== undefined && { expiresAtMs: nowMs + Math.floor(seconds * 1000) }),
  };
  return { kind: 'tokens', tokens };
}

/** A number or its text; what is not a positive life of less than a century is none at all. */
export function lifeSeconds(value: unknown): number | undefined {
  const text = typeof value === 'number' ? String(value) : typeof value === 'string' ? value : '';
  const seconds = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : Number.NaN;
  return seconds > 0 && seconds < 100 * 366 * 86_400 ? seconds : undefined;
}

/** The grant is gone: only a person can help. */
const signInErrors = new Set(['invalid_grant', 'access_denied', 'bad_refresh_token']);

/** RFC 6749 section 5.2 and what vendors add to it. */
const finalErrors = new Set([
  ...signInErrors,
  'invalid_client',
  'unauthorized_client',
  'invalid_request',
  'invalid_scope',
  'unsupported_grant_type',
  'incorrect_client_credentials',
]);

const laterErrors = new Set(['temporarily_unavailable', 'server_error', 'slow_down']);

/** Refusals without an error code. A 403 may come from a firewall on a bad day, so it is none. */
const finalStatuses = new Set([400, 401, 404, 405, 410, 415, 422]);

function errorCode(fields: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const code = fields?.['error'];
  return typeof code === 'string' && /^[A-Za-z_]{1,60}$/.test(code)
    ? code.toLowerCase()
    : undefined;
}

const readText = (value: unknown): string | undefined =>
  typeof value === 'string' ? value : undefined;

/** The JSON of an answer, undefined when it is none. */
export function readTokenBody(body: Uint8Array): unknown {
  if (body.byteLength > TOKEN_BODY_BYTES) return 'too-large';
  try {
    return JSON.parse(new TextDecoder('utf-8').decode(body));
  } catch {
    return undefined;
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return Object.fromEntries(Object.entries(value));
}

const wholeNumber = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;

const fault = (reason: string): TokenAnswer => ({ kind: 'fault', reason });
