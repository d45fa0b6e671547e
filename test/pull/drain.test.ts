// The drain as a whole, on a virtual clock: what the waiting policy promises, and that the machine
// which the benchmark walks is the one that runs.

import { describe, expect, it } from 'vitest';
import { bucketOptimum, windowOptimum } from '../../bench/optimum.ts';
import { transitionsOf } from '../../bench/real/real-run.ts';
import { newUsage, walkSync } from '../../bench/virtual/virtual-machine.ts';
import { type Drained, rSeries, xSeries } from '../../bench/virtual/virtual-sources.ts';
import { runVirtual, virtualWorld, type World } from '../../bench/virtual/virtual-world.ts';
import type { Connection } from '../../functions/connection.ts';
import { runSync } from '../../local/machine/machine.ts';
import { STREAM_LEASE_MS } from '../../shared/core/bounds.ts';
import type { StreamState } from '../../shared/core/run/run.ts';

const LATENCY_MS = 400;
const bucket = { size: 90, leakPerSecond: 1, latencySeconds: LATENCY_MS / 1000 };

const worldOf = ({ source, secrets, model }: Drained): World =>
  virtualWorld(source, { secrets, model, latencyMs: LATENCY_MS });

const drain = async (drained: Drained) =>
  runVirtual(drained.source, drained.model, worldOf(drained));

describe('draining a bucket of 90 at 1 a second', () => {
  it('takes at most 2 % longer than the bucket allows, is never refused and pays for few steps', async () => {
    const run = await drain(rSeries({ items: 2_000 }));
    const optimum = bucketOptimum({ ...bucket, pages: 2_000 }).seconds;
    expect(run).toMatchObject({ pages: 2_000, requests: 2_000, refused: 0, violations: [] });
    expect(run.seconds / optimum).toBeLessThanOrEqual(1.02);
    expect(run.machine.transitions / run.pages).toBeLessThanOrEqual(0.07);
    expect(run.ledger.writes / run.pages).toBeLessThanOrEqual(0.15);
  });

  it('ends a short run within two seconds of what the latency allows', async () => {
    const run = await drain(rSeries({ items: 100 }));
    expect(run.seconds).toBeLessThanOrEqual(bucketOptimum({ ...bucket, pages: 100 }).seconds + 2);
  });

  it('shares it between four streams without a refusal', async () => {
    const run = await drain(rSeries({ sales: 200, items: 200, customers: 200, orders: 200 }));
    const optimum = bucketOptimum({ ...bucket, pages: 800, lanes: 4 }).seconds;
    expect(run).toMatchObject({ pages: 800, refused: 0, violations: [] });
    // Streams that end together leave turns unused that were kept for them.
    expect(run.seconds / optimum).toBeLessThanOrEqual(1.06);
  });

  it('yields to another client that takes a third of it', async () => {
    const run = await drain(rSeries({ items: 1_000 }, 0.3));
    expect(run.refused / run.requests).toBeLessThanOrEqual(0.005);
    expect(run.violations).toEqual([]);
  });
});

describe('draining a window of 350 in five minutes', () => {
  it('begins each window as soon as it opens, and keeps 64-bit cursors whole', async () => {
    const run = await drain(xSeries(1_000));
    const facts = { limit: 350, periodSeconds: 300, latencySeconds: LATENCY_MS / 1000 };
    const optimum = windowOptimum({ ...facts, pages: 1_000 }).seconds;
    expect(run).toMatchObject({ pages: 1_000, refused: 0, violations: [] });
    expect(run.seconds / optimum).toBeLessThanOrEqual(1.02);
  });
});

/** What a round left in the ledger. */
type Commit = ReturnType<typeof commitOf>;

const commitOf = ({ revision, streamLeaseUntilMs, run }: StreamState) => {
  const waitMs = streamLeaseUntilMs - (run?.movedAtMs ?? 0) - STREAM_LEASE_MS;
  return {
    revision,
    status: run?.status,
    cursor: run?.cursor,
    sequence: run?.sequence,
    pages: run?.pages,
    requests: run?.requests,
    activeMs: run?.activeMs,
    waitedMs: run?.waitedMs,
    waitSeconds: run?.status === 'draining' && waitMs > 0 ? Math.ceil(waitMs / 1000) : 0,
  };
};

/** The connection, with a record of every commit of a stream. */
function recorded({ connection }: World): { connection: Connection; commits: Commit[] } {
  const commits: Commit[] = [];
  const { ledger } = connection.ports;
  const recording = {
    ...ledger,
    async moveStream(next: StreamState) {
      const moved = await ledger.moveStream(next);
      if (moved) commits.push(commitOf(next));
      return moved;
    },
  };
  const ports = { ...connection.ports, ledger: recording };
  return { connection: { ...connection, ports }, commits };
}

const ENDLESS_MS = 1e9;

async function walked(drained: Drained) {
  const { connection, commits } = recorded(worldOf(drained));
  const usage = newUsage();
  const input = { source: drained.source.name };
  const options = { executionId: 'test', invocationMs: ENDLESS_MS, usage };
  const ended = await walkSync(input, connection, options);
  return { ended, commits, usage };
}

/** On the engine, a Wait takes no time; the next round sleeps through it on the virtual clock. */
async function executed(drained: Drained) {
  const { connection, commits } = recorded(worldOf(drained));
  const contextOf: Connection['contextOf'] = async (name) => {
    await connection.ports.clock.sleep((commits.at(-1)?.waitSeconds ?? 0) * 1000);
    return connection.contextOf(name);
  };
  const input = { source: drained.source.name };
  const ended = await runSync(
    input,
    { ...connection, contextOf },
    { executionId: 'test', invocationMs: () => ENDLESS_MS, waitMs: 0 },
  );
  return { ended, commits };
}

describe('the machine that the benchmark walks', () => {
  it('makes the same rounds and waits as the engine that runs the definitions', async () => {
    const [here, there] = [await walked(xSeries(800)), await executed(xSeries(800))];
    expect(here.commits.filter((commit) => commit.waitSeconds > 0).length).toBeGreaterThan(1);
    expect(here.commits).toEqual(there.commits);
    expect([here.ended.kind, there.ended.kind]).toEqual(['succeeded', 'succeeded']);
  });

  it('counts the transitions that its rounds and waits add up to', async () => {
    const { commits, usage } = await walked(xSeries(800));
    const waits = commits.filter((commit) => commit.waitSeconds > 0).length;
    // The first commit claims the stream, the last one finishes it.
    expect(usage.transitions).toBe(transitionsOf(1, commits.length - 2, waits));
  });

  it('fails for the same cause', async () => {
    const refused = (): Drained => ({
      ...xSeries(5),
      secrets: { ...xSeries(5).secrets, token: 'old' },
    });
    const [here, there] = [await walked(refused()), await executed(refused())];
    expect(here.ended).toMatchObject({ kind: 'failed', error: 'Driplake.StreamsFailed' });
    expect(there.ended).toMatchObject(here.ended);
  });
});
