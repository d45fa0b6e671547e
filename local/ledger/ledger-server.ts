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
  ResourceNotFoundException,
} from '@aws-sdk/client-dynamodb';
import { Level } from 'level';
import { z } from 'zod';
import { DriplakeError, Failure } from '../../shared/core/failures.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import { diskFault } from '../../shared/ports/lake/disk-faults.ts';
import { makeFolder } from '../../shared/ports/lake/folder.ts';
import { ledgerTable } from '../../shared/ports/ledger/ledger-dynamo.ts';
import { type DynaliteServer, openDynalite } from './dynalite-server.ts';

export const TABLE = 'driplake';

export interface LedgerServer {
  readonly port: number;
  /** Whether this process serves. */
  readonly isOurs: boolean;
  /** Stops serving, if it was us who did. */
  close(): Promise<void>;
}

const seat = z.object({ port: z.int().positive(), pid: z.exactOptional(z.int().positive()) });

type Seat = z.infer<typeof seat>;

/**
 * How long another process may hold the lock without answering, and how often we look, ms. It is
 * counted in looks, since a clock may be set meanwhile.
 */
const PATIENCE_MS = 30_000;
const PAUSE_MS = 50;

/** How long one look waits for an answer: a process that is frozen has its port open, ms. */
const ANSWER_MS = 2_000;

/** Somebody who waits is told why after this, ms. */
const NOTICE_MS = 4_000;

/**
 * @param tell is told, once, of a process that does not answer: a line for people
 * @throws DriplakeError configuration when the folder can't be used, ledger when nobody answers
 */
export async function openLedgerServer(
  stateDir: string,
  clock: Clock,
  tell: (line: string) => void = noteOnStderr,
): Promise<LedgerServer> {
  const file = join(stateDir, 'ledger.json');
  let silent: string | undefined;
  try {
    await makeFolder(stateDir);
    for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += PAUSE_MS) {
      const lock = await takeLock(stateDir);
      if (lock) return await serve(stateDir, file, lock, clock);
      const other = await readSeat(file);
      const said = other ? await askHealth(other.port) : 'nobody';
      if (other && said === 'healthy') {
        return { port: other.port, isOurs: false, close: async () => {} };
      }
      if (said === 'silent') waitedMs += ANSWER_MS;
      if (silent === undefined && waitedMs >= NOTICE_MS) {
        silent = describeSilent(stateDir, other);
        tell(`${silent} Waiting for it.`);
      }
      await clock.sleep(PAUSE_MS);
    }
  } catch (error) {
    throw unusable(stateDir, error);
  }
  throw new DriplakeError(
    Failure.ledger,
    silent ?? describeSilent(stateDir, undefined),
    'Or choose another folder with --state.',
  );
}

const noteOnStderr = (line: string): void => void process.stderr.write(`driplake: ${line}\n`);

function describeSilent(stateDir: string, other: Seat | undefined): string {
  const [who, pid] = other?.pid ? [`Process ${other.pid}`, other.pid] : ['Another process', 'PID'];
  const remedy = `If it is suspended, resume it (kill -CONT ${pid}); else end it (kill ${pid}).`;
  return `${who} serves the ledger in ${stateDir} and does not answer. ${remedy}`;
}

/** Damaged files are told as such: a folder that can be written is no remedy for them. */
function unusable(stateDir: string, error: unknown): DriplakeError {
  const elsewhere = 'choose another one with --state';
  const text = error instanceof Error ? error.message : String(error);
  if (!/: Corruption: |: No such file or directory$/.test(text)) {
    const what = `The state folder ${stateDir} can't be used`;
    return diskFault(Failure.configuration, what, error, elsewhere);
  }
  const isLock = text.includes(LOCK);
  const remedy = isLock
    ? `${join(stateDir, LOCK)} holds nothing: remove it.`
    : `Restore ${join(stateDir, LEDGER)} from a copy, or move it away: the next run then reads every stream from its start.`;
  const what = `The ${isLock ? 'lock of the ' : ''}ledger in ${stateDir} is damaged`;
  return new DriplakeError(Failure.configuration, `${what}: ${text}.`, remedy, { cause: error });
}

/** Folders within the state folder. */
const [LEDGER, LOCK] = ['ledger', 'ledger.lock'];

interface Lock {
  close(): Promise<void>;
}

/**
 * An empty database, for its lock: dynalite's own can't be waited for, and dynalite ends the process
 * when it can't open its files. The lock is the operating system's, so it ends with the process
 * that holds it; but that one lets go of its files one after another, and the lock comes first.
 */
async function takeLock(stateDir: string): Promise<Lock | undefined> {
  const lock = await openFiles(join(stateDir, LOCK));
  if (!lock) return undefined;
  try {
    const files = await openFiles(join(stateDir, LEDGER));
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
    // Of damage it does not say where.
    if (cause instanceof Error && cause.message.startsWith('Corruption: ')) {
      throw new Error(`${path}: ${cause.message}`, { cause });
    }
    throw cause;
  }
}

async function serve(
  stateDir: string,
  file: string,
  lock: Lock,
  clock: Clock,
): Promise<LedgerServer> {
  const files = join(stateDir, LEDGER);
  const opened: { close(): Promise<void> }[] = [lock];
  const close = async (): Promise<void> => {
    await rm(file, { force: true });
    for (const one of opened.splice(0).reverse()) await one.close();
  };
  try {
    await rm(file, { force: true }); // A dead server's port may be another program's by now.
    // Whoever asks next opens the files anew, and is told what it says then.
    const open = async (): Promise<DynaliteServer> => {
      const server = await openDynalite(files, () => void close().catch(() => {}));
      opened.push(server);
      return server;
    };
    let { port } = await open();
    const client = ledgerClient(() => port);
    try {
      if (await isHalfMade(client)) {
        await opened.pop()?.close();
        await rm(files, { recursive: true });
        ({ port } = await open());
      }
      await createTable(client, clock);
    } finally {
      client.destroy();
    }
    await writeFile(`${file}.part`, JSON.stringify({ port, pid: process.pid } satisfies Seat));
    await rename(`${file}.part`, file);
    return { port, isOurs: true, close };
  } catch (error) {
    await close();
    // What ended the server, if it was its files: they say more of it themselves.
    await (await openFiles(files))?.close();
    throw error;
  }
}

/** One request of a ledger on the same machine, which takes milliseconds, ms. */
const REQUEST_MS = 3_000;

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
    // Who serves may be frozen: it is not waited for. Trying again is for the ledger.
    requestHandler: { requestTimeout: REQUEST_MS, throwOnRequestTimeout: true },
    maxAttempts: 1,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });

/**
 * Whether the table was left by a process that died while it made it. It stays like that for ever,
 * and nobody has written into it: dynalite lets nobody.
 */
async function isHalfMade(client: DynamoDBClient): Promise<boolean> {
  try {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: TABLE }));
    return Table?.TableStatus === 'CREATING';
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return false;
    throw error;
  }
}

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

async function readSeat(file: string): Promise<Seat | undefined> {
  try {
    return seat.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch {
    return undefined;
  }
}

async function askHealth(port: number): Promise<'healthy' | 'silent' | 'nobody'> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    return (await response.text()).startsWith('healthy') ? 'healthy' : 'nobody';
  } catch (error) {
    return error instanceof Error && error.name === 'TimeoutError' ? 'silent' : 'nobody';
  }
}
