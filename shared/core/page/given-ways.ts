// Lists whose next place is given by the page: a value to send back (`cursor`, `keyset`) or a URL
// to call (`link`, `link-header`). And `single`, where no page follows.

import type { PaginationOf } from '../source/pagination-schema.ts';
import type { Cursor } from './cursor.ts';
import { followLink, parseLinks } from './link.ts';
import {
  describeLocation,
  type Fault,
  type FieldLocation,
  fault,
  isThere,
  type PageFacts,
  sendable,
  type Value,
  valueAt,
} from './page-facts.ts';
import {
  type Ending,
  end,
  endEmpty,
  endWithout,
  isShort,
  NO_MORE,
  otherKind,
  type Parameter,
  type Standing,
  type Step,
  type Way,
  written,
} from './way.ts';

export const cursor: Way<'cursor'> = {
  next: afterValue,
  afterEmpty: (spec, at) =>
    onward(nextValue(spec, at), `cursor at ${describeLocation(spec.from)}`, at),
  nextPlace: ({ from }) => from,
  parameters: (spec, cursor) => valueParameter(spec.param, undefined, cursor),
  identity: ({ from, param }) => [from, param],
  startsAtWatermark: true,
};

export const keyset: Way<'keyset'> = {
  next: afterRecord,
  afterEmpty: (_spec, at) => onward(undefined, 'last record', at),
  nextPlace: () => undefined,
  parameters: (spec, cursor) => valueParameter(spec.param, spec.format, cursor),
  identity: ({ field, param }) => [field, param],
  startsAtWatermark: true,
};

export const link: Way<'link'> = {
  next: afterLink,
  afterEmpty: (spec, at) => onward(nextLink(spec, at), `link at ${spec.from}`, at),
  nextPlace: ({ from }) => from,
  parameters: () => [],
  identity: ({ from }) => [from],
  startsAtWatermark: false,
};

export const linkHeader: Way<'link-header'> = {
  next: afterLinkHeader,
  afterEmpty: (spec, at) => onward(nextHeader(spec, at), `link with rel ${relOf(spec)}`, at),
  nextPlace: () => ({ header: 'Link' }),
  parameters: () => [],
  identity: ({ rel }) => [rel ?? 'next'],
  startsAtWatermark: false,
};

export const single: Way<'single'> = {
  next: () => end('one request is the whole stream', undefined),
  afterEmpty: () => end('one request is the whole stream', 'empty-page'),
  nextPlace: () => undefined,
  parameters: () => [],
  identity: () => [],
  startsAtWatermark: false,
};

function valueParameter(
  param: string,
  format: string | undefined,
  cursor: Cursor,
): readonly Parameter[] {
  if (!cursor || !('value' in cursor)) return [];
  const isBare = cursor.number && format === undefined;
  return [[param, isBare ? { digits: cursor.value } : written(format, cursor.value)]];
}

/** What leads on, a zero being nothing. */
function nextAt(page: PageFacts, place: FieldLocation): Value | undefined | Fault {
  const found = valueAt(page, place);
  return !found || ('value' in found && found.value === '0') ? undefined : found;
}

function afterValue(spec: PaginationOf<'cursor'>, at: Standing): Step {
  const { cursor, page, more } = at;
  if (cursor && !('value' in cursor)) return otherKind(spec.kind);
  const followed = nextValue(spec, at);
  if (followed?.kind === 'fault') return followed;
  const where = onwardBy(followed);
  const declared = declaredEnd(spec, at, { cursor: followed?.cursor ?? cursor, ...where });
  if (declared) return declared;
  if (followed) return followed;
  if (more || spec.end === 'empty-page') return lacks(`cursor at ${describeLocation(spec.from)}`);
  return endWithout(`cursor at ${describeLocation(spec.from)}`, at, isThere(page, spec.from));
}

/** Where the value leads that a page gives; undefined: it gives none. */
function nextValue({ from }: PaginationOf<'cursor'>, { page }: Standing): Onward | undefined {
  const found = nextAt(page, from);
  if (found && 'kind' in found) return found;
  return found && { kind: 'next', cursor: found };
}

function afterRecord(spec: PaginationOf<'keyset'>, at: Standing): Step {
  const { cursor, page, more } = at;
  if (cursor && !('value' in cursor)) return otherKind(spec.kind);
  if (page.rows === 0) return endEmpty(more === true, cursor);
  const next = sendable(page.lastField(spec.field));
  if (!next) return fault(`the last record has no value at ${spec.field}`);
  return declaredEnd(spec, at, { cursor: next, onward: next }) ?? { kind: 'next', cursor: next };
}

function afterLink(spec: PaginationOf<'link'>, at: Standing): Step {
  const { page, more } = at;
  const followed = nextLink(spec, at);
  const what = `link at ${spec.from}`;
  return (
    declaredEnd(spec, at, onwardBy(followed)) ??
    followed ??
    (more || spec.end === 'empty-page'
      ? lacks(what)
      : endWithout(what, at, isThere(page, spec.from)))
  );
}

function nextLink({ from }: PaginationOf<'link'>, at: Standing): Onward | undefined {
  const found = nextAt(at.page, from);
  if (found && 'kind' in found) return found;
  return found ? follow(found.value, at) : undefined;
}

function afterLinkHeader(spec: PaginationOf<'link-header'>, at: Standing): Step {
  const { more } = at;
  const followed = nextHeader(spec, at);
  const what = `link with rel ${relOf(spec)}`;
  return (
    declaredEnd(spec, at, onwardBy(followed)) ??
    followed ??
    (more || spec.end === 'empty-page' ? lacks(what) : endWithout(what, at, hasLinks(at)))
  );
}

function nextHeader(spec: PaginationOf<'link-header'>, at: Standing): Onward | undefined {
  const links = parseLinks(at.page.headers['link'] ?? '');
  if (!links) return fault('the Link header cannot be read');
  const found = links.find((candidate) => candidate.rels.includes(relOf(spec)));
  return found ? follow(found.target, at) : undefined;
}

const hasLinks = ({ page }: Standing): boolean =>
  (parseLinks(page.headers['link'] ?? '') ?? []).length > 0;

const relOf = ({ rel }: PaginationOf<'link-header'>): string => (rel ?? 'next').toLowerCase();

/** The ends that a flag, an empty page or a short one is, where they are declared. */
function declaredEnd(
  spec: { readonly end?: string | undefined; readonly pageSize?: number | undefined },
  at: Standing,
  where: { readonly cursor?: Cursor; readonly onward?: Cursor | undefined },
): Ending | Fault | undefined {
  const { page, more } = at;
  if (more === false) return end(NO_MORE, 'flag', where);
  if (spec.end === 'empty-page' && page.rows === 0) return endEmpty(more === true, at.cursor);
  return isShort(spec, at) ? end('a short page', 'short-page', where) : undefined;
}

const lacks = (what: string): Fault => fault(`no ${what}, but this is not the end`);

const onwardBy = (followed: Step | undefined) =>
  followed?.kind === 'next' ? { onward: followed.cursor } : {};

/** A step that is no end. */
type Onward = Exclude<Step, Ending>;

/** Behind a page that is declared to be empty: only the API can say that there is no more. */
const onward = (followed: Onward | undefined, what: string, { more }: Standing): Step => {
  if (more === false) return end(NO_MORE, 'flag');
  return followed ?? fault(`no ${what} to go on from behind a page that is declared to be empty`);
};

function follow(target: string, { page, origin }: Standing): Onward {
  const followed = followLink(target, page.url, origin);
  return 'rejected' in followed ? fault(followed.rejected) : { kind: 'next', cursor: followed };
}
