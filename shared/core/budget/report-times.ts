// When an API said a word, as far as we can tell: between the sending of the request and the coming
// of its answer. A slow answer must not undo what was learned while it was on its way, so a limit
// remembers until when it knows what was spent.

import type { Word } from '../limit-report.ts';

/** When a word was asked for and when it came, epoch ms. */
export interface Heard {
  readonly sentAtMs: number;
  readonly atMs: number;
}

/** What a limit has learned, and when. Epoch ms; zeros when it never learned anything. */
export interface Known {
  /** Everything answered before this was counted by a word that was believed. */
  readonly wordSentAtMs: number;
  readonly wordAtMs: number;
  /** The latest request or word that was learned of. */
  readonly knownAtMs: number;
}

export const NOTHING_KNOWN: Known = { wordSentAtMs: 0, wordAtMs: 0, knownAtMs: 0 };

/** Whether a word counts everything that is known. */
export const countsAll = (known: Known, heard: Heard): boolean =>
  heard.sentAtMs >= known.knownAtMs;

/** Whether a word that was believed already counted all that this one counts. */
export const isOutdated = (known: Known, heard: Heard): boolean => heard.atMs < known.wordSentAtMs;

export const afterWord = (known: Known, heard: Heard): Known => ({
  wordSentAtMs: Math.max(known.wordSentAtMs, heard.sentAtMs),
  wordAtMs: Math.max(known.wordAtMs, heard.atMs),
  knownAtMs: Math.max(known.knownAtMs, heard.atMs),
});

/** A word of someone whose clock is behind ours: the end of a window comes later here. */
export const delayed = (word: Word, lagMs: number): Word =>
  word.kind === 'window' && word.resetAtMs !== undefined
    ? { ...word, resetAtMs: word.resetAtMs + lagMs }
    : word;

/** After a broken clock: nothing was learned later than now. */
export const knownBy = (known: Known, nowMs: number): Known => ({
  wordSentAtMs: Math.min(known.wordSentAtMs, nowMs),
  wordAtMs: Math.min(known.wordAtMs, nowMs),
  knownAtMs: Math.min(known.knownAtMs, nowMs),
});
