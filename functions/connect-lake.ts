// The lake in S3, beside what every function has.

import { S3Client } from '@aws-sdk/client-s3';
import { s3Lake } from '../shared/ports/lake/lake-s3.ts';
import { ledgerConnection } from './connect-ledger.ts';
import type { Config } from './read-config.ts';

export function lakeConnection(config: Config) {
  const { ports, ...rest } = ledgerConnection(config);
  const lake = s3Lake(new S3Client({}), config.lakeBucket, config.lakePrefix);
  return { ...rest, ports: { ...ports, lake } };
}
