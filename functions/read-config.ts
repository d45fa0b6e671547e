// The environment of a function, checked: every missing or malformed variable is named at once.

import * as z from 'zod';
import { DriplakeError, Failure } from '../shared/core/failures.ts';
import { describeFaults } from '../shared/core/faults.ts';

const environment = z.object({
  DRIPLAKE_LEDGER_TABLE: z.string().min(3),
  /** `s3://bucket/prefix` */
  DRIPLAKE_LAKE: z.string().regex(/^s3:\/\/[a-z0-9.-]{3,63}\/[\w./-]*\w$/),
  DRIPLAKE_SECRETS_PREFIX: z.string().min(1),
  AWS_LAMBDA_FUNCTION_MEMORY_SIZE: z.coerce.number().int().positive().default(256),
});

export interface Config {
  readonly ledgerTable: string;
  readonly lakeBucket: string;
  readonly lakePrefix: string;
  readonly secretsPrefix: string;
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
    memoryMb: parsed.data.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
  };
}
