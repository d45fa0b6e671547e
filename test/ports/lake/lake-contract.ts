// What every lake promises, whatever keeps it: a batch is written once, and whoever comes second is
// told what stands there.

import { describe, expect, it } from 'vitest';
import { DELETE_KEYS } from '../../../shared/core/bounds.ts';
import { type CommitRecord, newStreamRun, type Progress } from '../../../shared/core/run/run.ts';
import { batchKey, runPrefix } from '../../../shared/core/table/keys.ts';
import type { MemberDraft } from '../../../shared/ports/lake/batch-member.ts';
import type { Lake, LakeKeeping, Landing } from '../../../shared/ports/lake/lake.ts';

const prefixOf = (runId: string): string =>
  runPrefix({ source: 'shop', stream: 'items', date: '2026-11-21', runId });

function recordOf(sequence: number, changes: Partial<CommitRecord> = {}): CommitRecord {
  const { runId, cursor, pages, records, bytes, loops, ended } = newStreamRun({
    runId: 'run-1',
    startedAtMs: 1_700_000_000_000,
    fullRefresh: false,
    walk: '',
  });
  const next: Progress = { cursor, sequence: sequence + 1, pages, records, bytes, loops, ended };
  return { runId, sequence, from: null, pages: 1, records: 1, bytes: 9, next, ...changes };
}

async function recordsOf(lake: Lake<MemberDraft>, runId: string) {
  const found: { readonly key: string; readonly record: CommitRecord }[] = [];
  for await (const one of lake.readRecords(prefixOf(runId))) found.push(one);
  return found;
}

type KeptLake = Lake<MemberDraft> & LakeKeeping;

async function listed<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const keysUnder = async (lake: KeptLake, prefix: string): Promise<string[]> =>
  (await listed(lake.listObjects(prefix))).map(({ key }) => key);

