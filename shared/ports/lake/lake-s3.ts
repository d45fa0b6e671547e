// The lake in S3. A batch is one PutObject with `If-None-Match: *`: the first writer wins, and the
// object's own head says what the others need to know.

import { Readable } from 'node:stream';
import {
  DeleteObjectsCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type ListObjectsV2CommandInput,
  NoSuchKey,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  type _Error as S3Error,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import {
  COMMIT_ATTEMPTS,
  DELETE_KEYS,
  HEAD_FIRST_BYTES,
  HEADS_AT_ONCE,
} from '../../core/bounds.ts';
import { DriplakeError, Failure } from '../../core/failures.ts';
import type { CommitRecord } from '../../core/run/run.ts';
import {
  draftMember,
  type MemberDraft,
  readLines,
  readRecord,
  recordBytes,
} from './batch-member.ts';
import type { Lake, LakeKeeping, LakeObject } from './lake.ts';
import { noBatch, wholeLines } from './line-chunks.ts';
import { readAhead } from './read-ahead.ts';

/** @param prefix of every key, without slashes around it */
export function s3Lake(
  client: S3Client,
  bucket: string,
  prefix: string,
): Lake<MemberDraft> & LakeKeeping {
  const objects = objectsOf(client, bucket, prefix);
  return {
    place: `s3://${bucket}/${prefix}`,
    openBatch: draftMember,
    async landBatch(key, draft, record) {
      const object = await draft.seal(record);
      const created = await objects.create(key, {
        Body: object,
        ContentType: 'application/x-ndjson',
        Metadata: {
          run: record.runId,
          pages: `${record.pages}`,
          records: `${record.records}`,
        },
      });
      if (created) return { kind: 'landed', objectBytes: object.length };
      return { kind: 'exists', record: await readHead(objects, key) };
    },
    async *readRecords(runPrefix) {
      const read = async (key: string) => ({ key, record: await readHead(objects, key) });
      yield* readAhead(batchKeysUnder(objects, runPrefix), HEADS_AT_ONCE, read);
    },
    async *readLines(key) {
      yield* wholeLines(await objects.open(key));
    },
    readBatch: async (key) => readLines(await objects.get(key)),
    async writeText(key, text) {
      await objects.put(key, { Body: text, ContentType: 'application/json' });
    },
    async createText(key, text) {
      const object = { Body: text, ContentType: 'application/json' };
      return (await objects.create(key, object)) ? 'created' : 'exists';
    },
    async readText(key) {
      const object = await objects.getIfThere(key);
      return object && Buffer.from(object).toString();
    },
    async readWhole(key) {
      const object = await objects.getIfThere(key);
      return object && { record: readRecord(object, key), lines: readLines(object) };
    },
    listObjects: objects.list,
    listFolders: objects.listFolders,
    async deleteObjects(keys) {
      for (let from = 0; from < keys.length; from += DELETE_KEYS) {
        await objects.remove(keys.slice(from, from + DELETE_KEYS));
      }
    },
  };
}

type Objects = ReturnType<typeof objectsOf>;

/** Most heads are short: a longer one is asked for again, whole. */
async function readHead({ get }: Objects, key: string): Promise<CommitRecord> {
  const first = await get(key, `bytes=0-${HEAD_FIRST_BYTES - 1}`);
  const bytes = recordBytes(first);
  const whole = bytes <= first.length ? first : await get(key, `bytes=0-${bytes - 1}`);
  return readRecord(whole, key);
}

async function* batchKeysUnder({ list }: Objects, runPrefix: string): AsyncIterable<string> {
  for await (const { key } of list(runPrefix)) if (key.endsWith('.ndjson.gz')) yield key;
}

type NewObject = Pick<PutObjectCommandInput, 'Body' | 'ContentType' | 'Metadata'>;

/** The bucket's objects below the prefix, by their keys without it: one call of S3 a step. */
function objectsOf(client: S3Client, bucket: string, prefix: string) {
  const at = (key: string) => ({ Bucket: bucket, Key: `${prefix}/${key}` });
  const keyOf = (s3Key: string): string => s3Key.slice(prefix.length + 1);

  async function get(key: string, range?: string): Promise<Uint8Array> {
    const { Body } = await client.send(
      new GetObjectCommand({ ...at(key), ...(range ? { Range: range } : {}) }),
    );
    if (!Body) throw new DriplakeError(Failure.lake, `${key} has no body in S3.`, '');
    return Body.transformToByteArray();
  }

  const pages = (listPrefix: string, delimiter?: string) =>
    pagesOf(client, {
      Bucket: bucket,
      Prefix: `${prefix}/${listPrefix}`,
      ...(delimiter ? { Delimiter: delimiter } : {}),
    });

  return {
    get,
    async open(key: string): Promise<Readable> {
      try {
        const { Body } = await client.send(new GetObjectCommand(at(key)));
        if (Body instanceof Readable) return Body;
      } catch (error) {
        if (!(error instanceof NoSuchKey)) throw error;
      }
      throw noBatch(key);
    },
    async getIfThere(key: string): Promise<Uint8Array | undefined> {
      try {
        return await get(key);
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
    put: (key: string, object: NewObject) =>
      client.send(new PutObjectCommand({ ...at(key), ...object })),
    create: (key: string, object: NewObject) => createObject(client, { ...at(key), ...object }),
    async *list(objectsPrefix: string): AsyncIterable<LakeObject> {
      for await (const { Contents = [] } of pages(objectsPrefix)) {
        for (const { Key = '', Size = 0, LastModified } of Contents) {
          const modifiedMs = LastModified?.getTime() ?? Number.POSITIVE_INFINITY;
          yield { key: keyOf(Key), bytes: Size, modifiedMs };
        }
      }
    },
    async *listFolders(foldersPrefix: string): AsyncIterable<string> {
      for await (const { CommonPrefixes = [] } of pages(foldersPrefix, '/')) {
        for (const { Prefix = '' } of CommonPrefixes) {
          yield keyOf(Prefix).slice(foldersPrefix.length, -1);
        }
      }
    },
    /** @param keys at most DELETE_KEYS */
    async remove(keys: readonly string[]): Promise<void> {
      const Objects = keys.map((key) => ({ Key: at(key).Key }));
      const { Errors = [] } = await client.send(
        new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
      );
      const [first] = Errors;
      if (first) throw notDeleted(first, Errors.length, keys.length);
    },
  };
}

/** Whether the object is ours: it is written only where none stands. */
async function createObject(client: S3Client, object: PutObjectCommandInput): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      await client.send(new PutObjectCommand({ ...object, IfNoneMatch: '*' }));
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
async function* pagesOf(client: S3Client, list: ListObjectsV2CommandInput) {
  let token: string | undefined;
  do {
    const from = token === undefined ? {} : { ContinuationToken: token };
    const page = await client.send(new ListObjectsV2Command({ ...list, ...from }));
    yield page;
    token = page.NextContinuationToken;
  } while (token);
}

const notDeleted = ({ Key, Code, Message }: S3Error, some: number, of: number): DriplakeError =>
  new DriplakeError(
    Failure.lake,
    `S3 did not delete ${some} of ${of} objects: ${Key}: ${Code} ${Message}.`,
    'What is left is removed by the next compaction.',
  );
