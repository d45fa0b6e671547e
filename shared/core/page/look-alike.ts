// What an answer says of pages to come in words that its source does not declare: places that look
// like a next page, flags, totals. They are looked for in the document around the records and in
// the headers, never in records, and only where an end has nothing else to show for itself.

import {
  BEFORE,
  bare,
  bareHeader,
  LAST,
  MORE,
  NEXT,
  nameAt,
  PAGES,
  SURELY,
  TOKEN,
  TOTAL,
} from '../answer/list-names.ts';
import { LOOK_ALIKE_DEPTH, LOOK_ALIKE_KEYS } from '../bounds.ts';
import { printable } from '../faults.ts';
import { parseLinks } from './link.ts';
import { countOf, type PageFacts } from './page-facts.ts';

/** One place of an answer that says something of what follows. */
export interface LookAlike {
  /**
   * A next place, or one that is empty; a flag of more, or of the end; a number of records, or of
   * pages; pages before this one.
   */
  readonly says: 'next' | 'no-next' | 'more' | 'end' | 'total' | 'pages' | 'before';
  /** Path in the body, or `header Link`. */
  readonly place: string;
  /** As it stands there, cut. */
  readonly value: string;
  /** Of records, where it is a total; of pages, where it says how many there are. */
  readonly count?: number;
}

/** What of a list has come so far. */
export interface Reached {
  readonly rows: number;
  readonly pages: number;
}

/**
 * What an answer says of more than what is reached so far, or of its end.
 * @param ignored places that mean something else, with all that is below them
 */
export const lookAlikes = (
  page: PageFacts,
  reached: Reached,
  ignored: readonly string[],
): readonly LookAlike[] =>
  wordsIn(page).flatMap((one): LookAlike[] => {
    const { says, place, count = 0 } = one;
    if (ignored.some((path) => covers(path, place)) || says === 'before') return [];
    if (says === 'total') return count > reached.rows ? [one] : [];
    if (says !== 'pages' || count > reached.pages) return [one];
    return isOfPages(one) ? [{ ...one, says: 'no-next' }] : [];
  });

/** `page_count` may count the rows of a page. */
export const isOfPages = ({ place }: LookAlike): boolean =>
  SURELY.pages.test(
    place.startsWith(HEADER) ? bareHeader(place.slice(HEADER.length)) : nameAt(place),
  );

const HEADER = 'header ';

/** What says that there are pages before this one. */
export const earlierPages = (page: PageFacts, ignored: readonly string[]): readonly LookAlike[] =>
  wordsIn(page).filter(
    ({ says, place }) => says === 'before' && !ignored.some((one) => covers(one, place)),
  );

const wordsIn = (page: PageFacts): readonly LookAlike[] => [...inHeaders(page), ...inBody(page)];

const covers = (path: string, place: string): boolean =>
  place === path || place.startsWith(`${path}.`);

function* inHeaders(page: PageFacts): Generator<LookAlike> {
  for (const [name, text] of Object.entries(page.headers)) {
    const place = `${HEADER}${name}`;
    if (name === 'link') {
      for (const { target, rels } of parseLinks(text) ?? []) {
        const value = cut(target);
        if (rels.includes('next') && target !== page.url) yield { says: 'next', place, value };
        if (rels.some((rel) => /^prev(ious)?$/.test(rel))) yield { says: 'before', place, value };
      }
    } else if (name === 'content-range') {
      yield* wordOf('total', place, text, page);
    } else if (/^x-pagination/.test(name) && text.startsWith('{')) {
      yield* inText(text, place, page);
    } else {
      yield* wordOf(bareHeader(name), place, text, page);
    }
  }
}

