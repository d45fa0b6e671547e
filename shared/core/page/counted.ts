// Lists that are counted, by rows (`offset`) or by numbers of pages (`page`): the walk itself
// knows where the next page starts, and the API only has to say where the list ends.

import type { PaginationOf } from '../source/pagination-spec.ts';
import type { Cursor } from './cursor.ts';
import { countAt, fault } from './page-facts.ts';
import { end, isShort, type NextPage, otherKind, type Standing, type Way } from './way.ts';

export const offset: Way<'offset'> = {
  next: afterOffset,
  parameters: (spec, cursor) => [
    [spec.offsetParam ?? 'offset', cursor && 'offset' in cursor ? cursor.offset : 0],
    [spec.limitParam ?? 'limit', spec.pageSize],
  ],
  identity: () => [],
  startsAtWatermark: false,
};

export const page: Way<'page'> = {
  next: afterNumber,
  parameters: (spec, cursor) => [
    [spec.pageParam ?? 'page', cursor && 'page' in cursor ? cursor.page : (spec.firstPage ?? 1)],
  ],
  // Only page numbers depend on the size of pages.
  identity: ({ pageSize, sizeParam }) => [pageSize ?? 0, sizeParam ?? ''],
  startsAtWatermark: false,
};

/** The offset moves by what came, not by what was asked: a clamped page leaves no gap. */
function afterOffset(spec: PaginationOf<'offset'>, at: Standing): NextPage {
  const { cursor, page } = at;
  if (cursor && !('offset' in cursor)) return otherKind(spec.kind);
  const reached = (cursor?.offset ?? 0) + page.rows;
  const total = usesTotal(spec.end) && spec.total ? countAt(page, spec.total) : undefined;
  if (typeof total === 'object') return total;
  return counted(spec, at, remaining(reached, total), { offset: reached });
}

/**
 * Page numbers move by one whatever came: an API that clamps the size numbers its own, smaller
 * pages. For the same reason the total is compared with the rows received, never with number x
 * size.
 */
function afterNumber(spec: PaginationOf<'page'>, at: Standing): NextPage {
  const { cursor, page } = at;
  if (cursor && !('page' in cursor)) return otherKind(spec.kind);
  const first = spec.firstPage ?? 1;
  const next = { page: (cursor?.page ?? first) + 1, rows: (cursor?.rows ?? 0) + page.rows };
  const total = usesTotal(spec.end) && spec.total ? countAt(page, spec.total) : undefined;
  if (typeof total === 'object') return total;
  const pages =
    usesTotal(spec.end) && spec.totalPages ? countAt(page, spec.totalPages) : undefined;
  if (typeof pages === 'object') return pages;
  const left = remaining(next.rows, total) ?? remaining(next.page - first, pages);
  return counted(spec, at, left, next);
}

/** @param left records or pages that the API says are still to come, when it says */
function counted(
  spec: PaginationOf<'offset' | 'page'>,
  at: Standing,
  left: number | undefined,
  next: Cursor,
): NextPage {
  const { page, more } = at;
  if (more === false) return end('the API says that there is no more');
  if (left === 0) return end('the total is reached');
  if (page.rows === 0) {
    return more || left
      ? fault('an empty page, but the API says that there is more')
      : end('an empty page');
  }
  return isShort(spec, at) ? end('a short page') : { kind: 'next', cursor: next };
}

const usesTotal = (declared: string | undefined): boolean =>
  declared === undefined || declared === 'total';

const remaining = (reached: number, total: number | undefined): number | undefined =>
  total === undefined ? undefined : Math.max(0, total - reached);
