// Where a page of a moving list joins what was read before. Rows are known by marks; the place is
// the one that the fewest insertions and deletions explain. It never takes a page that shows none
// of the rows that were read last: it steps back until they are found, or says that there is a gap.
//
// Rows a to j were read, in pages of ten that overlap by three; the next page is asked from h. It
// holds `hijklm`: three were read before, k is new. `fghijklm`: two rows came in before, and five
// were read. `klmnop`: none of h, i, j is there, so the page is not taken and the walk looks
// further back.
// Why: docs/decisions/011-offset-pages-overlap.md

import { OVERLAP_STEPS, TAIL_ROWS } from '../bounds.ts';
import type { OffsetCursor } from './cursor.ts';

export type Joint =
  /**
   * The first `rows` of the page were read before: `shift` more than expected (rows came in before
   * them), or fewer (rows before them are gone).
   */
  | { readonly kind: 'joined'; readonly rows: number; readonly shift: number }
  /** The page is not taken: fetch again from further back. */
  | { readonly kind: 'back'; readonly cursor: OffsetCursor }
  /** Nothing of what was read last is found: the walk goes on where it stood, blindly. */
  | { readonly kind: 'gap'; readonly cursor: OffsetCursor };

/**
 * Joins the page that `cursor` led to.
 * @param marks of the page's rows; equal marks are the same row
 * @param evidence rows that must be found again: one where marks are unique, else more
 * @param steps how often the walk may step back in search of the place
 */
export function joinPage(
  cursor: OffsetCursor,
  marks: readonly string[],
  evidence: number,
  steps = OVERLAP_STEPS,
): Joint {
  const { offset, overlap = 0, size = 1, back = { rows: 0, steps: 0 }, tail = [] } = cursor;
  const expected = overlap + back.rows;
  // At the start of the list, and with all that was read remembered, no row can be mistaken.
  const isCertain = offset === 0 && tail.length < TAIL_ROWS;
  const rows = rowsBefore(tail, expected, marks, isCertain ? 1 : evidence);
  if (rows !== undefined) return { kind: 'joined', rows, shift: rows - expected };
  if (expected === 0) return { kind: 'joined', rows: 0, shift: 0 };
  // All that was read is gone: what stands at the start is the first that was not.
  const isInSight = evidence === 1 || expected <= marks.length || marks.length < size;
  const isEmpty = offset === 0 && marks.length === 0;
  if ((isCertain && isInSight) || isEmpty) return { kind: 'joined', rows: 0, shift: -expected };
  const here = offset + expected;
  if (offset === 0 || back.steps >= steps) {
    return { kind: 'gap', cursor: { offset: here, overlap: 0, size, tail: [] } };
  }
  // The page before this one, as it is now, must reach up to this one.
  const step = Math.min(expected, Math.max(1, size - overlap), offset);
  const moved = { rows: back.rows + step, steps: back.steps + 1 };
  return { kind: 'back', cursor: { ...cursor, offset: offset - step, back: moved } };
}

/**
 * The cursor behind a page that was taken, `here` rows into the list. A page with nothing but rows
 * of the overlap may be the last one, or one of an API that gives no more at a time: the next is
 * asked without an overlap, and only when that one is empty, the list has ended.
 * @param rows of the page, of which `before` were read before
 * @param last the cursor of the page; `tail`: the rows read last, with those of it
 */
export function overlapFrom(
  here: number,
  { rows, before }: { readonly rows: number; readonly before: number },
  overlap: number,
  { last, tail }: { readonly last: OffsetCursor | null; readonly tail: readonly string[] },
): OffsetCursor {
  const isBare = before === rows && rows <= (last?.overlap ?? 0);
  const size = Math.max(rows, last?.size ?? 0);
  // A row less than the API gives at a time, or no page would ever hold a new one.
  const width = isBare ? 0 : Math.min(overlap, size - 1, tail.length, here);
  return { offset: here - width, overlap: width, size, tail };
}

