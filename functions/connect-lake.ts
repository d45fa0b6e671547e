// Connects a function to ledger and lake, once, at its first event.

import { S3Client } from '@aws-sdk/client-s3';
import { s3Lake } from '../shared/ports/lake-s3.ts';
import { ledgerConnection } from './connect-ledger.ts';
import type { LakeConnection } from './connection.ts';
import { type Config, readConfig } from './read-config.ts';

let connection: LakeConnection | undefined;

/** @throws DriplakeError configuration */
export async function connectLake(): Promise<LakeConnection> {
  connection ??= lakeConnection(readConfig(process.env));
  return connection;
}

export function lakeConnection(config: Config) {
  const { ports, ...rest } = ledgerConnection(config);
  const lake = s3Lake(new S3Client({}), config.lakeBucket, config.lakePrefix);
  return { ...rest, ports: { ...ports, lake } };
}
