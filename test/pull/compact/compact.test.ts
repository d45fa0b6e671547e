// What a compaction does to a lake, step by step, and what it leaves alone.

import { describe, expect, it } from 'vitest';
import { COMPACT_GRACE_MS, LEFTOVER_MS } from '../../../shared/core/bounds.ts';
import {
  batchKey,
  CLOCK_KEY,
  compactedPrefix,
  manifestKey,
  runPrefix,
} from '../../../shared/core/table/keys.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import {
  batchesOf,
  compactionWorld,
  EARLIER,
  HOUR_MS,
  LATER,
  landBatch,
  landRun,
  PLACE,
  publishRun,
} from './compaction-world.ts';

const run = { runId: EARLIER, batches: batchesOf(20) };
const linesOf = (batches: readonly (readonly string[])[]): string =>
  batches
    .flat()
    .map((line) => `${line}\n`)
    .join('');
const merged = compactedPrefix({ ...PLACE, runId: EARLIER });
const own = runPrefix({ ...PLACE, runId: EARLIER });

/** A world with one published run of 20 small batches. */
async function publishedWorld(status?: 'drained' | 'failed') {
  const world = await compactionWorld(EARLIER, status);
  await landRun(world.lake, run);
  const manifest = await publishRun(world.lake, run);
  const under = (prefix: string): string[] =>
    [...world.lake.objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  return { ...world, published: manifest, under };
}

const aheadOf = (clock: Clock, ms: number): Clock => ({
  ...clock,
  nowMs: () => clock.nowMs() + ms,
});

const nothing = { runs: 0, removed: 0, leftovers: 0, faults: [] };

describe('a finished run of small objects', () => {
  it('becomes one object with the same lines, under a manifest that says from how many', async () => {
    const world = await publishedWorld();
    const { more, streams } = await world.compact();
    expect(more).toBe(false);
    expect(streams).toEqual([
      {
        source: 'shop',
        stream: 'items',
        runs: 1,
        objectsBefore: 20,
        objectsAfter: 1,
        bytes: expect.any(Number),
        removed: 0,
        waiting: 20,
        leftovers: 0,
        faults: [],
      },
    ]);
    expect(await world.manifest(EARLIER)).toEqual({
      ...world.published,
      prefix: merged,
      objects: 1,
      compacted: { objects: 20, at: '2026-11-21T10:00:00.000Z' },
    });
    expect(await world.lines(EARLIER)).toBe(linesOf(run.batches));
  });

  it('keeps the head of its first batch and the progress of its last', async () => {
    const world = await publishedWorld();
    await world.compact();
    const batches = [];
    for await (const { record } of world.lake.readRecords(own)) batches.push(record);
    const found = [];
    for await (const one of world.lake.readRecords(merged)) found.push(one);
    expect(found).toEqual([
      {
        key: batchKey(merged, 0),
        record: {
          ...batches[0],
          pages: 20,
          records: 20,
          bytes: world.published.bytes,
          next: batches[19]?.next,
        },
      },
    ]);
  });

  it('becomes several objects of about the size that is wanted, in order', async () => {
    const world = await publishedWorld();
    const size = world.lake.objects.get(batchKey(own, 10))?.length ?? 0;
    await world.compact({ mergedBytes: size * 6 });
    expect((await world.manifest(EARLIER)).objects).toBeGreaterThan(2);
    expect(await world.lines(EARLIER)).toBe(linesOf(run.batches));
  });

  it('keeps its old objects for a day, then they go', async () => {
    const world = await publishedWorld();
    await world.compact();
    world.pass(COMPACT_GRACE_MS - 1);
    expect((await world.compact()).streams).toMatchObject([{ ...nothing, waiting: 20 }]);
    expect(world.under(own)).toHaveLength(20);
    world.pass(1);
    expect((await world.compact()).streams).toMatchObject([{ ...nothing, removed: 20 }]);
    expect(world.under(own)).toEqual([]);
    expect(await world.lines(EARLIER)).toBe(linesOf(run.batches));
    expect((await world.compact()).streams).toMatchObject([{ ...nothing, waiting: 0 }]);
  });

  it('keeps its old objects for a day of the lake, when our clock is days ahead', async () => {
    const world = await publishedWorld();
    const clock = aheadOf(world.ports.clock, 3 * COMPACT_GRACE_MS);
    for (let pass = 0; pass < 2; pass++) await world.compact({}, { clock });
    expect(world.under(own)).toHaveLength(20);
    world.pass(COMPACT_GRACE_MS);
    expect((await world.compact({}, { clock })).streams).toMatchObject([{ removed: 20 }]);
  });

  it('keeps its old objects for a day after a swap that took effect late', async () => {
    const world = await publishedWorld();
    const texts: string[] = [];
    const writeText = async (_key: string, text: string) => void texts.push(text);
    await world.compact({}, { lake: { ...world.lake, writeText } });
    world.pass(3 * COMPACT_GRACE_MS);
    await world.lake.writeText(manifestKey(world.published), texts[0] ?? '');
    expect((await world.compact()).streams).toMatchObject([{ removed: 0, waiting: 20 }]);
  });

  it('keeps fields of its manifest that this version does not know', async () => {
    const world = await publishedWorld();
    const key = manifestKey({ ...PLACE, runId: EARLIER });
    await world.lake.writeText(key, JSON.stringify({ ...world.published, later: [1] }));
    await world.compact();
    expect(JSON.parse((await world.lake.readText(key)) ?? '')).toMatchObject({ later: [1] });
  });

  it('is moved in the catalogue too, and moved again before its old objects go', async () => {
    const world = await publishedWorld();
    const model = { ...PLACE, columns: [], primaryKey: [], mode: 'snapshot' } as const;
    const late = { runId: EARLIER, date: PLACE.date, prefix: own, replacesEarlier: true };
    const places = () => [...(world.catalogue.tables.get('shop.items')?.runs.values() ?? [])];
    await world.compact();
    expect(places()).toEqual([]);
    await world.catalogue.publishRun(model, late);
    expect(places()).toEqual([own]);
    world.pass(COMPACT_GRACE_MS);
    await world.compact();
    expect(places()).toEqual([merged]);
  });
});

describe('a compaction that is not alone', () => {
  it('goes on from what another one has merged, whatever size that one wanted', async () => {
    const world = await publishedWorld();
    let steps = 0;
    const some = { mergedBytes: 1_500, onStep: () => void steps++, isLate: () => steps >= 2 };
    expect(await world.compact(some)).toMatchObject({ more: true, streams: [{ runs: 0 }] });
    const before = world.under(merged).map((key) => world.lake.objects.get(key));
    expect(before).toHaveLength(2);
    await world.compact();
    expect(world.under(merged)).toHaveLength(3);
    expect(
      world
        .under(merged)
        .slice(0, 2)
        .map((key) => world.lake.objects.get(key)),
    ).toEqual(before);
    expect(await world.manifest(EARLIER)).toMatchObject({ objects: 3 });
    expect(await world.lines(EARLIER)).toBe(linesOf(run.batches));
  });

  it('agrees with one at the same time that wants other sizes', async () => {
    const world = await publishedWorld();
    const passes = [500, 900, 2_000].map((mergedBytes) => world.compact({ mergedBytes }));
    await Promise.all(passes);
    expect(await world.lines(EARLIER)).toBe(linesOf(run.batches));
    expect(world.under(merged)).toHaveLength((await world.manifest(EARLIER)).objects);
  });

  it('says nothing when another one has done all of it and removed the old objects', async () => {
    const world = await publishedWorld();
    const text = await world.lake.readText(manifestKey(world.published));
    await world.compact();
    world.pass(COMPACT_GRACE_MS);
    await world.compact();
    let asked = 0;
    const readText = async (key: string) => (asked++ === 0 ? text : world.lake.readText(key));
    await landRun(world.lake, { ...run, batches: batchesOf(2) });
    const { streams } = await world.compact({}, { lake: { ...world.lake, readText } });
    expect(streams).toMatchObject([nothing]);
    expect(await world.lines(EARLIER)).toBe(linesOf(run.batches));
  });
});

describe('left alone', () => {
  it.each(['drained', 'failed'] as const)(
    'is a run whose finish may come again: %s',
    async (status) => {
      const world = await publishedWorld(status);
      expect((await world.compact()).streams).toMatchObject([nothing]);
      expect(await world.manifest(EARLIER)).toEqual(world.published);
    },
  );

  it('is a run of one object, or of large ones', async () => {
    const world = await publishedWorld();
    expect((await world.compact({ mergedBytes: 1 })).streams).toMatchObject([nothing]);
    const one = { runId: LATER, batches: batchesOf(1) };
    await landRun(world.lake, one);
    await publishRun(world.lake, one);
    expect((await world.compact({ mergedBytes: 1 })).streams).toMatchObject([nothing]);
  });

  it('is a stream that the ledger does not know, and it says so', async () => {
    const world = await compactionWorld();
    await landRun(world.lake, run);
    await publishRun(world.lake, run);
    const faults = ['The ledger does not know shop.items: it is left alone.'];
    expect((await world.compact()).streams).toMatchObject([{ ...nothing, faults }]);
  });

  it('is a run of which a batch is lost, and the next run is compacted', async () => {
    const world = await publishedWorld();
    await world.lake.deleteObjects([batchKey(own, 7)]);
    const later = { runId: LATER, batches: batchesOf(4) };
    await landRun(world.lake, later);
    await publishRun(world.lake, later);
    const [stream] = (await world.compact()).streams;
    expect(stream).toMatchObject({ runs: 1, objectsBefore: 4 });
    expect(stream?.faults.join()).toContain('13 of 20 batches are missing');
    expect(await world.manifest(EARLIER)).toEqual(world.published);
  });

  it('is a run whose merged objects are not whole: its old objects stay', async () => {
    const world = await publishedWorld();
    await world.compact({ mergedBytes: 1_500 });
    await world.lake.deleteObjects(world.under(merged).slice(-1));
    world.pass(COMPACT_GRACE_MS);
    const [stream] = (await world.compact()).streams;
    expect(stream?.faults.join()).toContain('does not hold all that its manifest says');
    expect(world.under(own)).toHaveLength(20);
  });

  it('is a run beside whose merged objects something else was written', async () => {
    const world = await publishedWorld();
    for await (const { record } of world.lake.readRecords(own)) {
      if (record.sequence !== 1) continue;
      const foreign = { ...record, sequence: 0 };
      await landBatch(world.lake, batchKey(merged, 0), Buffer.from('"x"\n'), foreign);
    }
    const [stream] = (await world.compact()).streams;
    expect(stream?.faults.join()).toContain('does not follow on the object before it');
    expect(await world.manifest(EARLIER)).toEqual(world.published);
  });
});

describe('what a run leaves behind that will never be published', () => {
  const cursors = `_cursors/shop/items/${EARLIER}/`;

  async function leftBehind(at: string) {
    const world = await compactionWorld(at);
    await landRun(world.lake, run);
    await world.lake.writeText(`${cursors}0a.json`, '"long"');
    const keys = () => [...world.lake.objects.keys()].filter((key) => key !== CLOCK_KEY);
    return { ...world, keys };
  }

  it('is removed a week after its last batch, with its long cursors', async () => {
    const world = await leftBehind(LATER);
    world.pass(LEFTOVER_MS - 1);
    expect((await world.compact()).streams).toMatchObject([nothing]);
    world.pass(1);
    expect((await world.compact()).streams).toMatchObject([{ ...nothing, leftovers: 21 }]);
    expect(world.keys()).toEqual([]);
  });

  it('stays for a week of the lake, when our clock is months ahead', async () => {
    const world = await leftBehind(LATER);
    const clock = aheadOf(world.ports.clock, 9 * LEFTOVER_MS);
    expect((await world.compact({}, { clock })).streams).toMatchObject([nothing]);
    expect(world.keys()).toHaveLength(21);
  });

  it('stays as long as the stream is at it, for years', async () => {
    const world = await leftBehind(EARLIER);
    world.pass(20_000 * HOUR_MS);
    expect((await world.compact()).streams).toMatchObject([nothing]);
    expect(world.keys()).toHaveLength(21);
  });

  it('stays when it was published after all while the pass was under way', async () => {
    const world = await leftBehind(LATER);
    world.pass(2 * LEFTOVER_MS);
    const lake = {
      ...world.lake,
      async *listObjects(prefix: string) {
        yield* world.lake.listObjects(prefix);
        if (prefix.startsWith('_manifests/')) await publishRun(world.lake, run);
      },
    };
    await world.compact({}, { lake });
    expect(await world.lines(EARLIER)).toBe(linesOf(run.batches));
  });
});

describe('a pass', () => {
  it('refuses a source or a stream that the lake does not have, and names those it has', async () => {
    const world = await publishedWorld();
    const wrong = [{ source: 'shp' }, { source: 'shop', stream: 'item' }];
    const messages = await Promise.all(
      wrong.map((options) => world.compact(options).catch((error: unknown) => error)),
    );
    expect(messages).toMatchObject([
      { message: 'The lake has no source "shp".', remedy: 'It has: shop.' },
      { message: 'The lake has no stream of shop "item".', remedy: 'It has: items.' },
    ]);
  });

  it('stops when it is late, and the next one does the rest', async () => {
    const world = await publishedWorld();
    expect(await world.compact({ isLate: () => true })).toEqual({ more: true, streams: [] });
    expect(await world.compact()).toMatchObject({ more: false, streams: [{ runs: 1 }] });
  });
});
