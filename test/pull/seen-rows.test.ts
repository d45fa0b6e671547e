import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TAIL_ROWS } from '../../shared/core/bounds.ts';
import type { Pagination } from '../../shared/core/source/pagination-schema.ts';
import { type Move, movingList } from '../apis/moving.ts';
import { aStream } from '../core/builders.ts';
import { idOf, type MovingWalk, walkMoving } from './moving-walk.ts';

const WALKS = 400;

const offsets = (overlap: number, pageSize: number, rest: object = {}): Pagination => ({
  kind: 'offset',
  pageSize,
  overlap,
  ...rest,
});

const moves = (kinds: readonly Move[0][], most: number) =>
  fc.array(
    fc.array(fc.tuple(fc.constantFrom(...kinds), fc.double({ min: 0, max: 0.999, noNaN: true })), {
      maxLength: most,
    }),
    { maxLength: 25 },
  );

/** The first moves of all. */
function firstOf(all: readonly (readonly Move[])[], most: number): readonly (readonly Move[])[] {
  let left = most;
  return all.map((some) => {
    const taken = some.slice(0, left);
    left -= taken.length;
    return taken;
  });
}

/** What moved before the n-th request; nothing after the last of them. */
const during =
  (list: ReturnType<typeof movingList>, all: readonly (readonly Move[])[]) => (request: number) =>
    list.move(...(all[request - 2] ?? []));

function expectWhole(walked: MovingWalk, stood: readonly number[]): void {
  const ids = walked.lines.map(idOf);
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.filter((id) => stood.includes(id))).toEqual(stood);
}

const ends = fc.constantFrom({}, { total: 'total' });

describe('offset pages that overlap, over a list that moves', () => {
  const shapes = fc.record({
    length: fc.nat(90),
    overlap: fc.integer({ min: 1, max: 6 }),
    more: fc.integer({ min: 1, max: 12 }),
    clamp: fc.constantFrom(3, 7, 1000),
    end: ends,
  });

  it('take every row with a key that stands once, in order', () => {
    fc.assert(
      fc.property(
        shapes,
        moves(['insert', 'delete', 'touch'], 6),
        ({ length, overlap, more, clamp, end }, all) => {
          const list = movingList(length);
          const pagination = offsets(overlap, overlap + more, end);
          const stream = aStream({ pagination, primaryKey: ['id'] });
          // No more of them between two pages than pages overlap.
          const few = all.map((some) => some.slice(0, overlap));
          const walked = walkMoving(stream, list, clamp, during(list, few));
          expectWhole(walked, list.stood());
          expect(walked.moved?.gaps ?? 0).toBe(0);
        },
      ),
      { numRuns: WALKS },
    );
  });

  it('take every row without a key that stands once, in order', () => {
    fc.assert(
      fc.property(
        shapes,
        moves(['insert', 'delete'], 6),
        ({ length, overlap, more, end }, all) => {
          // Of a list shorter than the overlap there is too little to be found again.
          const list = movingList(length + 2 * overlap);
          const stream = aStream({ pagination: offsets(overlap, 2 * overlap + more, end) });
          // More than half of the overlap must be found again: one row that looks alike is no proof.
          const few = all.map((some) => some.slice(0, Math.ceil(overlap / 2)));
          const walked = walkMoving(stream, list, 1000, during(list, few));
          expectWhole(walked, list.stood());
          expect(walked.moved?.gaps ?? 0).toBe(0);
        },
      ),
      { numRuns: WALKS },
    );
  });

  it('take them also when far more rows are deleted between two pages', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 60, max: 200 }),
        fc.integer({ min: 2, max: 8 }),
        fc.integer({ min: 1, max: 35 }),
        fc.boolean(),
        (length, request, deleted, total) => {
          const list = movingList(length);
          const pagination = offsets(3, 20, total ? { total: 'total' } : {});
          const stream = aStream({ pagination, primaryKey: ['id'] });
          const walked = walkMoving(stream, list, 1000, (now) => {
            if (now === request) list.move(...Array(deleted).fill(['delete', 0]));
          });
          expectWhole(walked, list.stood());
          expect(walked.moved?.gaps ?? 0).toBe(0);
        },
      ),
      { numRuns: WALKS },
    );
  });

  it('ask for no page too many when nothing moves', () => {
    fc.assert(
      fc.property(shapes, ({ length, overlap, more }) => {
        const size = overlap + more;
        const stream = aStream({
          pagination: offsets(overlap, size, { total: 'total' }),
          primaryKey: ['id'],
        });
        const walked = walkMoving(stream, movingList(length), 1000, () => {});
        expect(walked.lines).toHaveLength(length);
        expect(walked.moved).toBeUndefined();
        // The total of an only page may count that page.
        const shown = length > 0 && length <= size ? 1 : 0;
        expect(walked.requests).toBe(1 + Math.max(shown, Math.ceil((length - size) / more)));
      }),
    );
  });

  const items = aStream({ pagination: offsets(2, 10, { total: 'total' }), primaryKey: ['id'] });
  const first: readonly Move[] = [['delete', 0]];

  it('count rows that came in before, and leave out what they pushed on', () => {
    const list = movingList(40);
    const walked = walkMoving(items, list, 1000, (request) => {
      if (request === 3) list.move(['insert', 0], ['insert', 0], ['insert', 0]);
    });
    expectWhole(walked, list.stood());
    expect(walked.moved).toEqual({ repeats: 3, skips: 0, gaps: 0, refetches: 0 });
  });

  it('count rows that moved up, and step back only when the overlap does not show them', () => {
    const list = movingList(40);
    const walked = walkMoving(items, list, 1000, (request) => {
      if (request === 2) list.move(...first);
      if (request === 4) list.move(...first, ...first, ...first);
    });
    expectWhole(walked, list.stood());
    expect(walked.moved).toEqual({ repeats: 0, skips: 4, gaps: 0, refetches: 1 });
  });

  it('begin at the first row again when all that was read is gone', () => {
    const list = movingList(30);
    const walked = walkMoving(items, list, 1000, (request) => {
      if (request === 2) list.move(...Array(10).fill(['delete', 0]));
    });
    expectWhole(walked, list.stood());
    expect(walked.lines).toHaveLength(30);
  });

  it('say that there is a gap when nothing of what was read last is left', () => {
    const list = movingList(300);
    const walked = walkMoving(items, list, 1000, (request) => {
      if (request !== 20) return;
      list.move(...Array(60).fill(['delete', 90 / list.rows().length]));
    });
    expect(walked.moved).toMatchObject({ gaps: 1 });
    expect(walked.lines.length).toBeLessThan(300);
  });

  it('search only so often in a list that has no order', () => {
    const order = (request: number, at: number): number => (at * 7919 + request * 104729) % 5003;
    const stream = aStream({ pagination: offsets(2, 10), primaryKey: ['id'] });
    const list = movingList(5_000);
    let now = 1;
    const shuffled = {
      ...list,
      rows: () => list.rows().map((_, at) => ({ id: order(now, at) + now * 10_000, version: 0 })),
    };
    const walked = walkMoving(stream, shuffled, 1000, (request) => {
      now = request;
    });
    expect(walked.moved?.gaps).toBeGreaterThan(20);
    // Eight steps each; at the very start, where all that was read is remembered, some more.
    expect(walked.moved?.refetches).toBeLessThan(20 * 8 + 120);
  });
});