/** @param connect gives an empty lake each time */
export function lakeContract(name: string, connect: () => Promise<KeptLake>): void {
  const land = async (
    lake: Lake<MemberDraft>,
    line: string,
    record: CommitRecord,
  ): Promise<Landing> => {
    const draft = lake.openBatch();
    await draft.append(Buffer.from(`${line}\n`));
    return lake.landBatch(batchKey(prefixOf(record.runId), record.sequence), draft, record);
  };
  const linesOf = async (lake: Lake<MemberDraft>, sequence: number): Promise<string> =>
    Buffer.from(await lake.readBatch(batchKey(prefixOf('run-1'), sequence))).toString();

  describe(`the lake in ${name}`, () => {
    it('keeps the bytes of a batch, and its commit record', async () => {
      const lake = await connect();
      const line = '{"id":9007199254740993,"price":1.10,"name":"Füße 🦶"}';
      expect(await land(lake, line, recordOf(0))).toMatchObject({ kind: 'landed' });
      expect(await linesOf(lake, 0)).toBe(`${line}\n`);
      const found = await recordsOf(lake, 'run-1');
      expect(found).toEqual([{ key: batchKey(prefixOf('run-1'), 0), record: recordOf(0) }]);
    });

    it('leaves a batch as it is for whoever comes second, and tells its record', async () => {
      const lake = await connect();
      const first = recordOf(0, { records: 7 });
      await land(lake, '"first"', first);
      const second = await land(lake, '"second"', recordOf(0, { records: 8 }));
      expect(second).toEqual({ kind: 'exists', record: first });
      expect(await linesOf(lake, 0)).toBe('"first"\n');
    });

    it('lets one of many win that land at once, and tells the others who', async () => {
      const lake = await connect();
      const tries = Array.from({ length: 8 }, (_, index) =>
        land(lake, `"${index}"`, recordOf(0, { records: index })),
      );
      const landings = await Promise.all(tries);
      const winner = landings.findIndex(({ kind }) => kind === 'landed');
      const others = landings.filter((_, index) => index !== winner);
      expect(others).toEqual(
        others.map(() => ({ kind: 'exists', record: recordOf(0, { records: winner }) })),
      );
      expect(await linesOf(lake, 0)).toBe(`"${winner}"\n`);
    });

    it('gives the records of a run in the order of its batches, and of no other run', async () => {
      const lake = await connect();
      for (const sequence of [2, 0, 10, 1]) await land(lake, '"x"', recordOf(sequence));
      await land(lake, '"y"', recordOf(0, { runId: 'run-10' }));
      const found = await recordsOf(lake, 'run-1');
      expect(found.map(({ record }) => record.sequence)).toEqual([0, 1, 2, 10]);
      expect(await recordsOf(lake, 'run-2')).toEqual([]);
    });

    it('carries a cursor that no metadata of an object would hold', async () => {
      const lake = await connect();
      const { next } = recordOf(0);
      const cursor = { value: 'é'.repeat(30_000) };
      const record = recordOf(0, { next: { ...next, cursor } });
      await land(lake, '"x"', record);
      expect(await land(lake, '"x"', record)).toEqual({ kind: 'exists', record });
    });

    it('creates a text once, whole, and leaves it as it stands for whoever comes second', async () => {
      const lake = await connect();
      const key = '_manifests/shop/items/run-1.json';
      expect(await lake.createText(key, 'the first')).toBe('created');
      expect(await lake.createText(key, 'the second')).toBe('exists');
      expect(await lake.readText(key)).toBe('the first');
      await lake.writeText(key, 'the third');
      expect(await lake.createText(key, 'the fourth')).toBe('exists');
      expect(await lake.readText(key)).toBe('the third');
    });

    it('lets one of many create a text', async () => {
      const lake = await connect();
      const tries = ['a', 'b', 'c', 'd', 'e'].map(async (text) => [
        await lake.createText('_manifests/shop/items/run-1.json', text),
        text,
      ]);
      const [won, ...others] = (await Promise.all(tries)).filter(([made]) => made === 'created');
      expect(others).toEqual([]);
      expect(await lake.readText('_manifests/shop/items/run-1.json')).toBe(won?.[1]);
    });

    it('writes a text whole, again under the same key, and knows one that is not there', async () => {
      const lake = await connect();
      const key = '_manifests/shop/items/run-1.json';
      expect(await lake.readText(key)).toBeUndefined();
      await lake.writeText(key, 'one, and long');
      await lake.writeText(key, 'zwö');
      expect(await lake.readText(key)).toBe('zwö');
    });

    it('gives a batch with its record, and knows one that is not there', async () => {
      const lake = await connect();
      await land(lake, '"x"', recordOf(0));
      const whole = await lake.readWhole(batchKey(prefixOf('run-1'), 0));
      expect(whole?.record).toEqual(recordOf(0));
      expect(Buffer.from(whole?.lines ?? []).toString()).toBe('"x"\n');
      expect(await lake.readWhole(batchKey(prefixOf('run-1'), 1))).toBeUndefined();
      expect(await lake.readWhole(batchKey(prefixOf('run-2'), 0))).toBeUndefined();
    });

    it('lists what lies under a prefix in the order of keys, with size and age', async () => {
      const lake = await connect();
      for (const sequence of [1, 0]) await land(lake, '"x"', recordOf(sequence));
      await land(lake, '"y"', recordOf(0, { runId: 'run-10' }));
      await lake.writeText('shop/items-2/dt=2026-11-21/x.json', '{}');
      await lake.writeText('shop/items.json', 'four');
      const runs = ['run-1', 'run-10'].map(prefixOf);
      const keys = [0, 1].map((sequence) => batchKey(runs[0] ?? '', sequence));
      expect(await keysUnder(lake, runs[0] ?? '')).toEqual(keys);
      expect(await keysUnder(lake, 'shop/items/dt=')).toEqual([
        ...keys,
        `${runs[1]}00000000.ndjson.gz`,
      ]);
      expect(await keysUnder(lake, 'shop/items/dt=2026-11-22')).toEqual([]);
      expect(await keysUnder(lake, 'nowhere/')).toEqual([]);
      const all = await keysUnder(lake, '');
      expect(all).toEqual(all.toSorted());
      expect(all).toHaveLength(5);
      const [one] = await listed(lake.listObjects('shop/items.json'));
      expect(one).toEqual({ key: 'shop/items.json', bytes: 4, modifiedMs: expect.any(Number) });
    });

    it('names the folders right below a prefix, and no other', async () => {
      const lake = await connect();
      await land(lake, '"x"', recordOf(0));
      await lake.writeText('_manifests/shop/items/run-1.json', '{}');
      await lake.writeText('shop/orders/x/y/z.json', '{}');
      await lake.writeText('shop/file.json', '{}');
      expect(await listed(lake.listFolders(''))).toEqual(['_manifests', 'shop']);
      expect(await listed(lake.listFolders('shop/'))).toEqual(['items', 'orders']);
      expect(await listed(lake.listFolders('shop/items/'))).toEqual(['dt=2026-11-21']);
      expect(await listed(lake.listFolders('nowhere/'))).toEqual([]);
    });

    it('removes objects, also those that are gone, and folders that are empty then', async () => {
      const lake = await connect();
      for (const sequence of [0, 1]) await land(lake, '"x"', recordOf(sequence));
      await land(lake, '"y"', recordOf(0, { runId: 'run-2' }));
      const keys = await keysUnder(lake, prefixOf('run-1'));
      await lake.deleteObjects([]);
      await lake.deleteObjects(keys);
      await lake.deleteObjects(keys);
      expect(await keysUnder(lake, '')).toEqual([batchKey(prefixOf('run-2'), 0)]);
      expect(await listed(lake.listFolders('shop/items/dt=2026-11-21/'))).toEqual(['run=run-2']);
      await lake.deleteObjects(await keysUnder(lake, ''));
      expect(await listed(lake.listFolders(''))).toEqual([]);
      expect(await land(lake, '"z"', recordOf(0))).toMatchObject({ kind: 'landed' });
    });

    it('removes more objects than one request takes', async () => {
      const lake = await connect();
      const keys = Array.from({ length: DELETE_KEYS + 2 }, (_, index) => `many/${index}.json`);
      for (const key of keys.slice(0, 3)) await lake.writeText(key, '{}');
      await lake.writeText(keys.at(-1) ?? '', '{}');
      await lake.deleteObjects(keys);
      expect(await keysUnder(lake, '')).toEqual([]);
    });
  });
}
