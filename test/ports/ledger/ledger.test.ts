import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { afterAll, describe, expect, it } from 'vitest';
import { CONTENTION_ATTEMPTS } from '../../../shared/core/bounds.ts';
import type { Allowance, Ask } from '../../../shared/core/budget/budget.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import { memoryLedger } from '../../../shared/ports/ledger/ledger.ts';
import { dynamoLedger, ledgerTable } from '../../../shared/ports/ledger/ledger-dynamo.ts';
import { seededRandom } from '../../../shared/ports/random.ts';
import { aStream, ledgerContract } from './ledger-contract.ts';
import { tokenLockContract } from './token-lock-contract.ts';

const closing: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  for (const close of closing.reverse()) await close();
});

/** A clock that only the test moves; who sleeps lets the others run. */
function handClock() {
  let now = 1_700_000_000_000;
  const nowMs = (): number => now;
  const clock: Clock = { nowMs, sleep: () => new Promise((resolve) => setImmediate(resolve)) };
  const advance = (ms: number): void => {
    now += ms;
  };
  return { clock, nowMs, advance };
}

/** Starts a dynalite, in memory or in a folder, and stops it at the end if nobody did before. */
async function startDynalite(path?: string) {
  const server = dynalite({ createTableMs: 0, ...(path === undefined ? {} : { path }) });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  closing.push(stop);
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const newClient = (): DynamoDBClient => {
    const client = new DynamoDBClient({
      endpoint: `http://127.0.0.1:${port}`,
      region: 'local',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    closing.push(async () => client.destroy());
    return client;
  };
  return { newClient, stop };
}

type Dynalite = Awaited<ReturnType<typeof startDynalite>>;

let tables = 0;

async function newTable({ newClient }: Dynalite): Promise<string> {
  const client = newClient();
  const table = `ledger-${++tables}`;
  await client.send(createTable(table));
  for (;;) {
    const { Table } = await client.send(new DescribeTableCommand({ TableName: table }));
    if (Table?.TableStatus === 'ACTIVE') return table;
  }
}

const createTable = (table: string): CreateTableCommand =>
  new CreateTableCommand(ledgerTable(table));

async function newFolder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'driplake-ledger-'));
  closing.push(() => rm(path, { recursive: true, force: true }));
  return path;
}

const inMemory = await startDynalite();
const onDisk = await startDynalite(await newFolder());

async function connect(dynalite: Dynalite) {
  const { clock, nowMs, advance } = handClock();
  const table = await newTable(dynalite);
  const one = dynamoLedger(dynalite.newClient(), table, clock, seededRandom(1));
  const other = dynamoLedger(dynalite.newClient(), table, clock, seededRandom(2));
  return { one, other, nowMs, advance, table, clock };
}

ledgerContract('memory', async () => {
  const { clock, nowMs, advance } = handClock();
  const ledger = memoryLedger(clock);
  return { one: ledger, other: ledger, nowMs, advance };
});
ledgerContract('DynamoDB', () => connect(inMemory));
ledgerContract('DynamoDB on disk', () => connect(onDisk));
tokenLockContract('DynamoDB', () => connect(inMemory));

const allowance: Allowance = {
  limits: [{ kind: 'leaky-bucket', size: 60, leakPerSecond: 1 }],
  shareForOthers: 0,
};
const ask = (holder: string): Ask => ({
  holder,
  invocationId: holder,
  stayMs: 0,
  want: 1,
  costMilli: 1000,
  elapsedMs: 0,
  requestsPerSecond: Infinity,
});

describe('the ledger in DynamoDB', () => {
  it('shares one budget between two processes, of which each sees what the other took', async () => {
    const { one, other } = await connect(inMemory);
    for (let taken = 0; taken < 30; taken++) {
      const grants = [
        one.takePermits('scope', allowance, ask(`one ${taken}`)),
        other.takePermits('scope', allowance, ask(`other ${taken}`)),
      ];
      for (const grant of await Promise.all(grants)) expect(grant.kind).toBe('granted');
    }
    const late = await one.takePermits('scope', allowance, ask('late'));
    expect(late.kind).toBe('queued');
  });

  it('gives up with what to do when others win every time', async () => {
    const { clock } = handClock();
    const table = await newTable(inMemory);
    const { newClient } = inMemory;
    const rival = dynamoLedger(newClient(), table, clock, seededRandom(3));
    let wins = 0;
    // Between our read and our write somebody else always writes.
    const client = newClient();
    client.middlewareStack.add(
      (next, context) => async (args) => {
        if (context.commandName === 'PutItemCommand') {
          await rival.takePermits('scope', allowance, ask(`rival ${++wins}`));
        }
        return next(args);
      },
      { step: 'initialize' },
    );
    const unlucky = dynamoLedger(client, table, clock, seededRandom(4));
    const take = unlucky.takePermits('scope', allowance, ask('unlucky'));
    await expect(take).rejects.toMatchObject({
      message: expect.stringContaining(`${CONTENTION_ATTEMPTS} times in a row`),
    });
    expect(wins).toBe(CONTENTION_ATTEMPTS);
  });

  it('knows its own write again when the answer to it was lost', async () => {
    const { clock } = handClock();
    const client = inMemory.newClient();
    let lost = 0;
    client.middlewareStack.add(
      (next, context) => async (args) => {
        const answer = await next(args);
        if (context.commandName !== 'PutItemCommand' || ++lost % 2 === 0) return answer;
        throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
      },
      { step: 'deserialize', priority: 'high' },
    );
    const ledger = dynamoLedger(client, await newTable(inMemory), clock, seededRandom(5));
    const first = aStream();
    expect(await ledger.moveStream(first)).toBe(true);
    expect(await ledger.moveStream({ ...first, revision: 2 })).toBe(true);
    expect(await ledger.moveStream({ ...first, revision: 2, fence: 9 })).toBe(false);
    expect(await ledger.tryAcquire('shop', 'a', clock.nowMs() + 1_000)).toMatchObject({
      kind: 'acquired',
    });
    expect(lost).toBeGreaterThanOrEqual(6);
  });

  it('finds everything again when the server on disk is started anew', async () => {
    const folder = await newFolder();
    const before = await startDynalite(folder);
    const { one, table, clock } = await connect(before);
    await one.takePermits('scope', allowance, ask('a'));
    const [stored] = await one.readBudgets();
    await before.stop();
    const after = await startDynalite(folder);
    const again = dynamoLedger(after.newClient(), table, clock, seededRandom(1));
    expect(await again.readBudgets()).toEqual([stored]);
  });
});
