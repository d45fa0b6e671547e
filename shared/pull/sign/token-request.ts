// The request to a token endpoint (RFC 6749 sections 4.4 and 6): form-encoded, the client's id and
// secret in the form or in a Basic header, as the source declares.

import type { HttpRequest } from '../../core/answer/exchange.ts';
import { base64Text } from '../../core/answer/redact.ts';
import { fillSettings } from '../../core/source/settings.ts';
import type { Credentials, Source } from '../../core/source/source.ts';
import type { SecretFields } from '../../ports/secrets/secrets.ts';
import { USER_AGENT } from './version.ts';

export type OAuth2 = Extract<Credentials, { kind: `oauth2-${string}` }>;

/** @throws DriplakeError configuration, when the URL names a setting without a value */
export function tokenRequest(
  source: Source,
  spec: OAuth2,
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

function grant(spec: OAuth2, fields: SecretFields): Record<string, string> {
  return spec.kind === 'oauth2-client-credentials'
    ? { grant_type: 'client_credentials' }
    : { grant_type: 'refresh_token', refresh_token: fields['refreshToken'] ?? '' };
}

/** RFC 6749 section 2.3.1: both are form-encoded before they are joined. */
const clientHeader = (id: string, secret: string): string =>
  `Basic ${base64Text(`${formEncoded(id)}:${formEncoded(secret)}`)}`;

const formEncoded = (text: string): string =>
  new URLSearchParams([['', text]]).toString().slice(1);
