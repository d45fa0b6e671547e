// Whether the end of a walk is one. A declaration that is wrong by a letter looks like the end of
// the data: an end that nothing proves is none while the same answer speaks of more, and behind a
// full page it is told as a doubt, so that the next run reads from the same place again.
// Why: docs/decisions/019-an-end-shows-what-proves-it.md

import { fieldAt } from '../field-path.ts';
import { beforeStar } from '../records/stars.ts';
import { recordsOf } from '../source/answer-spec.ts';
import type { Pagination } from '../source/pagination-schema.ts';
import type { Stream } from '../source/source.ts';
import { type LookAlike, listIn, lookAlikes } from './look-alike.ts';
import {
  describeLocation,
  type Fault,
  type FieldLocation,
  fault,
  type PageFacts,
  recordsTold,
} from './page-facts.ts';
import type { Ending, Evidence, NextPage } from './way.ts';

/** What is known of a walk beside its page. */
export interface WalkFacts {
  readonly stream: Pick<Stream, 'pagination' | 'total' | 'records'>;
  /** The run asks for all rows, not only for those behind a watermark. */
  readonly isWhole: boolean;
  /** Rows of the pages before. */
  readonly rowsBefore: number;
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
 * | first | a total that may count the rows of a full page | its silence; the walk goes on |
 * | first | a flag | another flag, a total, a number of pages |
 * | first | no row | a next place, a flag; where all rows are asked for, a total, pages |
 * | later | a total, a short page | a next place, a flag, a total; the walk goes on |
 * | later | no next place, or an empty one | a flag; behind a full page without one, a total |
 *
 * Totals and numbers of pages that the source does not declare only count where all rows are asked
 * for. Where nothing shows the end and nothing speaks against it, it is a doubt.
 */
export function judgeEnd(
  ending: Ending,
  page: PageFacts,
  isFirst: boolean,
  walk: WalkFacts,
): NextPage {
  const { evidence, onward: next, reason } = ending;
  const onward = page.rows > 0 && evidence !== 'flag' ? next : undefined;
  const said = lookAlikes(page, walk.rowsBefore + page.rows, declaredPlaces(walk.stream));
  const isFlagged = evidence === 'flag' || said.some(({ says }) => says === 'end');
  const believed = isFirst
    ? believedFirst(walk, isFlagged)
    : believedLater(evidence ?? 'earlier-page', isFull(page, walk));
  const against = [
    ...(isFirst ? totalsAgainst(page, walk) : []),
    ...said.filter(({ says }) => believed.includes(says)),
  ];
  const mayCountPage = isFirst && evidence === 'total' && isCountOfPage(page, walk);
  const isAlone = !said.some(({ says }) => says === 'end' || says === 'no-next');
  if (onward && (against.length > 0 || (mayCountPage && isAlone))) {
    return { kind: 'next', cursor: onward };
  }
  // Behind a page without rows a total was right, whatever the API says.
  const isCounted = !isFirst && (evidence === 'total' || evidence === 'short-page');
  if (against.length > 0 && !isCounted) return contradicted(reason, page, against);
  const { onward: _onward, evidence: _evidence, ...end } = ending;
  if (evidence !== undefined || isFlagged || isAll(page, walk)) return end;
  const doubt = { why: describeDoubt(reason, page), isFull: isFull(page, walk) };
  return { ...end, doubt };
}

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
function believedLater(evidence: Evidence, isFullPage: boolean): readonly Says[] {
  const later: Readonly<Record<Evidence, readonly Says[]>> = {
    total: ['next', 'more', 'total'],
    'short-page': ['next', 'more', 'total'],
    key: ['more'],
    'earlier-page': isFullPage ? ['more', 'total'] : ['more'],
    flag: [],
    'empty-page': [],
  };
  return later[evidence];
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
  if (!told || told.count <= page.rows) return [];
  return [{ says: 'total', place: told.place, value: String(told.count) }];
}

function isAll(page: PageFacts, { stream }: WalkFacts): boolean {
  const told = recordsTold(stream, page);
  return told?.isExact === true && told.count === page.rows;
}

/** `count` of a full page may be its own, `total` hardly. */
function isCountOfPage(page: PageFacts, walk: WalkFacts): boolean {
  const { total } = { ...NOTHING, ...walk.stream.pagination };
  if (typeof total !== 'string' || /total/i.test(total)) return false;
  return isAll(page, walk) && isFull(page, walk);
}

const isFull = (page: PageFacts, { stream }: WalkFacts): boolean =>
  page.rows >= fullSize(stream.pagination, page);

function contradicted(reason: string, page: PageFacts, against: readonly LookAlike[]): Fault {
  const named = against.slice(0, 3).map(({ place, value }) => `${place} says ${value}`);
  const held = `the page holds ${page.rows} rows`;
  return fault(
    `${reason}, ${held}, but ${named.join(' and ')}, which looks like more: correct the ` +
      'pagination, or name what means something else in its "ignore"',
  );
}

/** The rows of a full page: as declared, else as the request asks for. */
function fullSize(pagination: Pagination, { url }: PageFacts): number {
  const { pageSize } = { ...NOTHING, ...pagination };
  if (pageSize !== undefined) return pageSize;
  const asked = [...(URL.parse(url)?.searchParams ?? [])].flatMap(([name, value]) =>
    SIZE.test(name.replaceAll(/[^a-z]/gi, '')) && /^[1-9]\d{0,8}$/.test(value)
      ? [Number(value)]
      : [],
  );
  return Math.min(...asked);
}

const SIZE =
  /^(page)?(limit|size)$|^(per|max)(page|results)$|^(limit|count|top|first|take|rows)$/i;

const describeDoubt = (reason: string, { rows }: PageFacts): string =>
  `Nothing shows that the list ends here: ${reason}, and the only page is full (${rows} rows). ` +
  'The next run reads it again from the same place.';
