// What every ledger promises, whatever keeps it. The clock is the test's, so no time passes by itself.

import { describe, expect, it } from 'vitest';
import type { Allowance, Ask, Grant, Spending } from '../../../shared/core/budget/budget.ts';
import { newStreamRun, type RunState, type StreamState } from '../../../shared/core/run/run.ts';
import { noColumns } from '../../../shared/core/table/stream-columns.ts';
import type { Ledger } from '../../../shared/ports/ledger/ledger.ts';

export interface LedgerWorld {
  /** Two processes on one ledger. */
  readonly one: Ledger;
  readonly other: Ledger;
  nowMs(): number;
  advance(ms: number): void;
}

const allowance: Allowance = {
  limits: [{ kind: 'declared', requests: 60, periodSeconds: 60 }],
  shareForOthers: 0,
};

const ask = (holder: string, changes: Partial<Ask> = {}): Ask => ({
  holder,
  invocationId: `${holder}'s`,
  stayMs: 1e9,
  want: 1,
  costMilli: 1000,
  elapsedMs: 0,
  requestsPerSecond: Infinity,
  ...changes,
});

const spent = (holder: string, answeredAtMs: readonly number[]): Spending => ({
  holder,
  invocationId: `${holder}'s`,
  costMilli: 1000,
  answeredAtMs,
  reports: [],
  reportAtMs: 0,
});

export const aStream = (changes: Partial<StreamState> = {}): StreamState => ({
  source: 'shop',
  stream: 'items',
  revision: 1,
  fence: 1,
  holder: 'execution',
  leasedAtMs: 0,
  streamLeaseUntilMs: 1_700_000_000_000,
  freshAtMs: 1_700_000_000_000,
  ...changes,
});

const id = { name: 'id', key: 'id', type: 'bigint' } as const;

const aRun = (changes: Partial<RunState> = {}): RunState => ({
  source: 'shop',
  runId: 'run-1',
  status: 'running',
  startedAtMs: 1_700_000_000_000,
  fullRefresh: false,
  streams: ['items'],
  holder: 'execution',
  ...changes,
});

