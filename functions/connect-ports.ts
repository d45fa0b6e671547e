// Connects a function to AWS, once, at its first event: the clients outlive the invocation.

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { S3Client } from '@aws-sdk/client-s3';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { breakEvenSeconds } from '../shared/core/limits.ts';
import { systemClock } from '../shared/ports/clock.ts';
import { undiciHttp } from '../shared/ports/http-undici.ts';
import { s3Lake } from '../shared/ports/lake-s3.ts';
import { dynamoLedger } from '../shared/ports/ledger-dynamo.ts';
import { systemRandom } from '../shared/ports/random.ts';
import { secretsManager } from '../shared/ports/secrets-manager.ts';
import { contexts } from '../shared/pull/context.ts';
import type { Ports } from '../shared/pull/ports.ts';
import type { Connection } from './connection.ts';
import { lambdaJournal } from './lambda-journal.ts';
import { readConfig } from './read-config.ts';
import { sourceNamed } from './read-source.ts';

let connection: Connection | undefined;

/** @throws DriplakeError configuration */
export async function connectPorts(): Promise<Connection> {
  connection ??= connect();
  return connection;
}

function connect(): Connection {
  const config = readConfig(process.env);
  const clock = systemClock();
  const random = systemRandom();
  const ledger = dynamoLedger(new DynamoDBClient({}), config.ledgerTable, clock, random);
  const ports: Ports = {
    clock,
    random,
    http: undiciHttp(),
    lake: s3Lake(new S3Client({}), config.lakeBucket, config.lakePrefix),
    ledger,
    secrets: secretsManager(new SecretsManagerClient({}), config.secretsPrefix),
    tokenLock: ledger,
    journal: lambdaJournal(),
  };
  return {
    ports,
    sourceOf: sourceNamed,
    contextOf: contexts(ports, sourceNamed),
    breakEvenSeconds: breakEvenSeconds(config.memoryMb),
    // Only an expired lease tells that an execution is dead.
    isGone: async () => false,
  };
}
