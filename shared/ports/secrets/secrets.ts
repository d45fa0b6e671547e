// What the owner of a source keeps for it: credentials, settings, and the tokens that a sign-in
// turned into. Reading names every missing field; storing never touches the owner's other fields.

import { createHash } from 'node:crypto';
import { type Tokens, tokenFields } from '../../core/answer/token.ts';
import { DriplakeError, Failure } from '../../core/failures.ts';

/** Field names as sources declare them (`clientId`, `accountId`), to values. */
export type SecretFields = Readonly<Record<string, string>>;

export interface Secrets {
  /**
   * Everything known for a source, tokens stored before included. An access token is only there
   * when it came from the sign-in that the other fields describe: a new refresh token makes it
   * vanish.
   * @param required fields that must be there and not be empty
   * @throws DriplakeError `Driplake.Credentials`, naming the place and all fields it lacks
   */
  read(source: string, required: readonly string[]): Promise<SecretFields>;
  /** Returns when the tokens are durable: every later `read`, by any process, gives them. */
  storeTokens(source: string, tokens: Tokens): Promise<void>;
  /** What the owner of a source knows these fields by: variables, or the secret that has them. */
  named(source: string, fields: readonly string[]): string;
}

/** Secrets in memory; `given` may be changed by a test, as an owner changes a secret. */
export function memorySecrets(given: Map<string, SecretFields>): Secrets {
  return {
    async read(source, required) {
      const fields = withoutForeignToken(given.get(source) ?? {});
      return complete(fields, required, {
        place: `the secrets of ${source} in memory`,
        remedy: (missing) => `Give it ${missing.join(', ')}.`,
      });
    },
    async storeTokens(source, tokens) {
      given.set(source, withTokens(given.get(source) ?? {}, tokens));
    },
    named: (source, fields) => `${fields.join(', ')} of the secrets of ${source}`,
  };
}

export interface SecretLocation {
  /** Where the fields were looked for: it follows `Missing in`. */
  readonly place: string;
  /** What the owner does about the missing ones. */
  readonly remedy: (missing: readonly string[]) => string;
}

/** The fields, when nothing is missing. */
export function complete(
  fields: SecretFields,
  required: readonly string[],
  { place, remedy }: SecretLocation,
): SecretFields {
  const missing = required.filter((name) => (fields[name] ?? '').trim() === '');
  if (missing.length === 0) return fields;
  const message = `Missing in ${place}: ${missing.join(', ')}.`;
  throw new DriplakeError(Failure.credentials, message, remedy(missing));
}

/** The fields with new tokens among them, and the mark that says which sign-in they belong to. */
export function withTokens(fields: SecretFields, tokens: Tokens): Record<string, string> {
  const next = { ...fields, ...tokenFields(tokens) };
  return { ...next, tokensOf: signInOf(next) };
}

/** The fields without an access token that another sign-in left behind, and without its mark. */
export function withoutForeignToken(fields: SecretFields): SecretFields {
  const { tokensOf, ...others } = fields;
  if (tokensOf === undefined || tokensOf === signInOf(fields)) return others;
  const { accessToken, accessTokenFor, ...rest } = others;
  const { accessTokenExpiresAtMs, accessTokenObtainedAtMs, ...own } = rest;
  return own;
}

/** Tells one sign-in from another without holding it. */
export const signInOf = (fields: SecretFields): string =>
  fingerprint(fields['clientId'] ?? '', fields['refreshToken'] ?? '');

/** Sixteen hex digits of a SHA-256: names a credential without giving it away. */
export const fingerprint = (...parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
