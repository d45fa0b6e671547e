// How a credential is put on a request: a header, or a parameter of the URL whose other parts stay
// as they were written. A value that cannot travel is refused before it is sent, and never shown.

import type { HttpRequest } from '../../core/answer/exchange.ts';
import { base64Text } from '../../core/answer/redact.ts';
import { isToken } from '../../core/answer/token.ts';
import { DriplakeError, Failure } from '../../core/failures.ts';
import type { FixedByKind } from '../../core/source/credential-kinds.ts';
import { fingerprint, type SecretFields } from '../../ports/secrets/secrets.ts';

export interface Signed {
  readonly request: HttpRequest;
  readonly tokenUsed: string;
}

/** Where a credential goes and what it is. */
export type Signature =
  | { readonly header: string; readonly value: string; readonly text: string }
  | { readonly query: string; readonly value: string };

type Signer<Kind extends keyof FixedByKind> = (
  name: string,
  spec: FixedByKind[Kind],
  fields: SecretFields,
) => Signature;

const SIGNERS: { readonly [Kind in keyof FixedByKind]: Signer<Kind> } = {
  bearer: (name, _spec, fields) => bearer(sendable(name, 'token', fields)),
  basic: (name, _spec, fields) => {
    const username = fields['username'] ?? '';
    if (username.includes(':')) throw unusable(name, 'username', 'a colon');
    const value = base64Text(`${username}:${fields['password'] ?? ''}`);
    return { header: 'authorization', value, text: `Basic ${value}` };
  },
  'api-key': (name, spec, fields) => {
    if (spec.query !== undefined) return { query: spec.query, value: fields['key'] ?? '' };
    const value = sendable(name, 'key', fields);
    return { header: spec.header ?? 'authorization', value, text: value };
  },
};

/**
 * What credentials that are signed with their own fields put on a request.
 * @throws DriplakeError `Driplake.Credentials` when a field cannot travel
 */
export const signature = (
  name: string,
  spec: FixedByKind[keyof FixedByKind],
  fields: SecretFields,
): Signature => sign(spec.kind, name, spec, fields);

const sign = <Kind extends keyof FixedByKind>(
  kind: Kind,
  ...given: Parameters<Signer<Kind>>
): Signature => SIGNERS[kind](...given);

export const bearer = (value: string): Signature => ({
  header: 'authorization',
  value,
  text: `Bearer ${value}`,
});

/** `tokenUsed` names what the request was signed with, without being it. */
export function signed(request: HttpRequest, what: Signature): Signed {
  const tokenUsed = fingerprint(what.value);
  if ('query' in what) {
    const url = withParameter(request.url, what.query, what.value);
    return { request: { ...request, url }, tokenUsed };
  }
  const headers = { ...request.headers, [what.header.toLowerCase()]: what.text };
  return { request: { ...request, headers }, tokenUsed };
}

/** The parameter in the place of one of that name; the rest of the URL stays as it was written. */
function withParameter(url: string, name: string, value: string): string {
  const [address = ''] = url.split('#', 1);
  const mark = address.indexOf('?');
  const path = mark < 0 ? address : address.slice(0, mark);
  const others = mark < 0 ? [] : address.slice(mark + 1).split('&');
  const kept = others.filter((pair) => pair !== '' && !new URLSearchParams(pair).has(name));
  const own = `${encodeURIComponent(name)}=${encodeURIComponent(value.toWellFormed())}`;
  return `${path}?${[...kept, own].join('&')}`;
}

function sendable(name: string, field: string, fields: SecretFields): string {
  const value = fields[field] ?? '';
  if (isToken(value)) return value;
  throw unusable(
    name,
    field,
    'a line break, a space or another character that a header cannot carry',
  );
}

const unusable = (name: string, field: string, what: string): DriplakeError =>
  new DriplakeError(
    Failure.credentials,
    `The field ${field} of ${name} holds ${what}.`,
    'Store it again, without quotes and without anything around it.',
  );
