// The ledger on this machine: dynalite on disk, served on loopback by the first process that needs
// it and joined by the others, so that runs started side by side share one budget. Whoever holds
// the lock in the state folder serves, and `ledger.json` says where; the system takes the lock from
// a process that dies, and whoever notices first serves next.
//
// Why: docs/decisions/006-local-ledger-is-shared.md

import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceInUseException,
} from '@aws-sdk/client-dynamodb';
import { Level } from 'level';
import { z } from 'zod';
import { DriplakeError, Failure } from '../../shared/core/failures.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import { makeFolder } from '../../shared/ports/lake/folder.ts';
import { ledgerTable } from '../../shared/ports/ledger/ledger-dynamo.ts';
import { openDynalite } from './dynalite-server.ts';

export const TABLE = 'driplake';

export interface LedgerServer {
  readonly port: number;
  /** Stops serving, if it was us who did. */
  close(): Promise<void>;
}

const seat = z.object({ port: z.int().positive() });

/** How long another process may hold the lock without answering, and how often we look, ms. */
const PATIENCE_MS = 10_000;
const PAUSE_MS = 50;

/** @throws DriplakeError configuration when the folder can't be used, ledger when nobody answers */
export async function openLedgerServer(stateDir: string, clock: Clock): Promise<LedgerServer> {
  const file = join(stateDir, 'ledger.json');
  const deadlineMs = clock.nowMs() + PATIENCE_MS;
  try {
    await makeFolder(stateDir);
    do {
      const lock = await takeLock(stateDir);
      if (lock) return await serve(stateDir, file, lock, clock);
      const port = await readPort(file);
      if (port !== undefined && (await answers(port))) {
        return { port, close: async () => {} };
      }
      await clock.sleep(PAUSE_MS);
    } while (clock.nowMs() < deadlineMs);
  } catch (error) {
    throw new DriplakeError(
      Failure.configuration,
      `The state folder ${stateDir} can't be used: ${error instanceof Error ? error.message : String(error)}.`,
      'Make it writable, or choose another one with --state.',
      { cause: error },
    );
  }
  throw new DriplakeError(
    Failure.ledger,
    `The state folder ${stateDir} can't be used: another process holds it and does not answer.`,
    'Stop that process, or choose another folder with --state.',
  );
}

interface Lock {
  close(): Promise<void>;
}

/**
 * An empty database, for its lock: dynalite's own can't be waited for, and dynalite ends the process
 * when it can't open its files. The lock is the operating system's, so it ends with the process
 * that holds it; but that one lets go of its files one after another, and the lock comes first.
 */
async function takeLock(stateDir: string): Promise<Lock | undefined> {
  const lock = await openFiles(join(stateDir, 'ledger.lock'));
  if (!lock) return undefined;
  try {
    const files = await openFiles(join(stateDir, 'ledger'));
    await (files ?? lock).close();
    return files && lock;
  } catch (error) {
    await lock.close();
    throw error;
  }
}

/**
 * Undefined while another process holds them.
 * @throws LevelDB's own error: damaged, not a folder
 */
async function openFiles(path: string): Promise<Lock | undefined> {
  const files = new Level(path);
  try {
    await files.open();
    return files;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    if (cause instanceof Error && 'code' in cause && cause.code === 'LEVEL_LOCKED')
      return undefined;
    throw cause;
  }
}

async function serve(
  stateDir: string,
  file: string,
  lock: Lock,
  clock: Clock,
): Promise<LedgerServer> {
  const opened: { close(): Promise<void> }[] = [lock];
  const close = async (): Promise<void> => {
    await rm(file, { force: true });
    for (const one of opened.splice(0).reverse()) await one.close();
  };
  try {
    await rm(file, { force: true }); // A dead server's port may be another program's by now.
    const server = await openDynalite(join(stateDir, 'ledger'));
    opened.push(server);
    const { port } = server;
    const client = ledgerClient(() => port);
    await createTable(client, clock).finally(() => client.destroy());
    await writeFile(`${file}.part`, JSON.stringify({ port }));
    await rename(`${file}.part`, file);
    return { port, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** @param portNow asked before each request */
export const ledgerClient = (portNow: () => number): DynamoDBClient =>
  new DynamoDBClient({
    endpoint: async () => ({
      protocol: 'http:',
      hostname: '127.0.0.1',
      port: portNow(),
      path: '/',
    }),
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });

async function createTable(client: DynamoDBClient, clock: Clock): Promise<void> {
  try {
    await client.send(new CreateTableCommand(ledgerTable(TABLE)));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  for (let look = 1; look <= LOOKS; look++) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: TABLE }));
    if (Table?.TableStatus === 'ACTIVE') return;
    await clock.sleep(LOOK_MS);
  }
  throw new Error('its table was not made in time');
}

/** Looks at a new table before it counts as broken: 5 s in all. */
const LOOKS = 250;
const LOOK_MS = 20;

async function readPort(file: string): Promise<number | undefined> {
  try {
    return seat.parse(JSON.parse(await readFile(file, 'utf8'))).port;
  } catch {
    return undefined;
  }
}

async function answers(port: number): Promise<boolean> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      signal: AbortSignal.timeout(2_000),
    });
    return (await response.text()).startsWith('healthy');
  } catch {
    return false;
  }
}
