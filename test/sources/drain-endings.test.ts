import { afterEach, describe, expect, it } from 'vitest';
import { readSource, type Source, type Stream } from '../../shared/core/source/source.ts';
import { systemClock } from '../../shared/ports/clock.ts';
import { type ApiModel, answer } from '../apis/exchange.ts';
import { type GenericOptions, generic } from '../apis/generic.ts';
import { openWorld, type World, type WorldOptions } from './harness.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const sourceWith = (stream: Partial<Stream>): Source =>
  readSource(
    {
      name: 'endings',
      baseUrl: 'https://api.example.com',
      patienceSeconds: 0,
      streams: [
        {
          name: 'rows',
          path: 'cursor-body',
          records: 'data',
          pagination: { kind: 'cursor', from: 'next_cursor', param: 'cursor' },
          primaryKey: ['id'],
          ...stream,
        },
      ],
    },
    'the test',
  );

async function worldOf<M extends ApiModel>(
  stream: Partial<Stream>,
  model: M,
  options: WorldOptions = {},
): Promise<World<M>> {
  const world = await openWorld(sourceWith(stream), model, options);
  open.push(world.close);
  return world;
}

/** A server that fails from its n-th request on, until it is mended. */
function failing(length: number, from: number) {
  const model = generic({ length });
  let [requests, broken] = [0, true];
  const firstPages: number[] = [];
  return {
    ...model,
    firstPages,
    mend: () => {
      broken = false;
    },
    handle: (...[request, nowMs]: Parameters<ApiModel['handle']>) => {
      requests++;
      if (!request.query.has('cursor')) firstPages.push(requests);
      return broken && requests >= from
        ? answer(nowMs, 500, 'It broke.')
        : model.handle(request, nowMs);
    },
  };
}

describe('a run that failed', () => {
  it('goes on from its cursor when it is started again', async () => {
    const world = await worldOf({}, failing(45, 4));
    const first = await world.run();
    expect(first.streams['rows']).toMatchObject({ status: 'failed', records: 30 });
    expect(await world.published('rows')).toEqual([]);
    world.model.mend();
    const second = await world.run();
    expect(second.streams['rows']).toMatchObject({ status: 'done', records: 45 });
    expect(await world.published('rows')).toEqual(world.model.records('cursor-body'));
    expect(world.model.firstPages).toEqual([1]);
  });

  it.each(['a new run', 'the run that was killed'])(
    'starts again in %s when the API has forgotten its cursor',
    async (which) => {
      let aheadMs = 0;
      const clock = { ...systemClock(), nowMs: () => Date.now() + aheadMs };
      const world = await worldOf({ cursorHours: 1 }, failing(45, 4), { clock });
      await world.run();
      if (which === 'the run that was killed') {
        const run = await world.ports.ledger.readRun('endings');
        if (run) await world.ports.ledger.writeRun({ ...run, status: 'running' });
      }
      aheadMs = 2 * 3600 * 1000;
      world.model.mend();
      const second = await world.run();
      expect(second.streams['rows']).toMatchObject({ status: 'done', records: 45 });
      expect(await world.published('rows')).toEqual(world.model.records('cursor-body'));
      expect(world.model.firstPages).toEqual([1, 5]);
    },
  );
});

describe('the number of records that an API tells', () => {
  /** It tells of three records more than it gives, until it is mended. */
  function miscounting() {
    const model = generic({ length: 25 });
    let wrong = true;
    return {
      ...model,
      mend: () => {
        wrong = false;
      },
      handle: (...[request, nowMs]: Parameters<ApiModel['handle']>) => {
        const response = model.handle(request, nowMs);
        return { ...response, headers: { ...response.headers, 'X-Total': wrong ? '28' : '25' } };
      },
    };
  }

  it('is compared with what came, and a difference is told', async () => {
    const total = { header: 'X-Total', onMismatch: 'warn' } as const;
    const world = await worldOf({ total }, miscounting());
    const run = await world.run();
    const cause = 'The API told of 28 records, 25 came.';
    expect(run.streams['rows']).toMatchObject({ status: 'done', records: 25, cause });
    expect(await world.published('rows')).toHaveLength(25);
  });

  it('fails the run that lacks some, and the next run reads everything again', async () => {
    const world = await worldOf({ total: { header: 'X-Total' } }, miscounting());
    const first = await world.run();
    expect(first.streams['rows']).toMatchObject({ status: 'failed' });
    expect(first.streams['rows']?.cause).toContain('The API told of 28 records, 25 came.');
    expect(await world.published('rows')).toEqual([]);
    world.model.mend();
    const second = await world.run();
    expect(second.streams['rows']).toMatchObject({ status: 'done', records: 25, pages: 3 });
    expect(await world.published('rows')).toEqual(world.model.records('cursor-body'));
  });

  it('says nothing of a run that its own limit ended', async () => {
    const stream: Partial<Stream> = {
      total: { header: 'X-Total', onMismatch: 'fail' },
      incremental: { field: 'id', type: 'integer', param: 'since' },
      maxPages: 2,
    };
    const world = await worldOf(stream, miscounting());
    const run = await world.run();
    expect(run.streams['rows']).toMatchObject({ status: 'done', records: 20 });
    expect(run.streams['rows']?.cause).toBeUndefined();
  });
});

describe('an API without an end', () => {
  const endings: [string, GenericOptions, Partial<Stream>, RegExp][] = [
    ['the same cursor', { length: 50, damage: { sameCursor: { from: 3 } } }, {}, /repeats itself/],
    [
      'a circle of cursors',
      { length: 50, damage: { cursorCycle: { from: 1 } } },
      {},
      /in circles/,
    ],
    [
      'the same records',
      { length: 50, damage: { repeatRows: { from: 1 } } },
      {},
      /repeats itself/,
    ],
    [
      'the same records without a key',
      { length: 50, damage: { repeatRows: { from: 1 } } },
      { primaryKey: undefined },
      /repeats itself/,
    ],
    ['empty pages', { length: 0, damage: { repeatRows: { from: 1 } } }, {}, /were empty/],
    ['a page limit', { length: 100 }, { maxPages: 3 }, /more than 3 pages/],
  ];

  it.each(endings)('ends: %s', async (_, options, stream, cause) => {
    const world = await worldOf(stream, generic(options));
    const run = await world.run();
    expect(run.streams['rows']).toMatchObject({ status: 'failed' });
    expect(run.streams['rows']?.cause).toMatch(cause);
    expect(await world.published('rows')).toEqual([]);
  });
});
