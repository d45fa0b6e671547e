// What a response reports of a limit. A header that is absent or malformed reports nothing.

/** A report about `limits[index]` of the source. Units are thousandths, so that sums are exact. */
export type LimitReport =
  | {
      readonly kind: 'leaky-bucket';
      readonly index: number;
      /** Includes the request just made; may exceed the size. */
      readonly levelMilli: number;
      readonly sizeMilli: number;
      /** Per second; absent is not zero. */
      readonly leakMilli?: number;
      readonly costMilli?: number;
    }
  /** How fast a bucket leaks, where its level is not told. */
  | { readonly kind: 'leak'; readonly index: number; readonly leakMilli: number }
  | {
      readonly kind: 'window';
      readonly index: number;
      readonly limit?: number;
      readonly remaining?: number;
      readonly resetAtMs?: number;
      readonly periodMs?: number;
    };

/** Full when the API said that nothing is left: the reason of a refusal that does not name it. */
export function isExhausted(report: LimitReport): boolean {
  if (report.kind === 'leaky-bucket') return report.levelMilli >= report.sizeMilli;
  return report.kind === 'window' && report.remaining === 0;
}
