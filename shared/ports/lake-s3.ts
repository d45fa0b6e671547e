// The lake in S3. A batch is one PutObject with `If-None-Match: *`: the first writer wins, and the
// object's own head says what the others need to know.

import {
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { DriplakeError, Failure } from '../core/failures.ts';
import { COMMIT_ATTEMPTS } from '../core/limits.ts';
import type { Lake } from './lake.ts';
import { draftMember, type MemberDraft, RECORD_BYTES, readLines, readRecord } from './member.ts';

/** @param prefix of every key, without slashes around it */
export function s3Lake(client: S3Client, bucket: string, prefix: string): Lake<MemberDraft> {
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
  const head = async (key: string) =>
    readRecord(await get(key, `bytes=0-${RECORD_BYTES - 1}`), key);

  return {
    place: `s3://${bucket}/${prefix}`,
    openBatch: draftMember,
    async landBatch(key, draft, record) {
      const object = await draft.seal(record);
      for (let attempt = 1; ; attempt++) {
        try {
          await client.send(
            new PutObjectCommand({
              Bucket: bucket,
              Key: keyOf(key),
              Body: object,
              ContentType: 'application/x-ndjson',
              IfNoneMatch: '*',
              Metadata: {
                run: record.runId,
                pages: `${record.pages}`,
                records: `${record.records}`,
              },
            }),
          );
          return { kind: 'landed', objectBytes: object.length };
        } catch (error) {
          const status = error instanceof S3ServiceException ? error.$metadata.httpStatusCode : 0;
          if (status === 412) return { kind: 'exists', record: await head(key) };
          // 409: a delete raced with us; S3 asks to try again.
          if (status !== 409 || attempt >= COMMIT_ATTEMPTS) throw error;
        }
      }
    },
    async *readRecords(runPrefix) {
      let token: string | undefined;
      do {
        const page = await client.send(
          new ListObjectsV2Command({
            Bucket: bucket,
            Prefix: keyOf(runPrefix),
            ...(token ? { ContinuationToken: token } : {}),
          }),
        );
        for (const { Key } of page.Contents ?? []) {
          const key = Key?.slice(prefix.length + 1) ?? '';
          if (key.endsWith('.ndjson.gz')) yield { key, record: await head(key) };
        }
        token = page.NextContinuationToken;
      } while (token);
    },
    readBatch: async (key) => readLines(await get(key)),
    async writeText(key, text) {
      await client.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: keyOf(key),
          Body: text,
          ContentType: 'application/json',
        }),
      );
    },
    async readText(key) {
      try {
        return Buffer.from(await get(key)).toString();
      } catch (error) {
        if (error instanceof NoSuchKey) return undefined;
        throw error;
      }
    },
  };
}
