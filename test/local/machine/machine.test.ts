import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../functions/connection.ts';
import { runSync, type SyncEnded } from '../../../local/machine/machine.ts';
import { reportRun } from '../../../local/machine/run-report.ts';
import { ROUNDS_PER_EXECUTION } from '../../../shared/core/bounds.ts';
import { readSource, type Source } from '../../../shared/core/source/source.ts';
import { manifestsOnly } from '../../../shared/ports/catalogue/catalogue.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import { memoryHttp, memoryResponse } from '../../../shared/ports/http/http-memory.ts';
import type { JournalEvent } from '../../../shared/ports/journal.ts';
import { memoryLake } from '../../../shared/ports/lake/lake.ts';
import { memoryLedger } from '../../../shared/ports/ledger/ledger.ts';
import { memoryTokenLock } from '../../../shared/ports/ledger/token-lock.ts';
import { seededRandom } from '../../../shared/ports/random.ts';
import { memorySecrets } from '../../../shared/ports/secrets/secrets.ts';
import { contexts } from '../../../shared/pull/context.ts';

const ID = 'local:1:test';

const single = { records: 'data', pagination: { kind: 'single' } };
const sourceOf = (streams: readonly object[], more: object = {}): Source =>
  readSource({ name: 'shop', baseUrl: 'https://api.example', streams, ...more }, 'the test');

interface World {
  readonly connection: Connection;
  readonly lake: ReturnType<typeof memoryLake>;
  readonly events: JournalEvent[];
  readonly run: (waitMs?: number) => Promise<SyncEnded>;
}

/** Everything in memory; time passes when somebody sleeps, and between two rounds. */
function world(
  source: Source,
  answer: (path: string, query: URLSearchParams) => unknown,
  over: Partial<Connection> = {},
): World {
  let nowMs = Date.UTC(2026, 10, 1);
  let waitUntilMs = 0;
  const clock: Clock = {
    nowMs: () => nowMs,
    sleep: async (ms) => {
      nowMs += Math.max(0, ms);
    },
  };
  const events: JournalEvent[] = [];
  const lake = memoryLake();
  const http = memoryHttp(async ({ url }) => {
    const { pathname, searchParams } = new URL(url);
    const body = await answer(pathname.slice(1), searchParams);
    return body === undefined ? memoryResponse(404, {}) : memoryResponse(200, body);
  });
  const note = (event: JournalEvent): void => {
    events.push(event);
    if (event.kind === 'wait') waitUntilMs = event.untilMs;
  };
  const ports = {
    catalogue: manifestsOnly,
    clock,
    random: seededRandom(1),
    http,
    lake,
    ledger: memoryLedger(clock),
    secrets: memorySecrets(new Map()),
    tokenLock: memoryTokenLock(clock),
    journal: { note },
  };
  const connect = contexts(ports, async () => source);
  const connection: Connection = {
    ports,
    sourceOf: async () => source,
    contextOf: (name) => {
      nowMs = Math.max(nowMs, waitUntilMs);
      return connect(name);
    },
    breakEvenSeconds: 1,
    isGone: async () => false,
    ...over,
  };
  const options = { executionId: ID, invocationMs: () => 60_000 };
  return {
    connection,
    lake,
    events,
    run: (waitMs = 0) => runSync({ source: source.name }, connection, { ...options, waitMs }),
  };
}

const linesOf = ({ lake }: World, stream: string): string[] =>
  [...lake.objects]
    .filter(([key]) => key.startsWith(`shop/${stream}/`))
    .flatMap(([, object]) => gunzipSync(object).toString().split('\n'))
    .filter((line) => line !== '');

const outcome = (kind: string, streams: readonly object[]) => ({ kind, report: { streams } });

