// A leaky bucket as integers: the level rises with each request and leaks all the time, also while
// nobody looks. Levels are thousandths of a unit; the level is never below zero.
//
// A bucket of 60 that leaks 1/s, of which a quarter is left to others, may rise to 45. At 50,000 a
// request of 1 fits when it is down to 44,000, 6 s later. Three holders with 10 permits each hold
// 30 of the 45: a fourth one is granted 15 at most, whatever the level, and waits for them.
// Why: docs/decisions/003-budget-as-reservations.md

import { type BucketReport, highestMilli, type LeakReport } from '../limit-report.ts';
import type { LeakyBucket } from '../source/api-limits.ts';
import {
  afterReport,
  afterSizes,
  coverage,
  type Known,
  knownBy,
  NOTHING_KNOWN,
  type ReportTimes,
} from './report-times.ts';
import { type Demand, type Headroom, type Leased, shareOf } from './wait.ts';

export interface Bucket extends Known {
  readonly kind: 'leaky-bucket';
  readonly sizeMilli: number;
  /** Thousandths of a unit that leak in one second: a rate, and so not always an integer. */
  readonly leakMilli: number;
  readonly levelMilli: number;
  /** When the level was as told. */
  readonly atMs: number;
}

/** The bucket of a source that has not reported yet: empty, of the declared size. */
export const newBucket = (spec: LeakyBucket, nowMs: number): Bucket => ({
  kind: 'leaky-bucket',
  sizeMilli: Math.max(1, Math.floor(spec.size * 1000)),
  leakMilli: spec.leakPerSecond * 1000,
  levelMilli: 0,
  atMs: nowMs,
  ...NOTHING_KNOWN,
});

/** The bucket as its source declares it now, unless the API has told better. */
export const declareBucket = (bucket: Bucket, spec: LeakyBucket): Bucket => {
  const { sizeMilli, leakMilli } = newBucket(spec, bucket.atMs);
  const same = bucket.sizeMilli === sizeMilli && bucket.leakMilli === leakMilli;
  return bucket.reportAtMs > 0 || same ? bucket : { ...bucket, sizeMilli, leakMilli };
};

/** The bucket at `nowMs`; rounding keeps the level on the high side. A late `nowMs` changes nothing. */
export function leak(bucket: Bucket, nowMs: number): Bucket {
  const passedMs = nowMs - bucket.atMs;
  if (passedMs <= 0) return bucket;
  const leaked = Math.floor((passedMs * bucket.leakMilli) / 1000);
  return { ...bucket, levelMilli: Math.max(0, bucket.levelMilli - leaked), atMs: nowMs };
}

/** Units that may be spent from this bucket when `shareForOthers` of its size is left to others, milli. */
export const usableMilli = (
  { sizeMilli }: Pick<Bucket, 'sizeMilli'>,
  shareForOthers: number,
): number => Math.max(1, Math.floor(sizeMilli * (1 - shareForOthers)));

/** Adds what was spent at `nowMs`. The level may pass the size: the API lets the last one cross. */
export function pour(bucket: Bucket, costMilli: number, nowMs: number): Bucket {
  if (costMilli <= 0) return bucket;
  const now = leak(bucket, nowMs);
  return { ...now, levelMilli: now.levelMilli + Math.ceil(costMilli), knownAtMs: now.atMs };
}

/**
 * Takes the API's report over our arithmetic where it covers all that we know. Where it covers a
 * part only, it can raise the level, and where it covers nothing new, it says nothing.
 */
export function applyReport(bucket: Bucket, report: BucketReport, times: ReportTimes): Bucket {
  const reported: Bucket = {
    kind: 'leaky-bucket',
    sizeMilli: Math.max(1, Math.floor(report.sizeMilli)),
    leakMilli:
      report.leakMilli !== undefined && report.leakMilli > 0 ? report.leakMilli : bucket.leakMilli,
    levelMilli: Math.max(0, Math.ceil(highestMilli(report))),
    atMs: times.atMs,
    ...afterReport(bucket, times),
  };
  switch (coverage(bucket, times)) {
    case 'all':
      return reported;
    case 'part': {
      const atMs = Math.max(bucket.atMs, times.atMs);
      const levels = [leak(bucket, atMs).levelMilli, leak(reported, atMs).levelMilli];
      return { ...bucket, levelMilli: Math.max(...levels), atMs };
    }
    case 'nothing':
      return bucket;
  }
}

/** The bucket that leaks as fast as the API says, which tells no level: ours goes on. */
export function applyLeak(bucket: Bucket, { leakMilli }: LeakReport, times: ReportTimes): Bucket {
  if (coverage(bucket, times) === 'nothing') return bucket;
  return { ...leak(bucket, times.atMs), leakMilli, ...afterSizes(bucket, times) };
}

/**
 * When the level has leaked to `levelMilli`, epoch ms. The level asked for is at least 0, so the
 * answer is always a time: a request dearer than the bucket waits for an empty one.
 */
export function whenDownTo(bucket: Bucket, levelMilli: number, nowMs: number): number {
  const now = leak(bucket, nowMs);
  const excess = now.levelMilli - Math.max(0, levelMilli);
  return excess <= 0 ? nowMs : now.atMs + Math.ceil((excess * 1000) / bucket.leakMilli);
}

/** Milli-units that leases hold. One dearer than the bucket is let through by an empty one. */
export const heldMilli = (leases: readonly Leased[], usable: number): number =>
  leases.reduce((sum, lease) => sum + lease.permits * Math.min(lease.costMilli, usable), 0);

export function bucketHeadroom(bucket: Bucket, demand: Demand): Headroom {
  const { nowMs, leases, queued, holders, shareForOthers, costMilli } = demand;
  const usable = usableMilli(bucket, shareForOthers);
  const cost = Math.max(1, Math.min(costMilli, usable));
  const free = usable - heldMilli(leases, usable) - queued * cost;
  const level = leak(bucket, nowMs).levelMilli;
  return {
    now: Math.floor((free - level) / cost),
    ever: Math.floor(free / cost),
    share: shareOf(usable / cost, holders),
    whenFree: (permits) => whenDownTo(bucket, free - permits * cost, nowMs),
  };
}

/** After a broken clock: what was true at a time that has not come is true now. */
export const rebaseBucket = (bucket: Bucket, nowMs: number): Bucket => ({
  ...bucket,
  atMs: nowMs,
  ...knownBy(bucket, nowMs),
});
