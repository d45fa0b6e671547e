// Everything that is left to chance in a simulated world, drawn from one seed in one order.

import { seededRandom } from '../../shared/ports/random.ts';

export interface Chance {
  /** In [0, 1). */
  next(): number;
  /** True in this share of the cases, 0..1. */
  is(share: number): boolean;
  /** A whole number from `low` to `high`, both included. */
  between(low: number, high: number): number;
  pick<Item>(items: readonly [Item, ...Item[]]): Item;
}

export function chanceOf(seed: number): Chance {
  const { next } = seededRandom(seed);
  return {
    next,
    is: (share) => share > 0 && next() < share,
    between: (low, high) => low + Math.floor(next() * (high - low + 1)),
    pick: (items) => items[Math.floor(next() * items.length)] ?? items[0],
  };
}
