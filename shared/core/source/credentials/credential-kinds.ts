// What is known of each kind of credentials, one row a kind: the fields that its owner gives, what
// its texts name, and what requests are signed with. How a signature looks stands with those who
// make it.

import { namesIn } from '../template/template.ts';
import { textsOf } from '../template/texts.ts';
import type { Credentials } from './credentials-schema.ts';

type OfKind = { readonly [One in Credentials as One['kind']]: One };
type Kind = keyof OfKind;

interface CredentialKind {
  /** Names of users and clients are no secrets (RFC 6749 section 2.2), and often common words. */
  readonly fields: Readonly<Record<string, 'secret' | 'name'>>;
  /** Nothing, what the owner gave, or a token that a token endpoint renews. */
  readonly signedWith: 'nothing' | 'fields' | 'token';
}

/** What a client and a user are known by. */
const CLIENT = { clientId: 'name', clientSecret: 'secret' } as const;
const USER = { username: 'name', password: 'secret' } as const;

const CREDENTIAL_KINDS = {
  none: { fields: {}, signedWith: 'nothing' },
  bearer: { fields: { token: 'secret' }, signedWith: 'fields' },
  'api-key': { fields: { key: 'secret' }, signedWith: 'fields' },
  basic: { fields: USER, signedWith: 'fields' },
  'oauth2-client-credentials': { fields: CLIENT, signedWith: 'token' },
  'oauth2-refresh-token': {
    fields: { ...CLIENT, refreshToken: 'secret' },
    signedWith: 'token',
  },
  'oauth2-password': { fields: { ...CLIENT, ...USER }, signedWith: 'token' },
  'oauth2-jwt-bearer': { fields: { ...CLIENT, privateKey: 'secret' }, signedWith: 'token' },
  login: { fields: USER, signedWith: 'token' },
} as const satisfies Readonly<Record<Kind, CredentialKind>>;

/** The texts in which these fields stand: a field that none of them names is not needed. */
const TEXTS: { readonly [One in Kind]: (credentials: OfKind[One]) => readonly string[] } = {
  none: () => [],
  bearer: ({ format = '{token}' }) => [format],
  'api-key': ({ format = '{key}' }) => [format],
  basic: ({ username = '{username}', password = '{password}' }) => [username, password],
  'oauth2-client-credentials': (given) => ofClient(given),
  'oauth2-refresh-token': (given) => ofClient(given, '{refreshToken}'),
  'oauth2-password': (given) => ofClient(given, '{username}', '{password}'),
  'oauth2-jwt-bearer': ({ claims, keyId = '', clientIn = 'none', ...given }) =>
    ofClient({ ...given, clientIn }, '{privateKey}', keyId, ...Object.values(claims)),
  login: ({ request }) => [...textsOf(request, '')].map(([, text]) => text),
};

/** The texts of a token request, its own behind those of its client. */
const ofClient = (
  { clientIn = 'form', scope = '', form }: Omit<OfKind['oauth2-password'], 'kind'>,
  ...own: readonly string[]
): readonly string[] => [
  ...(clientIn === 'none' ? [] : ['{clientId}', '{clientSecret}']),
  scope,
  ...Object.values(form ?? {}),
  ...own,
];

type Kinds = typeof CREDENTIAL_KINDS;

type SignedWith = CredentialKind['signedWith'];

/** Credentials by their kind, of the kinds that are signed with the same. */
type CredentialsSignedWith<What extends SignedWith> = {
  readonly [One in Kind as Kinds[One]['signedWith'] extends What ? One : never]: OfKind[One];
};

export type FixedByKind = CredentialsSignedWith<'fields'>;
type Fixed = FixedByKind[keyof FixedByKind];
export type RenewableByKind = CredentialsSignedWith<'token'>;
export type Renewable = RenewableByKind[keyof RenewableByKind];

const isSignedWith = (credentials: Credentials | undefined, what: SignedWith): boolean =>
  CREDENTIAL_KINDS[credentials?.kind ?? 'none'].signedWith === what;

/** Whether a token that is not accepted can be renewed. */
export const isRenewable = (credentials: Credentials | undefined): credentials is Renewable =>
  isSignedWith(credentials, 'token');

/** Whether the fields of the secret are all that a request is signed with. */
export const isFixed = (credentials: Credentials | undefined): credentials is Fixed =>
  isSignedWith(credentials, 'fields');

/** What of a source says which fields its secret has. */
export interface Needs {
  readonly credentials?: Credentials | undefined;
  readonly secrets?: Readonly<Record<string, string>> | undefined;
  readonly settings?: Readonly<Record<string, string>> | undefined;
}

/** Names of the fields of a source's secret, or of its variables in an environment. */
export const secretFields = ({ credentials, secrets, settings }: Needs): readonly string[] => [
  ...fieldsOf(credentials),
  ...Object.keys(secrets ?? {}),
  ...Object.keys(settings ?? {}),
];

/** The fields that credentials have beside the source's secrets and settings. */
export function fieldsOf(credentials: Credentials = { kind: 'none' }): readonly string[] {
  const named = new Set(namesOf(credentials));
  return ownFields(credentials.kind).filter((field) => named.has(field));
}

/** Names in the texts of credentials: of fields, settings and secrets. */
export const namesOf = (credentials: Credentials): readonly string[] =>
  textsOfKind(credentials.kind, credentials).flatMap(namesIn);

const textsOfKind = <One extends Kind>(kind: One, given: OfKind[One]): readonly string[] =>
  TEXTS[kind](given);

/** All fields that credentials of a kind, which may be unknown, can have. */
export const ownFields = (kind: string): readonly string[] =>
  isKind(kind) ? Object.keys(CREDENTIAL_KINDS[kind].fields) : [];

/** Names that no setting and no secret can have beside credentials of this kind. */
export function takenFields(kind: string): readonly string[] {
  const isToken = isKind(kind) && CREDENTIAL_KINDS[kind].signedWith === 'token';
  return [...ownFields(kind), ...(isToken ? TOKEN_FIELDS : [])];
}

/** The tokens of a source are kept beside its secret under these. */
const TOKEN_FIELDS = [
  'accessToken',
  'accessTokenFor',
  'accessTokenObtainedAtMs',
  'accessTokenExpiresAtMs',
  'refreshToken',
  'tokensOf',
];

const isKind = (kind: string): kind is Kind => Object.hasOwn(CREDENTIAL_KINDS, kind);

/** Names of all fields that hold a secret, of whatever kind. */
const SECRET_NAMES: readonly string[] = [
  ...new Set(
    Object.values<CredentialKind>(CREDENTIAL_KINDS).flatMap(({ fields }) =>
      Object.entries(fields).flatMap(([name, what]) => (what === 'secret' ? [name] : [])),
    ),
  ),
];

/** Names of the fields that hold secrets; a user without a password is one. */
export const secretNames = ({ credentials, secrets }: Needs): readonly string[] => [
  ...SECRET_NAMES,
  ...Object.keys(secrets ?? {}),
  ...(credentials?.kind === 'basic' && credentials.password === '' ? ['username'] : []),
];
