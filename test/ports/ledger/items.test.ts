// What is written is read as it was; what is damaged or newer fails by name, with the item, what was
// expected and what to do.

import { describe, expect, it } from 'vitest';
import { newBudget } from '../../../shared/core/budget/budget.ts';
import { Failure } from '../../../shared/core/failures.ts';
import { newStreamRun, type StreamState } from '../../../shared/core/run/run.ts';
import { budgetKey } from '../../../shared/ports/ledger/budget-item.ts';
import { ITEM_VERSION, type ItemKey, readItem } from '../../../shared/ports/ledger/item.ts';
import { columnsKey, lockKey, runKey } from '../../../shared/ports/ledger/source-items.ts';
import { streamKey } from '../../../shared/ports/ledger/stream-item.ts';

const run = newStreamRun({ runId: 'run-1', startedAtMs: 1_000, fullRefresh: false, walk: 'w' });

const stream: StreamState = {
  source: 'shop',
  stream: 'orders',
  revision: 4,
  fence: 3,
  holder: 'execution',
  leasedAtMs: 1_000,
  streamLeaseUntilMs: 2_000,
  watermark: '2026-11-21T08:00:00Z',
  address: { url: 'api.example.com/17', settings: { shop: 'abc' }, field: 'updatedAt' },
  freshAtMs: 500,
  run: {
    ...run,
    cursor: { offset: 95, overlap: 5, size: 100, back: { rows: 10, steps: 1 }, tail: ['a', 'b'] },
    move: { kind: 'confirmedFor', address: { url: 'api.example.com/18' } },
    status: 'failed',
    from: '2026-11-20T08:00:00Z',
    highest: '2026-11-21T08:00:00Z',
    address: { url: 'api.example.com/17' },
    expected: 400,
    moved: { repeats: 1, skips: 0, gaps: 0, refetches: 2 },
    loops: { ...run.loops, empty: 3 },
    lenient: true,
    crowded: true,
    cause: 'It failed.',
    restart: 'otherData',
    finishedAtMs: 1_900,
    warnings: ['One row came twice.'],
    drift: { added: [{ name: 'a', type: 'integer' }], widened: [], vanished: ['b'], omitted: 1 },
  },
};

const budget = {
  ...newBudget(
    {
      limits: [
        { kind: 'leaky-bucket', size: 60, leakPerSecond: 0.5 },
        { kind: 'declared', requests: 60, periodSeconds: 60 },
      ],
      shareForOthers: 0,
    },
    1_000,
  ),
  leases: [
    {
      ...{ holder: 'run-1/orders', invocationId: 'i', fence: 3, permits: 2, costMilli: 1_000 },
      ...{ pace: 5, paceMs: 1_000, readyAtMs: 1_100, expiresAtMs: 9_000 },
    },
  ],
  paced: [{ invocationId: 'h', pace: 5, requests: 2, untilMs: 1_200 }],
};

const stored = (body: unknown, version: string | undefined = String(ITEM_VERSION)) => ({
  body: JSON.stringify(body),
  revision: '4',
  version,
});

const items: readonly (readonly [what: string, key: ItemKey<unknown>, item: unknown])[] = [
  ['a stream', streamKey('shop', 'orders'), stream],
  ['a stream that was never run', streamKey('shop', 'orders'), { ...stream, run: undefined }],
  ['a budget', budgetKey('shop'), budget],
  [
    'a run',
    runKey('shop'),
    {
      ...{ source: 'shop', runId: 'run-1', status: 'done', startedAtMs: 1, fullRefresh: true },
      ...{ sameData: true, streams: ['orders'], holder: 'execution', finishedAtMs: 2 },
    },
  ],
  [
    'columns',
    columnsKey('shop', 'orders'),
    {
      runId: 'run-1',
      columns: [
        { name: 'id', key: 'id', before: 'integer', last: true, seen: 'double' },
        { name: 'value', key: null },
      ],
    },
  ],
  [
    'the lock of tokens',
    lockKey('shop'),
    { holder: 'pull', untilMs: 9, rejection: { request: 'r', message: 'm', remedy: 'd' } },
  ],
];

describe('an item of the ledger', () => {
  it.each(items)('is read as it was written: %s', (_, key, item) => {
    const read = readItem(key, stored(item));
    expect(read).toEqual({ item: JSON.parse(JSON.stringify(item)), revision: 4 });
  });

  it.each(items)(
    'is not read with a field that this version does not know: %s',
    (_, key, item) => {
      const strange = stored({ ...Object(item), strange: 1 });
      expect(() => readItem(key, strange)).toThrow('strange: expected no such field, got 1');
    },
  );

  it('says which one is damaged, what was expected, and what to do', () => {
    const key = streamKey('shop', 'orders');
    const broken = { ...stream, fence: '3', run: { ...stream.run, status: 'sleeping' } };
    expect(() => readItem(key, stored(broken))).toThrow(
      expect.objectContaining({
        name: Failure.damaged,
        message:
          'The item source#shop / stream#orders of the ledger is damaged: ' +
          'fence: expected a number, got "3"; ' +
          'run.status: expected "draining" | "drained" | "skipped" | "finished" | "failed", ' +
          'got "sleeping".',
        remedy: expect.stringContaining('the next run then reads the stream from its start'),
      }),
    );
  });

  it.each([
    ['no JSON', { ...stored(budget), body: '{"clockMs":' }, 'body: expected JSON'],
    ['no body', { ...stored(budget), body: undefined }, 'body: expected JSON'],
    ['no revision', { ...stored(budget), revision: undefined }, 'revision: expected a whole'],
    ['no version', { ...stored(budget), version: undefined }, 'version: expected 1, got nothing'],
    ['a number that became null', stored({ ...budget, clockMs: null }), 'clockMs: expected'],
    [
      'a limit of no known kind',
      stored({ ...budget, limits: [{ kind: 'quota' }] }),
      'limits[0].kind: expected "leaky-bucket" | "window" | "concurrent", got "quota"',
    ],
  ])('is damaged with %s', (_, damaged, message) => {
    expect(() => readItem(budgetKey('shop'), damaged)).toThrow(message);
  });

  it('of a newer version is left to the newer Driplake', () => {
    expect(() => readItem(budgetKey('shop'), stored({ quotas: [] }, '2'))).toThrow(
      expect.objectContaining({
        name: Failure.ledger,
        message:
          'The item budgets / shop of the ledger has version 2, this Driplake reads version 1.',
      }),
    );
  });
});
