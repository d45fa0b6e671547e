// Where the next page starts, decided from one page and nothing else. It never takes unknown or
// contradictory input for the end: what cannot be read, or cannot be true, is a fault.

import type { Pagination, PaginationOf } from '../source/pagination-spec.ts';
import type { Cursor } from './cursor.ts';
import { followLink, parseLinks } from './link.ts';
import {
  countAt,
  type Fault,
  fault,
  flagAt,
  type PageFacts,
  placeName,
  sendable,
  valueAt,
} from './page-facts.ts';

export type NextPage =
  | { readonly kind: 'next'; readonly cursor: Cursor }
  /** `cursor`: the last value the API gave, never the null of an empty page; a watermark. */
  | { readonly kind: 'end'; readonly reason: string; readonly cursor?: Cursor }
  | Fault;

/**
 * What follows the page that `cursor` led to (`null`: the first one).
 * @param origin of the source; a link that leaves it is a fault
 */
export function nextPage(
  spec: Pagination,
  cursor: Cursor,
  page: PageFacts,
  origin: string,
): NextPage {
  const more = 'hasMore' in spec && spec.hasMore ? flagAt(page, spec.hasMore) : undefined;
  if (typeof more === 'object') return more;
  switch (spec.kind) {
    case 'offset':
      return afterOffset(spec, cursor, page, more);
    case 'page':
      return afterNumber(spec, cursor, page, more);
    case 'cursor':
      return afterValue(spec, cursor, page, more);
    case 'link':
      return afterLink(spec, page, more, origin);
    case 'link-header':
      return afterLinkHeader(spec, page, origin);
    case 'keyset':
      return afterRecord(spec, cursor, page, more);
    case 'single':
      return end('one request is the whole stream');
  }
}

/** The offset moves by what came, not by what was asked: a clamped page leaves no gap. */
function afterOffset(
  spec: PaginationOf<'offset'>,
  cursor: Cursor,
  page: PageFacts,
  more: boolean | undefined,
): NextPage {
  if (cursor && !('offset' in cursor)) return otherKind(spec.kind);
  const reached = (cursor?.offset ?? 0) + page.rows;
  const total = usesTotal(spec.end) && spec.total ? countAt(page, spec.total) : undefined;
  if (typeof total === 'object') return total;
  return counted(spec, page, more, remaining(reached, total), { offset: reached });
}

/**
 * Page numbers move by one whatever came: an API that clamps the size numbers its own, smaller
 * pages. For the same reason the total is compared with the rows received, never with number x
 * size.
 */
function afterNumber(
  spec: PaginationOf<'page'>,
  cursor: Cursor,
  page: PageFacts,
  more: boolean | undefined,
): NextPage {
  if (cursor && !('page' in cursor)) return otherKind(spec.kind);
  const first = spec.firstPage ?? 1;
  const next = { page: (cursor?.page ?? first) + 1, rows: (cursor?.rows ?? 0) + page.rows };
  const total = usesTotal(spec.end) && spec.total ? countAt(page, spec.total) : undefined;
  if (typeof total === 'object') return total;
  const pages =
    usesTotal(spec.end) && spec.totalPages ? countAt(page, spec.totalPages) : undefined;
  if (typeof pages === 'object') return pages;
  const left = remaining(next.rows, total) ?? remaining(next.page - first, pages);
  return counted(spec, page, more, left, next);
}

/** @param left records or pages that the API says are still to come, when it says */
function counted(
  spec: PaginationOf<'offset' | 'page'>,
  page: PageFacts,
  more: boolean | undefined,
  left: number | undefined,
  next: Cursor,
): NextPage {
  if (more === false) return end('the API says that there is no more');
  if (left === 0) return end('the total is reached');
  if (page.rows === 0) {
    return more || left
      ? fault('an empty page, but the API says that there is more')
      : end('an empty page');
  }
  return isShort(spec, page, more) ? end('a short page') : { kind: 'next', cursor: next };
}

function afterValue(
  spec: PaginationOf<'cursor'>,
  cursor: Cursor,
  page: PageFacts,
  more: boolean | undefined,
): NextPage {
  if (cursor && !('value' in cursor)) return otherKind(spec.kind);
  const found = valueAt(page, spec.from);
  if (found && 'kind' in found) return found;
  const next = found?.value === '0' ? null : found;
  if (more === false) return end('the API says that there is no more', next ?? cursor);
  if (spec.end === 'empty-page' && page.rows === 0) {
    return more
      ? fault('an empty page, but the API says that there is more')
      : end('an empty page', cursor);
  }
  if (next) return { kind: 'next', cursor: next };
  return spec.end === 'empty-page' || more
    ? fault(`no cursor at ${placeName(spec.from)}, but this is not the end`)
    : end('no cursor', cursor);
}

function afterLink(
  spec: PaginationOf<'link'>,
  page: PageFacts,
  more: boolean | undefined,
  origin: string,
): NextPage {
  const found = valueAt(page, spec.from);
  if (found && 'kind' in found) return found;
  if (more === false) return end('the API says that there is no more');
  if (found) return follow(found.value, page, origin);
  return more ? fault(`no link at ${spec.from}, but this is not the end`) : end('no next link');
}

function afterLinkHeader(
  spec: PaginationOf<'link-header'>,
  page: PageFacts,
  origin: string,
): NextPage {
  const links = parseLinks(page.headers['link'] ?? '');
  if (!links) return fault('the Link header cannot be read');
  const rel = (spec.rel ?? 'next').toLowerCase();
  const link = links.find((candidate) => candidate.rels.includes(rel));
  return link ? follow(link.target, page, origin) : end(`no link with rel ${rel}`);
}

function afterRecord(
  spec: PaginationOf<'keyset'>,
  cursor: Cursor,
  page: PageFacts,
  more: boolean | undefined,
): NextPage {
  if (cursor && !('value' in cursor)) return otherKind(spec.kind);
  if (page.rows === 0) {
    return more
      ? fault('an empty page, but the API says that there is more')
      : end('an empty page', cursor);
  }
  const next = sendable(page.lastField(spec.field));
  if (!next) return fault(`the last record has no value at ${spec.field}`);
  if (more === false) return end('the API says that there is no more', next);
  return isShort(spec, page, more) ? end('a short page', next) : { kind: 'next', cursor: next };
}

function follow(target: string, page: PageFacts, origin: string): NextPage {
  const followed = followLink(target, page.url, origin);
  return 'rejected' in followed ? fault(followed.rejected) : { kind: 'next', cursor: followed };
}

const usesTotal = (declared: string | undefined): boolean =>
  declared === undefined || declared === 'total';

const remaining = (reached: number, total: number | undefined): number | undefined =>
  total === undefined ? undefined : Math.max(0, total - reached);

const isShort = (
  spec: PaginationOf<'offset' | 'page' | 'keyset'>,
  page: PageFacts,
  more: boolean | undefined,
): boolean => spec.end === 'short-page' && more !== true && page.rows < (spec.pageSize ?? 0);

const end = (reason: string, cursor?: Cursor): NextPage =>
  cursor ? { kind: 'end', reason, cursor } : { kind: 'end', reason };

const otherKind = (kind: string): Fault =>
  fault(`the stored cursor is not one of "${kind}" pagination; start the stream again`);
