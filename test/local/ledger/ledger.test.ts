import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openDynalite } from '../../../local/ledger/dynalite-server.ts';
import { openLedger } from '../../../local/ledger/ledger.ts';
import { systemClock } from '../../../shared/ports/clock.ts';
import { systemRandom } from '../../../shared/ports/random.ts';
import { aStream } from '../../ports/ledger/ledger-contract.ts';

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'driplake-ledger-'));
  folders.push(folder);
  return folder;
}

describe('a ledger that several processes use', () => {
  it('answers whatever came when the one that serves it ends; each write counts once', async () => {
    const folder = await newFolder();
    const open = () => openLedger(folder, systemClock(), systemRandom());
    const host = await open();
    const guests = [await open(), await open()];
    let writes = 0;
    let hostEnds: Promise<void> | undefined;
    const write = async (guest: (typeof guests)[number] | undefined, stream: string) => {
      for (let revision = 1; revision <= 20; revision++) {
        expect(await guest?.moveStream(aStream({ stream, revision }))).toBe(true);
        if (++writes === 30) hostEnds = host.close();
      }
    };
    const streams = ['a', 'b', 'c', 'd', 'e', 'f'];
    await Promise.all(streams.map((stream, place) => write(guests[place % 2], stream)));
    await hostEnds;
    const after = await guests[0]?.readStreams('shop');
    expect(after?.map(({ revision }) => revision)).toEqual(streams.map(() => 20));
    for (const guest of guests) await guest.close();
  });

  it('goes on when one dies in the middle of a request, and closes while one says nothing', async () => {
    const server = await openDynalite(path.join(await newFolder(), 'files'));
    const [dying, silent] = [1, 2].map(() => connect(server.port, '127.0.0.1'));
    if (!dying || !silent) throw new Error('no connections');
    for (const socket of [dying, silent]) {
      socket.on('error', () => {});
      socket.write('POST / HTTP/1.1\r\nHost: ledger\r\nContent-Length: 1000\r\n\r\n{"a":');
    }
    await Promise.all([once(dying, 'connect'), once(silent, 'connect')]);
    const health = () => fetch(`http://127.0.0.1:${server.port}/`).then((said) => said.text());
    expect(await health()).toMatch(/^healthy/);
    dying.resetAndDestroy();
    await once(dying, 'close');
    expect(await health()).toMatch(/^healthy/);
    expect(await health()).toMatch(/^healthy/);
    await server.close();
    await expect(health()).rejects.toThrow();
    silent.destroy();
  });
});