describe('pages that do not overlap', () => {
  const shapes = fc.record({
    length: fc.nat(60),
    size: fc.integer({ min: 1, max: 20 }),
    end: ends,
  });
  const kinds = fc.constantFrom('offset' as const, 'page' as const);

  it('leave out rows with a key that others pushed on', () => {
    fc.assert(
      fc.property(shapes, kinds, moves(['insert'], 5), ({ length, size, end }, kind, all) => {
        const list = movingList(length);
        const pagination: Pagination = { kind, pageSize: size, ...end };
        const stream = aStream({ pagination, primaryKey: ['id'] });
        // A row that is pushed on by more than are remembered comes again.
        const few = firstOf(all, TAIL_ROWS);
        const walked = walkMoving(stream, list, 1000, during(list, few));
        expectWhole(walked, list.stood());
      }),
      { numRuns: WALKS },
    );
  });

  it('keep a row that comes again changed: it is a newer version', () => {
    const list = movingList(20);
    const stream = aStream({
      pagination: { kind: 'offset', pageSize: 10, total: 'total' },
      primaryKey: ['id'],
    });
    const walked = walkMoving(stream, list, 1000, (request) => {
      if (request === 2) list.move(['touch', 9 / 20], ['insert', 0], ['insert', 0]);
    });
    expect(walked.lines.filter((line) => idOf(line) === 10)).toEqual([
      '{"id":10, "v":0}',
      '{"id":10, "v":1}',
    ]);
    expect(walked.moved).toMatchObject({ repeats: 1 });
  });

  it('keep all rows without a key: those that are alike may be real', () => {
    const list = movingList(20);
    const stream = aStream({ pagination: { kind: 'offset', pageSize: 10, total: 'total' } });
    const walked = walkMoving(stream, list, 1000, () => list.move(['insert', 0]));
    expect(walked.lines.map(idOf).filter((id) => id === 10)).toHaveLength(2);
    expect(walked.moved).toBeUndefined();
  });
});
