// The compacting function: what it is asked, what it answers, and that it stops in time.

import { describe, expect, it } from 'vitest';
import { compactWith } from '../../functions/compact/handler.ts';
import {
  COMPACT_BYTES,
  COMPACT_STEP_MS,
  COMPACT_TIMEOUT_SECONDS,
} from '../../shared/core/bounds.ts';
import {
  batchesOf,
  compactionWorld,
  EARLIER,
  landRun,
  publishRun,
} from '../pull/compact/compaction-world.ts';

const run = { runId: EARLIER, batches: batchesOf(8) };

async function deployed() {
  const world = await compactionWorld(EARLIER);
  await landRun(world.lake, run);
  await publishRun(world.lake, run);
  const handler = compactWith(async () => ({ ports: world.ports, mergedBytes: COMPACT_BYTES }));
  const invoke = (event: unknown, timeLeftMs = COMPACT_TIMEOUT_SECONDS * 1000) =>
    handler(event, { getRemainingTimeInMillis: () => timeLeftMs });
  return { ...world, invoke };
}

describe('the compacting function', () => {
  it('compacts the whole lake, and says what it did with each stream', async () => {
    const { invoke, manifest } = await deployed();
    expect(await invoke({})).toMatchObject({
      kind: 'done',
      streams: [{ source: 'shop', stream: 'items', runs: 1, objectsBefore: 8, objectsAfter: 1 }],
    });
    expect(await manifest(EARLIER)).toMatchObject({ objects: 1, compacted: { objects: 8 } });
  });

  it('compacts one source or one stream when it is asked to', async () => {
    const { invoke } = await deployed();
    expect(await invoke({ source: 'shop', stream: 'items' })).toMatchObject({ kind: 'done' });
    await expect(invoke({ source: 'bank' })).rejects.toThrow('The lake has no source "bank".');
    await expect(invoke({ sources: ['shop'] })).rejects.toMatchObject({
      message: expect.stringContaining('sources'),
      remedy: 'Expected {}, or {"source": "...", "stream"?: "..."}.',
    });
  });

  it('begins nothing that it could not end, and leaves it to the next pass', async () => {
    const { invoke, manifest } = await deployed();
    expect(await invoke({}, COMPACT_STEP_MS - 1)).toEqual({ kind: 'more', streams: [] });
    expect((await manifest(EARLIER)).compacted).toBeUndefined();
    expect(await invoke({}, COMPACT_STEP_MS)).toMatchObject({ kind: 'done' });
  });
});
