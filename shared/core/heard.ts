// When an API said a word, as far as we can tell: between the sending of the request and the coming
// of its answer. Two words whose spans overlap may have been said in either order, whatever order
// they came in; a slow answer must not undo what a quick one said after it.

/** Epoch ms. */
export interface Heard {
  readonly sentAtMs: number;
  readonly atMs: number;
}

/** The newest words that a limit has been told; zeros when it never was. */
export interface LastHeard {
  /** Everything answered before this is counted in what the limit knows. */
  readonly wordSentAtMs: number;
  readonly wordAtMs: number;
}

export const NEVER_HEARD: LastHeard = { wordSentAtMs: 0, wordAtMs: 0 };

/** Whether a word was said after, before, or perhaps either, all that was heard until now. */
export function orderOf(known: LastHeard, heard: Heard): 'newer' | 'older' | 'unclear' {
  if (heard.sentAtMs >= known.wordAtMs) return 'newer';
  return heard.atMs < known.wordSentAtMs ? 'older' : 'unclear';
}

export const lastHeard = (known: LastHeard, heard: Heard): LastHeard => ({
  wordSentAtMs: Math.max(known.wordSentAtMs, heard.sentAtMs),
  wordAtMs: Math.max(known.wordAtMs, heard.atMs),
});

/** After a broken clock: no word counts as heard later than now. */
export const heardBy = (known: LastHeard, nowMs: number): LastHeard => ({
  wordSentAtMs: Math.min(known.wordSentAtMs, nowMs),
  wordAtMs: Math.min(known.wordAtMs, nowMs),
});
