// How an API pages, as data: one variant a kind. `pagination.ts` is the code that walks it.
// Combinations that cannot work are faults here, before the first request.

import * as z from 'zod/mini';
import { OVERLAP_ROWS } from '../bounds.ts';

const path = z.string().check(z.minLength(1));
const name = z.string().check(z.minLength(1));
const withValue = z
  .string()
  .check(z.refine((format) => format.includes('{value}'), 'text with {value} in it'));

/** A dotted path in the body (`meta.total`), or a response header. */
const bodyOrHeader = z.union([path, z.strictObject({ header: name })]);

/** How many rows to ask for. Without `sizeParam` it is not sent: the API's own, fixed size. */
const size = {
  pageSize: z.optional(z.int().check(z.positive())),
  sizeParam: z.optional(name),
};

/**
 * Where the paging parameters travel. Default `query`. In a `body`, `a.b` reaches into objects.
 */
const place = { in: z.optional(z.enum(['query', 'body', 'header'])) };

/** Numbers may also stand in the `path` of the stream: `items/page/{page}`. */
const countedPlace = { in: z.optional(z.enum(['query', 'body', 'header', 'path'])) };

/** Paths of flags in the body. A flag that is absent says nothing. */
const flag = {
  /** Ends the walk when it is false, "false" or 0. */
  hasMore: z.optional(path),
  /** Ends the walk when it is true, "true" or 1. */
  lastPage: z.optional(path),
};

/**
 * Places in the body or in headers that look like a next page, a flag or a total, and are none:
 * they do not speak against an end.
 */
const common = { ignore: z.optional(z.array(bodyOrHeader)) };

/**
 * Where a counted list ends. An empty page always is an end, unless the API says that there is
 * more: then it is a fault. `short-page` ends on a page with fewer rows than asked: only for APIs
 * that never clamp. `total` is the default where a total is declared, `empty-page` elsewhere.
 */
const countedEnd = z.optional(z.enum(['empty-page', 'short-page', 'total']));

/** `offset` and `limit`. The offset moves by the rows received, so clamped sizes lose nothing. */
const offset = z.strictObject({
  kind: z.literal('offset'),
  ...common,
  pageSize: z.int().check(z.positive()),
  /** Default `offset`. */
  offsetParam: z.optional(name),
  /** Default `limit`. */
  limitParam: z.optional(name),
  end: countedEnd,
  /** Where the number of records stands. */
  total: z.optional(bodyOrHeader),
  /**
   * Rows that each page repeats of the one before, for lists that move while they are read: by them
   * rows that would be passed over or come twice are noticed. Default 0.
   */
  overlap: z.optional(z.int().check(z.positive(), z.maximum(OVERLAP_ROWS))),
  ...flag,
  ...countedPlace,
});

/** Page numbers. */
const page = z.strictObject({
  kind: z.literal('page'),
  ...common,
  ...size,
  /** Default `page`. */
  pageParam: z.optional(name),
  /** Default 1. */
  firstPage: z.optional(z.int().check(z.nonnegative())),
  end: countedEnd,
  /** Where the number of records stands. */
  total: z.optional(bodyOrHeader),
  /** Where the number of pages stands. */
  totalPages: z.optional(bodyOrHeader),
  /**
   * `one-page`: a list that fits on one page comes without its totals (X-Series 0.x). A first page
   * of fewer rows than asked is then all there is.
   */
  withoutTotal: z.optional(z.literal('one-page')),
  ...flag,
  ...countedPlace,
});

/**
 * A value in the body or a header that is sent back. Absent, null, empty, false or 0 is the end.
 */
const cursor = z.strictObject({
  kind: z.literal('cursor'),
  ...common,
  from: bodyOrHeader,
  param: name,
  /**
   * Default `no-cursor`. `empty-page`: only a page without rows is the end (X-Series).
   * `short-page`: a page with fewer rows than asked is one too.
   */
  end: z.optional(z.enum(['no-cursor', 'empty-page', 'short-page'])),
  /**
   * The cursor stays and its place moves on the server with each page (scrolls, Crossref). A page
   * can't be asked for twice: what is interrupted begins anew.
   */
  resume: z.optional(z.literal('restart')),
  ...size,
  ...flag,
  ...place,
});

/**
 * Default `no-link`. `empty-page`: only a page without rows is the end. `short-page`: a page with
 * fewer rows than asked is one too.
 */
