// Connects a function to the ledger, once, at its first event: the client outlives the invocation.

import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { systemClock } from '../shared/ports/clock.ts';
import { dynamoLedger } from '../shared/ports/ledger/ledger-dynamo.ts';
import { systemRandom } from '../shared/ports/random.ts';
import type { LedgerConnection } from './connection.ts';
import { lambdaJournal } from './lambda-journal.ts';
import { type Config, readConfig } from './read-config.ts';
import { sourceNamed, withBaseUrl } from './read-source.ts';

let connection: LedgerConnection | undefined;

/** @throws DriplakeError configuration */
export async function connectLedger(): Promise<LedgerConnection> {
  connection ??= ledgerConnection(readConfig(process.env));
  return connection;
}

/** What every function has: the other connections are built on it. */
export function ledgerConnection(config: Config) {
  const clock = systemClock();
  const random = systemRandom();
  const ledger = dynamoLedger(new DynamoDBClient({}), config.ledgerTable, clock, random);
  const ports = { clock, random, ledger, tokenLock: ledger, journal: lambdaJournal(clock) };
  return {
    ports,
    sourceOf: async (name: string) => withBaseUrl(await sourceNamed(name), process.env),
    // An execution that is dead is known by its expired lease; a run that `driplake stop` or a new
    // start has taken from it has no holder.
    isGone: async (holder: string) => holder === '',
  };
}