export function ledgerContract(name: string, connect: () => Promise<LedgerWorld>): void {
  describe(`permits in ${name}`, () => {
    it('are granted to many at once, each once, and never more than there are', async () => {
      const { one, other, nowMs } = await connect();
      const asks = Array.from({ length: 24 }, (_, index) =>
        (index % 2 ? one : other).takePermits('scope', twenty, ask(`holder-${index}`)),
      );
      const grants = await Promise.all(asks);
      const now = grants.filter(
        (grant) => grant.kind === 'granted' && !grant.booked && grant.readyAtMs <= nowMs(),
      );
      expect(now).toHaveLength(20);
      const [stored] = await one.readBudgets();
      expect(stored?.scope).toBe('scope');
      expect(stored?.budget.leases).toHaveLength(24);
    });

    it('come back when they are given back, and what was spent is counted', async () => {
      const { one, other, nowMs } = await connect();
      await one.takePermits('scope', allowance, ask('a', { want: 10 }));
      await one.settlePermits('scope', allowance, spent('a', [nowMs(), nowMs()]));
      const [stored] = await other.readBudgets();
      expect(stored?.budget).toMatchObject({
        leases: [],
        limits: [{ log: [[nowMs() + 60_000, 2]] }],
      });
    });

    it('are settled and taken anew in one write', async () => {
      const { one, nowMs } = await connect();
      await one.takePermits('scope', allowance, ask('a', { want: 10 }));
      const again = ask('a', { want: 5 });
      const grant = await one.takePermits('scope', allowance, again, spent('a', [nowMs()]));
      expect(grant).toMatchObject({ kind: 'granted', permits: 5 });
      const [stored] = await one.readBudgets();
      expect(stored?.budget.leases.map((lease) => lease.permits)).toEqual([5]);
    });

    it('are kept apart by scope', async () => {
      const { one, other } = await connect();
      await one.takePermits('shop one', allowance, ask('a'));
      await other.takePermits('shop/two', allowance, ask('a'));
      const scopes = (await one.readBudgets()).map(({ scope }) => scope);
      expect(scopes.toSorted()).toEqual(['shop one', 'shop/two']);
    });

    it('are blocked for everyone by a refusal', async () => {
      const { one, other, nowMs, advance } = await connect();
      await one.takePermits('scope', allowance, ask('a'));
      const refusal = { why: '429', untilMs: nowMs() + 5_000 };
      await one.settlePermits('scope', allowance, { ...spent('a', [nowMs()]), throttle: refusal });
      const blocked: Grant = { kind: 'throttled', readyAtMs: nowMs() + 5_000, why: '429' };
      expect(await other.takePermits('scope', allowance, ask('b'))).toEqual(blocked);
      advance(5_000);
      expect(await other.takePermits('scope', allowance, ask('b'))).toMatchObject({
        kind: 'granted',
      });
    });

    it('keep the place of one who waits, also when a dead lease makes room meanwhile', async () => {
      const { one, other, advance } = await connect();
      await one.takePermits('scope', single, ask('dead'));
      expect(await other.takePermits('scope', single, ask('b'))).toMatchObject({ kind: 'queued' });
      advance(3_600_000);
      await one.takePermits('scope', single, ask('c', { stayMs: 0 }));
      expect(await other.takePermits('scope', single, ask('b'))).toMatchObject({ kind: 'queued' });
      const [stored] = await one.readBudgets();
      expect(stored?.budget.leases.map((lease) => lease.holder)).toEqual(['c', 'b']);
    });

    it('are not written when that would break a promise of theirs', async () => {
      const { one } = await connect();
      await one.takePermits('scope', allowance, ask('a'));
      const before = await one.readBudgets();
      await expect(
        one.takePermits('scope', allowance, ask('b', { costMilli: 0.5 })),
      ).rejects.toMatchObject({
        name: 'Driplake.Damaged',
        message: 'A budget would break its promises: budget.leases.1.costMilli.',
      });
      expect(await one.readBudgets()).toEqual(before);
    });

    it('follow a source whose number of limits changed', async () => {
      const { one } = await connect();
      await one.takePermits('scope', allowance, ask('a'));
      const more: Allowance = {
        limits: [...allowance.limits, { kind: 'leaky-bucket', size: 5, leakPerSecond: 1 }],
        shareForOthers: 0,
      };
      expect(await one.takePermits('scope', more, ask('b'))).toMatchObject({ kind: 'granted' });
      const [stored] = await one.readBudgets();
      expect(stored?.budget.limits.map(({ kind }) => kind)).toEqual(['window', 'leaky-bucket']);
    });
  });

  describe(`streams in ${name}`, () => {
    it('are absent until they were moved, and then read by everyone', async () => {
      const { one, other } = await connect();
      expect(await one.readStream('shop', 'items')).toBeUndefined();
      const run = newStreamRun({
        runId: 'run-1',
        startedAtMs: 1_700_000_000_000,
        fullRefresh: false,
        walk: '',
        from: '"2020-01-01"',
      });
      const state = aStream({ run: { ...run, cursor: { value: '9007199254740993' } } });
      expect(await one.moveStream(state)).toBe(true);
      expect(await other.readStream('shop', 'items')).toEqual(state);
    });

    it('are moved by one of many that began at the same place', async () => {
      const { one, other } = await connect();
      await one.moveStream(aStream());
      const moves = Array.from({ length: 10 }, (_, index) =>
        (index % 2 ? one : other).moveStream(aStream({ revision: 2, holder: `${index}` })),
      );
      const won = await Promise.all(moves);
      expect(won.filter(Boolean)).toHaveLength(1);
      const state = await one.readStream('shop', 'items');
      expect(state?.holder).toBe(`${won.indexOf(true)}`);
    });

    it('do not move for one who began somewhere else, or where nothing is', async () => {
      const { one, other } = await connect();
      expect(await one.moveStream(aStream({ revision: 2 }))).toBe(false);
      await one.moveStream(aStream());
      expect(await other.moveStream(aStream())).toBe(false);
      expect(await other.moveStream(aStream({ revision: 3 }))).toBe(false);
      expect(await one.readStream('shop', 'items')).toEqual(aStream());
    });

    it('are listed by source, and by no other whose name begins alike', async () => {
      const { one } = await connect();
      await one.moveStream(aStream({ stream: 'items' }));
      await one.moveStream(aStream({ stream: 'sales' }));
      await one.moveStream(aStream({ source: 'shop-two' }));
      await one.addColumns('shop', 'items', 'run-1', [id]);
      const streams = (await one.readStreams('shop')).map(({ stream }) => stream);
      expect(streams.toSorted()).toEqual(['items', 'sales']);
    });
  });

  describe(`columns and runs in ${name}`, () => {
    it('columns are kept apart: what was before a run, and what the run has seen', async () => {
      const { one, other } = await connect();
      expect(await one.readColumns('shop', 'items')).toEqual(noColumns);
      await one.addColumns('shop', 'items', 'run-1', [id]);
      await other.addColumns('shop', 'items', 'run-2', [{ ...id, type: 'string' }]);
      expect(await one.readColumns('shop', 'items')).toEqual({
        runId: 'run-2',
        before: [id],
        last: ['id'],
        seen: [{ ...id, type: 'string' }],
      });
      expect(await one.readColumns('shop', 'sales')).toEqual(noColumns);
    });

    it('columns that many add at once are all kept', async () => {
      const { one, other } = await connect();
      const keys = Array.from({ length: 12 }, (_, index) => `key ${index}`);
      await Promise.all(
        keys.map((key, index) =>
          (index % 2 ? one : other).addColumns('shop', 'items', 'run-1', [
            { name: `n_${index}`, key, type: 'json' },
          ]),
        ),
      );
      const { seen } = await one.readColumns('shop', 'items');
      expect(seen.map(({ key }) => key).toSorted()).toEqual(keys.toSorted());
    });

    it('the last run of each source is read by name or with all the others', async () => {
      const { one, other } = await connect();
      expect(await one.readRun('shop')).toBeUndefined();
      await one.writeRun(aRun());
      await other.writeRun(aRun({ runId: 'run-2', status: 'done', finishedAtMs: 1 }));
      await one.writeRun(aRun({ source: 'bank' }));
      expect(await one.readRun('shop')).toMatchObject({ runId: 'run-2', status: 'done' });
      const sources = (await other.readLatestRuns()).map(({ source }) => source);
      expect(sources.toSorted()).toEqual(['bank', 'shop']);
    });
  });
}

const twenty: Allowance = {
  limits: [{ kind: 'declared', requests: 20, periodSeconds: 60 }],
  shareForOthers: 0,
};

const single: Allowance = {
  limits: [{ kind: 'declared', requests: 1, periodSeconds: 600 }],
  shareForOthers: 0,
};