/** Some send the whole of it as JSON in one header. */
function* inText(text: string, place: string, page: PageFacts): Generator<LookAlike> {
  try {
    yield* inObject(JSON.parse(text), place, page, { keys: LOOK_ALIKE_KEYS });
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
}

const inBody = (page: PageFacts): Iterable<LookAlike> =>
  inObject(page.envelope, '', page, { keys: LOOK_ALIKE_KEYS });

/** How many keys may still be looked at. */
interface Rest {
  keys: number;
}

function* inObject(
  value: unknown,
  at: string,
  page: PageFacts,
  rest: Rest,
  depth = 0,
): Generator<LookAlike> {
  if (typeof value !== 'object' || value === null || depth > LOOK_ALIKE_DEPTH) return;
  if (Array.isArray(value)) return yield* inLinks(value, at);
  const keys = Object.entries(value);
  for (const [key, inner] of keys) {
    if (rest.keys-- <= 0) return;
    const place = at === '' ? escaped(key) : `${at}.${escaped(key)}`;
    const name = bare(key);
    if (typeof inner === 'object' && inner !== null) {
      const isPlace = NEXT.test(name) || BEFORE.test(name);
      const told = isPlace ? firstScalar(inner, place) : undefined;
      const most = TOTAL.test(name) ? countOf(inner) : undefined;
      if (told) yield { says: NEXT.test(name) ? 'next' : 'before', ...told };
      else if (most) yield* wordOf(name, place, most.count, page);
      else yield* inObject(inner, place, page, rest, depth + 1);
    } else if (!isOfThePage(name, value, at)) {
      yield* wordOf(name, place, inner, page);
    }
  }
}

/** `[{ rel: 'next', href: '...' }]`, as HAL's relatives write it. Lists of records say nothing. */
function* inLinks(list: readonly unknown[], at: string): Generator<LookAlike> {
  for (const [index, one] of list.slice(0, LOOK_ALIKE_DEPTH).entries()) {
    const { rel, relation, href, url, uri } = { ...Object(one) };
    const target: unknown = href ?? url ?? uri;
    if ((rel ?? relation) === 'next' && typeof target === 'string') {
      yield { says: 'next', place: `${at}.${index}`, value: cut(target) };
    }
  }
}

/** What a value says that has this name, if it says anything. */
function* wordOf(
  name: string,
  place: string,
  value: unknown,
  page: PageFacts,
): Generator<LookAlike> {
  const text = String(value ?? '').trim();
  const told = { place, value: cut(text) };
  const isNo = /^(false|0+)$/i.test(text);
  const isYes = /^(true|0*[1-9]\d*)$/i.test(text);
  const isFlag = isYes || isNo;
  if (MORE.test(name) && isFlag) {
    yield { says: isYes ? 'more' : 'end', ...told };
  } else if (LAST.test(name) && /^(true|false)$/i.test(text)) {
    yield { says: isYes ? 'end' : 'more', ...told };
  } else if (TOTAL.test(name)) {
    const count = Number(text.slice(text.lastIndexOf('/') + 1));
    if (Number.isSafeInteger(count)) yield { says: 'total', ...told, count };
  } else if (PAGES.test(name)) {
    if (/^0*[1-9]\d*$/.test(text)) yield { says: 'pages', ...told, count: Number(text) };
  } else if (BEFORE.test(name)) {
    if (text !== '' && !isNo && text !== page.url) yield { says: 'before', ...told };
  } else if (NEXT.test(name) || (typeof value === 'string' && isToken(name, text))) {
    const isNothing = text === '' || isNo || text === '-1' || text === page.url;
    yield { says: isNothing ? 'no-next' : 'next', ...told };
  }
}

/** A number at `offset` is what was asked for; a text is where Airtable goes on. */
const isToken = (name: string, text: string): boolean =>
  TOKEN.test(name) || (name === 'offset' && !/^\d*$/.test(text));

/**
 * What only looks like it: Facebook's `cursors.after` is the place of the page's last row, also on
 * the last page; a `count` beside a total or beside the page's own place counts the page; a bare
 * `total` somewhere deep (`rate_limit.total`) may count anything.
 */
const isOfThePage = (name: string, siblings: object, at: string): boolean =>
  (name === 'after' && /(^|\.)cursors$/.test(at)) ||
  (/^(total|count)$/.test(name) && at !== '' && !ABOUT_LISTS.test(at)) ||
  (name === 'count' &&
    Object.keys(siblings).some((key) => /^(start|startindex|offset|total)/.test(bare(key))));

/** Objects that speak of a list, by the last part of their path. */
const ABOUT_LISTS = /(meta|pag|result|response|info|hits|list|collection|data)[^.]*$/i;

/** The first value inside an object that says anything, and its place. */
function firstScalar(
  value: object,
  at: string,
  depth = 0,
): { readonly place: string; readonly value: string } | undefined {
  for (const [key, inner] of Object.entries(value)) {
    const place = `${at}.${escaped(key)}`;
    const isObject = typeof inner === 'object' && inner !== null;
    if (isObject && depth === LOOK_ALIKE_DEPTH) continue;
    const found = isObject
      ? firstScalar(inner, place, depth + 1)
      : NOTHING.has(inner)
        ? undefined
        : { place, value: cut(String(inner)) };
    if (found) return found;
  }
  return undefined;
}

const NOTHING: ReadonlySet<unknown> = new Set([null, undefined, '', false, 0, '0']);

const escaped = (key: string): string => key.replaceAll(/[.\\]/g, '\\$&');

const cut = (text: string): string => {
  const shown = printable(text);
  return shown.length > 60 ? `${shown.slice(0, 57)}...` : shown;
};

/** Where a document holds a list of records, as far as that can be told without being told. */
export function listIn(value: unknown, at = '', depth = 0): string | undefined {
  if (typeof value !== 'object' || value === null || depth > LOOK_ALIKE_DEPTH) return undefined;
  for (const [key, inner] of Object.entries(value).slice(0, LOOK_ALIKE_KEYS)) {
    const place = at === '' ? escaped(key) : `${at}.${escaped(key)}`;
    if (!Array.isArray(inner)) {
      const found = listIn(inner, place, depth + 1);
      if (found) return found;
    } else if (inner.some(isRecord)) {
      return place;
    }
  }
  return undefined;
}

/** An object, and no link. */
const isRecord = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !('rel' in value) && !('href' in value);
