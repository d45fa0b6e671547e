// A leaky bucket as integers: the level rises with each request and leaks all the time, also while
// nobody looks. Levels are thousandths of a unit; the level is never below zero.

import type { LeakyBucket } from './limit-spec.ts';
import type { Word } from './words.ts';

export interface Bucket {
  readonly kind: 'leaky-bucket';
  readonly sizeMilli: number;
  /** Thousandths of a unit that leak in one second. */
  readonly leakMilli: number;
  readonly levelMilli: number;
  /** When the level was as told. */
  readonly atMs: number;
  /** When the API last spoke; 0 when it never did. */
  readonly wordAtMs: number;
}

/** The bucket of a source that has not been heard yet: empty, of the declared size. */
export const newBucket = (spec: LeakyBucket, nowMs: number): Bucket => ({
  kind: 'leaky-bucket',
  sizeMilli: Math.floor(spec.size * 1000),
  leakMilli: Math.max(1, Math.floor(spec.leakPerSecond * 1000)),
  levelMilli: 0,
  atMs: nowMs,
  wordAtMs: 0,
});

/** The bucket at `nowMs`; rounding keeps the level on the high side. A late `nowMs` changes nothing. */
export function leak(bucket: Bucket, nowMs: number): Bucket {
  const passedMs = nowMs - bucket.atMs;
  if (passedMs <= 0) return bucket;
  const leaked = Math.floor((passedMs * bucket.leakMilli) / 1000);
  return { ...bucket, levelMilli: Math.max(0, bucket.levelMilli - leaked), atMs: nowMs };
}

/** Units that may be spent from this bucket when `reserve` of its size is left to others, milli. */
export const usableMilli = (bucket: Bucket, reserve: number): number =>
  Math.max(1, Math.floor(bucket.sizeMilli * (1 - reserve)));

/** Adds what was spent at `nowMs`. The level may pass the size: the API lets the last one cross. */
export function pour(bucket: Bucket, costMilli: number, nowMs: number): Bucket {
  const now = leak(bucket, nowMs);
  return { ...now, levelMilli: now.levelMilli + costMilli };
}

/** Takes the API's word over our arithmetic, unless a newer word is known. */
export function hear(
  bucket: Bucket,
  word: Extract<Word, { kind: 'leaky-bucket' }>,
  wordAtMs: number,
): Bucket {
  if (wordAtMs < bucket.wordAtMs) return bucket;
  return {
    kind: 'leaky-bucket',
    sizeMilli: Math.max(1, Math.floor(word.sizeMilli)),
    leakMilli: Math.max(1, Math.floor(word.leakMilli ?? bucket.leakMilli)),
    levelMilli: Math.max(0, Math.ceil(word.levelMilli)),
    atMs: wordAtMs,
    wordAtMs,
  };
}

/**
 * When the level has leaked to `levelMilli`, epoch ms. The level asked for is at least 0, so the
 * answer is always a time: a request dearer than the bucket waits for an empty one.
 */
export function whenDownTo(bucket: Bucket, levelMilli: number, nowMs: number): number {
  const excess = leak(bucket, nowMs).levelMilli - Math.max(0, levelMilli);
  return excess <= 0
    ? nowMs
    : Math.max(nowMs, bucket.atMs) + Math.ceil((excess * 1000) / bucket.leakMilli);
}
