// Secrets in AWS Secrets Manager: one secret a source, `<prefix><source>`, a JSON object of
// fields. Tokens go into a new version beside the owner's fields. What AWS says of a fault is
// kept, values never.

import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import * as z from 'zod/mini';
import { DriplakeError, Failure } from '../../core/failures.ts';
import {
  complete,
  type SecretFields,
  type Secrets,
  withoutForeignToken,
  withTokens,
} from './secrets.ts';

/**
 * Owners write numbers without quotes; beyond 2^53 they would be rounded, so those are refused.
 */
const fieldsSchema = z.record(
  z.string(),
  z.union([z.string(), z.boolean(), z.number().check(z.refine(isExact))]),
);

/**
 * A version is written for every refresh: 24 to 48 a day with R-Series. Secrets Manager keeps
 * about 100 versions, those of the last day among them, so tokens must live a quarter of an hour
 * or more.
 * @param prefix what the names of the secrets start with, e.g. `driplake/`
 */
export function secretsManager(client: SecretsManagerClient, prefix: string): Secrets {
  const nameOf = (source: string): string => `${prefix}${source}`;
  return {
    async read(source, required) {
      const name = nameOf(source);
      const fields = withoutForeignToken((await readFields(client, name, required)) ?? {});
      return complete(fields, required, {
        place: `the secret ${name} of Secrets Manager`,
        remedy: () => remedyFor(name, required),
      });
    },
    async storeTokens(source, tokens) {
      const name = nameOf(source);
      const fields = await readFields(client, name, []);
      if (fields === undefined) throw absent(name, ['clientId', 'clientSecret']);
      const SecretString = JSON.stringify(withTokens(fields, tokens));
      try {
        await client.send(new PutSecretValueCommand({ SecretId: name, SecretString }));
      } catch (error) {
        throw translated(error, name, 'secretsmanager:PutSecretValue');
      }
    },
    named: (source, fields) => `${fields.join(', ')} of the secret ${nameOf(source)}`,
  };
}

/**
 * The fields of the current version; undefined when nothing is asked of a secret that is not
 * there.
 */
async function readFields(
  client: SecretsManagerClient,
  name: string,
  required: readonly string[],
): Promise<SecretFields | undefined> {
  let text: string | undefined;
  try {
    text = (await client.send(new GetSecretValueCommand({ SecretId: name }))).SecretString;
  } catch (error) {
    if (isNamed(error, 'ResourceNotFoundException')) {
      if (required.length === 0) return undefined;
      throw absent(name, required);
    }
    throw translated(error, name, 'secretsmanager:GetSecretValue');
  }
  const parsed = fieldsSchema.safeParse(parseJson(text?.trim() ?? ''));
  if (parsed.success) {
    return Object.fromEntries(
      Object.entries(parsed.data).map(([field, value]) => [field, String(value)]),
    );
  }
  const what = text?.trim() ? 'is not a JSON object of text fields' : 'is empty';
  throw new DriplakeError(
    Failure.credentials,
    `The secret ${name} of Secrets Manager ${what}.`,
    remedyFor(name, required),
  );
}

/** Secrets Manager answers the same for a secret that a deployment made and nobody has filled. */
const absent = (name: string, required: readonly string[]): DriplakeError =>
  new DriplakeError(
    Failure.credentials,
    `The secret ${name} of Secrets Manager has no value yet, or is not there. Expected fields: ${required.join(', ')}.`,
    remedyFor(name, required),
  );

function remedyFor(name: string, required: readonly string[]): string {
  const example = JSON.stringify(Object.fromEntries(required.map((field) => [field, '...'])));
  return `Write ${example} into the secret ${name}, each value in quotes.`;
}

/** Faults that only a person can end are ours; the others pass, for the state machine to retry. */
function translated(error: unknown, name: string, action: string): unknown {
  const remedies: Readonly<Record<string, string>> = {
    AccessDeniedException: `Allow ${action} on it.`,
    DecryptionFailure: 'Allow kms:Decrypt on the key that encrypts it.',
    EncryptionFailure: 'Allow kms:GenerateDataKey on the key that encrypts it.',
    InvalidRequestException: 'Restore it if it is scheduled for deletion.',
  };
  const kind = Object.keys(remedies).find((known) => isNamed(error, known));
  if (kind === undefined) return error;
  const message = `The secret ${name} of Secrets Manager cannot be used (${kind}).`;
  return new DriplakeError(Failure.credentials, message, remedies[kind] ?? '', { cause: error });
}

const isNamed = (error: unknown, name: string): boolean =>
  error instanceof Error && error.name === name;

function isExact(value: number): boolean {
  return !Number.isInteger(value) || Number.isSafeInteger(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
