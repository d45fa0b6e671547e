import { readdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readSource } from '../../shared/core/source/source.ts';
import { longCursors } from '../apis/long-cursors.ts';
import { expectCareful, openWorld } from './harness.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const source = readSource(
  {
    name: 'search',
    baseUrl: 'https://api.example.com',
    patienceSeconds: 0,
    streams: [
      {
        name: 'rows',
        path: 'search',
        method: 'POST',
        body: { filter: 'all' },
        records: 'data',
        pagination: { kind: 'cursor', from: 'next', param: 'after', in: 'body' },
        primaryKey: ['id'],
        pagesPerRound: 2,
      },
    ],
  },
  'the test',
);

async function worldOf(cursorChars: number) {
  const world = await openWorld(source, longCursors(70, 10, cursorChars));
  open.push(world.close);
  const cursors = async (): Promise<string[]> => {
    const folder = path.join(world.lakeDir, '_cursors');
    const names = await readdir(folder, { recursive: true }).catch(() => []);
    return names.filter((name) => name.endsWith('.json')).map((name) => path.join(folder, name));
  };
  return { ...world, cursors };
}

describe('a cursor that is too long for the head of a batch', () => {
  it.each([100_000, 2_000_000])('of %i characters drains like any other', async (chars) => {
    const world = await worldOf(chars);
    const run = await world.run();
    expect(run.streams['rows']).toMatchObject({ status: 'done', pages: 7, objects: 4 });
    expect(await world.published('rows')).toEqual(world.model.records());
    expect(world.model.asked()).toEqual([0, 10, 20, 30, 40, 50, 60]);
    expectCareful(world);
  });

  it('stays out of the ledger, which knows where it is', async () => {
    const world = await worldOf(100_000);
    world.model.breakAt(4);
    await world.run();
    const state = await world.ports.ledger.readStream('search', 'rows');
    expect(JSON.stringify(state).length).toBeLessThan(2_000);
    expect(state?.run?.cursor).toMatchObject({ stored: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(await world.cursors()).toHaveLength(2);
  });

  it('is where a run that failed goes on', async () => {
    const world = await worldOf(100_000);
    world.model.breakAt(4);
    const first = await world.run();
    expect(first.streams['rows']).toMatchObject({ status: 'failed', records: 30 });
    world.model.mend();
    const second = await world.run();
    expect(second.streams['rows']).toMatchObject({ status: 'done', records: 70 });
    expect(await world.published('rows')).toEqual(world.model.records());
    expect(world.model.asked().filter((place) => place === 0)).toHaveLength(1);
    expectCareful(world);
  });

  it.each([
    ['is gone', 'is gone from the lake', rm],
    ['was changed', 'was changed in the lake', (file: string) => writeFile(file, '{"value":"7"}')],
  ])('that %s is told, and the next run starts again', async (_, cause, spoil) => {
    const world = await worldOf(100_000);
    world.model.breakAt(4);
    await world.run();
    for (const file of await world.cursors()) await spoil(file);
    world.model.mend();
    const second = await world.run();
    expect(second.streams['rows']).toMatchObject({ status: 'failed' });
    expect(second.streams['rows']?.cause).toMatch(
      `${cause}. The next run reads this stream again`,
    );
    const third = await world.run();
    expect(third.streams['rows']).toMatchObject({ status: 'done', records: 70 });
    expect(await world.published('rows')).toEqual(world.model.records());
    expectCareful(world);
  });
});
