// What the deployed functions have written, compared with what the API has.

import { createRequire } from 'node:module';
import { ListObjectsV2Command } from '@aws-sdk/client-s3';
import { expect } from 'vitest';
import * as z from 'zod';
import { batchKeys, LAKE_KEY, manifestKey } from '../../shared/core/table/keys.ts';
import { type Manifest, readManifest } from '../../shared/core/table/manifest.ts';
import { lake, output, s3 } from './clients.ts';

export const SOURCE = 'jsonplaceholder';

const data = z
  .record(z.string(), z.array(z.unknown()))
  .parse(createRequire(import.meta.url)('jsonplaceholder/data.json'));

export const STREAMS = Object.keys(data);

/** Records as the API prints them, indented by two, without the line breaks of its layout. */
const linesOf = (stream: string): string[] =>
  (data[stream] ?? []).map((record) => JSON.stringify(record, null, 2).replaceAll(/\n */g, ''));

/** A published run's manifest counts every record, and its batches hold each once, in order. */
export async function expectWhole(stream: string, runId: string, source = SOURCE): Promise<void> {
  const { manifest, landed } = await readRun(source, stream, runId);
  expect(manifest).toMatchObject({ stream, runId, records: data[stream]?.length });
  expect(manifest.bytes).toBe(Buffer.byteLength(landed));
  const lines = landed.split('\n');
  const wanted = [...linesOf(stream), ''];
  // The first line that differs says more than five thousand of them.
  const wrong = wanted.findIndex((line, index) => line !== lines[index]);
  expect(lines[wrong]).toBe(wanted[wrong]);
  expect(lines).toHaveLength(wanted.length);
}

/** A published run: what it says of itself, and its NDJSON. */
export async function readRun(
  source: string,
  stream: string,
  runId: string,
): Promise<{ readonly manifest: Manifest; readonly landed: string }> {
  const key = manifestKey({ source, stream, runId });
  const reading = readManifest((await lake.readText(key)) ?? '', key);
  if (reading.kind !== 'manifest') return expect.fail(reading.faults.join('\n'));
  const { manifest } = reading;
  const batches = await Promise.all(batchKeys(manifest).map((one) => lake.readBatch(one)));
  return { manifest, landed: Buffer.concat(batches).toString() };
}

/** Every object of the lake is its id, a manifest, or a batch that a manifest names. */
export async function expectNothingElse(): Promise<void> {
  const keys = await keysOfLake();
  const manifests = keys.filter((key) => key.startsWith('_manifests/'));
  const read = await Promise.all(
    manifests.map(async (key) => readManifest((await lake.readText(key)) ?? '', key)),
  );
  const named = read.flatMap((one) => (one.kind === 'manifest' ? batchKeys(one.manifest) : []));
  expect(keys.toSorted()).toEqual([LAKE_KEY, ...manifests, ...named].toSorted());
}

async function keysOfLake(): Promise<string[]> {
  const { Contents = [], IsTruncated } = await s3.send(
    new ListObjectsV2Command({ Bucket: output('LakeBucketName') }),
  );
  expect(IsTruncated).not.toBe(true);
  return Contents.map(({ Key = '' }) => Key.slice('lake/'.length));
}
