// The ports on the account's S3 and DynamoDB keep the same promises as on a folder and dynalite.

import { CreateTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import {
  CreateSecretCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import type { Clock } from '../../shared/ports/clock.ts';
import { s3Lake } from '../../shared/ports/lake/lake-s3.ts';
import { dynamoLedger, ledgerTable } from '../../shared/ports/ledger/ledger-dynamo.ts';
import { seededRandom } from '../../shared/ports/random.ts';
import type { SecretFields } from '../../shared/ports/secrets/secrets.ts';
import { secretsManager } from '../../shared/ports/secrets/secrets-manager.ts';
import { lakeContract } from '../ports/lake/lake-contract.ts';
import { ledgerContract } from '../ports/ledger/ledger-contract.ts';
import { tokenLockContract } from '../ports/ledger/token-lock-contract.ts';
import { secretsContract } from '../ports/secrets/secrets-contract.ts';
import { config, dynamo, s3 } from './clients.ts';

let made = 0;

async function emptyTable(): Promise<string> {
  const table = `contract-${++made}`;
  await dynamo.send(new CreateTableCommand(ledgerTable(table)));
  return table;
}

/** Two processes on one table, and a clock that only the test moves. */
async function connect() {
  const table = await emptyTable();
  let now = 1_700_000_000_000;
  const nowMs = (): number => now;
  const clock: Clock = { nowMs, sleep: () => new Promise((resolve) => setImmediate(resolve)) };
  const other = new DynamoDBClient(config);
  return {
    one: dynamoLedger(dynamo, table, clock, seededRandom(1)),
    other: dynamoLedger(other, table, clock, seededRandom(2)),
    nowMs,
    advance(ms: number): void {
      now += ms;
    },
  };
}

ledgerContract('DynamoDB of the account', connect);
tokenLockContract('DynamoDB of the account', connect);

lakeContract('S3 of the account', async () => {
  const bucket = `contract-${++made}`;
  await s3.send(new CreateBucketCommand({ Bucket: bucket }));
  return s3Lake(s3, bucket, 'some/lake');
});

secretsContract('Secrets Manager of the account', async () => {
  const client = new SecretsManagerClient(config);
  const prefix = `contract-${++made}/`;
  const written = new Set<string>();
  return {
    secrets: secretsManager(client, prefix),
    other: secretsManager(new SecretsManagerClient(config), prefix),
    async own(source: string, fields: SecretFields) {
      const name = `${prefix}${source}`;
      const SecretString = JSON.stringify(fields);
      if (written.has(name)) {
        await client.send(new PutSecretValueCommand({ SecretId: name, SecretString }));
      } else {
        await client.send(new CreateSecretCommand({ Name: name, SecretString }));
      }
      written.add(name);
    },
  };
});
