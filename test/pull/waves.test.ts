import { describe, expect, it } from 'vitest';
import type { Source, Stream } from '../../shared/core/source/source.ts';
import { memoryJournal } from '../../shared/ports/journal.ts';
import { memoryLedger } from '../../shared/ports/ledger/ledger.ts';
import { finishRun } from '../../shared/pull/finish/close.ts';
import {
  type Plan,
  planNextWave,
  planRun,
  type RunRequest,
  type StreamEnd,
} from '../../shared/pull/plan/plan.ts';

const clock = { nowMs: () => 1_000_000, sleep: async () => {} };

const stream = (name: string, parent?: string): Stream => ({
  name,
  path: parent === undefined ? name : `${parent}/{${parent}.id}/${name}`,
  records: 'data',
  pagination: { kind: 'single' },
  ...(parent === undefined ? {} : { partitions: { parent } }),
});

/** `taxes` of `items` of `orders`; `shops` has no parent. The child stands before its parent. */
const SOURCE: Source = {
  name: 'shop',
  baseUrl: 'https://api.shop.example',
  streams: [
    stream('taxes', 'items'),
    stream('items', 'orders'),
    stream('orders'),
    stream('shops'),
  ],
};

const COUNTS = { pages: 1, records: 1, bytes: 9, objects: 1, requests: 1, throttled: 0 };
const counts = { ...COUNTS, waitedSeconds: 0, seconds: 1 };

/** A run whose streams end as told, `finished` where nothing is; the waves as they were planned. */
async function runOf(
  ended: Readonly<Record<string, StreamEnd['kind']>>,
  { request, isHeld }: { request?: Omit<RunRequest, 'source'>; isHeld?: boolean } = {},
) {
  const ports = { clock, ledger: memoryLedger(clock), journal: memoryJournal() };
  const execution = { id: 'A', startedAtMs: 900_000, isGone: async () => false };
  const asked = { source: 'shop', ...request };
  if (isHeld) await planRun(ports, SOURCE, { source: 'shop' }, { ...execution, id: 'B' });
  const waves: string[][] = [];
  let plan: Plan = await planRun(ports, SOURCE, asked, execution);
  for (;;) {
    if (plan.kind === 'failed') throw new Error(plan.cause);
    const { runId, wave, streams, others, earlier, next } = plan;
    waves.push(streams.map((one) => one.stream));
    const plans = [...earlier.plans, ...others, ...streams];
    const now = streams.map((one) => ({
      ...{ stream: one.stream, kind: ended[one.stream] ?? 'finished', counts },
    }));
    const ends = [...earlier.ends, ...now];
    if (next === 'finish') {
      return { waves, report: await finishRun(ports, SOURCE, { runId, plans, ends }) };
    }
    const before = { runId, wave, asked: plan.asked, plans, ends };
    plan = await planNextWave(ports, SOURCE, before, execution);
  }
}

describe('a run of streams that follow each other', () => {
  it('plans parents first, and each wave when the one before it is over', async () => {
    const { waves } = await runOf({});
    expect(waves).toEqual([['orders', 'shops'], ['items'], ['taxes']]);
  });

  it('takes along what the streams that it was asked for follow from, and nothing else', async () => {
    const { waves, report } = await runOf({}, { request: { streams: ['items'] } });
    expect(waves).toEqual([['orders'], ['items']]);
    expect(report.streams.map((one) => one.stream)).toEqual(['items', 'orders']);
  });

  it('reads no descendant of a stream that failed, and says of each which it follows', async () => {
    const { waves, report } = await runOf({ orders: 'failed' });
    expect(waves).toEqual([['orders', 'shops'], [], []]);
    expect(report.kind).toBe('failed');
    expect(report.cause).toContain('items: It follows orders, which failed.');
    expect(report.cause).toContain('taxes: It follows items, which failed.');
  });

  it('is no failure where another run reads the parent', async () => {
    const { waves, report } = await runOf({}, { isHeld: true });
    expect(waves).toEqual([[], [], []]);
    expect(report.kind).toBe('done');
    expect(report.streams[1]).toMatchObject({
      stream: 'items',
      status: 'busy',
      cause: 'It follows orders, which another run is reading. Nothing was read by this run.',
    });
  });
});
