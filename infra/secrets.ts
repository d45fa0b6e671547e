// One secret a source that needs one, created empty: its owner puts the value in once, and token
// rotation writes it from then on. No template ever holds a value.

import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { RemovalPolicy, type Stack, Validations } from 'aws-cdk-lib/core';
import type { Credentials, Source } from '../shared/core/source.ts';

/** Longest description of a secret (Secrets Manager quota). */
const DESCRIPTION_CHARS = 2048;

/** What the owner has to put into a secret, by kind of credentials (see shared/core/source.ts). */
const fieldsOf: Record<Credentials['kind'], readonly string[]> = {
  none: [],
  bearer: ['token'],
  'api-key': ['key'],
  basic: ['username', 'password'],
  'oauth2-client-credentials': ['clientId', 'clientSecret'],
  'oauth2-refresh-token': ['clientId', 'clientSecret', 'refreshToken'],
};

/** Secrets of the sources that need one, ready for a policy: the ARN with its random suffix. */
export function createSecrets(stack: Stack, sources: readonly Source[], prefix: string): string[] {
  return sources
    .filter((source) => secretFields(source).length > 0)
    .map((source) => createSecret(stack, source, `${prefix}${source.name}`).ref);
}

/** Names of the fields that a source's secret must have: its credentials and its settings. */
export function secretFields(source: Source): string[] {
  const credentials = fieldsOf[source.credentials?.kind ?? 'none'];
  return [...credentials, ...Object.keys(source.settings ?? {})];
}

function createSecret(stack: Stack, source: Source, name: string): CfnSecret {
  const meanings = source.settings ?? {};
  const example = Object.fromEntries(
    secretFields(source).map((field) => [field, meanings[field] ?? '...']),
  );
  const description = `Driplake source ${source.name}. Fill with JSON: ${JSON.stringify(example)}`;
  const secret = new CfnSecret(stack, `Secret-${source.name}`, {
    name,
    description: description.slice(0, DESCRIPTION_CHARS),
  });
  // A rotated refresh token exists nowhere else: without it the shop must authorise us again.
  secret.applyRemovalPolicy(RemovalPolicy.RETAIN);
  Validations.of(secret).acknowledge({
    id: 'AwsSolutions-SMG4',
    reason:
      'A third party issues these credentials: Secrets Manager cannot rotate them. Tokens that ' +
      'can be refreshed are rotated by pull-pages, which writes them back.',
  });
  return secret;
}
