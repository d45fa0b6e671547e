// The ledger and the token lock keep their promises on Amazon's own DynamoDB Local, too: it refuses
// what the service refuses (types, expressions, reserved words), which emulators may let pass.

import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  PutItemCommand,
} from '@aws-sdk/client-dynamodb';
import { expect, inject, it } from 'vitest';
import { CURSOR_INLINE_BYTES } from '../../shared/core/bounds.ts';
import { newStreamRun, type StreamRun, type StreamState } from '../../shared/core/run/run.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import { dynamoLedger, ledgerTable } from '../../shared/ports/ledger/ledger-dynamo.ts';
import { seededRandom } from '../../shared/ports/random.ts';
import { ledgerContract } from '../ports/ledger/ledger-contract.ts';
import { tokenLockContract } from '../ports/ledger/token-lock-contract.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Endpoint of DynamoDB Local. */
    dynamoLocal: string;
  }
}

const newClient = (): DynamoDBClient =>
  new DynamoDBClient({
    endpoint: inject('dynamoLocal'),
    region: 'us-east-1',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });

let tables = 0;

/** Two processes on one empty table, and a clock that only the test moves. */
async function connect() {
  const client = newClient();
  const table = `ledger-${++tables}`;
  await client.send(new CreateTableCommand(ledgerTable(table)));
  let now = 1_700_000_000_000;
  const nowMs = (): number => now;
  const clock: Clock = { nowMs, sleep: () => new Promise((resolve) => setImmediate(resolve)) };
  return {
    table,
    one: dynamoLedger(client, table, clock, seededRandom(1)),
    other: dynamoLedger(newClient(), table, clock, seededRandom(2)),
    nowMs,
    advance(ms: number): void {
      now += ms;
    },
  };
}

ledgerContract('DynamoDB Local', connect);
tokenLockContract('DynamoDB Local', connect);

it('is the DynamoDB of Amazon: a table as it describes it, and its words for what is wrong', async () => {
  const { table } = await connect();
  const client = newClient();
  const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
  expect(Table).toMatchObject({
    TableStatus: 'ACTIVE',
    BillingModeSummary: { BillingMode: 'PAY_PER_REQUEST' },
    TableArn: `arn:aws:dynamodb:ddblocal:000000000000:table/${table}`,
  });
  const keyless = new PutItemCommand({ TableName: table, Item: { pk: { S: 'a' } } });
  await expect(client.send(keyless)).rejects.toMatchObject({
    name: 'ValidationException',
    message: 'One of the required keys was not given a value',
  });
});

it('keeps a cursor as long as an item may keep', async () => {
  const { one, other } = await connect();
  const at = {
    source: 'shop',
    stream: 'items',
    revision: 1,
    fence: 1,
    holder: '',
    leasedAtMs: 0,
    streamLeaseUntilMs: 0,
    freshAtMs: 0,
  };
  const begun: StreamRun = newStreamRun({
    runId: 'run-1',
    startedAtMs: 0,
    fullRefresh: false,
    walk: '',
  });
  const state: StreamState = {
    ...at,
    run: { ...begun, cursor: { value: 'c'.repeat(CURSOR_INLINE_BYTES) } },
  };
  expect(await one.moveStream(state)).toBe(true);
  expect(await other.readStream('shop', 'items')).toEqual(state);
});
