// What a token endpoint says when it gives no tokens: one line for people, and the fingerprint of
// what it refused, which others compare with what they would send. No credential is in either.

import type { TokenAnswer } from '../../core/answer/token.ts';
import { EVIDENCE_BYTES } from '../../core/bounds.ts';
import { DriplakeError, Failure } from '../../core/failures.ts';
import {
  fieldsOf,
  namesOf,
  type Renewable,
} from '../../core/source/credentials/credential-kinds.ts';
import type { Source } from '../../core/source/source.ts';
import type { Rejection } from '../../ports/ledger/token-lock.ts';
import { fingerprint, type SecretFields, type Secrets } from '../../ports/secrets/secrets.ts';
import { GRANTS, tokenUrl } from './grants.ts';

interface SignIn {
  readonly source: Source;
  readonly spec: Renewable;
  readonly secrets: Pick<Secrets, 'named'>;
  readonly redact: (text: string) => string;
}

/** What is kept of a rejection of the request that these fields make. */
export function rejectionOf(
  signIn: SignIn,
  given: SecretFields,
  answer: Extract<TokenAnswer, { kind: 'rejected' }>,
): Rejection {
  const { source, spec, secrets } = signIn;
  const { isSignIn, refused } = GRANTS[spec.kind];
  const again = answer.signInAgain && isSignIn;
  const fields = again
    ? ['refreshToken']
    : fieldsOf(spec).filter((field) => field !== 'refreshToken');
  const stored = secrets.named(source.name, fields);
  const url = spec.kind === 'login' ? 'request' : 'tokenUrl';
  const remedy = again
    ? `Sign in again, and store the new refresh token: ${stored}.`
    : `Check ${stored === '' ? '' : `${stored} and `}the ${url} of ${source.name}.`;
  const what = `refused the ${again ? 'refresh token' : refused} of`;
  const message = endpointSays(signIn, what, given, answer.reason);
  return { request: nameRequest(signIn, given), message, remedy };
}

/** The same for everybody who is told of it, so that a run's report can tell it once. */
export const rejectionError = ({ message, remedy }: Rejection): DriplakeError =>
  new DriplakeError(Failure.credentials, message, remedy);

/** What an owner mends after a rejection: any part of the request. */
export const nameRequest = ({ source, spec }: SignIn, fields: SecretFields): string =>
  fingerprint(
    tokenUrl(source, spec, fields),
    JSON.stringify(spec),
    ...[...fieldsOf(spec), ...namesOf(spec)].map((name) => fields[name] ?? ''),
  );

/** One line: where, what it did, to whom, and its reason. */
export function endpointSays(
  { redact, source, spec }: SignIn,
  what: string,
  fields: SecretFields,
  reason: string,
): string {
  const url = URL.parse(tokenUrl(source, spec, fields));
  const method = spec.kind === 'login' ? (spec.request.method ?? 'POST') : 'POST';
  const at = url === null ? 'The token endpoint' : `${method} ${url.origin}${url.pathname}`;
  return `${redact(at)} ${what} ${source.name}: ${oneLine(redact(reason)).slice(0, EVIDENCE_BYTES)}.`;
}

/** What a stranger wrote; credentials are out of it before anything else of it is changed. */
const oneLine = (text: string): string => text.replaceAll(/[^\x20-\x7e]+/g, ' ').trim();
