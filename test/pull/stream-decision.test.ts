// What a plan does with a stream, by its item: the examples of stream-decision.ts and what lies
// beside them.

import { describe, expect, it } from 'vitest';
import { CLOCK_SKEW_MS } from '../../shared/core/bounds.ts';
import { walkOf } from '../../shared/core/page/walk.ts';
import {
  newStreamRun,
  type RunState,
  type StreamRun,
  type StreamState,
} from '../../shared/core/run/run.ts';
import { readSource } from '../../shared/core/source/source.ts';
import {
  type Asked,
  type Decision,
  decideStream,
  runIdFor,
} from '../../shared/pull/plan/stream-decision.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = Date.UTC(2026, 10, 21, 12);
const B = { id: 'execution B', startedAtMs: NOW_MS - 1_000 };
const R2 = runIdFor(B);

const source = readSource(
  {
    name: 'shop',
    baseUrl: 'https://api.example.com',
    streams: [
      {
        name: 'orders',
        path: 'orders',
        records: 'data',
        pagination: { kind: 'page', pageSize: 10, sizeParam: 'limit' },
        primaryKey: ['id'],
        cursorHours: 24,
      },
    ],
  },
  'the test',
);
const [stream = expect.fail()] = source.streams;

/** A run that began an hour ago, of 40 pages. */
const aRun = (changes: Partial<StreamRun> = {}): StreamRun => ({
  ...newStreamRun({
    runId: '20261121T110000Z-0000000a',
    startedAtMs: NOW_MS - HOUR_MS,
    fullRefresh: false,
    walk: walkOf(source, stream),
  }),
  status: 'failed',
  cause: 'The server failed.',
  faults: 20,
  pages: 40,
  cursor: { page: 41, rows: 400 },
  ...changes,
});

const held = (by: string, untilMs: number): Partial<StreamState> => ({
  holder: by,
  leasedAtMs: NOW_MS - 60_000,
  streamLeaseUntilMs: untilMs,
});

function decide(
  run: StreamRun | undefined,
  { lease = {}, asked = {} }: { lease?: Partial<StreamState>; asked?: Partial<Asked> } = {},
): Decision {
  const state: StreamState | undefined = run && {
    ...{ source: 'shop', stream: 'orders', revision: 7, fence: 3, freshAtMs: 5 },
    ...{ holder: '', leasedAtMs: 0, streamLeaseUntilMs: 0, ...lease, run },
  };
  const { fullRefresh = false, sameData = false } = asked;
  const planned: RunState = {
    ...{ source: 'shop', runId: R2, status: 'running', startedAtMs: B.startedAtMs },
    ...{ fullRefresh, streams: ['orders'], holder: B.id },
  };
  const given = { asked: { fullRefresh, sameData }, execution: B, nowMs: NOW_MS };
  return decideStream({ source, stream, state, run: planned, ...given });
}

/** What a claim writes of its run. */
const claimed = (decision: Decision): StreamRun | undefined =>
  decision.kind === 'claim' ? decision.next.run : undefined;

