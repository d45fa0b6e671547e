// The account as the tests reach it: what `run.ts` provides, and clients on it.

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SFNClient } from '@aws-sdk/client-sfn';
import { inject } from 'vitest';
import { systemClock } from '../../shared/ports/clock.ts';
import { s3Lake } from '../../shared/ports/lake/lake-s3.ts';
import { dynamoLedger } from '../../shared/ports/ledger/ledger-dynamo.ts';
import { systemRandom } from '../../shared/ports/random.ts';

declare module 'vitest' {
  interface ProvidedContext {
    account: { readonly endpoint: string; readonly region: string; readonly certificate: string };
    outputs: Readonly<Record<string, string>>;
    /** Port that the deployed functions look for the API on. */
    servicePort: number;
    /** Ports that they look for the other sources on. */
    shopPort: number;
    slowPort: number;
  }
}

const { endpoint, region, certificate } = inject('account');

export const config = {
  endpoint,
  region,
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  requestHandler: { httpsAgent: { ca: certificate } },
};

/** An output of the stack. */
export const output = (name: string): string => inject('outputs')[name] ?? `no output ${name}`;

export const s3 = new S3Client(config);
export const dynamo = new DynamoDBClient(config);
export const stepFunctions = new SFNClient(config);

/** The deployed lake and ledger, through the ports that the functions use. */
export const lake = s3Lake(s3, output('LakeBucketName'), 'lake');
export const ledger = dynamoLedger(
  dynamo,
  output('LedgerTableName'),
  systemClock(),
  systemRandom(),
);
