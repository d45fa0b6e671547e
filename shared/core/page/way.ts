// What is known of a way to page: one row for each kind, in `counted-ways.ts` and `given-ways.ts`. A kind
// whose row lacks anything does not compile, so nothing about a new one can be left to chance.

import type { Pagination, PaginationByKind } from '../source/pagination-schema.ts';
import type { Cursor } from './cursor.ts';
import { type Fault, type FieldLocation, fault, type PageFacts } from './page-facts.ts';

export interface Way<Kind extends Pagination['kind']> {
  /** What follows a page, from that page and nothing else. */
  next(spec: PaginationByKind[Kind], at: Standing): Step;
  /** What follows an answer without rows that the source declares to be an empty page. */
  afterEmpty(spec: PaginationByKind[Kind], at: Standing): Step;
  /** Where an answer says what the next page is; undefined: the walk knows it by itself. */
  nextPlace(spec: PaginationByKind[Kind]): FieldLocation | undefined;
  /** What is sent for the page at `cursor` (`null`: the first one), sizes aside. */
  parameters(spec: PaginationByKind[Kind], cursor: Cursor): readonly Parameter[];
  /** What tells one place in the list from another, beside the request itself. */
  identity(spec: PaginationByKind[Kind]): readonly unknown[];
  /** Whether a watermark can stand where a cursor does. */
  readonly startsAtWatermark: boolean;
}

/** The page that a walk stands on. */
export interface Standing {
  /** That led to it. */
  readonly cursor: Cursor;
  readonly page: PageFacts;
  /** Whether the declared flags say that there is more. */
  readonly more: boolean | undefined;
  /** Of the source; a link that leaves it is a fault. */
  readonly origin: string;
  /** It was asked for only to see that nothing follows. */
  readonly isProof: boolean;
  /** The fewest records that a page before it told. */
  readonly leastBefore?: number | undefined;
}

/** What a page says by what its source declares. */
export type Step = { readonly kind: 'next'; readonly cursor: Cursor } | Ending | Fault;

export interface Ending {
  readonly kind: 'end';
  readonly reason: string;
  /** What shows the end; absent: only that nothing leads on. */
  readonly evidence?: Evidence;
  /** The last value the API gave, never the null of an empty page; a watermark. */
  readonly cursor?: Cursor;
  /** Where the walk would go on, were this not the end. */
  readonly onward?: Cursor;
}

/**
 * `one-page`: a first page without the totals that longer lists come with. `key`: the place of the
 * next page is there and says nothing (null, empty, false, 0). `earlier-page`: it is absent, and an
 * earlier page of this walk had it.
 */
export type Evidence =
  | 'total'
  | 'pages'
  | 'flag'
  | 'empty-page'
  | 'short-page'
  | 'one-page'
  | 'key'
  | 'earlier-page';

export type NextPage =
  | {
      readonly kind: 'next';
      readonly cursor: Cursor;
      /** The page says that it is the end, and the next one is to show it. */
      readonly toldEnd?: Pick<ToldEnd, 'isDisputed'>;
    }
  | {
      readonly kind: 'end';
      readonly reason: string;
      readonly cursor?: Cursor;
      readonly doubt?: Doubt;
      /** Rows that a page without any says there are, in words that the source does not declare. */
      readonly told?: number;
    }
  | Fault;

/** An end that a page told, and that nothing else has shown yet. */
export interface ToldEnd {
  /** Something in it spoke of more. */
  readonly isDisputed: boolean;
  /** A short name of its rows. */
  readonly content: string;
}

/** An end that nothing shows and nothing speaks against. */
export interface Doubt {
  /** For people. */
  readonly why: string;
  /** Whether the page was full, so that there may well be more. */
  readonly isFull: boolean;
}

/** A value that was a JSON number is one again in a body, digit for digit. */
export interface Verbatim {
  readonly digits: string;
}

export type Parameter = readonly [name: string, value: string | number | Verbatim];

/** A value as its format writes it. */
export const written = (format: string | undefined, value: string): string =>
  format === undefined ? value : format.replaceAll('{value}', () => value);

export const end = (
  reason: string,
  evidence: Evidence | undefined,
  { cursor, onward }: { readonly cursor?: Cursor; readonly onward?: Cursor | undefined } = {},
): Ending => ({
  kind: 'end',
  reason,
  ...(evidence ? { evidence } : {}),
  ...(cursor ? { cursor } : {}),
  ...(onward ? { onward } : {}),
});

/** The end of a walk where nothing leads on any more. */
export const endWithout = (
  what: string,
  { cursor, page }: Pick<Standing, 'cursor' | 'page'>,
  isThere: boolean,
): Ending => {
  const first = isThere ? 'key' : page.rows === 0 ? 'empty-page' : undefined;
  return end(`no ${what}`, cursor ? 'earlier-page' : first, { cursor });
};

export const NO_MORE = 'the API says that there is no more';

export const otherKind = (kind: string): Fault =>
  fault(`the stored cursor is not one of "${kind}" pagination; start the stream again`);

/** A page with fewer rows than asked, and no word of more. */
export const isBelowSize = (
  { pageSize = 0 }: { readonly pageSize?: number | undefined },
  { page, more }: Standing,
): boolean => more !== true && page.rows < pageSize;

/** The same, where it is declared to be the end. */
export const isShort = (
  spec: { readonly end?: string | undefined; readonly pageSize?: number | undefined },
  at: Standing,
): boolean => spec.end === 'short-page' && isBelowSize(spec, at);

/**
 * An empty page, where that is the end, unless the answer says that there is more.
 * @param told how much more, for people
 */
export const endEmpty = (isMore: boolean, cursor: Cursor, told = ''): Ending | Fault =>
  isMore
    ? fault(`an empty page, but the API says that there is more${told}`)
    : end('an empty page', 'empty-page', { cursor });
