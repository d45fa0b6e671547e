// What is known of a way to page: one row for each kind, in `counted.ts` and `given.ts`. A kind
// whose row lacks anything does not compile, so nothing about a new one can be left to chance.

import type { Pagination, PaginationByKind } from '../source/pagination-spec.ts';
import type { Cursor } from './cursor.ts';
import { type Fault, fault, type PageFacts } from './page-facts.ts';

export interface Way<Kind extends Pagination['kind']> {
  /** What follows a page, from that page and nothing else. */
  next(spec: PaginationByKind[Kind], at: Standing): NextPage;
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
  /** Whether the declared flag says that there is more. */
  readonly more: boolean | undefined;
  /** Of the source; a link that leaves it is a fault. */
  readonly origin: string;
}

export type NextPage =
  | { readonly kind: 'next'; readonly cursor: Cursor }
  /** `cursor`: the last value the API gave, never the null of an empty page; a watermark. */
  | { readonly kind: 'end'; readonly reason: string; readonly cursor?: Cursor }
  | Fault;

/** A value that was a JSON number is one again in a body, digit for digit. */
export interface Verbatim {
  readonly digits: string;
}

export type Parameter = readonly [name: string, value: string | number | Verbatim];

/** A value as its format writes it. */
export const written = (format: string | undefined, value: string): string =>
  format === undefined ? value : format.replaceAll('{value}', () => value);

export const end = (reason: string, cursor?: Cursor): NextPage =>
  cursor ? { kind: 'end', reason, cursor } : { kind: 'end', reason };

export const otherKind = (kind: string): Fault =>
  fault(`the stored cursor is not one of "${kind}" pagination; start the stream again`);

/** A page with fewer rows than asked, where that is declared to be the end. */
export const isShort = (
  spec: PaginationByKind['offset' | 'page' | 'keyset'],
  { page, more }: Standing,
): boolean => spec.end === 'short-page' && more !== true && page.rows < (spec.pageSize ?? 0);
