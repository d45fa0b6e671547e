// Names under which APIs say what follows a page, and how many there are. A list of names is never
// complete: what it lacks is asked for once more, and what it has is never believed alone.

import { splitPath } from '../field-path.ts';

/** A pattern of whole names. */
const named = (...alternatives: readonly string[]): RegExp =>
  new RegExp(`^(${alternatives.join('|')})$`);

const THINGS = '(items?|results?|records?|rows?|elements?|entries|hits|objects?|matches|data)';
const WHERE = [
  '(pages?|batch|set|token|cursor|link|url|uri|href|path|query|offset|start|starting|skip|key',
  'marker|id|index|position|number|no|continuation|pagination|paging|partition|forward|from',
  'after|max|min|sequence|params?)',
].join('|');

const more = [
  `(has|is|are|thereis|thereare)(more|next)(pages?|${THINGS})?(available)?`,
  `more(pages?|${THINGS})?(available|incollection)?`,
];
const last = ['(is)?(last|final)(page|batch)?', '(is)?endof(stream|list|results|data)'];
const pages = ['(total|num|max|last|numberof)pages?', 'totalpages?count', 'pages'];

export const NEXT = named(`(odata)?next(${WHERE}|${THINGS}){0,3}`, 'continue', 'lastevaluatedkey');
export const BEFORE = named(`(has|is)?prev(ious)?(${WHERE}){0,2}`);
export const TOKEN = named(
  ...['cursor', 'after', 'aftercursor', 'endcursor', 'continuation', 'bookmark', 'searchafter'],
  ...['(page|pagination|paging|continuation|resumption|scroll|forward)token', 'scrollid'],
);
export const MORE = named(...more, '(is)?truncated');
export const LAST = named(...last, '(is)?(done|finished|exhausted|end)');
export const TOTAL = named(
  ...['(odata)?count', `total(num|number)?(of)?(size|${THINGS})?(count)?`, `${THINGS}total`],
  ...[`num(ber)?(of)?${THINGS}`, 'numfound', 'nbhits'],
);
export const PAGES = named(...pages, '(total)?pages?(count|total)');
/** How many rows a page may have. */
export const SIZE =
  /^(page)?(limit|size)$|^(per|max)(page|results)$|^(limit|count|top|first|take|rows)$/;

/** Names that hardly mean anything else. */
export const SURELY = {
  more: named(...more),
  last: named(...last),
  pages: named(...pages),
  /** Of a list or of a page, and of nothing else. */
  count: named(TOTAL.source, THINGS, `(${THINGS}|found)(count|found)?`, 'contentrange'),
} as const;

/** A name without its style: `Next-Page_Token` is `nextpagetoken`. */
export const bare = (name: string): string => name.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/** The bare name of a header, without what marks it as somebody's own. */
export const bareHeader = (name: string): string =>
  bare(name.replace(/^x-(wp-|ms-|pagination-|paging-)?/i, ''));

/** The bare name that a place in a document has: `hits.total.value` is `total`. */
export function nameAt(path: string): string {
  const keys = splitPath(path);
  const key = keys.at(-1) === 'value' ? keys.at(-2) : keys.at(-1);
  return bare(key ?? '');
}
