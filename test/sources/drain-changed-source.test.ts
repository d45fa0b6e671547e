import { afterEach, describe, expect, it } from 'vitest';
import type { Connection } from '../../functions/connection.ts';
import { runSync } from '../../local/machine/machine.ts';
import { readSource, type Source, type Stream } from '../../shared/core/source/source.ts';
import { contexts } from '../../shared/pull/context.ts';
import type { ApiModel } from '../apis/exchange.ts';
import { type GenericKind, generic } from '../apis/generic.ts';
import { disturbed, machineOf, openWorld, type World } from './harness.ts';

const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** The list that a stream reads. */
const kindOf = ({ pagination }: Partial<Stream>): GenericKind =>
  pagination?.kind === 'offset' ? 'total' : 'page';

const sourceWith = (stream: Partial<Stream>, baseUrl = 'https://api.example.com'): Source =>
  readSource(
    {
      name: 'changed',
      baseUrl,
      patienceSeconds: 0,
      streams: [
        {
          name: 'rows',
          path: kindOf(stream),
          records: 'data',
          pagination: { kind: 'page', pageSize: 10, sizeParam: 'limit' },
          ...stream,
        },
      ],
    },
    'the test',
  );

/** A server whose n-th request breaks the run. */
function breaking(at: number) {
  let isBroken = false;
  const model = disturbed(generic({ length: 95 }), (request) => {
    isBroken = request === at;
  });
  return {
    ...model,
    handle: (...sent: Parameters<ApiModel['handle']>) => {
      const response = model.handle(...sent);
      return isBroken ? { ...response, status: 500 } : response;
    },
  };
}

type Breaking = ReturnType<typeof breaking>;

async function worldOf(stream: Partial<Stream>, at = 3): Promise<World<Breaking>> {
  const world = await openWorld(sourceWith(stream), breaking(at));
  open.push(world.close);
  return world;
}

/** The next run, by the source as it is now. */
async function runAs(world: World<Breaking>, stream: Partial<Stream>): Promise<void> {
  const source = sourceWith(stream, world.url);
  const sourceOf = async (): Promise<Source> => source;
  const contextOf = contexts(world.ports, sourceOf);
  const connection = { ...world.connection, sourceOf, contextOf };
  const options = machineOf('test:after');
  const ended = await runSync({ source: source.name }, connection, options);
  expect(ended.report).toMatchObject({ status: 'done' });
}

const pages = (pageSize: number) => ({ kind: 'page', pageSize, sizeParam: 'limit' }) as const;
const offsets = (pageSize: number) => ({ kind: 'offset', pageSize }) as const;

describe('a source that was changed behind a run that failed', () => {
  it.each<[string, Partial<Stream>, Partial<Stream>]>([
    ['its numbered pages are larger', {}, { pagination: pages(50) }],
    ['its numbered pages are smaller', {}, { pagination: pages(5) }],
    ['it has another kind of pages', {}, { pagination: offsets(10) }],
    ['it asks for something else', {}, { query: { sort: 'id' } }],
  ])('reads the stream from its start: %s', async (_what, before, after) => {
    const world = await worldOf(before);
    const first = await world.run();
    expect(first.streams['rows']).toMatchObject({ status: 'failed', records: 20 });
    await runAs(world, after);
    const state = await world.ports.ledger.readStream('changed', 'rows');
    expect(state?.run?.runId).not.toBe(Object(first.ended.report).runId);
    expect(await world.published('rows')).toEqual(world.model.records(kindOf(after)));
  });

  it.each<[string, Partial<Stream>, Partial<Stream>]>([
    [
      'an offset means the same in pages of any size',
      { pagination: offsets(10) },
      { pagination: offsets(50) },
    ],
    [
      'it says where the list ends',
      { pagination: offsets(10) },
      { pagination: { ...offsets(10), total: 'total' } },
    ],
    ['it bears more', {}, { verdicts: [{ status: 500, verdict: 'retry' }] }],
  ])('goes on from its cursor: %s', async (_what, before, after) => {
    const world = await worldOf(before);
    const first = await world.run();
    await runAs(world, after);
    const state = await world.ports.ledger.readStream('changed', 'rows');
    expect(state?.run?.runId).toBe(Object(first.ended.report).runId);
    expect(await world.published('rows')).toEqual(world.model.records(kindOf(after)));
  });

  it('ends a run that is under way, and the next one reads the stream from its start', async () => {
    const world = await worldOf({ pagesPerRound: 1 }, Number.POSITIVE_INFINITY);
    const after = sourceWith({ pagination: pages(50) }, world.url);
    const changed = contexts(world.ports, async () => after);
    let rounds = 0;
    const connection: Connection = {
      ...world.connection,
      contextOf: (name) => (++rounds > 2 ? changed : world.connection.contextOf)(name),
    };
    const options = machineOf('test:before');
    const ended = await runSync({ source: 'changed' }, connection, options);
    expect(Object(ended.report).streams[0]).toMatchObject({
      status: 'failed',
      cause: expect.stringContaining('The source was changed'),
    });
    await runAs(world, { pagination: pages(50) });
    expect(await world.published('rows')).toEqual(world.model.records('page'));
  });
});
