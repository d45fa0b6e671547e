// What a process holds, and whether that has grown from when it was warm to the end.

import { heapBytes } from '../long/long-run.ts';

export interface Held {
  /** Bytes on the heap after a collection, and of the whole process. */
  readonly heap: number;
  readonly resident: number;
  /** Sockets, servers, files, processes that would keep it alive. */
  readonly handles: number;
  readonly timers: number;
}

export function heldNow(): Held {
  const heap = heapBytes();
  const resources = process.getActiveResourcesInfo();
  const timers = resources.filter((name) => name === 'Timeout' || name === 'Immediate').length;
  const { rss: resident } = process.memoryUsage();
  return { heap, resident, handles: resources.length - timers, timers };
}

export const tellHeld = (held: Held | undefined): string =>
  held
    ? `heap ${megabytes(held.heap)} MB, resident ${megabytes(held.resident)} MB, ` +
      `${held.handles} handles, ${held.timers} timers`
    : 'nothing was looked at';

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** How much may be more: a collection is not exact, and a run more or less may be on its way. */
const GROWTH = 1.05;

/**
 * Compares the middle of a fifth of the looks with that of another: the first fifth warms up, the
 * second is what the last must not exceed.
 * @returns a line for each thing that has grown; one too, when there are too few looks to tell
 */
export function grown(looks: readonly Held[]): string[] {
  const fifth = Math.floor(looks.length / 5);
  if (fifth < 1) return [`${looks.length} looks are too few: give it more minutes`];
  const warm = looks.slice(fifth, 2 * fifth);
  const last = looks.slice(-fifth);
  return (['heap', 'resident', 'handles', 'timers'] as const).flatMap((what) => {
    const [before, after] = [warm, last].map((some) => middle(some.map((held) => held[what])));
    if (before === undefined || after === undefined || after <= before * GROWTH) return [];
    return [`${what} grew from ${before} to ${after}`];
  });
}

const middle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
