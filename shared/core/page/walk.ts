// What a cursor's place in a list depends on. A run that has begun is bound to it: with another
// page size, page 4 is another stretch of the list, and to go on from there would lose rows or
// read them twice without a word. What only says where a list ends may change at any time.

import { recordsOf } from '../source/answer-spec.ts';
import type { Source, Stream } from '../source/source.ts';
import { fingerprint } from './cycle.ts';
import { pagingOf } from './pagination.ts';

/**
 * A short name of the walk that a stream declares; equal names read the same list alike. An API may
 * move to another host with all that it gave out; another version is another list.
 */
export function walkOf({ baseUrl }: Source, stream: Stream): string {
  const { method, path, query, body, incremental, pagination, records } = stream;
  const { partitions, include } = stream;
  // A stream that has none of these keeps the name that it had before there were any.
  const walks = [partitions, include, incremental?.window].map((declared) => declared ?? null);
  const { hasMore, lastPage } = { hasMore: undefined, lastPage: undefined, ...pagination };
  const { path: place, format } = recordsOf(records);
  return fingerprint([
    method ?? 'GET',
    `${baseUrl.replace(/^[^/]*\/\/[^/]*/, '')}/${path}`,
    Object.entries(query ?? {}).sort(([one], [other]) => (one < other ? -1 : 1)),
    body ?? {},
    incremental?.param ?? '',
    [pagination.kind, ...pagingOf(pagination).identity()],
    [hasMore ?? '', lastPage ?? '', place, ...(format ? [format] : [])],
    ...(walks.some((declared) => declared !== null) ? [walks] : []),
  ]);
}

/** @param walk `walkOf` when the run began */
export const keepsWalk = (walk: string, source: Source, stream: Stream): boolean =>
  walk === walkOf(source, stream);
