import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Level } from 'level';
import { afterEach, describe, expect, it } from 'vitest';
import { openLedgerServer } from '../../../local/ledger/ledger-server.ts';
import type { Clock } from '../../../shared/ports/clock.ts';

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
});
