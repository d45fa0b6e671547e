import { describe, expect, it } from 'vitest';
import { OVERLAP_STEPS, TAIL_ROWS } from '../../../shared/core/bounds.ts';
import type { OffsetCursor } from '../../../shared/core/page/cursor.ts';
import { joinPage, overlapFrom, tailAfter } from '../../../shared/core/page/overlap.ts';

const marks = (text: string): string[] => [...text];

/** A walk that has read the alphabet up to `read`, in pages of ten that overlap by three. */
const walked = (read: string, changes: Partial<OffsetCursor> = {}): OffsetCursor => ({
  offset: 100 - 3,
  overlap: 3,
  size: 10,
  tail: marks(read),
  ...changes,
});

/** Rows read before at the page's head, or what happens instead. */
const rows = (cursor: OffsetCursor, page: string, evidence = 1): number | string => {
  const joint = joinPage(cursor, marks(page), evidence);
  return joint.kind === 'joined' ? joint.rows : joint.kind;
};

describe('a page of a list that moves joins what was read before', () => {
  const cases: readonly [what: string, page: string, rows: number | string][] = [
    ['where nothing has moved', 'hijklm', 3],
    ['where rows came in before', 'fghijklm', 5],
    ['where more came in than are remembered', 'ZYXWVabcdefghijk', 15],
    ['where a row was deleted before', 'ijklmn', 2],
    ['where two were', 'jklmno', 1],
    ['where a row of the overlap was deleted', 'ghjklmn', 3],
    ['where the last row that was read was deleted', 'ghiklmn', 3],
    ['where a row came in among those that were read', 'hiZjklm', 4],
    ['where a row came in behind them, which is new', 'hijZklm', 3],
    ['where so many came in that the page ends among them', 'abcd', 4],
    ['where still more did', 'ZYXWVUab', 8],
    ['where the last rows that were read were deleted', 'fk', 1],
    ['where the page ends with them', 'hij', 3],
    ['not at all where all of the overlap was deleted', 'klmnop', 'back'],
    ['not at all behind the end of the list', '', 'back'],
  ];
  it.each(cases)('%s', (_, page, expected) => {
    expect(rows(walked('abcdefghij'), page)).toBe(expected);
  });

  it('by the fewest moves, where rows look alike', () => {
    expect(rows(walked('ababab'), 'bababab', 2)).toBe(3);
    expect(rows(walked('aaaaaa'), 'aaaaaaa', 2)).toBe(3);
    expect(rows(walked('xyzaba'), 'baxyzaba', 2)).toBe(2);
  });

  it('not by one row that looks alike, where more should be found', () => {
    expect(rows(walked('abcdefghij'), 'pqrsjtuv', 2)).toBe('back');
  });
});

describe('in search of the rows that were read last', () => {
  it('steps double up to the size of a page, so that no row is passed over', () => {
    let cursor = walked('abcdefghij', { offset: 97 });
    const offsets: number[] = [];
    for (let step = 0; step < OVERLAP_STEPS; step++) {
      const joint = joinPage(cursor, marks('0123456789'), 1);
      if (joint.kind !== 'back') break;
      offsets.push(joint.cursor.offset);
      cursor = joint.cursor;
    }
    expect(offsets).toEqual([94, 88, 81, 74, 67, 60, 53, 46]);
    expect(joinPage(cursor, marks('0123456789'), 1)).toEqual({
      kind: 'gap',
      cursor: { offset: 100, overlap: 0, size: 10, tail: [] },
    });
  });

  it('ends at the start of the list, where all that was remembered is gone', () => {
    const long = Array.from({ length: TAIL_ROWS }, (_, index) => `row ${index}`);
    const start = walked('', { offset: 0, tail: long });
    expect(joinPage(start, marks('klm'), 1).kind).toBe('gap');
    expect(joinPage({ ...start, tail: marks('abc') }, marks('klm'), 1)).toEqual({
      kind: 'joined',
      rows: 0,
      shift: -3,
    });
    expect(joinPage(start, [], 1)).toMatchObject({ kind: 'joined', rows: 0 });
  });
});

describe('the cursor behind a page', () => {
  it('goes back by the overlap, and remembers what was read last', () => {
    const tail = tailAfter(marks('abc'), marks('cdef'), 1);
    expect(tail).toEqual(marks('abcdef'));
    expect(tailAfter(marks('abcd'), marks('Zb'), 2)).toEqual(marks('aZbcd'));
    expect(overlapFrom(6, { rows: 4, before: 1 }, 3, { last: null, tail })).toEqual({
      offset: 3,
      overlap: 3,
      size: 4,
      tail,
    });
  });

  it('asks without an overlap behind a page that holds nothing else', () => {
    const bare = overlapFrom(100, { rows: 3, before: 3 }, 3, {
      last: walked('hij'),
      tail: marks('hij'),
    });
    expect(bare).toMatchObject({ offset: 100, overlap: 0 });
  });

  it('overlaps by less than the API gives at a time', () => {
    const clamped = overlapFrom(2, { rows: 2, before: 0 }, 5, { last: null, tail: marks('ab') });
    expect(clamped).toMatchObject({ offset: 1, overlap: 1 });
  });

  it('remembers only so many rows', () => {
    const many = Array.from({ length: 3 * TAIL_ROWS }, (_, index) => String(index));
    expect(tailAfter([], many, 0)).toEqual(many.slice(-TAIL_ROWS));
  });
});
