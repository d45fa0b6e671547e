import { expect, it } from 'vitest';
import { describeStatus, readStatus } from '../../../local/ledger/ledger-status.ts';
import { newStreamRun } from '../../../shared/core/run/run.ts';
import { virtualClock } from '../../../shared/ports/clock-virtual.ts';
import { memoryLedger } from '../../../shared/ports/ledger/ledger.ts';

const NOW_MS = Date.UTC(2026, 10, 22);
const RUN = { runId: 'r1', startedAtMs: NOW_MS, fullRefresh: false, streams: [], holder: '' };

it('names streams with their sources, and tells a cause once for all that share it', async () => {
  const ledger = memoryLedger(virtualClock(NOW_MS));
  for (const [source, stream] of [
    ['bank', 'items'],
    ['shop', 'items'],
    ['shop', 'orders'],
  ] as const) {
    await ledger.writeRun({ ...RUN, source, status: 'failed' });
    const run = newStreamRun({ runId: 'r1', startedAtMs: NOW_MS, fullRefresh: false, walk: '' });
    await ledger.moveStream({
      ...{ source, stream, revision: 1, fence: 1 },
      ...{
        holder: source === 'bank' ? 'somebody' : '',
        leasedAtMs: 0,
        streamLeaseUntilMs: NOW_MS + 1,
        freshAtMs: NOW_MS,
      },
      run: { ...run, status: 'failed', cause: `No key of ${source}.` },
    });
  }
  const items = await ledger.readStream('shop', 'items');
  if (!items?.run) expect.fail('it was written');
  const partition = { index: 120, piece: 0, pages: 1, records: 9 };
  const run = { ...items.run, partition, list: { partitions: 2_000 } };
  await ledger.moveStream({ ...items, revision: 2, run });
  const told = describeStatus(await readStatus(ledger, NOW_MS)).split('\n');
  expect(told.filter((line) => line.startsWith('  '))).toEqual([
    '  bank/items: No key of bank.',
    '  shop/items, shop/orders: No key of shop.',
    '  shop/items has walked 120 of 2,000 partitions',
    '  bank/items is held by somebody',
  ]);
});
