// One event of each kind and outcome that the pull can tell of.

import type { JournalEvent, Work } from '../../shared/ports/journal.ts';

const at = { source: 'shop', stream: 'sales', runId: '20261101T000000Z-00000001' } as const;

const work: Work = {
  pages: 3,
  records: 60,
  bytes: 9_000,
  requests: 4,
  throttled: 1,
  waitedMs: 2_500,
};

const compacted = {
  source: 'shop',
  stream: 'sales',
  runs: 1,
  objectsBefore: 500,
  objectsAfter: 1,
  bytes: 9_000,
  removed: 0,
  waiting: 500,
  leftovers: 0,
} as const;

export const everyEvent: readonly JournalEvent[] = [
  { kind: 'begin', ...at },
  { kind: 'stream', ...at, status: 'started' },
  { kind: 'stream', ...at, status: 'failed', cause: 'incomplete' },
  { kind: 'page', ...at, pages: 1, records: 20, bytes: 3_000, level: { spent: 59.5, of: 60 } },
  { kind: 'page', ...at, pages: 2, records: 40, bytes: 6_000, level: { spent: 12, of: 60 } },
  { kind: 'wait', ...at, untilMs: 1_500, waitMs: 500, why: 'for 1 permit' },
  { kind: 'wait', ...at, untilMs: 9_000, waitMs: 8_000, why: 'for 8 permits' },
  { kind: 'fault', ...at, reason: '500 Internal Server Error', attempt: 1 },
  { kind: 'fault', ...at, reason: '404 is skipped', attempt: 0 },
  { kind: 'throttled', ...at, reason: '429 Too Many Requests' },
  { kind: 'batch', ...at, key: 'k', pages: 3, records: 60, bytes: 9_000, adopted: false },
  {
    kind: 'drift',
    ...at,
    drift: { added: [{ name: 'discount', type: 'double' }], widened: [], vanished: ['colour'] },
  },
  { kind: 'token', source: 'shop', outcome: 'renewed' },
  { kind: 'token', source: 'shop', outcome: 'fault', reason: '503' },
  { kind: 'token', source: 'shop', outcome: 'rejected', reason: 'invalid_grant' },
  { kind: 'round', ...at, outcome: 'more', ...work },
  { kind: 'round', ...at, outcome: 'stuck', cause: 'in circles', ...work },
  { kind: 'age', ...at, ageMs: 5_400_000 },
  { kind: 'compaction', ...compacted, faults: [] },
  { kind: 'compaction', ...compacted, faults: ['shop.sales r1: a batch is missing.'] },
];
