import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { HEAD_FIRST_BYTES, HEADS_AT_ONCE } from '../../../shared/core/bounds.ts';
import { newStreamRun } from '../../../shared/core/run/run.ts';
import { batchKey } from '../../../shared/core/table/keys.ts';
import { memoryLake } from '../../../shared/ports/lake/lake.ts';
import { folderLake } from '../../../shared/ports/lake/lake-folder.ts';
import { s3Lake } from '../../../shared/ports/lake/lake-s3.ts';
import { fakeS3 } from './fake-s3.ts';
import { lakeContract } from './lake-contract.ts';

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

lakeContract('memory', async () => memoryLake());

lakeContract('a folder', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'driplake-lake-'));
  folders.push(folder);
  return folderLake(join(folder, 'lake'));
});

lakeContract('S3 on loopback', async () => s3Lake((await fakeS3()).client, 'bucket', 'a/lake'));

describe('the heads of many batches in S3', () => {
  it('are read several at a time, in order, and the long ones whole', async () => {
    const { client, gets } = await fakeS3();
    const lake = s3Lake(client, 'bucket', 'a/lake');
    const prefix = 'shop/items/dt=2026-11-21/run=run-1/';
    const {
      runId,
      cursor: from,
      ...rest
    } = newStreamRun({ runId: 'run-1', startedAtMs: 0, fullRefresh: false, walk: '' });
    const batches = 3 * HEADS_AT_ONCE;
    const isLong = (sequence: number): boolean => sequence % 10 === 9;
    for (let sequence = 0; sequence < batches; sequence++) {
      const cursor = isLong(sequence) ? { value: 'x'.repeat(2 * HEAD_FIRST_BYTES) } : from;
      const next = { ...rest, cursor, sequence: sequence + 1 };
      const record = { runId, sequence, from, pages: 1, records: 1, bytes: 9, next };
      const draft = lake.openBatch();
      await draft.append(Buffer.from('{"id":1}\n'));
      await lake.landBatch(batchKey(prefix, sequence), draft, record);
    }
    const found: [number, number][] = [];
    for await (const { record } of lake.readRecords(prefix)) {
      found.push([record.sequence, JSON.stringify(record.next.cursor).length]);
    }
    expect(found.map(([sequence]) => sequence)).toEqual([...Array(batches).keys()]);
    for (const [sequence, length] of found) {
      expect(length > HEAD_FIRST_BYTES).toBe(isLong(sequence));
    }
    expect(gets.count).toBe(batches + Math.floor(batches / 10));
    expect(gets.mostAtOnce).toBeGreaterThan(4);
    expect(gets.mostAtOnce).toBeLessThanOrEqual(HEADS_AT_ONCE);
  });
});
