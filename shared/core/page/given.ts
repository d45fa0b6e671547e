// Lists whose next place is given by the page: a value to send back (`cursor`, `keyset`) or a URL
// to call (`link`, `link-header`). And `single`, where no page follows.

import type { PaginationOf } from '../source/pagination-spec.ts';
import type { Cursor } from './cursor.ts';
import { followLink, parseLinks } from './link.ts';
import { fault, placeName, sendable, valueAt } from './page-facts.ts';
import {
  end,
  isShort,
  type NextPage,
  otherKind,
  type Parameter,
  type Standing,
  type Way,
  written,
} from './way.ts';

export const cursor: Way<'cursor'> = {
  next: afterValue,
  parameters: (spec, cursor) => valueParameter(spec.param, undefined, cursor),
  identity: ({ from }) => [from],
  startsAtWatermark: true,
};

export const keyset: Way<'keyset'> = {
  next: afterRecord,
  parameters: (spec, cursor) => valueParameter(spec.param, spec.format, cursor),
  identity: ({ field }) => [field],
  startsAtWatermark: true,
};

export const link: Way<'link'> = {
  next: afterLink,
  parameters: () => [],
  identity: () => [],
  startsAtWatermark: false,
};

export const linkHeader: Way<'link-header'> = {
  next: afterLinkHeader,
  parameters: () => [],
  identity: () => [],
  startsAtWatermark: false,
};

export const single: Way<'single'> = {
  next: () => end('one request is the whole stream'),
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

function afterValue(spec: PaginationOf<'cursor'>, { cursor, page, more }: Standing): NextPage {
  if (cursor && !('value' in cursor)) return otherKind(spec.kind);
  const found = valueAt(page, spec.from);
  if (found && 'kind' in found) return found;
  const next = found?.value === '0' ? null : found;
  if (more === false) return end('the API says that there is no more', next ?? cursor);
  if (spec.end === 'empty-page' && page.rows === 0) {
    return more
      ? fault('an empty page, but the API says that there is more')
      : end('an empty page', cursor);
  }
  if (next) return { kind: 'next', cursor: next };
  return spec.end === 'empty-page' || more
    ? fault(`no cursor at ${placeName(spec.from)}, but this is not the end`)
    : end('no cursor', cursor);
}

function afterRecord(spec: PaginationOf<'keyset'>, at: Standing): NextPage {
  const { cursor, page, more } = at;
  if (cursor && !('value' in cursor)) return otherKind(spec.kind);
  if (page.rows === 0) {
    return more
      ? fault('an empty page, but the API says that there is more')
      : end('an empty page', cursor);
  }
  const next = sendable(page.lastField(spec.field));
  if (!next) return fault(`the last record has no value at ${spec.field}`);
  if (more === false) return end('the API says that there is no more', next);
  return isShort(spec, at) ? end('a short page', next) : { kind: 'next', cursor: next };
}

function afterLink(spec: PaginationOf<'link'>, at: Standing): NextPage {
  const { page, more } = at;
  const found = valueAt(page, spec.from);
  if (found && 'kind' in found) return found;
  if (more === false) return end('the API says that there is no more');
  if (found) return follow(found.value, at);
  return more ? fault(`no link at ${spec.from}, but this is not the end`) : end('no next link');
}

function afterLinkHeader(spec: PaginationOf<'link-header'>, at: Standing): NextPage {
  const links = parseLinks(at.page.headers['link'] ?? '');
  if (!links) return fault('the Link header cannot be read');
  const rel = (spec.rel ?? 'next').toLowerCase();
  const found = links.find((candidate) => candidate.rels.includes(rel));
  return found ? follow(found.target, at) : end(`no link with rel ${rel}`);
}

function follow(target: string, { page, origin }: Standing): NextPage {
  const followed = followLink(target, page.url, origin);
  return 'rejected' in followed ? fault(followed.rejected) : { kind: 'next', cursor: followed };
}