describe('a stream of a plan', () => {
  it('begins with its first claim', () => {
    const decision = decide(undefined);
    expect(decision).toMatchObject({
      ...{ kind: 'claim', status: 'started', runId: R2 },
      next: { revision: 1, fence: 1, holder: B.id, freshAtMs: NOW_MS },
    });
    expect(decision).not.toHaveProperty('rival');
  });

  it('goes on at the cursor of a run that failed, with a new patience and no old cause', () => {
    const decision = decide(aRun());
    expect(decision).toMatchObject({
      ...{ kind: 'claim', status: 'resumed', runId: aRun().runId },
      next: {
        ...{ revision: 8, fence: 4, freshAtMs: 5 },
        run: { status: 'draining', cursor: { page: 41, rows: 400 }, faults: 0 },
      },
    });
    expect(claimed(decision)).not.toHaveProperty('cause');
  });

  it('began by the clock that is behind: of who asked for the run, or of who plans it', () => {
    expect(claimed(decide(undefined))).toMatchObject({ startedAtMs: B.startedAtMs });
  });

  it('is only to be finished when its run had reached the end', () => {
    expect(claimed(decide(aRun({ ended: true })))).toMatchObject({ status: 'drained' });
  });

  it.each<[string, StreamRun, Partial<Asked>]>([
    ['a full refresh is asked', aRun(), { fullRefresh: true }],
    ['what landed is not what the API tells', aRun({ restart: 'spoilt' }), {}],
    ['the source asks for other pages', aRun({ walk: 'another' }), {}],
    ['the API has forgotten the cursor', aRun({ cursorAtMs: NOW_MS - 25 * HOUR_MS }), {}],
    [
      'nobody knows how old its cursor is: a clock was ahead',
      aRun({ cursorAtMs: NOW_MS + CLOCK_SKEW_MS + 1 }),
      {},
    ],
    ['it was finished', aRun({ status: 'finished' }), {}],
    [
      'a full refresh of other data is asked to be one of this data',
      aRun({ fullRefresh: true, restart: 'otherData' }),
      { fullRefresh: true },
    ],
  ])('begins anew when %s', (_, run, asked) => {
    const decision = decide(run, { asked });
    expect(decision).toMatchObject({ kind: 'claim', status: 'started', runId: R2 });
    expect(claimed(decision)).toMatchObject({ pages: 0, cursor: null });
  });

  it('goes on where other data was refused: it may be this data again', () => {
    const decision = decide(aRun({ restart: 'otherData' }));
    expect(decision).toMatchObject({ kind: 'claim', status: 'resumed' });
    expect(claimed(decision)).not.toHaveProperty('restart');
  });

  it('is marked when a person confirms its move, and loses a mark that nobody heard', () => {
    const confirmed = decide(aRun(), { asked: { sameData: true } });
    expect(claimed(confirmed)).toMatchObject({ move: { kind: 'confirmed' } });
    const unheard = decide(aRun({ move: { kind: 'confirmed' } }));
    expect(claimed(unheard)).toMatchObject({ move: { kind: 'none' } });
    const move = { kind: 'confirmedFor', address: { url: 'api.example.com/18' } } as const;
    expect(claimed(decide(aRun({ move })))).toMatchObject({ move });
  });

  it('is finished when this run has finished it', () => {
    const finished = aRun({ runId: R2, status: 'finished' });
    expect(decide(finished)).toEqual({ kind: 'finished', runId: R2, fence: 3 });
  });

  it('is held already when this execution has claimed it before', () => {
    const run = aRun({ status: 'draining' });
    const decision = decide(run, { lease: held(B.id, NOW_MS + 1) });
    expect(decision).toEqual({ kind: 'held', runId: run.runId, fence: 3 });
  });

  it('waits for a rival whose lease has not run out, and for no other', () => {
    const run = aRun({ status: 'draining' });
    const rival = decide(run, { lease: held('execution A', NOW_MS + 1) });
    expect(rival).toMatchObject({ kind: 'claim', rival: 'execution A' });
    expect(decide(run, { lease: held('execution A', NOW_MS) })).not.toHaveProperty('rival');
    expect(decide(run, { lease: held(B.id, NOW_MS + 1) })).not.toHaveProperty('rival');
  });

  it('is begun by nobody who comes late, unless the other run is of a clock that was ahead', () => {
    const since = (atMs: number) =>
      decide(
        aRun({
          status: 'finished',
          runId: runIdFor({ id: 'C', startedAtMs: atMs }),
          startedAtMs: atMs,
        }),
      );
    expect(since(NOW_MS)).toEqual({ kind: 'late' });
    expect(since(NOW_MS + CLOCK_SKEW_MS + 1)).toMatchObject({ kind: 'claim', status: 'started' });
  });

  it('does not find its own batches when it begins again in a run of the same name', () => {
    const again = decide(aRun({ runId: R2, restart: 'spoilt', startedAtMs: NOW_MS - 1_000 }));
    expect(again).toMatchObject({ kind: 'claim', status: 'started' });
    expect(claimed(again)?.runId.localeCompare(R2)).toBe(1);
  });
});
