import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readSource, type Stream } from '../../shared/core/source/source.ts';
import { type Clock, systemClock } from '../../shared/ports/clock.ts';
import { memoryLedger } from '../../shared/ports/ledger/ledger.ts';
import { memoryTokenLock } from '../../shared/ports/ledger/token-lock.ts';
import { type Move, moving, movingList } from '../apis/moving.ts';
import { expectCareful, openWorld, type WorldOptions } from './harness.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const PAGE = 20;

const sourceWith = (stream: Partial<Stream>) =>
  readSource(
    {
      name: 'moving',
      baseUrl: 'https://api.example.com',
      patienceSeconds: 0,
      streams: [
        {
          name: 'rows',
          path: 'rows',
          records: 'data',
          pagination: { kind: 'offset', pageSize: PAGE, overlap: 3, total: 'total' },
          primaryKey: ['id'],
          // Every page is a batch, a commit and a round of its own.
          pagesPerRound: 1,
          ...stream,
        },
      ],
    },
    'the test',
  );

/** @param moves what happens before the n-th request */
async function worldOf(
  length: number,
  moves: Readonly<Record<number, readonly Move[]>>,
  stream: Partial<Stream> = {},
  options: WorldOptions = {},
) {
  const list = movingList(length);
  const model = moving(list, PAGE, (request) => list.move(...(moves[request] ?? [])));
  const world = await openWorld(sourceWith(stream), model, options);
  open.push(world.close);
  return { ...world, list };
}

const idsOf = (lines: readonly string[]): number[] =>
  lines.map((line) => Number(/"id":(\d+)/.exec(line)?.[1]));

const times = (count: number, move: Move): Move[] => Array.from({ length: count }, () => move);

const MOVES: Readonly<Record<number, readonly Move[]>> = {
  2: times(2, ['insert', 0]),
  4: times(1, ['delete', 0]),
  5: [...times(9, ['delete', 0.01]), ['touch', 0.3]],
  9: [
    ['insert', 0.1],
    ['delete', 0.9],
    ['touch', 0.5],
  ],
};

const moved = { repeats: 3, skips: 10, gaps: 0 };

async function expectWhole(world: Awaited<ReturnType<typeof worldOf>>): Promise<void> {
  const ids = idsOf(await world.published('rows'));
  const stood = world.list.stood();
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => stood.includes(id))).toEqual(stood);
  expectCareful(world);
}

describe('a list that moves while its pages are read', () => {
  it('is whole in the lake, and what moved is told', async () => {
    const world = await worldOf(200, MOVES);
    const run = await world.run();
    await expectWhole(world);
    expect(run.streams['rows']).toMatchObject({ status: 'done', moved });
    expect(run.streams['rows']?.cause).toContain(
      'The data moved while it was read: 3 rows came twice, kept once; 10 rows moved up, read all',
    );
    const { runId } = { ...(await world.ports.ledger.readStream('moving', 'rows'))?.run };
    const file = path.join(world.lakeDir, '_manifests', 'moving', 'rows', `${runId}.json`);
    expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ moved });
  });

  it('is whole too when no commit is heard and each round is repeated', async () => {
    const clock: Clock = systemClock();
    const ledger = { ...memoryLedger(clock), ...memoryTokenLock(clock) };
    let commits = 0;
    const lossy: typeof ledger = {
      ...ledger,
      async moveStream(next) {
        commits++;
        if (commits % 3 === 2)
          throw Object.assign(new Error('no answer'), { name: 'TimeoutError' });
        const written = await ledger.moveStream(next);
        if (commits % 3 === 0)
          throw Object.assign(new Error('no answer'), { name: 'TimeoutError' });
        return written;
      },
    };
    const world = await worldOf(200, MOVES, {}, { ledger: lossy });
    const run = await world.run();
    expect(run.streams['rows']).toMatchObject({ status: 'done' });
    await expectWhole(world);
  });

  it('is whole without a key, known by the bytes of its rows', async () => {
    const untouched = Object.entries(MOVES).map(
      ([request, moves]) => [request, moves.filter(([kind]) => kind !== 'touch')] as const,
    );
    const world = await worldOf(200, Object.fromEntries(untouched), { primaryKey: undefined });
    await world.run();
    await expectWhole(world);
  });

  it('is fetched without a request more than its overlap needs when nothing moves', async () => {
    const world = await worldOf(200, {});
    const run = await world.run();
    await expectWhole(world);
    expect(run.streams['rows']?.cause).toBeUndefined();
    expect(run.streams['rows']?.requests).toBe(1 + Math.ceil((200 - PAGE) / (PAGE - 3)));
  });
});

describe('a gap that can not be closed', () => {
  /** All that is remembered, and more, is deleted before the seventh request. */
  const gap = { 7: times(70, ['delete', 0.3]) };

  it('is told, and an incremental stream reads again from where it began', async () => {
    const incremental = { field: 'id', type: 'integer' as const, param: 'since' };
    const world = await worldOf(200, gap, { incremental });
    const run = await world.run();
    expect(run.streams['rows']).toMatchObject({ status: 'done', moved: { gaps: 1 } });
    expect(run.streams['rows']?.cause).toContain('1 gap not closed, where rows may be missing.');
    const state = await world.ports.ledger.readStream('moving', 'rows');
    expect(state).not.toHaveProperty('watermark');
    expect(state?.run?.highest).toBe('200');
  });

  it('fails the run where a wrong total does, and the next run reads everything again', async () => {
    // The API never sends it: nothing but the gap can fail the run.
    const total = { header: 'X-Total', onMismatch: 'fail' } as const;
    const world = await worldOf(200, gap, { total });
    const first = await world.run();
    expect(first.streams['rows']).toMatchObject({ status: 'failed' });
    expect(first.streams['rows']?.cause).toContain('1 gap not closed');
    expect(await world.published('rows')).toEqual([]);
    const second = await world.run();
    expect(second.streams['rows']).toMatchObject({ status: 'done' });
    await expectWhole(world);
  });
});
