// Permits that are kept for a next round, when there is none.

import { expect, it } from 'vitest';
import { readSource } from '../../shared/core/source/source.ts';
import { manifestsOnly } from '../../shared/ports/catalogue/catalogue.ts';
import { virtualClock } from '../../shared/ports/clock-virtual.ts';
import { memoryHttp, memoryResponse } from '../../shared/ports/http/http-memory.ts';
import { memoryJournal } from '../../shared/ports/journal.ts';
import { memoryLake } from '../../shared/ports/lake/lake.ts';
import { memoryLedger } from '../../shared/ports/ledger/ledger.ts';
import { memoryTokenLock } from '../../shared/ports/ledger/token-lock.ts';
import { seededRandom } from '../../shared/ports/random.ts';
import { memorySecrets } from '../../shared/ports/secrets/secrets.ts';
import { connectSource } from '../../shared/pull/context.ts';
import { planRun } from '../../shared/pull/plan/plan.ts';
import type { Ports } from '../../shared/pull/ports.ts';
import { pullRound } from '../../shared/pull/round.ts';

const source = readSource(
  {
    name: 'shop',
    baseUrl: 'https://api.shop.example',
    limits: [{ kind: 'declared', requests: 3, periodSeconds: 3_600 }],
    streams: [
      {
        name: 'items',
        path: 'items',
        records: 'items',
        pagination: { kind: 'cursor', from: 'next', param: 'token' },
      },
    ],
  },
  'shop',
);

it('are given back by a round that leaves for a wait and finds the end landed', async () => {
  const clock = virtualClock(Date.UTC(2026, 10, 2, 6));
  const ports: Ports = {
    clock,
    catalogue: manifestsOnly,
    random: seededRandom(1),
    http: memoryHttp(({ url }) =>
      memoryResponse(200, { items: [{ id: 1 }], next: url.includes('token') ? null : 'second' }),
    ),
    lake: memoryLake(),
    ledger: memoryLedger(clock),
    secrets: memorySecrets(new Map()),
    tokenLock: memoryTokenLock(clock),
    journal: memoryJournal(),
  };
  const execution = { id: 'a', startedAtMs: ports.clock.nowMs(), isGone: async () => false };
  const plan = await planRun(ports, source, { source: 'shop' }, execution);
  const [items] = plan.kind === 'planned' ? plan.streams : [];
  if (!items) throw new Error('nothing is planned');
  const options = { timeLeftMs: () => 300_000, breakEvenSeconds: 20 };
  // The first round lands both pages, and nobody hears of it.
  const deaf = { ...ports.ledger, moveStream: async () => false };
  const context = await connectSource(ports, source);
  await pullRound({ ...ports, ledger: deaf }, context, items, options);
  // One permit is left for the second one, which then leaves for the end of the window.
  expect(await pullRound(ports, context, items, options)).toEqual({ kind: 'done' });
  const [shared] = await ports.ledger.readBudgets();
  expect(shared?.budget.leases).toEqual([]);
});
