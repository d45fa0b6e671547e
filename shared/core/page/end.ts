// Whether the end of a walk is one. A declaration that is wrong by a letter looks like the end of
// the data: an end that nothing proves is none while the same answer speaks of more, and behind a
// full page it is told as a doubt, so that the next run reads from the same place again.
// Why: docs/decisions/019-an-end-shows-what-proves-it.md

import { bare, bareHeader, nameAt, SIZE, SURELY } from '../answer/list-names.ts';
import { fieldAt } from '../field-path.ts';
import { beforeStar } from '../records/stars.ts';
import { recordsOf } from '../source/answer-spec.ts';
import type { Pagination } from '../source/pagination-schema.ts';
import type { Stream } from '../source/source.ts';
import { isOfPages, type LookAlike, listIn, lookAlikes } from './look-alike.ts';
import {
  countAt,
  countsOtherwise,
  describeLocation,
  type Fault,
  type FieldLocation,
  fault,
  type PageFacts,
  recordsTold,
} from './page-facts.ts';
import type { Ending, Evidence, NextPage, ToldEnd } from './way.ts';

/** What is known of a walk beside its page. */
export interface WalkFacts {
  readonly stream: Pick<Stream, 'pagination' | 'total' | 'records'>;
  /** The run asks for all rows, not only for those behind a watermark. */
  readonly isWhole: boolean;
  /** Of the pages before. */
  readonly rowsBefore: number;
  readonly pagesBefore: number;
  /** The most rows that one page of such walks has held. */
  readonly longest?: number | undefined;
  /** The total that the last page with one told. */
  readonly toldBefore?: number | undefined;
  /** The fewest that any page told. */
  readonly leastBefore?: number | undefined;
  /** The end that the page before told, which this one is to show. */
  readonly toldEnd?: Pick<ToldEnd, 'isDisputed'> | undefined;
}

type Says = LookAlike['says'];

/**
 * Judges what a page says to be the end. A first page has seen nothing yet that tells a right
 * declaration from a wrong one; a later one has seen the next place lead on, and takes the word of
 * that, but not of a size or a total.
 *
 * | page | what shows the end | what speaks against it |
 * |---|---|---|
 * | first | nothing, or an empty next place | a next place, a flag, a total, a number of pages |
 * | first | a total, a short page | the same; the walk goes on |
 * | first | a flag | another flag, a total, a number of pages |
 * | first | no row | a next place, a flag; where all rows are asked for, a total, pages |
 * | later | a total, a short page | the same; the walk goes on |
 * | later | no next place, or an empty one | a flag; behind a full page without one, a total |
 *
 * Totals and numbers of pages that the source does not declare only count where all rows are asked
 * for. Where nothing shows the end and nothing speaks against it, it is a doubt. What may mean
 * something else (`isSure`) shows nothing alone: the walk goes on, and the next page shows it.
 */
export function judgeEnd(
  ending: Ending,
  page: PageFacts,
  isFirst: boolean,
  walk: WalkFacts,
): NextPage {
  const { evidence, onward, reason } = ending;
  const reached = { rows: walk.rowsBefore + page.rows, pages: walk.pagesBefore + 1 };
  const said = lookAlikes(page, reached, declaredPlaces(walk.stream));
  const isKnown = evidence === undefined || isSure(evidence, page, isFirst, walk);
  const isFlagged = (evidence === 'flag' && isKnown) || said.some(({ says }) => says === 'end');
  const believed = isFirst ? believedFirst(walk, isFlagged) : believedLater(ending, page, walk);
  const against = [
    ...(isFirst ? totalsAgainst(page, walk) : []),
    ...said.filter((one) => believed.includes(one.says) && (isFirst || isNoPageCount(one))),
  ];
  const isAlone = !said.some(({ says }) => says === 'end' || says === 'no-next');
  const mayGoOn = page.rows > 0 && !(evidence === 'flag' && isKnown);
  if (onward && mayGoOn && (against.length > 0 || (!isKnown && isAlone))) {
    return { kind: 'next', cursor: onward, toldEnd: { isDisputed: against.length > 0 } };
  }
  // Behind a page without rows a total was right, whatever the API says.
  const isCounted = !isFirst && COUNTED.has(evidence);
  if (against.length > 0 && !isCounted) return contradicted(reason, page, against, walk);
  const { onward: _onward, evidence: _evidence, ...end } = ending;
  if (evidence !== undefined || isFlagged || isAll(page, walk)) {
    return { ...end, ...(isFirst || isFlagged ? {} : undeclaredTotal(page, walk, said)) };
  }
  const doubt = { why: describeDoubt(reason, page), isFull: isFull(page, walk) };
  return { ...end, doubt };
}

