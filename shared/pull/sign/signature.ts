// How a credential is put on a request: in a header, a cookie, the body, or a parameter of the URL
// whose other parts stay as they were written. A value that cannot travel is refused before it is
// sent, and never shown.

import type { HttpRequest } from '../../core/answer/exchange.ts';
import { base64Text } from '../../core/answer/redact.ts';
import { isToken } from '../../core/answer/token.ts';
import { DriplakeError, Failure } from '../../core/failures.ts';
import { withPair } from '../../core/page/link.ts';
import type { FixedByKind, Renewable } from '../../core/source/credentials/credential-kinds.ts';
import type { Source } from '../../core/source/source.ts';
import { fillTemplate } from '../../core/source/template/template.ts';
import type { SecretFields } from '../../ports/secrets/secrets.ts';

/** Where a credential goes, and the text that stands there. */
export interface Signature {
  readonly place: 'header' | 'query' | 'cookie' | 'body';
  readonly name: string;
  readonly text: string;
  /** What of it is the credential. */
  readonly value: string;
}

/** Credentials of a source, and the fields of its secret. */
interface Given<Spec> {
  readonly source: Source;
  readonly spec: Spec;
  readonly fields: SecretFields;
}

const SIGNERS: {
  readonly [Kind in keyof FixedByKind]: (given: Given<FixedByKind[Kind]>) => Signature;
} = {
  bearer: (given) => sentAs(given, 'token', given.fields['token'] ?? ''),
  'api-key': (given) => sentAs(given, 'key', given.fields['key'] ?? ''),
  basic: ({ source, spec, fields }) => {
    const value = basicValue(source, spec, fields);
    return { place: 'header', name: 'authorization', value, text: `Basic ${value}` };
  },
};

/**
 * What credentials that are signed with their own fields put on a request.
 * @throws DriplakeError `Driplake.Credentials` when a field cannot travel
 */
export const signature = (given: Given<FixedByKind[keyof FixedByKind]>): Signature =>
  sign(given.spec.kind, given);

const sign = <Kind extends keyof FixedByKind>(
  kind: Kind,
  given: Given<FixedByKind[Kind]>,
): Signature => SIGNERS[kind](given);

/** What a token puts on a request. @throws as `signature` does */
export const tokenSignature = (given: Given<Renewable>, token: string): Signature =>
  sentAs(given, 'token', token);

type Sent = FixedByKind['bearer'] | FixedByKind['api-key'] | Renewable;

function sentAs(
  { source, spec, fields }: Given<Sent>,
  own: 'key' | 'token',
  value: string,
): Signature {
  const { place, name } = placeOf(spec);
  const isHeader = place === 'header';
  const format = spec.format ?? (isHeader && own === 'token' ? 'Bearer {token}' : `{${own}}`);
  // A key with a blank in it was copied with its neighbour: no API gives such keys.
  if (isHeader && !isToken(value)) throw unusable(source, own, NO_HEADER);
  const where = isHeader || place === 'cookie' ? place : 'json';
  const filled = fillTemplate(format, { ...declaredIn(source, fields), [own]: value }, where);
  if (filled.kind === 'misfit') throw unusable(source, filled.name, filled.what);
  return { place, name: isHeader ? name.toLowerCase() : name, value, text: filled.text };
}

function placeOf({ query, cookie, body, header = 'authorization' }: Sent) {
  if (query !== undefined) return { place: 'query', name: query } as const;
  if (cookie !== undefined) return { place: 'cookie', name: cookie } as const;
  if (body !== undefined) return { place: 'body', name: body } as const;
  return { place: 'header', name: header } as const;
}

const NO_HEADER = 'a line break, a space or another character that a header cannot carry';

/** The settings and secrets among the fields of a secret. */
export const declaredIn = (
  { settings, secrets }: Source,
  fields: SecretFields,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.keys({ ...settings, ...secrets }).map((name) => [name, fields[name] ?? '']),
  );

/**
 * RFC 7617: the text behind `Basic`.
 * @throws DriplakeError `Driplake.Credentials` when the name has a colon
 */
export function basicValue(
  source: Source,
  { username = '{username}', password = '{password}' }: Omit<FixedByKind['basic'], 'kind'>,
  fields: SecretFields,
): string {
  const [name, secret] = [username, password].map((text) => {
    const filled = fillTemplate(text, fields, 'json');
    if (filled.kind === 'misfit') throw unusable(source, filled.name, filled.what);
    return filled.text;
  });
  if (name?.includes(':')) throw unusable(source, 'username', 'a colon');
  return base64Text(`${name}:${secret}`);
}

/** The request with it; what stands in the body was put there when that was made. */
export function signed(request: HttpRequest, { place, name, text }: Signature): HttpRequest {
  switch (place) {
    case 'body':
      return request;
    case 'query':
      return { ...request, url: withPair(request.url, name, text) };
    case 'header':
      return { ...request, headers: { ...request.headers, [name]: text } };
    case 'cookie': {
      const { cookie } = request.headers;
      const all = [...(cookie === undefined ? [] : [cookie]), `${name}=${text}`].join('; ');
      return { ...request, headers: { ...request.headers, cookie: all } };
    }
  }
}

export const unusable = ({ name }: Source, field: string, what: string): DriplakeError =>
  new DriplakeError(
    Failure.credentials,
    `The field ${field} of ${name} holds ${what}.`,
    'Store it again, without quotes and without anything around it.',
  );
