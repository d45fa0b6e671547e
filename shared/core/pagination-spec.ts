// How an API pages, as data: one variant a kind. `pagination.ts` is the code that walks it.
// Combinations that cannot work are faults here, before the first request.

import * as z from 'zod';

const path = z.string().min(1);
const name = z.string().min(1);
const withValue = z
  .string()
  .refine((format) => format.includes('{value}'), 'text with {value} in it');

/** A dotted path in the body (`meta.total`), or a response header. */
const bodyOrHeader = z.union([path, z.strictObject({ header: name })]);

/** How many rows to ask for. Without `sizeParam` it is not sent: the API's own, fixed size. */
const size = {
  pageSize: z.int().positive().optional(),
  sizeParam: name.optional(),
};

/**
 * Where the paging parameters travel. Default `query`. In a `body`, `a.b` reaches into objects.
 */
const place = { in: z.enum(['query', 'body', 'header']).optional() };

/** Path of a flag in the body that ends the walk when it is false, "false" or 0. */
const flag = { hasMore: path.optional() };

/**
 * Where a counted list ends. An empty page always is an end, unless the API says that there is
 * more: then it is a fault. `short-page` ends on a page with fewer rows than asked: only for APIs
 * that never clamp. `total` is the default where a total is declared, `empty-page` elsewhere.
 */
const countedEnd = z.enum(['empty-page', 'short-page', 'total']).optional();

/** `offset` and `limit`. The offset moves by the rows received, so clamped sizes lose nothing. */
const offset = z.strictObject({
  kind: z.literal('offset'),
  pageSize: z.int().positive(),
  /** Default `offset`. */
  offsetParam: name.optional(),
  /** Default `limit`. */
  limitParam: name.optional(),
  end: countedEnd,
  /** Where the number of records stands. */
  total: bodyOrHeader.optional(),
  ...flag,
  ...place,
});

/** Page numbers. */
const page = z.strictObject({
  kind: z.literal('page'),
  ...size,
  /** Default `page`. */
  pageParam: name.optional(),
  /** Default 1. */
  firstPage: z.int().nonnegative().optional(),
  end: countedEnd,
  /** Where the number of records stands. */
  total: bodyOrHeader.optional(),
  /** Where the number of pages stands. */
  totalPages: bodyOrHeader.optional(),
  ...flag,
  ...place,
});

/**
 * A value in the body or a header that is sent back. Absent, null, empty, false or 0 is the end.
 */
const cursor = z.strictObject({
  kind: z.literal('cursor'),
  from: bodyOrHeader,
  param: name,
  /** `empty-page`: only a page without rows is the end (X-Series). Default `no-cursor`. */
  end: z.enum(['no-cursor', 'empty-page']).optional(),
  ...size,
  ...flag,
  ...place,
});

/** A URL in the body, called as it is. Absent, null, empty or false is the end. */
const link = z.strictObject({
  kind: z.literal('link'),
  from: path,
  ...size,
  ...flag,
  ...place,
});

/** RFC 8288 `Link: <url>; rel="next"`. */
const linkHeader = z.strictObject({
  kind: z.literal('link-header'),
  /** Default `next`. */
  rel: name.optional(),
  ...size,
  ...place,
});

/** A field of the last record is where the next page starts. */
const keyset = z.strictObject({
  kind: z.literal('keyset'),
  field: path,
  param: name,
  /** How the value is written, `{value}` being it: `>,{value}`. Default `{value}`. */
  format: withValue.optional(),
  end: z.enum(['empty-page', 'short-page']).optional(),
  ...size,
  ...flag,
  ...place,
});

/** One request is the whole stream. */
const single = z.strictObject({ kind: z.literal('single') });

/** Fields that some kinds lack. */
const NOTHING = {
  end: undefined,
  pageSize: undefined,
  sizeParam: undefined,
  total: undefined,
  totalPages: undefined,
};

export const pagination = z
  .discriminatedUnion('kind', [offset, page, cursor, link, linkHeader, keyset, single])
  .superRefine((spec, context) => {
    const fault = (field: string, expected: string) =>
      context.addIssue({ code: 'custom', path: [field], message: expected });
    const { end, pageSize, sizeParam, total, totalPages } = { ...NOTHING, ...spec };
    if (pageSize === undefined && end === 'short-page') {
      fault('pageSize', 'the size of a full page beside end "short-page"');
    } else if (pageSize === undefined && sizeParam !== undefined) {
      fault('pageSize', 'a size to send as sizeParam');
    }
    if (end === 'total' && total === undefined && totalPages === undefined) {
      fault('total', 'a place of the total beside end "total"');
    }
  });

export type Pagination = z.infer<typeof pagination>;
export type PaginationOf<Kind extends Pagination['kind']> = Extract<Pagination, { kind: Kind }>;
