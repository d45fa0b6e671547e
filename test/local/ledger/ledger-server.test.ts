import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { CreateTableCommand, DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { Level } from 'level';
import { afterEach, describe, expect, it } from 'vitest';
import { ledgerClient, openLedgerServer, TABLE } from '../../../local/ledger/ledger-server.ts';
import { type Clock, systemClock } from '../../../shared/ports/clock.ts';
import { ledgerTable } from '../../../shared/ports/ledger/ledger-dynamo.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** A state folder whose last server died: its lock is free, its files are not yet. */
async function dyingServer() {
  const folder = await mkdtemp(path.join(tmpdir(), 'driplake-server-'));
  folders.push(folder);
  const files = new Level(path.join(folder, 'ledger'));
  await files.open();
  return { folder, files };
}

/** A clock of which every sleep is a second, in which something may happen. */
function clockThat(happens: () => Promise<void>): Clock {
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    async sleep() {
      nowMs += 1_000;
      await happens();
    },
  };
}

describe('the server of a ledger', () => {
  it('waits until the one before it has let go of all its files', async () => {
    const { folder, files } = await dyingServer();
    const clock = clockThat(() => files.close());
    const server = await openLedgerServer(folder, clock);
    expect(clock.nowMs()).toBeGreaterThan(0);
    await server.close();
  });

  it('gives up when they are never let go of, and leaves the lock to others', async () => {
    const { folder, files } = await dyingServer();
    await expect(
      openLedgerServer(
        folder,
        clockThat(async () => {}),
      ),
    ).rejects.toMatchObject({
      message: expect.stringContaining('Another process serves the ledger'),
    });
    await files.close();
    const server = await openLedgerServer(
      folder,
      clockThat(async () => {}),
    );
    await server.close();
  });

  it('makes the table anew that a process left half made when it died', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'driplake-server-'));
    folders.push(folder);
    // A day passes between the two writes that make a table; the process dies before the second.
    const dying = dynalite({ path: path.join(folder, 'ledger'), createTableMs: 86_400_000 });
    dying.listen(0, '127.0.0.1');
    await once(dying, 'listening');
    const address = dying.address();
    const before = ledgerClient(() => (typeof address === 'object' && address ? address.port : 0));
    const made = await before.send(new CreateTableCommand(ledgerTable(TABLE)));
    expect(made.TableDescription?.TableStatus).toBe('CREATING');
    before.destroy();
    dying.close();
    await once(dying, 'close');

    const server = await openLedgerServer(folder, systemClock());
    const after = ledgerClient(() => server.port);
    const { Table } = await after.send(new DescribeTableCommand({ TableName: TABLE }));
    expect(Table?.TableStatus).toBe('ACTIVE');
    after.destroy();
    await server.close();
  });
});
