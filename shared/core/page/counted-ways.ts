// Lists that are counted, by rows (`offset`) or by numbers of pages (`page`): the walk itself
// knows where the next page starts, and the API only has to say where the list ends.

import type { PaginationOf } from '../source/pagination-schema.ts';
import type { Cursor } from './cursor.ts';
import { earlierPages, type LookAlike } from './look-alike.ts';
import { countAt, describeLocation, type Fault, fault } from './page-facts.ts';
import {
  end,
  endEmpty,
  isBelowSize,
  isShort,
  NO_MORE,
  otherKind,
  type Standing,
  type Step,
  type Way,
} from './way.ts';

export const offset: Way<'offset'> = {
  next: afterOffset,
  afterEmpty: afterEmptyRows,
  nextPlace: () => undefined,
  parameters: (spec, cursor) => [
    [spec.offsetParam ?? 'offset', cursor && 'offset' in cursor ? cursor.offset : 0],
    [spec.limitParam ?? 'limit', spec.pageSize],
  ],
  identity: ({ offsetParam }) => [offsetParam ?? ''],
  startsAtWatermark: false,
};

export const page: Way<'page'> = {
  next: afterNumber,
  afterEmpty: afterEmptyNumber,
  nextPlace: () => undefined,
  parameters: (spec, cursor) => [
    [spec.pageParam ?? 'page', cursor && 'page' in cursor ? cursor.page : (spec.firstPage ?? 1)],
  ],
  // Only page numbers depend on the size of pages.
  identity: ({ pageSize, sizeParam, pageParam, firstPage }) => [
    pageSize ?? 0,
    sizeParam ?? '',
    pageParam ?? '',
    firstPage ?? 1,
  ],
  startsAtWatermark: false,
};

/** The offset moves by what came, not by what was asked: a clamped page leaves no gap. */
function afterOffset(spec: PaginationOf<'offset'>, at: Standing): Step {
  const { cursor, page } = at;
  if (cursor && !('offset' in cursor)) return otherKind(spec.kind);
  const reached = (cursor?.offset ?? 0) + page.rows;
  const total = usesTotal(spec.end) && spec.total ? countAt(page, spec.total) : undefined;
  if (typeof total === 'object') return total;
  const left = toCome(at, reached, total);
  return counted(spec, at, left && { ...left, told: 'total' }, { offset: reached });
}

/**
 * Page numbers move by one whatever came: an API that clamps the size numbers its own, smaller
 * pages. For the same reason the total is compared with the rows received, never with number x
 * size.
 */
function afterNumber(spec: PaginationOf<'page'>, at: Standing): Step {
  const { cursor, page } = at;
  if (cursor && !('page' in cursor)) return otherKind(spec.kind);
  const earlier = cursor ? [] : earlierPages(page, (spec.ignore ?? []).map(describeLocation));
  if (earlier[0]) return notFirst(earlier[0]);
  const first = spec.firstPage ?? 1;
  const next = { page: (cursor?.page ?? first) + 1, rows: (cursor?.rows ?? 0) + page.rows };
  const total = usesTotal(spec.end) && spec.total ? countAt(page, spec.total) : undefined;
  if (typeof total === 'object') return total;
  const pages =
    usesTotal(spec.end) && spec.totalPages ? countAt(page, spec.totalPages) : undefined;
  if (typeof pages === 'object') return pages;
  const isToldNothing = cursor === null && total === undefined && pages === undefined;
  if (isToldNothing && spec.withoutTotal === 'one-page' && isBelowSize(spec, at)) {
    return end('a list of one page, without a total', 'one-page', { onward: next });
  }
  const byRows = toCome(at, next.rows, total);
  const byPages = remaining(next.page - first, pages);
  const isLast = cursor && page.rows === 0 && !byRows && byPages?.count === 0;
  if (isLast && !at.isProof) return lastIsEmpty(byPages);
  const [left, told] = byRows ? ([byRows, 'total'] as const) : ([byPages, 'pages'] as const);
  return counted(spec, at, left && { ...left, told }, next);
}

const lastIsEmpty = ({ total }: Remaining): Fault =>
  fault(
    `an empty page, but the API says that it is the last of ${total} with rows; correct firstPage ` +
      'or totalPages, or say end "empty-page"',
  );

const notFirst = ({ place, value }: LookAlike): Fault =>
  fault(
    `this is not the first page: ${place} says ${value}; correct firstPage, or name what means ` +
      'something else in "ignore"',
  );

/** @param left of the records or pages that the API tells, when it does */
function counted(
  spec: PaginationOf<'offset' | 'page'>,
  at: Standing,
  left: (Remaining & { readonly told: 'total' | 'pages' }) | undefined,
  next: Cursor,
): Step {
  const { page, more } = at;
  if (more === false) return end(NO_MORE, 'flag', { onward: next });
  // A flag that says more is about what follows, a total may be about anything.
  if (left?.count === 0 && !(more && page.rows > 0)) {
    return end('the total is reached', left.told, { onward: next });
  }
  if (page.rows === 0) {
    const told = left ? `: ${left.count} of ${left.total} are still to come. ${HIDDEN}` : '';
    return endEmpty(more === true || left !== undefined, null, told);
  }
  return isShort(spec, at)
    ? end('a short page', 'short-page', { onward: next })
    : { kind: 'next', cursor: next };
}

const HIDDEN = 'If the total counts what this walk is not given, say end "empty-page"';

/** As many rows further as were asked for: of an empty page, nothing else is known. */
function afterEmptyRows(spec: PaginationOf<'offset'>, { cursor, more }: Standing): Step {
  if (cursor && !('offset' in cursor)) return otherKind(spec.kind);
  if (more === false) return end(NO_MORE, 'flag');
  return { kind: 'next', cursor: { offset: (cursor?.offset ?? 0) + spec.pageSize } };
}

function afterEmptyNumber(spec: PaginationOf<'page'>, at: Standing): Step {
  const { cursor, page, more } = at;
  if (cursor && !('page' in cursor)) return otherKind(spec.kind);
  const first = spec.firstPage ?? 1;
  const next = { ...cursor, page: (cursor?.page ?? first) + 1, rows: cursor?.rows ?? 0 };
  const pages = spec.totalPages ? countAt(page, spec.totalPages) : undefined;
  if (typeof pages === 'object') return pages;
  if (more === false) return end(NO_MORE, 'flag');
  return remaining(next.page - first, pages)?.count === 0
    ? end('the total is reached', 'pages')
    : { kind: 'next', cursor: next };
}

const usesTotal = (declared: string | undefined): boolean =>
  declared === undefined || declared === 'total';

/** More than the total, or rows beside a total of none: such a total is not believed. */
const remaining = (reached: number, total: number | undefined): Remaining | undefined =>
  total === undefined || reached > total ? undefined : { count: total - reached, total };

/** A list that had no more rows on an earlier page has grown since: an empty page is its end. */
function toCome({ page, leastBefore }: Standing, reached: number, total: number | undefined) {
  const left = remaining(reached, total);
  const isGrown = page.rows === 0 && leastBefore !== undefined && reached >= leastBefore;
  return isGrown && left && left.count > 0 ? undefined : left;
}

/** Records or pages that are still to come, of all that there are. */
interface Remaining {
  readonly count: number;
  readonly total: number;
}
