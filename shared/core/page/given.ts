// Lists whose next place is given by the page: a value to send back (`cursor`, `keyset`) or a URL
// to call (`link`, `link-header`). And `single`, where no page follows.

import type { PaginationOf } from '../source/pagination-spec.ts';
import type { Cursor } from './cursor.ts';
import { followLink, parseLinks } from './link.ts';
import {
  type Fault,
  fault,
  isThere,
  type PageFacts,
  type Place,
  placeName,
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
  otherKind,
  type Parameter,
  type Standing,
  type Step,
  type Way,
  written,
} from './way.ts';

export const cursor: Way<'cursor'> = {
  next: afterValue,
  parameters: (spec, cursor) => valueParameter(spec.param, undefined, cursor),
  identity: ({ from, param }) => [from, param],
  startsAtWatermark: true,
};

export const keyset: Way<'keyset'> = {
  next: afterRecord,
  parameters: (spec, cursor) => valueParameter(spec.param, spec.format, cursor),
  identity: ({ field, param }) => [field, param],
  startsAtWatermark: true,
};

export const link: Way<'link'> = {
  next: afterLink,
  parameters: () => [],
  identity: ({ from }) => [from],
  startsAtWatermark: false,
};

export const linkHeader: Way<'link-header'> = {
  next: afterLinkHeader,
  parameters: () => [],
  identity: ({ rel }) => [rel ?? 'next'],
  startsAtWatermark: false,
};

export const single: Way<'single'> = {
  next: () => end('one request is the whole stream', undefined),
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
function nextAt(page: PageFacts, place: Place): Value | undefined | Fault {
  const found = valueAt(page, place);
  return !found || ('value' in found && found.value === '0') ? undefined : found;
}

function afterValue(spec: PaginationOf<'cursor'>, at: Standing): Step {
  const { cursor, page, more } = at;
  if (cursor && !('value' in cursor)) return otherKind(spec.kind);
  const onward = nextAt(page, spec.from);
  if (onward && 'kind' in onward) return onward;
  const declared = declaredEnd(spec, at, { cursor: onward ?? cursor, onward });
  if (declared) return declared;
  if (onward) return { kind: 'next', cursor: onward };
  if (more || spec.end === 'empty-page') return lacks(`cursor at ${placeName(spec.from)}`);
  return endWithout(`cursor at ${placeName(spec.from)}`, at, isThere(page, spec.from));
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
  const found = nextAt(page, spec.from);
  if (found && 'kind' in found) return found;
  const followed = found ? follow(found.value, at) : undefined;
  const what = `link at ${spec.from}`;
  return (
    declaredEnd(spec, at, onwardBy(followed)) ??
    followed ??
    (more || spec.end === 'empty-page'
      ? lacks(what)
      : endWithout(what, at, isThere(page, spec.from)))
  );
}

function afterLinkHeader(spec: PaginationOf<'link-header'>, at: Standing): Step {
  const { page, more } = at;
  const links = parseLinks(page.headers['link'] ?? '');
  if (!links) return fault('the Link header cannot be read');
  const rel = (spec.rel ?? 'next').toLowerCase();
  const found = links.find((candidate) => candidate.rels.includes(rel));
  const followed = found ? follow(found.target, at) : undefined;
  const what = `link with rel ${rel}`;
  return (
    declaredEnd(spec, at, onwardBy(followed)) ??
    followed ??
    (more || spec.end === 'empty-page' ? lacks(what) : endWithout(what, at, links.length > 0))
  );
}

/** The ends that a flag, an empty page or a short one is, where they are declared. */
function declaredEnd(
  spec: { readonly end?: string | undefined; readonly pageSize?: number | undefined },
  at: Standing,
  where: { readonly cursor?: Cursor; readonly onward?: Cursor | undefined },
): Ending | Fault | undefined {
  const { page, more } = at;
  if (more === false) return end('the API says that there is no more', 'flag', where);
  if (spec.end === 'empty-page' && page.rows === 0) return endEmpty(more === true, at.cursor);
  return isShort(spec, at) ? end('a short page', 'short-page', where) : undefined;
}

const lacks = (what: string): Fault => fault(`no ${what}, but this is not the end`);

const onwardBy = (followed: Step | undefined) =>
  followed?.kind === 'next' ? { onward: followed.cursor } : {};

function follow(target: string, { page, origin }: Standing): Exclude<Step, Ending> {
  const followed = followLink(target, page.url, origin);
  return 'rejected' in followed ? fault(followed.rejected) : { kind: 'next', cursor: followed };
}