describe('the machines', () => {
  it('wait in the Wait state for permits that are far off', async () => {
    const pages = 8;
    const stream = {
      name: 'rows',
      path: 'rows',
      records: 'data',
      pagination: { kind: 'offset', pageSize: 1 },
    };
    const limits = [{ kind: 'leaky-bucket', size: 2, leakPerSecond: 0.1 }];
    const place = world(sourceOf([stream], { limits }), (_, query) => {
      const offset = Number(query.get('offset'));
      return { data: offset < pages ? [{ id: offset }] : [] };
    });
    const ended = await place.run();
    const waits = place.events.filter(({ kind }) => kind === 'wait');
    expect(waits.length).toBeGreaterThan(2);
    expect(ended).toMatchObject(outcome('succeeded', [{ status: 'done', records: pages }]));
    expect(linesOf(place, 'rows')).toHaveLength(pages);
    const { streams } = Object(ended.report);
    // Nine requests, two at once, then one in ten seconds.
    expect(streams[0].waitedSeconds).toBeGreaterThanOrEqual(60);
    expect(streams[0].waitedSeconds).toBeLessThanOrEqual(75);
  });

  it('hand over to a new execution after so many rounds, and go on', async () => {
    const last = ROUNDS_PER_EXECUTION + 10;
    const stream = {
      name: 'sparse',
      path: 'sparse',
      records: 'data',
      pagesPerRound: 1,
      pagination: { kind: 'cursor', from: 'next', param: 'after' },
    };
    const place = world(sourceOf([stream]), (_, query) => {
      const page = Number(query.get('after') ?? 1);
      return page < last ? { data: [], next: page + 1 } : { data: [{ id: 1 }], next: null };
    });
    let rounds = 0;
    const ended = await runSync(
      { source: 'shop' },
      {
        ...place.connection,
        contextOf: (name) => {
          rounds++;
          return place.connection.contextOf(name);
        },
      },
      { executionId: ID, invocationMs: () => 60_000, waitMs: 0 },
    );
    expect(ended).toMatchObject(
      outcome('succeeded', [{ status: 'done', pages: last, records: 1 }]),
    );
    expect(rounds).toBe(last);
  });

  it('drain a stream once when two executions start at once: the other says busy, and ends', async () => {
    const pages = 6;
    const stream = {
      name: 'rows',
      path: 'rows',
      records: 'data',
      pagesPerRound: 1,
      pagination: { kind: 'offset', pageSize: 1 },
    };
    const asked: number[] = [];
    const place = world(sourceOf([stream]), (_, query) => {
      const offset = Number(query.get('offset'));
      asked.push(offset);
      return { data: offset < pages ? [{ id: offset }] : [] };
    });
    const start = (executionId: string) =>
      runSync({ source: 'shop' }, place.connection, {
        executionId,
        invocationMs: () => 60_000,
        waitMs: 0,
      });
    const ended = await Promise.all([start('local:1:one'), start('local:2:two')]);
    const statuses = ended.map(({ report }) => Object(report).streams[0].status);
    expect(ended.map(({ kind }) => kind)).toEqual(['succeeded', 'succeeded']);
    expect(statuses.toSorted()).toEqual(['busy', 'done']);
    expect(asked).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(linesOf(place, 'rows')).toHaveLength(pages);
  });

  it('tell what they finished, though the next execution reads it again before they end', async () => {
    const names = ['short', 'long'];
    const streams = names.map((name) => ({ name, path: name, ...single }));
    const others: SyncEnded[] = [];
    const place = world(sourceOf(streams, { concurrency: 1 }), async (path) => {
      if (path === 'long' && others.length === 0) {
        const options = { executionId: 'local:2:next', invocationMs: () => 60_000, waitMs: 0 };
        others.push(await runSync({ source: 'shop' }, place.connection, options));
      }
      return { data: [{ from: path }] };
    });
    const ended = await place.run();
    const told = [ended, ...others].map(({ kind, report }) => [
      kind,
      ...Object(report).streams.map(Object.values),
    ]);
    expect(told).toEqual([
      [
        'succeeded',
        expect.arrayContaining(['short', 'done', 1]),
        expect.arrayContaining(['long', 'done', 1]),
      ],
      [
        'succeeded',
        expect.arrayContaining(['short', 'done', 1]),
        expect.arrayContaining(['long', 'busy', 0]),
      ],
    ]);
  });

  it('drain the other streams when one is refused and one throws, and report both', async () => {
    const names = ['good', 'refused', 'throws', 'fine'];
    const source = sourceOf(names.map((name) => ({ name, path: name, ...single })));
    const place = world(source, (path) => {
      if (path === 'throws') throw new TypeError('a bug in a handler');
      return path === 'refused' ? undefined : { data: [{ from: path }] };
    });
    const ended = await place.run();
    expect(ended).toMatchObject({ kind: 'failed', error: 'Driplake.StreamsFailed' });
    const told = { id: ID, startedMs: 0, source, streams: names };
    const report = await reportRun(ended, place.connection.ports.ledger, told);
    expect(report).toMatchObject({
      source: 'shop',
      status: 'failed',
      streams: [
        { stream: 'good', status: 'done', records: 1 },
        { stream: 'refused', status: 'failed', cause: expect.stringContaining('HTTP 404') },
        { stream: 'throws', status: 'failed', cause: 'States.TaskFailed' },
        { stream: 'fine', status: 'done', records: 1 },
      ],
    });
    expect(place.events).toContainEqual(
      expect.objectContaining({
        kind: 'stream',
        stream: 'throws',
        status: 'failed',
        cause: 'TypeError: a bug in a handler',
      }),
    );
    expect(linesOf(place, 'fine')).toEqual(['{"from":"fine"}']);
    const published = [...place.lake.objects.keys()].filter((key) => /^_manifests.*Z-/.test(key));
    expect(published).toEqual([
      expect.stringMatching(/shop\/(good|fine)\//),
      expect.stringMatching(/shop\/(good|fine)\//),
    ]);
  });

  it('refuse a source that cannot be read, before anything is claimed', async () => {
    const source = sourceOf([{ name: 'a', path: 'a', ...single }]);
    const place = world(source, () => ({ data: [] }));
    const ended = await runSync({ source: 'shop', streams: ['b'] }, place.connection, {
      executionId: ID,
      invocationMs: () => 60_000,
    });
    expect(ended).toMatchObject({
      kind: 'failed',
      error: 'Driplake.Configuration',
      cause: 'shop has no stream b. It has: a.',
    });
    expect(await place.connection.ports.ledger.readStreams('shop')).toEqual([]);
  });

  it('await the round that is under way when they are stopped, and keep its pages', async () => {
    const controller = new AbortController();
    const stream = {
      name: 'rows',
      path: 'rows',
      records: 'data',
      pagination: { kind: 'page' },
    };
    const source = sourceOf([stream]);
    const place = world(
      source,
      (_, query) => {
        if (query.get('page') === '3') controller.abort();
        return { data: [{ id: Number(query.get('page')) }] };
      },
      { signal: controller.signal },
    );
    const ended = await place.run();
    expect(ended.kind).toBe('aborted');
    const told = { id: ID, startedMs: 0, source, streams: ['rows'] };
    const report = await reportRun(ended, place.connection.ports.ledger, told);
    expect(report).toMatchObject({
      status: 'interrupted',
      streams: [{ stream: 'rows', status: 'interrupted', pages: 2, records: 2, objects: 1 }],
    });
    expect(linesOf(place, 'rows')).toEqual(['{"id":1}', '{"id":2}']);
  });
});
