// When an API reported, as far as we can tell: between the sending of the request and the coming
// of its answer. A slow answer must not undo what was learned while it was on its way, so a limit
// remembers until when it knows what was spent.

import type { LimitReport } from '../limit-report.ts';

/** When a report was asked for and when it came, epoch ms. */
export interface ReportTimes {
  readonly sentAtMs: number;
  readonly atMs: number;
}

/** What a limit has learned, and when. Epoch ms; zeros when it never learned anything. */
export interface Known {
  /** Everything answered before this was counted by a report that was believed. */
  readonly reportSentAtMs: number;
  readonly reportAtMs: number;
  /** The latest request or report that was learned of. */
  readonly knownAtMs: number;
}

export const NOTHING_KNOWN: Known = { reportSentAtMs: 0, reportAtMs: 0, knownAtMs: 0 };

/** Whether a report counts everything that is known. */
export const countsAll = (known: Known, times: ReportTimes): boolean =>
  times.sentAtMs >= known.knownAtMs;

/** Whether a report that was believed already counted all that this one counts. */
export const isOutdated = (known: Known, times: ReportTimes): boolean =>
  times.atMs < known.reportSentAtMs;

export const afterReport = (known: Known, times: ReportTimes): Known => ({
  reportSentAtMs: Math.max(known.reportSentAtMs, times.sentAtMs),
  reportAtMs: Math.max(known.reportAtMs, times.atMs),
  knownAtMs: Math.max(known.knownAtMs, times.atMs),
});

/** A report that counts nothing: how large or fast a limit is, but not what was spent of it. */
export const afterSizes = (
  { reportSentAtMs, reportAtMs, knownAtMs }: Known,
  times: ReportTimes,
): Known => ({
  reportSentAtMs,
  reportAtMs: Math.max(reportAtMs, times.atMs),
  knownAtMs,
});

/** A report of someone whose clock is behind ours: the end of a window comes later here. */
export const delayed = (report: LimitReport, lagMs: number): LimitReport =>
  report.kind === 'window' && report.resetAtMs !== undefined
    ? { ...report, resetAtMs: report.resetAtMs + lagMs }
    : report;

/** After a broken clock: nothing was learned later than now. */
export const knownBy = (known: Known, nowMs: number): Known => ({
  reportSentAtMs: Math.min(known.reportSentAtMs, nowMs),
  reportAtMs: Math.min(known.reportAtMs, nowMs),
  knownAtMs: Math.min(known.knownAtMs, nowMs),
});
