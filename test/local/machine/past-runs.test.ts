import { describe, expect, it } from 'vitest';
import { pastRuns } from '../../../local/machine/past-runs.ts';
import {
  newStreamRun,
  type RunState,
  type StreamRun,
  type StreamState,
} from '../../../shared/core/run/run.ts';
import type { Manifest } from '../../../shared/core/table/manifest.ts';

const AT = Date.UTC(2026, 10, 22);
const EARLIER = '20261122T000000Z-0000000a';
const LATER = '20261122T010000Z-0000000b';
const HOUR = 3_600_000;

const published = (runId: string, stream: string): Manifest => ({
  ...{ version: 1, source: 'shop', stream, runId, date: '2026-11-22', mode: 'snapshot' },
  ...{ fullRefresh: false, startedAt: '2026-11-22T00:00:00.000Z' },
  finishedAt: runId === LATER ? '2026-11-22T01:10:00.000Z' : '2026-11-22T00:10:00.000Z',
  ...{ objects: 1, prefix: 'p', pages: 2, records: 20, bytes: 9, columns: [], primaryKey: [] },
  spent: { requests: 3, throttled: 1, waitedSeconds: 1, seconds: 2 },
});

const kept = (
  stream: string,
  runId: string,
  run: Partial<StreamRun>,
  holder = '',
): StreamState => ({
  ...{
    source: 'shop',
    stream,
    revision: 1,
    fence: 1,
    holder,
    streamLeaseUntilMs: 0,
    freshAtMs: AT,
    leasedAtMs: AT,
  },
  run: { ...newStreamRun({ runId, startedAtMs: AT, fullRefresh: false, walk: 'w' }), ...run },
});

const last = (changes: Partial<RunState>): RunState => ({
  ...{ source: 'shop', runId: LATER, status: 'done', startedAtMs: AT + HOUR, fullRefresh: false },
  ...{ streams: ['items'], holder: '', ...changes },
});

const runs = (
  manifests: readonly Manifest[],
  streams: readonly StreamState[],
  ...ofSources: readonly RunState[]
): string[] =>
  pastRuns(manifests, { runs: ofSources, streams, isGone: (holder) => holder === 'gone' }).map(
    ({ runId, status, streams: found = [] }) =>
      `${runId} ${status}: ${found.map((one) => `${one.stream} ${one.status}`).join(', ')}`,
  );

describe('the runs of this machine', () => {
  it('are those of the manifests; one that is not the last is only known to be published', () => {
    expect(
      runs(
        [published(EARLIER, 'orders'), published(EARLIER, 'items'), published(LATER, 'items')],
        [kept('items', LATER, { status: 'finished' })],
        last({}),
      ),
    ).toEqual([`${LATER} done: items done`, `${EARLIER} published: items done, orders done`]);
  });

  it('have failed as long as the ledger has a stream of theirs that did', () => {
    const failed = kept('orders', EARLIER, { status: 'failed', cause: 'HTTP 403' });
    expect(
      runs([published(EARLIER, 'items'), published(LATER, 'items')], [failed], last({})),
    ).toEqual([`${LATER} done: items done`, `${EARLIER} failed: items done, orders failed`]);
  });

  it.each<[string, string, string]>([
    ['are running while their holder lives', 'alive', 'running'],
    ['were interrupted when their holder is gone', 'gone', 'interrupted'],
    ['were interrupted when nobody holds them', '', 'interrupted'],
  ])('%s', (_, holder, status) => {
    const state = kept('items', LATER, { status: 'draining' }, holder);
    const run = last({ status: 'running', holder });
    expect(runs([], [state], run)).toEqual([`${LATER} ${status}: items ${status}`]);
    expect(runs([], [state])).toEqual([`${LATER} ${status}: items ${status}`]);
  });

  it('are the manifest, where the ledger has not heard yet that it was written', () => {
    const state = kept('items', LATER, { status: 'drained', records: 1 }, 'gone');
    const [run] = pastRuns([published(LATER, 'items')], {
      ...{ runs: [], streams: [state], isGone: () => true },
    });
    expect(run).toMatchObject({ status: 'published', records: 20 });
    expect(run?.streams).toMatchObject([{ requests: 3, throttled: 1, waitedSeconds: 1 }]);
  });

  it('begin with their first stream and end with the last', () => {
    const [run] = pastRuns([published(EARLIER, 'items'), published(EARLIER, 'orders')], {
      ...{ runs: [], streams: [], isGone: () => true },
    });
    expect(run).toMatchObject({
      ...{ startedAt: '2026-11-22T00:00:00.000Z', endedAt: '2026-11-22T00:10:00.000Z' },
      ...{ pages: 4, records: 40 },
    });
  });
});
