// The ways to page, one row a kind, and what is asked of them. What follows a page is decided from
// that page and nothing else; what cannot be read, or cannot be true, is a fault, never the end.

import type { Pagination, PaginationByKind } from '../source/pagination-schema.ts';
import { offset, page } from './counted-ways.ts';
import type { Cursor } from './cursor.ts';
import { judgeEnd, misplacedRows, type WalkFacts } from './end.ts';
import { cursor, keyset, link, linkHeader, single } from './given-ways.ts';
import {
  type Fault,
  type FieldLocation,
  fault,
  flagAt,
  isThere,
  type PageFacts,
} from './page-facts.ts';
import type { NextPage, Parameter, Standing, Step, Way } from './way.ts';

type Kind = Pagination['kind'];

const WAYS: { readonly [One in Kind]: Way<One> } = {
  offset,
  page,
  cursor,
  keyset,
  link,
  'link-header': linkHeader,
  single,
};

/** The row of a kind, bound to what a stream declares. */
interface Paging {
  next(at: Standing): Step;
  afterEmpty(at: Standing): Step;
  readonly nextPlace: FieldLocation | undefined;
  /** Paging parameters of the page at `cursor`, sizes aside. */
  parameters(cursor: Cursor): readonly Parameter[];
  identity(): readonly unknown[];
  readonly startsAtWatermark: boolean;
}

export const pagingOf = (spec: Pagination): Paging => bind(spec.kind, spec);

function bind<One extends Kind>(kind: One, spec: PaginationByKind[One]): Paging {
  const way = WAYS[kind];
  return {
    next: (at) => way.next(spec, at),
    afterEmpty: (at) => way.afterEmpty(spec, at),
    nextPlace: way.nextPlace(spec),
    parameters: (cursor) => way.parameters(spec, cursor),
    identity: () => way.identity(spec),
    startsAtWatermark: way.startsAtWatermark,
  };
}

/** Whether a page can be asked for only once: its cursor moves on the server. */
export const isReadOnce = (spec: Pagination): boolean =>
  spec.kind === 'cursor' && spec.resume === 'restart';

/** The page that is judged, and what led to it. */
export interface PageOfWalk extends WalkFacts {
  /** `null`: the first page. */
  readonly cursor: Cursor;
  readonly page: PageFacts;
  /** Of the source; a link that leaves it is a fault. */
  readonly origin: string;
}

/** What follows a page. */
export function nextPage({ cursor, page, origin, ...walk }: PageOfWalk): NextPage {
  const { pagination } = walk.stream;
  const more = moreAt(pagination, page);
  if (typeof more === 'object') return more;
  const isFirst = cursor === null;
  const misplaced = isFirst ? misplacedRows(page, walk) : undefined;
  if (misplaced) return misplaced;
  const isProof = walk.toldEnd?.isDisputed === false;
  const { leastBefore } = walk;
  const at = { cursor, page, more, origin, isProof, leastBefore };
  const step = pagingOf(pagination).next(at);
  return step.kind === 'end' ? judgeEnd(step, page, isFirst, walk) : step;
}

/** What follows an answer without rows that the source declares to be an empty page. */
export function nextAfterEmpty({ stream, cursor, page, origin }: PageOfWalk): NextPage {
  const { pagination } = stream;
  const more = moreAt(pagination, page);
  if (typeof more === 'object') return more;
  const step = pagingOf(pagination).afterEmpty({ cursor, page, more, origin, isProof: false });
  return step.kind === 'end' ? { kind: 'end', reason: step.reason } : step;
}

/**
 * Whether an answer without the list still speaks of the walk: it has the place of the next page,
 * a flag or a count that the source names. One that does not may be anything.
 */
export function speaksOfWalk(
  { pagination, total }: WalkFacts['stream'],
  page: PageFacts,
): boolean {
  const { hasMore, lastPage, ...counts } = { ...NO_WORDS, ...pagination };
  const own = total?.body ?? (total?.header === undefined ? undefined : { header: total.header });
  const { nextPlace } = pagingOf(pagination);
  const places = [nextPlace, hasMore, lastPage, counts.total, counts.totalPages, own];
  return places.some((place) => place !== undefined && isThere(page, place));
}

/** Paths in a body whose values lead the walk, end it or judge it: each must have one meaning. */
export function pathsOfWalk({ pagination, total }: WalkFacts['stream']): readonly string[] {
  const { hasMore, lastPage, ...counts } = { ...NO_WORDS, ...pagination };
  const { nextPlace } = pagingOf(pagination);
  const places = [nextPlace, hasMore, lastPage, counts.total, counts.totalPages, total?.body];
  return places.filter((place) => typeof place === 'string');
}

/** Fields that some kinds lack. */
const NO_WORDS = {
  hasMore: undefined,
  lastPage: undefined,
  total: undefined,
  totalPages: undefined,
};

/** Whether the declared flags say that there is more; they must not say both. */
function moreAt(spec: Pagination, page: PageFacts): boolean | undefined | Fault {
  const { hasMore, lastPage } = { hasMore: undefined, lastPage: undefined, ...spec };
  const more = hasMore === undefined ? undefined : flagAt(page, hasMore);
  const last = lastPage === undefined ? undefined : flagAt(page, lastPage);
  if (typeof more === 'object' || last === undefined) return more;
  if (typeof last === 'object') return last;
  if (more === last) return fault(`${hasMore} and ${lastPage} cannot both be ${last}`);
  return !last;
}
