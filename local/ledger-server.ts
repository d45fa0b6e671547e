// The ledger on this machine: dynalite on disk, served on loopback by the first process that needs
// it and joined by the others, so that runs started side by side share one budget. The file
// `ledger.json` in the state folder says who serves; a dead server is replaced by whoever notices.

import { mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import {
  CreateTableCommand,
  DynamoDBClient,
  ResourceInUseException,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import * as z from 'zod';
import { DriplakeError, Failure } from '../shared/core/failures.ts';
import type { Clock } from '../shared/ports/clock.ts';

export const TABLE = 'driplake';

export interface LedgerServer {
  readonly client: DynamoDBClient;
  /** Stops serving, if it was us who did. */
  close(): Promise<void>;
}

const seat = z.object({ pid: z.int().positive(), port: z.int().nonnegative() });
type Seat = z.infer<typeof seat>;

/** Attempts to find or become the server: 10 s in all. */
const ATTEMPTS = 100;
const PAUSE_MS = 100;
/** Attempts after which a living process that does not answer is not the server any more. */
const PATIENCE = 50;

/** @throws DriplakeError ledger, when the state folder can't be used */
export async function openLedgerServer(stateDir: string, clock: Clock): Promise<LedgerServer> {
  const file = join(stateDir, 'ledger.json');
  try {
    await mkdir(stateDir, { recursive: true });
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      const seated = await readSeat(file);
      if (seated && (await answers(seated.port))) return joined(seated.port);
      if (!seated || !isAlive(seated.pid) || seated.pid === process.pid || attempt > PATIENCE) {
        if (await takeSeat(file, seated)) return await serve(stateDir, file);
      }
      await clock.sleep(PAUSE_MS);
    }
  } catch (error) {
    throw unusable(stateDir, error instanceof Error ? error.message : String(error));
  }
  throw unusable(stateDir, 'another process holds it and does not answer');
}

const unusable = (stateDir: string, why: string): DriplakeError =>
  new DriplakeError(
    Failure.ledger,
    `The state folder ${stateDir} can't be used: ${why}.`,
    'Make it writable, stop the other process, or choose another folder with --state.',
  );

async function serve(stateDir: string, file: string): Promise<LedgerServer> {
  const server = dynalite({ path: join(stateDir, 'ledger'), createTableMs: 0 });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const client = clientOf(portOf(server));
  await createTable(client);
  await replace(file, { pid: process.pid, port: portOf(server) });
  return {
    client,
    async close() {
      client.destroy();
      await rm(file, { force: true });
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

function joined(port: number): LedgerServer {
  const client = clientOf(port);
  return { client, close: async () => client.destroy() };
}

const clientOf = (port: number): DynamoDBClient =>
  new DynamoDBClient({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });

const portOf = (server: Server): number => {
  const address: AddressInfo | string | null = server.address();
  return typeof address === 'object' && address ? address.port : 0;
};

async function createTable(client: DynamoDBClient): Promise<void> {
  try {
    await client.send(
      new CreateTableCommand({
        TableName: TABLE,
        BillingMode: 'PAY_PER_REQUEST',
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
        ],
      }),
    );
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
}

async function readSeat(file: string): Promise<Seat | undefined> {
  try {
    return seat.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

/** Sits down where nobody sits; whoever creates the file first has the seat. */
async function takeSeat(file: string, stale: Seat | undefined): Promise<boolean> {
  const now = await readSeat(file);
  if (now?.pid !== stale?.pid || now?.port !== stale?.port) return false;
  await rm(file, { force: true });
  try {
    const handle = await open(file, 'wx');
    await handle.writeFile(JSON.stringify({ pid: process.pid, port: 0 }));
    await handle.close();
    return true;
  } catch {
    return false;
  }
}

async function replace(file: string, value: Seat): Promise<void> {
  await writeFile(`${file}.${process.pid}`, JSON.stringify(value));
  await rename(`${file}.${process.pid}`, file);
}

async function answers(port: number): Promise<boolean> {
  if (port === 0) return false;
  try {
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      signal: AbortSignal.timeout(2_000),
    });
    return (await response.text()).startsWith('healthy');
  } catch {
    return false;
  }
}

/** Whether a process of this number lives; it may be another program by now. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