const COUNTED: ReadonlySet<Evidence | undefined> = new Set(['total', 'pages', 'short-page']);

/**
 * Whether an end shows by itself. `count` may be the rows of the page, `page` its number, a flag may
 * be any, and a page may be short since the API gives no longer ones: what speaks for them is their
 * name, that it was otherwise on the page before, and that a longer page has come before.
 */
function isSure(evidence: Evidence, page: PageFacts, isFirst: boolean, walk: WalkFacts): boolean {
  const { totalPages, hasMore, lastPage, pageSize } = { ...NOTHING, ...walk.stream.pagination };
  // The API gives more rows at a time than these: it had no more.
  const { longest = 0 } = walk;
  if (page.rows < Math.min(longest, pageSize ?? longest)) return true;
  const hasChanged = !isFirst && !walk.toldEnd;
  switch (evidence) {
    case 'total':
      return isSureTotal(page, isFirst, walk);
    case 'pages':
      return isNamed(totalPages, SURELY.pages);
    case 'flag':
      return hasChanged || isNamed(hasMore, SURELY.more) || isNamed(lastPage, SURELY.last);
    case 'short-page':
      return hasChanged;
    case 'empty-page':
    case 'one-page':
    case 'key':
    case 'earlier-page':
      return true;
  }
}

/** One that foresaw rows on the page before, and these have come. It may have grown since. */
function isSureTotal(page: PageFacts, isFirst: boolean, walk: WalkFacts): boolean {
  const { pagination } = walk.stream;
  const { total } = { ...NOTHING, ...pagination };
  const count = total === undefined ? undefined : countAt(page, total);
  if (isFirst || typeof count !== 'number' || !isNamed(total, SURELY.count)) return false;
  const { toldBefore = 0, rowsBefore, toldEnd } = walk;
  if (toldEnd) return count === toldBefore;
  return toldBefore > rowsBefore && count >= toldBefore && count !== fullSize(pagination, page);
}

const isNamed = (place: FieldLocation | undefined, names: RegExp): boolean =>
  place !== undefined &&
  names.test(typeof place === 'string' ? nameAt(place) : bareHeader(place.header));

/** Where a flag is told, a next place may be the place of a row only. */
const believedFirst = ({ isWhole }: WalkFacts, isFlagged: boolean): readonly Says[] => [
  'more',
  ...(isFlagged ? [] : (['next'] as const)),
  ...(isWhole ? (['total', 'pages'] as const) : []),
];

/**
 * Where the walk can go on, a wrong word costs one request. Where it can't, a total may have grown
 * with rows that the walk does not meet: it is believed of a full page only, where a proxy may have
 * dropped the next place.
 */
function believedLater(
  { evidence = 'earlier-page' }: Ending,
  page: PageFacts,
  walk: WalkFacts,
): readonly Says[] {
  const totals: readonly Says[] = walk.isWhole ? ['total', 'pages'] : [];
  const later: Readonly<Record<Evidence, readonly Says[]>> = {
    total: ['next', 'more', ...totals],
    pages: ['next', 'more', ...totals],
    'short-page': ['next', 'more', ...totals],
    'one-page': [],
    key: ['more'],
    'earlier-page': isFull(page, walk) && walk.isWhole ? ['more', 'total'] : ['more'],
    flag: [],
    'empty-page': [],
  };
  return later[evidence];
}

const isNoPageCount = (said: LookAlike): boolean => said.says !== 'pages' || isOfPages(said);

