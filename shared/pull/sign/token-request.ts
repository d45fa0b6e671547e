// The request to a token endpoint (RFC 6749 sections 4.4 and 6): form-encoded, the client's id and
// secret in the form or in a Basic header, as the source declares.

import type { HttpRequest } from '../../core/answer/exchange.ts';
import { base64Text } from '../../core/answer/redact.ts';
import type { Renewable } from '../../core/source/credential-kinds.ts';
import type { Source } from '../../core/source/source.ts';
import { fillSettings } from '../../core/source/template/settings.ts';
import type { SecretFields } from '../../ports/secrets/secrets.ts';
import { USER_AGENT } from './version.ts';

/** What is asked of a token endpoint, one row a kind. */
interface Grant {
  readonly type: string;
  /** Fields of the secret that travel beside the client, by the names of the form. */
  readonly form: Readonly<Record<string, string>>;
  /** Fields that a renewal spends: others cannot renew with them at the same time. */
  readonly spends: readonly string[];
  /** Whether signing in again mends a grant that is not accepted any more. */
  readonly isSignIn: boolean;
}

export const GRANTS: Readonly<Record<Renewable['kind'], Grant>> = {
  'oauth2-client-credentials': {
    type: 'client_credentials',
    form: {},
    spends: ['clientId', 'clientSecret'],
    isSignIn: false,
  },
  'oauth2-refresh-token': {
    type: 'refresh_token',
    form: { refresh_token: 'refreshToken' },
    spends: ['refreshToken'],
    isSignIn: true,
  },
};

/** @throws DriplakeError configuration, when the URL names a setting without a value */
export function tokenRequest(
  source: Source,
  spec: Renewable,
  fields: SecretFields,
  timeoutMs: number,
): HttpRequest {
  const client = { id: fields['clientId'] ?? '', secret: fields['clientSecret'] ?? '' };
  const inForm = spec.clientIn !== 'header';
  const form = new URLSearchParams({
    ...grant(spec, fields),
    ...(spec.scope !== undefined && { scope: fillSettings(spec.scope, source.settings, fields) }),
    ...(inForm && { client_id: client.id, client_secret: client.secret }),
  });
  return {
    method: 'POST',
    url: fillSettings(spec.tokenUrl, source.settings, fields),
    headers: {
      accept: 'application/json',
      'user-agent': USER_AGENT,
      'content-type': 'application/x-www-form-urlencoded',
      ...(!inForm && { authorization: clientHeader(client.id, client.secret) }),
    },
    body: form.toString(),
    timeoutMs,
  };
}

function grant(spec: Renewable, fields: SecretFields): Record<string, string> {
  const { type, form } = GRANTS[spec.kind];
  const sent = Object.entries(form).map(([name, field]) => [name, fields[field] ?? '']);
  return { grant_type: type, ...Object.fromEntries(sent) };
}

/** RFC 6749 section 2.3.1: both are form-encoded before they are joined. */
const clientHeader = (id: string, secret: string): string =>
  `Basic ${base64Text(`${formEncoded(id)}:${formEncoded(secret)}`)}`;

const formEncoded = (text: string): string =>
  new URLSearchParams([['', text]]).toString().slice(1);
