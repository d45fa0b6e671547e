// Chance, as an argument: for jitter and names, never for secrets.

export interface Random {
  /** In [0, 1). */
  next(): number;
}

export const systemRandom = (): Random => ({ next: () => Math.random() });

/**
 * The same numbers for the same seed, on every machine: a counter of golden-ratio steps (coprime
 * to 2^32, so the period is 2^32) whose bits are mixed until neighbours look unrelated.
 */
export function seededRandom(seed: number): Random {
  let counter = seed >>> 0;
  return {
    next() {
      counter = (counter + 0x9e3779b9) >>> 0;
      let bits = counter ^ (counter >>> 16);
      bits = Math.imul(bits, 0x7feb352d);
      bits = Math.imul(bits ^ (bits >>> 15), 0x846ca68b);
      return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
    },
  };
}
