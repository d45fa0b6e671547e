// The environment of a function, checked: every missing or malformed variable is named at once.

import * as z from 'zod/mini';
import { DriplakeError, Failure } from '../shared/core/failures.ts';
import { describeFaults } from '../shared/core/faults.ts';

const environment = z.object({
  DRIPLAKE_LEDGER_TABLE: z.string().check(z.minLength(3)),
  /** `s3://bucket/prefix` */
  DRIPLAKE_LAKE: z.string().check(z.regex(/^s3:\/\/[a-z0-9.-]{3,63}\/[\w./-]*\w$/)),
  DRIPLAKE_SECRETS_PREFIX: z.string().check(z.minLength(1)),
  DRIPLAKE_CATALOGUE: z._default(z.enum(['glue', 'none']), 'none'),
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: z._default(z.coerce.number().check(z.int(), z.positive()), 256),
});

export interface Config {
  readonly ledgerTable: string;
  readonly lakeBucket: string;
  readonly lakePrefix: string;
  readonly secretsPrefix: string;
  /** Where tables are published; `none` when readers use the manifests. */
  readonly catalogue: 'glue' | 'none';
  readonly memoryMb: number;
}

/** @throws DriplakeError configuration */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const parsed = environment.safeParse(env);
  if (!parsed.success) {
    const faults = describeFaults(parsed.error, env).join('; ');
    throw new DriplakeError(
      Failure.configuration,
      `The function's environment: ${faults}.`,
      'Deploy the stack again.',
    );
  }
  const lake = new URL(parsed.data.DRIPLAKE_LAKE);
  return {
    ledgerTable: parsed.data.DRIPLAKE_LEDGER_TABLE,
    lakeBucket: lake.hostname,
    lakePrefix: lake.pathname.slice(1),
    secretsPrefix: parsed.data.DRIPLAKE_SECRETS_PREFIX,
    catalogue: parsed.data.DRIPLAKE_CATALOGUE,
    memoryMb: parsed.data.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
  };
}
