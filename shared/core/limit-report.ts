// What a response reports of a limit. A header that is absent or malformed reports nothing. What a
// report means to those who read one stands in one row for each kind.

/** A report about `limits[index]` of the source. Units are thousandths, so that sums are exact. */
export type LimitReport = BucketReport | LeakReport | WindowReport | ConcurrencyReport;

export interface BucketReport {
  readonly kind: 'leaky-bucket';
  readonly index: number;
  /** Includes the request just made; may exceed the size. */
  readonly levelMilli: number;
  readonly sizeMilli: number;
  /** So much more the level may be: a whole number may be rounded down. */
  readonly hiddenMilli?: number;
  /** Per second; absent is not zero. */
  readonly leakMilli?: number;
  readonly costMilli?: number;
}

/** How fast a bucket leaks, where its level is not told. */
export interface LeakReport {
  readonly kind: 'leak';
  readonly index: number;
  readonly leakMilli: number;
}

/** How many requests may be under way at the same time. */
export interface ConcurrencyReport {
  readonly kind: 'concurrency';
  readonly index: number;
  readonly atOnce: number;
}

export interface WindowReport {
  readonly kind: 'window';
  readonly index: number;
  readonly limit?: number;
  readonly remaining?: number;
  readonly resetAtMs?: number;
  readonly periodMs?: number;
}

/** What any report can be asked. Times are epoch ms; undefined: it says nothing of that. */
export interface ReportMeaning {
  /** The API said that nothing is left: the reason of a throttled request that does not name it. */
  readonly isExhausted: boolean;
  /** Until when nothing is left. A limit that says what is left is not the one that throttled. */
  readonly usedUpUntilMs: number | undefined;
  /** What the request cost. */
  readonly costMilli: number | undefined;
  /** How much is spent of how much, in units of the API. */
  readonly level: { readonly spent: number; readonly of: number } | undefined;
  /** The report itself where it counts requests in a window, which may be paced. */
  readonly counted: WindowReport | undefined;
  /** What it says of a bucket beside its level. */
  readonly bucket: { readonly sizeMilli?: number; readonly leakMilli?: number } | undefined;
  /** Requests at the same time. */
  readonly atOnce: number | undefined;
  /**
   * When another request fits; `answeredAtMs` when it does now, Infinity when only others know.
   * @param leakMilli of the bucket, where the report does not tell it
   */
  readonly fitsAtMs: (next: NextRequest) => number;
  /** The same report on a clock that is ahead by `lagMs`. */
  readonly delayed: (lagMs: number) => LimitReport;
  /** One line for people. */
  readonly describe: () => string;
}

export interface NextRequest {
  readonly costMilli: number;
  readonly shareForOthers: number;
  readonly answeredAtMs: number;
  readonly leakMilli: number | undefined;
}

export const meaningOf = (report: LimitReport): ReportMeaning => rowOf(report.kind, report);

type Kind = LimitReport['kind'];
type ReportOf<Of extends Kind> = Extract<LimitReport, { kind: Of }>;

const rowOf = <Of extends Kind>(kind: Of, report: ReportOf<Of>): ReportMeaning =>
  ROWS[kind](report);

/** A new kind says here what it means; a limit's state learns from it in budget/limit-states.ts. */
const ROWS: { readonly [Of in Kind]: (report: ReportOf<Of>) => ReportMeaning } = {
  'leaky-bucket': (report) => ({
    isExhausted: report.levelMilli >= report.sizeMilli,
    usedUpUntilMs: undefined,
    costMilli: report.costMilli,
    level: { spent: report.levelMilli / 1000, of: report.sizeMilli / 1000 },
    counted: undefined,
    bucket: report,
    atOnce: undefined,
    fitsAtMs: (next) => fitsInBucketAtMs(report, next),
    delayed: () => report,
    describe: () => {
      const { leakMilli } = report;
      const leaks = leakMilli === undefined ? '' : `, leaks ${leakMilli / 1000} a second`;
      return `bucket ${report.levelMilli / 1000} of ${report.sizeMilli / 1000}${leaks}`;
    },
  }),
  leak: (report) => ({
    isExhausted: false,
    usedUpUntilMs: undefined,
    costMilli: undefined,
    level: undefined,
    counted: undefined,
    bucket: report,
    atOnce: undefined,
    fitsAtMs: ({ answeredAtMs }) => answeredAtMs,
    delayed: () => report,
    describe: () => `bucket that leaks ${report.leakMilli / 1000} a second`,
  }),
  concurrency: (report) => ({
    isExhausted: false,
    usedUpUntilMs: undefined,
    costMilli: undefined,
    level: undefined,
    counted: undefined,
    bucket: undefined,
    atOnce: report.atOnce,
    fitsAtMs: ({ answeredAtMs }) => answeredAtMs,
    delayed: () => report,
    describe: () => `${report.atOnce} at the same time`,
  }),
  window: (report) => ({
    isExhausted: report.remaining === 0,
    usedUpUntilMs: (report.remaining ?? 0) === 0 ? report.resetAtMs : undefined,
    costMilli: undefined,
    level:
      report.limit === undefined || report.remaining === undefined
        ? undefined
        : { spent: report.limit - report.remaining, of: report.limit },
    counted: report,
    bucket: undefined,
    atOnce: undefined,
    fitsAtMs: ({ shareForOthers, answeredAtMs }) => {
      if (report.remaining === undefined) return answeredAtMs;
      const othersShare = Math.ceil((report.limit ?? 0) * shareForOthers);
      return report.remaining - othersShare < 1 ? Number.POSITIVE_INFINITY : answeredAtMs;
    },
    delayed: (lagMs) =>
      report.resetAtMs === undefined ? report : { ...report, resetAtMs: report.resetAtMs + lagMs },
    describe: () => {
      const { remaining = '?', limit = '?', resetAtMs } = report;
      const resets =
        resetAtMs === undefined ? '' : `, resets ${new Date(resetAtMs).toISOString()}`;
      return `window, ${remaining} of ${limit} left${resets}`;
    },
  }),
};

/**
 * The highest level that a report can mean: `32` of 40 may be 32.999, and `40` of 40 is 40, since a
 * bucket that hides a part of a unit holds no more than it holds.
 */
export const highestMilli = ({ levelMilli, sizeMilli, hiddenMilli = 0 }: BucketReport): number =>
  Math.max(levelMilli, Math.min(levelMilli + hiddenMilli, sizeMilli));

/** A request dearer than the bucket fits when it is empty. */
function fitsInBucketAtMs(report: BucketReport, next: NextRequest): number {
  const usable = Math.max(1, Math.floor(report.sizeMilli * (1 - next.shareForOthers)));
  const excess = highestMilli(report) + Math.min(next.costMilli, usable) - usable;
  if (excess <= 0) return next.answeredAtMs;
  const leakMilli = report.leakMilli ?? next.leakMilli;
  if (leakMilli === undefined) return Number.POSITIVE_INFINITY;
  return next.answeredAtMs + Math.ceil((excess * 1000) / leakMilli);
}
