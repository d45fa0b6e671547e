// What a token endpoint says when it gives no tokens: one line for people, and the fingerprint of
// what it refused, which others compare with what they would send. No credential is in either.

import type { TokenAnswer } from '../../core/answer/token.ts';
import { EVIDENCE_BYTES, TOKEN_REQUEST_MS } from '../../core/bounds.ts';
import { DriplakeError, Failure } from '../../core/failures.ts';
import type { Renewable } from '../../core/source/credential-kinds.ts';
import type { Source } from '../../core/source/source.ts';
import { fillSettings } from '../../core/source/template/settings.ts';
import type { Rejection } from '../../ports/ledger/token-lock.ts';
import { fingerprint, type SecretFields, type Secrets } from '../../ports/secrets/secrets.ts';
import { GRANTS, tokenRequest } from './token-request.ts';

interface SignIn {
  readonly source: Source;
  readonly spec: Renewable;
  readonly secrets: Pick<Secrets, 'named'>;
  readonly redact: (text: string) => string;
}

/** What is kept of a rejection of the request that these fields make. */
export function rejectionOf(
  signIn: SignIn,
  fields: SecretFields,
  answer: Extract<TokenAnswer, { kind: 'rejected' }>,
): Rejection {
  const { source, spec, secrets } = signIn;
  const again = answer.signInAgain && GRANTS[spec.kind].isSignIn;
  const what = again ? 'refused the refresh token of' : 'refused the client of';
  const remedy = again
    ? `Sign in again, and store the new refresh token: ${secrets.named(source.name, ['refreshToken'])}.`
    : `Check ${secrets.named(source.name, ['clientId', 'clientSecret'])} and the tokenUrl of ${source.name}.`;
  const message = endpointSays(signIn, what, fields, answer.reason);
  return { request: nameRequest(signIn, fields), message, remedy };
}

/** The same for everybody who is told of it, so that a run's report can tell it once. */
export const rejectionError = ({ message, remedy }: Rejection): DriplakeError =>
  new DriplakeError(Failure.credentials, message, remedy);

/** What an owner mends after a rejection: any part of the request. */
export function nameRequest({ source, spec }: SignIn, fields: SecretFields): string {
  const { url, headers, body = '' } = tokenRequest(source, spec, fields, TOKEN_REQUEST_MS);
  return fingerprint(url, headers['authorization'] ?? '', body);
}

/** One line: where, what it did, to whom, and its reason. */
export function endpointSays(
  { redact, source, spec }: SignIn,
  what: string,
  fields: SecretFields,
  reason: string,
): string {
  const url = URL.parse(fillSettings(spec.tokenUrl, source.settings, fields));
  const at = url === null ? 'The token endpoint' : `POST ${url.origin}${url.pathname}`;
  return `${at} ${what} ${source.name}: ${redact(reason).slice(0, EVIDENCE_BYTES)}.`;
}
