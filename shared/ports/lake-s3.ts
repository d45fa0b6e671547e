// The lake in S3. A batch is one PutObject with `If-None-Match: *`: the first writer wins, and the
// object's own head says what the others need to know.

import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { DriplakeError, Failure } from '../core/failures.ts';
import { COMMIT_ATTEMPTS, DELETE_KEYS, HEAD_FIRST_BYTES, HEADS_AT_ONCE } from '../core/limits.ts';
import type { Lake, LakeKeeping } from './lake.ts';
import { draftMember, type MemberDraft, readLines, readRecord, recordBytes } from './member.ts';
import { readAhead } from './read-ahead.ts';

/** @param prefix of every key, without slashes around it */
export function s3Lake(
  client: S3Client,
  bucket: string,
  prefix: string,
): Lake<MemberDraft> & LakeKeeping {
  const keyOf = (key: string): string => `${prefix}/${key}`;
  const get = async (key: string, range?: string): Promise<Uint8Array> => {
    const object = await client.send(
      new GetObjectCommand({
        Bucket: bucket,
        Key: keyOf(key),
        ...(range ? { Range: range } : {}),
      }),
    );
    if (!object.Body) throw new DriplakeError(Failure.lake, `${key} has no body in S3.`, '');
    return object.Body.transformToByteArray();
  };
  const getIfThere = async (key: string): Promise<Uint8Array | undefined> => {
    try {
      return await get(key);
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  };
  const head = async (key: string) => {
    const first = await get(key, `bytes=0-${HEAD_FIRST_BYTES - 1}`);
    const bytes = recordBytes(first);
    const whole = bytes <= first.length ? first : await get(key, `bytes=0-${bytes - 1}`);
    return readRecord(whole, key);
  };

  const putTo = (key: string, object: Omit<PutObjectCommandInput, 'Bucket' | 'Key'>) =>
    client.send(new PutObjectCommand({ Bucket: bucket, Key: keyOf(key), ...object }));

  /** Whether the object is ours: it is written only where none stands. */
  async function create(
    key: string,
    object: Pick<PutObjectCommandInput, 'Body' | 'ContentType' | 'Metadata'>,
  ): Promise<boolean> {
    for (let attempt = 1; ; attempt++) {
      try {
        await putTo(key, { ...object, IfNoneMatch: '*' });
        return true;
      } catch (error) {
        const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : 0;
        if (status === 412) return false;
        // 409: a delete raced with us; S3 asks to try again.
        if (status !== 409 || attempt >= COMMIT_ATTEMPTS) throw error;
      }
    }
  }

  /** The pages of a list, 1,000 entries each. */
  async function* pages(listPrefix: string, delimiter?: string) {
    let token: string | undefined;
    do {
      const page = await client.send(
        new ListObjectsV2Command({
          Bucket: bucket,
          Prefix: keyOf(listPrefix),
          ...(delimiter ? { Delimiter: delimiter } : {}),
          ...(token ? { ContinuationToken: token } : {}),
        }),
      );
      yield page;
      token = page.NextContinuationToken;
    } while (token);
  }

  async function* batchKeysUnder(runPrefix: string) {
    for await (const { Contents = [] } of pages(runPrefix)) {
      for (const { Key = '' } of Contents) {
        if (Key.endsWith('.ndjson.gz')) yield Key.slice(prefix.length + 1);
      }
    }
  }

  return {
    place: `s3://${bucket}/${prefix}`,
    openBatch: draftMember,
    async landBatch(key, draft, record) {
      const object = await draft.seal(record);
      const created = await create(key, {
        Body: object,
        ContentType: 'application/x-ndjson',
        Metadata: {
          run: record.runId,
          pages: `${record.pages}`,
          records: `${record.records}`,
        },
      });
      if (created) return { kind: 'landed', objectBytes: object.length };
      return { kind: 'exists', record: await head(key) };
    },
    async *readRecords(runPrefix) {
      const read = async (key: string) => ({ key, record: await head(key) });
      yield* readAhead(batchKeysUnder(runPrefix), HEADS_AT_ONCE, read);
    },
    readBatch: async (key) => readLines(await get(key)),
    async writeText(key, text) {
      await putTo(key, { Body: text, ContentType: 'application/json' });
    },
    createText: async (key, text) =>
      (await create(key, { Body: text, ContentType: 'application/json' })) ? 'created' : 'exists',
    async readText(key) {
      const object = await getIfThere(key);
      return object && Buffer.from(object).toString();
    },
    async readWhole(key) {
      const object = await getIfThere(key);
      return object && { record: readRecord(object, key), lines: readLines(object) };
    },
    async *listObjects(objectsPrefix) {
      for await (const { Contents = [] } of pages(objectsPrefix)) {
        for (const { Key = '', Size = 0, LastModified } of Contents) {
          const modifiedMs = LastModified?.getTime() ?? Number.POSITIVE_INFINITY;
          yield { key: Key.slice(prefix.length + 1), bytes: Size, modifiedMs };
        }
      }
    },
    async *listFolders(foldersPrefix) {
      for await (const { CommonPrefixes = [] } of pages(foldersPrefix, '/')) {
        for (const { Prefix = '' } of CommonPrefixes) {
          yield Prefix.slice(keyOf(foldersPrefix).length, -1);
        }
      }
    },
    async deleteObjects(keys) {
      for (let from = 0; from < keys.length; from += DELETE_KEYS) {
        const some = keys.slice(from, from + DELETE_KEYS);
        const { Errors = [] } = await client.send(
          new DeleteObjectsCommand({
            Bucket: bucket,
            Delete: { Objects: some.map((key) => ({ Key: keyOf(key) })), Quiet: true },
          }),
        );
        const [first] = Errors;
        if (!first) continue;
        const told = `S3 did not delete ${Errors.length} of ${some.length} objects`;
        throw new DriplakeError(
          Failure.lake,
          `${told}: ${first.Key}: ${first.Code} ${first.Message}.`,
          'What is left is removed by the next compaction.',
        );
      }
    },
  };
}
