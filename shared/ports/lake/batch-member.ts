// One batch as one gzip member whose header carries the commit record (RFC 1952 "extra field"):
// data and proof appear together or not at all, and every gunzip skips what it does not know.
//
// Why: docs/decisions/001-commit-record-in-the-gzip-header.md

import { crc32, createDeflateRaw, gunzipSync } from 'node:zlib';
import { GZIP_LEVEL, HEAD_RECORD_BYTES } from '../../core/bounds.ts';
import { DriplakeError, Failure } from '../../core/failures.ts';
import type { CommitRecord } from '../../core/run/run.ts';

/** Lines on their way into a batch. */
export interface Draft {
  /** Adds NDJSON lines; the bytes are not kept once this returns. */
  append(lines: Uint8Array): Promise<void>;
}

export interface MemberDraft extends Draft {
  /** The whole object. Call it once. */
  seal(record: CommitRecord): Promise<Uint8Array>;
}

const SUBFIELD = [0x44, 0x4c] as const; // "DL"
const HEAD_BYTES = 16;
/** Bytes from the start of an object that surely hold its commit record. */
export const RECORD_BYTES = HEAD_BYTES + 0xffff;

/** Compresses as lines arrive: memory holds the compressed batch and one page. */
export function draftMember(): MemberDraft {
  const deflate = createDeflateRaw({ level: GZIP_LEVEL });
  const chunks: Buffer[] = [];
  let checksum = 0;
  let bytes = 0;
  let fault: unknown;
  deflate.on('data', (chunk: Buffer) => chunks.push(chunk));
  deflate.on('error', (error) => {
    fault = error;
  });
  return {
    async append(lines) {
      checksum = crc32(lines, checksum);
      bytes += lines.length;
      await new Promise<void>((resolve, reject) =>
        deflate.write(lines, (error) => (error ? reject(error) : resolve())),
      );
    },
    async seal(record) {
      await new Promise<void>((resolve, reject) => {
        deflate.once('end', resolve);
        deflate.once('error', reject);
        deflate.end();
      });
      if (fault) throw fault;
      const tail = Buffer.alloc(8);
      tail.writeUInt32LE(checksum, 0);
      tail.writeUInt32LE(bytes % 2 ** 32, 4);
      return Buffer.concat([head(record), ...chunks, tail]);
    },
  };
}

function head(record: CommitRecord): Buffer {
  const text = Buffer.from(JSON.stringify(record));
  if (text.length > HEAD_RECORD_BYTES) {
    throw new DriplakeError(
      Failure.lake,
      `The commit record of batch ${record.sequence} is ${text.length} bytes, more than a gzip header holds (${HEAD_RECORD_BYTES}).`,
      'Long cursors are kept elsewhere: the field of the watermark must hold a very long text.',
    );
  }
  const bytes = Buffer.alloc(HEAD_BYTES);
  bytes.set([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 255]);
  bytes.writeUInt16LE(text.length + 4, 10);
  bytes.set(SUBFIELD, 12);
  bytes.writeUInt16LE(text.length, 14);
  return Buffer.concat([bytes, text]);
}

/** How many bytes from the start of an object its commit record takes; 0 when it has none. */
export function recordBytes(start: Uint8Array): number {
  const bytes = Buffer.from(start.buffer, start.byteOffset, start.byteLength);
  const ours =
    bytes.length > HEAD_BYTES &&
    bytes.readUInt32LE(0) === 0x04088b1f &&
    bytes[12] === SUBFIELD[0] &&
    bytes[13] === SUBFIELD[1];
  return ours ? HEAD_BYTES + bytes.readUInt16LE(14) : 0;
}

/**
 * The commit record in an object's first bytes.
 * @throws when the object is not one of ours, or is cut off
 */
export function readRecord(object: Uint8Array, key: string): CommitRecord {
  const bytes = Buffer.from(object.buffer, object.byteOffset, object.byteLength);
  const end = recordBytes(object);
  if (end === 0 || bytes.length < end) {
    throw new DriplakeError(
      Failure.lake,
      `${key} has no commit record: it is damaged, or another program wrote it.`,
      'Move it out of the lake and run again with --full-refresh.',
    );
  }
  return JSON.parse(bytes.toString('utf8', HEAD_BYTES, end));
}

/** The NDJSON lines of an object. */
export const readLines = (object: Uint8Array): Uint8Array => gunzipSync(object);
