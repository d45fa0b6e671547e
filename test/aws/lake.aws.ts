// The bucket of the lake under its own policy, as somebody meets it who has every right on it and
// whom no policy of their own holds back.

import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  batchKey,
  CLOCK_KEY,
  cursorKey,
  LAKE_KEY,
  manifestKey,
  runPrefix,
} from '../../shared/core/table/keys.ts';
import { cleanUpWorkplaces } from '../local/command.ts';
import { config, output } from './clients.ts';
import { accountVariables, createWriter, WRITER } from './operator.ts';

const Bucket = output('LakeBucketName');
const run = { source: 'drill', stream: 'items', date: '2026-11-21', runId: 'r1' };
const keyOf = (key: string): string => `lake/${key}`;
const batch = (sequence: number): string => keyOf(batchKey(runPrefix(run), sequence));

cleanUpWorkplaces();
for (const [name, value] of Object.entries(accountVariables())) vi.stubEnv(name, value);
const { credentials, ...account } = config;
const s3 = new S3Client({ ...account, profile: WRITER });
beforeAll(() => createWriter(new CloudFormationClient({ ...account, credentials }), Bucket));

/** No other test is to find what was written here. */
const written = new Set<string>();
afterAll(async () => {
  for (const Key of written) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
});

/** What S3 says to a write: `written`, or the name of its refusal. */
async function put(Key: string, Body: string, condition: { IfNoneMatch?: '*' }): Promise<string> {
  try {
    await s3.send(new PutObjectCommand({ Bucket, Key, Body, ...condition }));
    written.add(Key);
    return 'written';
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

async function textOf(Key: string): Promise<string> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return (await Body?.transformToString()) ?? '';
}

describe('the lake', () => {
  it('takes a batch once, and from nobody who does not ask whether one stands there', async () => {
    expect(await put(batch(0), 'blind', {})).toBe('AccessDenied');
    expect(await put(batch(0), 'first', { IfNoneMatch: '*' })).toBe('written');
    expect(await put(batch(0), 'second', { IfNoneMatch: '*' })).toBe('PreconditionFailed');
    expect(await put(batch(0), 'blind', {})).toBe('AccessDenied');
    expect(await textOf(batch(0))).toBe('first');
  });

  it('takes what is written again in its place: manifests, cursors and its clock', async () => {
    const keys = [manifestKey(run), cursorKey(run, 'ab12'), CLOCK_KEY].map(keyOf);
    for (const key of keys) {
      expect([key, await put(key, 'one', {}), await put(key, 'two', {})]).toEqual([
        ...[key, 'written', 'written'],
      ]);
      expect(await textOf(key)).toBe('two');
    }
    expect(await put(keyOf(LAKE_KEY), '{}', {})).toBe('AccessDenied');
  });

  it('still has what was deleted, as an earlier version', async () => {
    const Key = batch(1);
    expect(await put(Key, 'kept', { IfNoneMatch: '*' })).toBe('written');
    await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    const list = new ListObjectVersionsCommand({ Bucket, Prefix: Key });
    const { Versions = [], DeleteMarkers = [] } = await s3.send(list);
    expect(Versions.map(({ IsLatest }) => IsLatest)).toEqual([false]);
    const [marker] = DeleteMarkers;
    // As docs/operate.md says: without the marker the object is there again.
    await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId: marker?.VersionId }));
    expect(await textOf(Key)).toBe('kept');
  });
});
