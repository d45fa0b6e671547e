// What is known of each kind of credentials, one row a kind: the fields that its owner gives, and
// what requests are signed with. How a signature looks stands with those who make it.

import type { Credentials } from './credentials-schema.ts';

interface CredentialKind {
  /** Names of users and clients are no secrets (RFC 6749 section 2.2), and often common words. */
  readonly fields: Readonly<Record<string, 'secret' | 'name'>>;
  /** Nothing, what the owner gave, or a token that a token endpoint renews. */
  readonly signedWith: 'nothing' | 'fields' | 'token';
}

const CREDENTIAL_KINDS = {
  none: { fields: {}, signedWith: 'nothing' },
  bearer: { fields: { token: 'secret' }, signedWith: 'fields' },
  'api-key': { fields: { key: 'secret' }, signedWith: 'fields' },
  basic: { fields: { username: 'name', password: 'secret' }, signedWith: 'fields' },
  'oauth2-client-credentials': {
    fields: { clientId: 'name', clientSecret: 'secret' },
    signedWith: 'token',
  },
  'oauth2-refresh-token': {
    fields: { clientId: 'name', clientSecret: 'secret', refreshToken: 'secret' },
    signedWith: 'token',
  },
} as const satisfies Readonly<Record<Credentials['kind'], CredentialKind>>;

type Kinds = typeof CREDENTIAL_KINDS;

type SignedWith = CredentialKind['signedWith'];

/** Credentials by their kind, of the kinds that are signed with the same. */
type CredentialsSignedWith<What extends SignedWith> = {
  readonly [Kind in keyof Kinds as Kinds[Kind]['signedWith'] extends What ? Kind : never]: Extract<
    Credentials,
    { readonly kind: Kind }
  >;
};

export type FixedByKind = CredentialsSignedWith<'fields'>;
type Fixed = FixedByKind[keyof FixedByKind];
type RenewableByKind = CredentialsSignedWith<'token'>;
export type Renewable = RenewableByKind[keyof RenewableByKind];

const isSignedWith = (credentials: Credentials | undefined, what: SignedWith): boolean =>
  CREDENTIAL_KINDS[credentials?.kind ?? 'none'].signedWith === what;

/** Whether a token that is not accepted can be renewed. */
export const isRenewable = (credentials: Credentials | undefined): credentials is Renewable =>
  isSignedWith(credentials, 'token');

/** Whether the fields of the secret are all that a request is signed with. */
export const isFixed = (credentials: Credentials | undefined): credentials is Fixed =>
  isSignedWith(credentials, 'fields');

/** Names of the fields of a source's secret, or of its variables in an environment. */
export function secretFields(source: {
  readonly credentials?: Credentials | undefined;
  readonly settings?: Readonly<Record<string, string>> | undefined;
}): readonly string[] {
  const { fields } = CREDENTIAL_KINDS[source.credentials?.kind ?? 'none'];
  return [...Object.keys(fields), ...Object.keys(source.settings ?? {})];
}

/** Names that no setting can have beside credentials of this kind, which may be unknown. */
export function takenFields(kind: string): readonly string[] {
  if (!isKind(kind)) return [];
  const { fields, signedWith } = CREDENTIAL_KINDS[kind];
  return [...Object.keys(fields), ...(signedWith === 'token' ? TOKEN_FIELDS : [])];
}

/** The tokens of a source are kept beside its secret under these. */
const TOKEN_FIELDS = [
  'accessToken',
  'accessTokenObtainedAtMs',
  'accessTokenExpiresAtMs',
  'refreshToken',
  'tokensOf',
];

const isKind = (kind: string): kind is Credentials['kind'] =>
  Object.hasOwn(CREDENTIAL_KINDS, kind);

/** Names of all fields that hold a secret, of whatever kind. */
export const SECRET_NAMES: readonly string[] = [
  ...new Set(
    Object.values<CredentialKind>(CREDENTIAL_KINDS).flatMap(({ fields }) =>
      Object.entries(fields).flatMap(([name, what]) => (what === 'secret' ? [name] : [])),
    ),
  ),
];
