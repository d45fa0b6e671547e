// One secret a source that needs one, created empty: its owner puts the value in once, and token
// rotation writes it from then on. No template ever holds a value.

import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { RemovalPolicy, type Stack, Validations } from 'aws-cdk-lib/core';
import { Construct } from 'constructs';
import { secretFields } from '../../shared/core/source/credentials/credential-kinds.ts';
import type { Source } from '../../shared/core/source/source.ts';

/** Longest description of a secret (Secrets Manager quota). */
const DESCRIPTION_CHARS = 2048;

/** Secrets of the sources that need one, ready for a policy: the ARN with its random suffix. */
export function createSecrets(stack: Stack, sources: readonly Source[], prefix: string): string[] {
  // Below another construct an id ends in a hash of the whole name: `a-b` is not `ab`.
  const secrets = new Construct(stack, 'Secrets');
  return sources
    .filter((source) => secretFields(source).length > 0)
    .map((source) => createSecret(secrets, source, `${prefix}${source.name}`).ref);
}

function createSecret(secrets: Construct, source: Source, name: string): CfnSecret {
  const meanings = { ...source.settings, ...source.secrets };
  const example = Object.fromEntries(
    secretFields(source).map((field) => [field, meanings[field] ?? '...']),
  );
  const description = `Driplake source ${source.name}. Fill with JSON: ${JSON.stringify(example)}`;
  const secret = new CfnSecret(secrets, source.name, {
    name,
    description: description.slice(0, DESCRIPTION_CHARS),
  });
  // A rotated refresh token exists nowhere else: without it the shop must authorise us again. Only
  // a creation that is rolled back takes it along: its name would be in the way of the next one.
  secret.applyRemovalPolicy(RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE);
  Validations.of(secret).acknowledge({
    id: 'AwsSolutions-SMG4',
    reason:
      'A third party issues these credentials: Secrets Manager cannot rotate them. Tokens that ' +
      'can be refreshed are rotated by pull-pages, which writes them back.',
  });
  return secret;
}