const linkEnd = z.optional(z.enum(['no-link', 'empty-page', 'short-page']));

/** A URL in the body, called as it is. Absent, null, empty, false or 0 is the end. */
const link = z.strictObject({
  kind: z.literal('link'),
  ...common,
  from: path,
  end: linkEnd,
  ...size,
  ...flag,
  ...place,
});

/** RFC 8288 `Link: <url>; rel="next"`. */
const linkHeader = z.strictObject({
  kind: z.literal('link-header'),
  ...common,
  /** Default `next`. */
  rel: z.optional(name),
  end: linkEnd,
  ...size,
  ...flag,
  ...place,
});

/** A field of the last record is where the next page starts. */
const keyset = z.strictObject({
  kind: z.literal('keyset'),
  ...common,
  field: path,
  param: name,
  /** How the value is written, `{value}` being it: `>,{value}`. Default `{value}`. */
  format: z.optional(withValue),
  end: z.optional(z.enum(['empty-page', 'short-page'])),
  ...size,
  ...flag,
  ...place,
});

/** One request is the whole stream. */
const single = z.strictObject({ kind: z.literal('single'), ...common });

/** Fields that some kinds lack. */
const NOTHING = {
  end: undefined,
  pageSize: undefined,
  sizeParam: undefined,
  total: undefined,
  totalPages: undefined,
  withoutTotal: undefined,
};

export const pagination = z
  .discriminatedUnion('kind', [offset, page, cursor, link, linkHeader, keyset, single])
  .check(
    z.superRefine((spec, context) => {
      const fault = (field: string, expected: string) =>
        context.addIssue({ code: 'custom', path: [field], message: expected });
      const { end, pageSize, sizeParam, total, totalPages, withoutTotal } = {
        ...NOTHING,
        ...spec,
      };
      if (pageSize === undefined && end === 'short-page') {
        fault('pageSize', 'the size of a full page beside end "short-page"');
      } else if (pageSize === undefined && sizeParam !== undefined) {
        fault('pageSize', 'a size to send as sizeParam');
      }
      if (withoutTotal !== undefined && pageSize === undefined) {
        fault('pageSize', 'the size of a full page beside withoutTotal');
      }
      if (withoutTotal !== undefined && total === undefined && totalPages === undefined) {
        fault('total', 'the total that a list of one page lacks');
      }
      if (end === 'total' && total === undefined && totalPages === undefined) {
        fault('total', 'a place of the total beside end "total"');
      }
      const { from, rel, hasMore, param } = { ...NAMES, ...spec };
      if (isNamed(rel, STAYS)) fault('rel', 'a relation that leads on');
      // A value may well be called `last`; a URL of that name leads to the last page only.
      if (param === undefined && isNamed(from, STAYS)) fault('from', 'a link that leads on');
      if (isNamed(hasMore, BEHIND)) fault('hasMore', 'a flag of what comes');
      if (spec.kind === 'offset' && (spec.overlap ?? 0) >= spec.pageSize) {
        fault('overlap', 'fewer rows than pageSize');
      }
    }),
  );

const NAMES = { from: undefined, rel: undefined, hasMore: undefined, param: undefined };

const isNamed = (place: unknown, wrong: RegExp): boolean =>
  typeof place === 'string' && wrong.test(place);

/** Links that every page has, or that lead to one page. */
const STAYS = /(^|[.])(self|first|last|current)$/i;
/** Flags of the pages before. */
const BEHIND = /(^|[._]|has|is)prev(ious)?(_?pages?)?$/i;

export type Pagination = z.infer<typeof pagination>;
export type PaginationByKind = { readonly [Spec in Pagination as Spec['kind']]: Spec };
export type PaginationOf<Kind extends Pagination['kind']> = PaginationByKind[Kind];

/** Kinds whose parameters may stand in the path. */
export type KindInPath = {
  [Kind in Pagination['kind']]: PaginationOf<Kind> extends { readonly in?: infer Location }
    ? 'path' extends Location
      ? Kind
      : never
    : never;
}[Pagination['kind']];

/** Kinds that count a list, whose places move with the rows before them. */
export const IS_COUNTED: Readonly<Record<Pagination['kind'], boolean>> = {
  offset: true,
  page: true,
  cursor: false,
  keyset: false,
  link: false,
  'link-header': false,
  single: false,
};
