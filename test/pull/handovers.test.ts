// Streams that are too long for one execution, on a virtual clock. `npm run bench -- handover` drains
// one of 3,000,000 pages the same way.

import { describe, expect, it } from 'vitest';
import { type LongRun, runLong } from '../../bench/long/long-run.ts';
import { EXECUTION_EVENTS, ROUNDS_PER_EXECUTION, STATE_BYTES } from '../../shared/core/bounds.ts';

const drainsOf = ({ usage }: LongRun): readonly number[] => usage.events.slice(1);

describe('a stream that is too long for one execution', () => {
  it('is handed over as often as it needs, and every page lands once, in its place', async () => {
    const pages = 60_000;
    const run = await runLong({ pages, pagesPerRound: 10 });
    expect(run).toMatchObject({ pages, wholePages: pages, objects: pages / 10 });
    expect(run).toMatchObject({ refused: 0, violations: 0 });
    expect(drainsOf(run)).toHaveLength(Math.ceil(pages / 10 / ROUNDS_PER_EXECUTION));
  });

  it('keeps every execution below 25,000 events, every state far below 256 KiB', async () => {
    const run = await runLong({ pages: 3 * ROUNDS_PER_EXECUTION, pagesPerRound: 1 });
    const drains = drainsOf(run);
    expect(drains).toHaveLength(3);
    for (const events of run.usage.events) expect(events).toBeLessThan(EXECUTION_EVENTS);
    // Each round a Task and a Choice, its end a Succeed; two for the execution itself.
    for (const events of drains) {
      expect(events).toBeGreaterThanOrEqual(2 + 7 * ROUNDS_PER_EXECUTION + 2);
    }
    // Each segment is a nested execution and a Choice in the parent.
    const short = await runLong({ pages: 10, pagesPerRound: 1 });
    const [ofThree = 0, ofOne = 0] = [run.usage.events[0], short.usage.events[0]];
    expect(ofThree - ofOne).toBe(2 * (6 + 2));
    expect(run.usage.stateBytes).toBeLessThan(STATE_BYTES / 256);
  });

  it('needs no more memory for the last page than for the first ones', async () => {
    const { heap } = await runLong({ pages: 40_000 });
    expect(Math.max(heap.half, heap.all) / heap.tenth).toBeLessThan(1.15);
  });
});
