// What a run remembers to notice that a walk goes in circles, and where each walk begins.

import { advance, type CycleState, cycleStart, fingerprint } from '../page/cycle.ts';

/** What is remembered to notice a walk that goes in circles. */
export interface Loops {
  readonly cursors: CycleState;
  readonly pages: CycleState;
  /** Pages met again, byte for byte. */
  readonly repeats: number;
  /** Pages without a record since the last one with some. */
  readonly empty?: number;
}

/** Before the first page of a walk. */
export const startOfWalk: Loops = {
  cursors: advance(cycleStart, fingerprint(null)).state,
  pages: cycleStart,
  repeats: 0,
};
