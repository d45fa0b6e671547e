// The ways to page, one row a kind, and what is asked of them. What follows a page is decided from
// that page and nothing else; what cannot be read, or cannot be true, is a fault, never the end.

import type { Pagination, PaginationByKind } from '../source/pagination-spec.ts';
import { offset, page } from './counted.ts';
import type { Cursor } from './cursor.ts';
import { cursor, keyset, link, linkHeader, single } from './given.ts';
import { flagAt, type PageFacts } from './page-facts.ts';
import type { NextPage, Parameter, Standing, Way } from './way.ts';

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
  next(at: Standing): NextPage;
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
    parameters: (cursor) => way.parameters(spec, cursor),
    identity: () => way.identity(spec),
    startsAtWatermark: way.startsAtWatermark,
  };
}

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
  return pagingOf(spec).next({ cursor, page, more, origin });
}