/**
 * What a page without rows says of all rows, where the source has no word for that: an API that
 * serves no more, or one that was asked from a wrong place, looks just like the end.
 */
function undeclaredTotal(
  page: PageFacts,
  { stream, isWhole }: WalkFacts,
  said: readonly LookAlike[],
): { readonly told?: number } {
  if (page.rows > 0 || !isWhole || recordsTold(stream, page)) return {};
  const told = said.flatMap(({ says, count = 0 }) => (says === 'total' ? [count] : []));
  return told.length === 0 ? {} : { told: Math.min(...told) };
}

/** What is wrong about a page without a row that may well have some elsewhere. */
export function misplacedRows(page: PageFacts, { stream }: WalkFacts): Fault | undefined {
  const { records } = stream;
  const place = beforeStar(recordsOf(records).path);
  if (page.rows > 0 || fieldAt(page.envelope, place) != null) return undefined;
  const list = listIn(page.envelope);
  return list === undefined
    ? undefined
    : fault(`there is no list at ${place}, but ${list} holds one`);
}

/** Places that the source has a word for already. */
function declaredPlaces({ pagination, total }: WalkFacts['stream']): readonly string[] {
  const {
    from,
    total: counted,
    totalPages,
    hasMore,
    lastPage,
    ignore,
  } = {
    ...NOTHING,
    ...pagination,
  };
  const places = [from, counted, totalPages, hasMore, lastPage, total?.body].flatMap((place) =>
    place === undefined ? [] : [nameOf(place)],
  );
  const header = total?.header === undefined ? [] : [nameOf({ header: total.header })];
  return [...places, ...header, ...(ignore ?? []).map(nameOf)];
}

/** Fields that some kinds lack. */
const NOTHING = {
  from: undefined,
  total: undefined,
  totalPages: undefined,
  hasMore: undefined,
  lastPage: undefined,
  pageSize: undefined,
};

const nameOf = (place: FieldLocation): string =>
  typeof place === 'string' ? place : describeLocation({ header: place.header.toLowerCase() });

function totalsAgainst(page: PageFacts, { stream }: WalkFacts): LookAlike[] {
  const told = recordsTold(stream, page);
  const isOther = stream.total?.onMismatch === 'warn';
  if (!told || told.count <= page.rows || isOther) return [];
  return [{ says: 'total', place: told.place, value: String(told.count) }];
}

function isAll(page: PageFacts, { stream }: WalkFacts): boolean {
  const told = recordsTold(stream, page);
  return told?.isExact === true && told.count === page.rows;
}

const isFull = (page: PageFacts, { stream }: WalkFacts): boolean =>
  page.rows >= fullSize(stream.pagination, page);

function contradicted(
  reason: string,
  page: PageFacts,
  against: readonly LookAlike[],
  { stream, isWhole }: WalkFacts,
): Fault {
  const named = against.slice(0, 3).map(({ place, value }) => `${place} says ${value}`);
  const held = `the page holds ${page.rows} rows`;
  const hasTotal = against.some(({ place }) => place === recordsTold(stream, page)?.place);
  return fault(
    `${reason}, ${held}, but ${named.join(' and ')}, which looks like more: correct the ` +
      'pagination, or name what means something else in its "ignore"' +
      (hasTotal ? `. ${countsOtherwise(stream, isWhole)}` : ''),
  );
}

/** The rows of a full page: as declared, else as the request asks for. */
function fullSize(pagination: Pagination, { url }: PageFacts): number {
  const { pageSize } = { ...NOTHING, ...pagination };
  if (pageSize !== undefined) return pageSize;
  const asked = [...(URL.parse(url)?.searchParams ?? [])].flatMap(([name, value]) =>
    SIZE.test(bare(name)) && /^[1-9]\d{0,8}$/.test(value) ? [Number(value)] : [],
  );
  return Math.min(...asked);
}

const describeDoubt = (reason: string, { rows }: PageFacts): string =>
  `Nothing shows that the list ends here: ${reason}, and the only page is full (${rows} rows). ` +
  'The next run reads it again from the same place.';
