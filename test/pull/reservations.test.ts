// Permits of rounds that end early: what was not spent is given back.

import { describe, expect, it } from 'vitest';
import { used } from '../../shared/core/budget/window.ts';
import type { Credentials } from '../../shared/core/source/credentials/credentials-schema.ts';
import { readSource, type Source } from '../../shared/core/source/source.ts';
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

/** Two pages of a list that may be asked three times an hour. */
const listed = (credentials?: Credentials): Source =>
  readSource(
    {
      name: 'shop',
      baseUrl: 'https://api.shop.example',
      limits: [{ kind: 'declared', requests: 3, periodSeconds: 3_600 }],
      credentials,
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

const twoPages: Parameters<typeof memoryHttp>[0] = ({ url }) =>
  memoryResponse(200, { items: [{ id: 1 }], next: url.includes('token') ? null : 'second' });

/** A run that is planned, and how to make a round of it. */
async function planned(source: Source, more: Partial<Ports>) {
  const clock = virtualClock(Date.UTC(2026, 10, 2, 6));
  const ports: Ports = {
    clock,
    catalogue: manifestsOnly,
    random: seededRandom(1),
    http: memoryHttp(twoPages),
    lake: memoryLake(),
    ledger: memoryLedger(clock),
    secrets: memorySecrets(new Map()),
    tokenLock: memoryTokenLock(clock),
    journal: memoryJournal(),
    ...more,
  };
  const execution = { id: 'a', startedAtMs: ports.clock.nowMs(), isGone: async () => false };
  const plan = await planRun(ports, source, { source: 'shop' }, execution);
  const [items] = plan.kind === 'planned' ? plan.streams : [];
  if (!items) throw new Error('nothing is planned');
  const options = { timeLeftMs: () => 300_000, breakEvenSeconds: 20 };
  const context = await connectSource(ports, source);
  const round = (changes: Partial<Ports> = {}) =>
    pullRound({ ...ports, ...changes }, context, items, options);
  /** Leases that are held, and requests that count. */
  const held = async () => {
    const [shared] = await ports.ledger.readBudgets();
    const { leases, limits } = shared?.budget ?? { leases: [], limits: [] };
    const [hour] = limits;
    return { leases, spent: hour?.kind === 'window' ? used(hour, clock.nowMs()) : 0 };
  };
  return { ports, round, held };
}

describe('permits', () => {
  it('are given back by a round that leaves for a wait and finds the end landed', async () => {
    const { ports, round, held } = await planned(listed(), {});
    // The first round lands both pages, and nobody hears of it.
    const deaf = { ...ports.ledger, moveStream: async () => false };
    await round({ ledger: deaf });
    // One permit is left for the second one, which then leaves for the end of the window.
    expect(await round()).toEqual({ kind: 'done' });
    expect((await held()).leases).toEqual([]);
  });

  it.each([
    ['whole when credentials are refused before the first request', {}, 0],
    ['but for the request that met an old token', { accessToken: 'an-old-one' }, 1],
  ])('are given back %s', async (_, tokens, spent) => {
    const tokenUrl = 'https://api.shop.example/token';
    const fields = { clientId: 'app', clientSecret: 'a client secret', ...tokens };
    const http = memoryHttp(({ url }) =>
      memoryResponse(401, url === tokenUrl ? { error: 'invalid_client' } : ''),
    );
    const secrets = memorySecrets(new Map([['shop', fields]]));
    const source = listed({ kind: 'oauth2-client-credentials', tokenUrl });
    const { round, held } = await planned(source, { http, secrets });
    await expect(round()).rejects.toThrow(/refused the client/);
    expect(await held()).toEqual({ leases: [], spent });
  });

  it('are given back whole when no token is to be had, however often that is tried', async () => {
    const tokenUrl = 'https://api.shop.example/token';
    const fields = { clientId: 'app', clientSecret: 'a client secret' };
    const secrets = memorySecrets(new Map([['shop', fields]]));
    const source = listed({ kind: 'oauth2-client-credentials', tokenUrl });
    let asked = 0;
    const http = memoryHttp(() => {
      asked++;
      return memoryResponse(500, '');
    });
    const { round, held } = await planned(source, { http, secrets });
    await round();
    expect(asked).toBeGreaterThan(1);
    expect(await held()).toEqual({ leases: [], spent: 0 });
  });
});
