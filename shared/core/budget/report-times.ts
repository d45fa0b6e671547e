// When an API reported, as far as we can tell: between the sending of the request and the coming
// of its answer. A slow answer must not undo what was learned while it was on its way, so a limit
// remembers until when it knows what was spent.
//
// Known until 12:00:05, from a report that was asked for at 12:00:04:
// | the next one was asked for at | and answered at | covers of what is known |
// |---|---|---|
// | 12:00:06 | 12:00:07 | all: it was counted after all that we know of |
// | 12:00:03 | 12:00:09 | part: who knows on which side of 12:00:05 it was counted |
// | 12:00:02 | 12:00:03 | nothing that the believed one did not count already |

import { RESET_MARGIN_MS } from '../bounds.ts';

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

/** How much of what is known a report has counted. */
export function coverage(known: Known, times: ReportTimes): 'all' | 'part' | 'nothing' {
  if (times.atMs < known.reportSentAtMs) return 'nothing';
  return times.sentAtMs >= known.knownAtMs ? 'all' : 'part';
}

export const afterReport = (known: Known, times: ReportTimes): Known => ({
  reportSentAtMs: Math.max(known.reportSentAtMs, times.sentAtMs),
  reportAtMs: Math.max(known.reportAtMs, times.atMs),
  knownAtMs: Math.max(known.knownAtMs, times.atMs),
});

/** After a report that counts nothing: how large or fast a limit is, but not what was spent. */
export const afterSizes = (known: Known, times: ReportTimes): Known => ({
  reportSentAtMs: known.reportSentAtMs,
  reportAtMs: Math.max(known.reportAtMs, times.atMs),
  knownAtMs: known.knownAtMs,
});

/** After a broken clock: nothing was learned later than now. */
export const knownBy = (known: Known, nowMs: number): Known => ({
  reportSentAtMs: Math.min(known.reportSentAtMs, nowMs),
  reportAtMs: Math.min(known.reportAtMs, nowMs),
  knownAtMs: Math.min(known.knownAtMs, nowMs),
});

/**
 * When a window ends that was told to end at `knownMs` and now at `toldMs`, epoch ms. In whole
 * seconds one end is told now earlier and now later by up to a second: the earliest is the nearest.
 */
export function steadyEnd(knownMs: number, toldMs: number, atMs: number): number {
  const isSame = knownMs > atMs && toldMs >= knownMs && toldMs <= knownMs + RESET_MARGIN_MS;
  return isSame ? knownMs : toldMs;
}