/**
 * The rows read last, with those of one more page of which `before` were read before. Rows that
 * are not on it are not forgotten: they may stand behind it, pushed on by others.
 */
export function tailAfter(
  tail: readonly string[],
  marks: readonly string[],
  before: number,
): readonly string[] {
  const here = new Set(marks);
  const last = tail.findLastIndex((mark) => here.has(mark));
  const end = before === marks.length ? last + 1 : tail.length;
  const earlier = tail.slice(0, end).filter((mark) => !here.has(mark));
  return [...earlier, ...marks, ...tail.slice(end)].slice(-TAIL_ROWS);
}

/**
 * How many rows at the head of a page were read before, as far as `tail` shows it: the last of
 * them is the last row of `tail` that is still there.
 * @param expected the answer when nothing has moved
 */
function rowsBefore(
  tail: readonly string[],
  expected: number,
  marks: readonly string[],
  evidence: number,
): number | undefined {
  const first = expected - tail.length;
  if (expected > 0 && stands(tail, first, marks)) return expected;
  const needed = Math.max(1, Math.min(evidence, tail.length, marks.length));
  const known = new Set(tail);
  let best: { readonly rows: number; readonly why: Explanation } | undefined;
  let seen = 0;
  for (const [rows, why] of explanations(tail, first, marks).entries()) {
    if (known.has(marks[rows - 1] ?? '')) seen++;
    const isProven = why.found > 0 && seen >= needed;
    if (isProven && (!best || isBetter(why, best.why))) best = { rows, why };
  }
  return best?.rows;
}

/** Whether all of `tail` that can be on the page stands where it must when nothing has moved. */
function stands(tail: readonly string[], first: number, marks: readonly string[]): boolean {
  if (tail.length === 0 || first + tail.length > marks.length) return false;
  return tail.every((mark, index) => first + index < 0 || marks[first + index] === mark);
}

/** The fewest moves that explain a place, and the rows of the tail that are found on the page. */
interface Explanation {
  readonly moves: number;
  readonly found: number;
}

/**
 * For each number of rows at the page's head: the fewest insertions and deletions since the last
 * page after which exactly these rows were read before, and at least one of them is found in the
 * tail. The classic table of edit distances, tail against head: what stands before the first row
 * that is found costs as many moves as that row is away from its place. Where the page ends with a
 * row of the tail, the rest of the tail may stand behind it and costs none.
 * @param first where the first row of the tail is expected on the page; negative: before it
 */
function explanations(
  tail: readonly string[],
  first: number,
  marks: readonly string[],
): readonly Explanation[] {
  let above: Explanation[] = Array.from({ length: marks.length + 1 }, () => NONE);
  let behind = NONE;
  for (const [index, mark] of tail.entries()) {
    const here: Explanation[] = [NONE];
    for (let row = 1; row <= marks.length; row++) {
      let best = better(oneMove(above[row]), oneMove(here[row - 1]));
      if (marks[row - 1] === mark) {
        const start = { moves: Math.abs(row - 1 - index - first), found: 0 };
        const before = better(above[row - 1], start);
        const match = { moves: before.moves, found: before.found + 1 };
        best = better(best, match);
        if (row === marks.length) behind = better(behind, match);
      }
      here.push(best);
    }
    above = here;
  }
  return above.with(-1, better(above.at(-1), behind));
}

const NONE: Explanation = { moves: Number.POSITIVE_INFINITY, found: 0 };

const oneMove = ({ moves, found }: Explanation = NONE): Explanation => ({
  moves: moves + 1,
  found,
});

const better = (one: Explanation = NONE, other: Explanation): Explanation =>
  isBetter(other, one) ? other : one;

const isBetter = (one: Explanation, other: Explanation): boolean =>
  one.moves < other.moves || (one.moves === other.moves && one.found > other.found);
