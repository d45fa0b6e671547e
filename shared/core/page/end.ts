// Whether the end of a walk is one. A declaration that is wrong by a letter looks like the end of
// the data: an end that nothing proves is none while the same answer speaks of more, and behind a
// full page it is told as a doubt, so that the next run reads from the same place again.

import type { Pagination } from '../source/pagination-spec.ts';
import type { Stream } from '../source/source.ts';
import { type LookAlike, lookAlikes } from './look-alike.ts';
import {
  type Fault,
  fault,
  type PageFacts,
  type Place,
  placeName,
  recordsTold,
} from './page-facts.ts';
import type { Ending, NextPage } from './way.ts';

/** What is known of a walk beside its page. */
export interface WalkFacts {
  readonly stream: Pick<Stream, 'pagination' | 'total'>;
  /** The run asks for all rows, not only for those behind a watermark. */
  readonly isWhole: boolean;
}

/**
 * Judges what the first page of a walk says to be the end. On later pages the walk has seen its
 * declaration lead on, and takes their word.
 *
 * | what shows the end | what speaks against it | verdict |
 * |---|---|---|
 * | anything | anything, and there is a place to go on from | goes on |
 * | anything but a flag | a next place, a flag, a total, a number of pages | fault |
 * | a flag | another flag, a total, a number of pages | fault |
 * | an empty page behind a watermark | a next place, a flag | fault |
 * | nothing, on a full page | nothing | end, with a doubt |
 * | all else | nothing | end |
 */
export function judgeFirstEnd(ending: Ending, page: PageFacts, walk: WalkFacts): NextPage {
  const { evidence, onward, reason } = ending;
  const said = [...totalsAgainst(page, walk), ...lookAlikes(page, declaredPlaces(walk.stream))];
  const isFlagged = evidence === 'flag' || said.some(({ says }) => says === 'end');
  const countsAll = walk.isWhole || evidence !== 'empty-page';
  const against = said.filter(({ says }) => {
    if (says === 'next') return !isFlagged;
    return says === 'more' || (says !== 'end' && countsAll);
  });
  if (against.length > 0) {
    return onward ? { kind: 'next', cursor: onward } : contradicted(reason, page, against);
  }
  const { onward: _onward, evidence: _evidence, ...end } = ending;
  if (evidence !== undefined || isFlagged || isAll(page, walk)) return end;
  const isFull = page.rows >= fullSize(walk.stream.pagination, page);
  return { ...end, doubt: { why: describeDoubt(reason, page), isFull } };
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

const nameOf = (place: Place): string =>
  typeof place === 'string' ? place : placeName({ header: place.header.toLowerCase() });

function totalsAgainst(page: PageFacts, { stream }: WalkFacts): LookAlike[] {
  const told = recordsTold(stream, page);
  if (!told || told.count <= page.rows) return [];
  return [{ says: 'total', place: told.place, value: String(told.count) }];
}

const isAll = (page: PageFacts, { stream }: WalkFacts): boolean =>
  recordsTold(stream, page)?.count === page.rows;

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
