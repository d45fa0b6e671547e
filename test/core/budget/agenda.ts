// What is to happen, by time and then in the order in which it was planned: virtual time for tests
// of pure steps, without promises. A binary heap, since a test plans a hundred thousand things.

export interface Agenda {
  at(atMs: number, act: (nowMs: number) => void): void;
  /** Lets everything happen that is planned up to then. Throws when that never ends. */
  run(endMs: number): void;
}

/** Things that one test may do: more is a loop without an end. */
const MOST_STEPS = 300_000;

export function newAgenda(): Agenda {
  const heap: { atMs: number; order: number; act: (nowMs: number) => void }[] = [];
  let order = 0;
  const isLess = (one: number, other: number): boolean => {
    const [a, b] = [heap[one], heap[other]];
    if (!a || !b) return false;
    return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
  };
  const swap = (one: number, other: number): void => {
    const [a, b] = [heap[one], heap[other]];
    if (a && b) [heap[one], heap[other]] = [b, a];
  };
  return {
    at(atMs: number, act: (nowMs: number) => void): void {
      heap.push({ atMs, order: order++, act });
      for (let place = heap.length - 1; place > 0; ) {
        const parent = (place - 1) >> 1;
        if (!isLess(place, parent)) break;
        swap(place, parent);
        place = parent;
      }
    },
    run(endMs: number): void {
      let nowMs = Number.NEGATIVE_INFINITY;
      for (let steps = 0; ; steps++) {
        const first = heap[0];
        if (!first || first.atMs > endMs) return;
        if (steps > MOST_STEPS) throw new Error('too many steps: a hot loop');
        swap(0, heap.length - 1);
        heap.pop();
        for (let place = 0; ; ) {
          let least = place;
          if (isLess(2 * place + 1, least)) least = 2 * place + 1;
          if (isLess(2 * place + 2, least)) least = 2 * place + 2;
          if (least === place) break;
          swap(place, least);
          place = least;
        }
        nowMs = Math.max(nowMs, first.atMs);
        first.act(nowMs);
      }
    },
  };
}
