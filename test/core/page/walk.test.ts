import { describe, expect, it } from 'vitest';
import { keepsWalk, walkOf } from '../../../shared/core/page/walk.ts';
import type { Pagination } from '../../../shared/core/source/pagination-schema.ts';
import type { Stream } from '../../../shared/core/source/source.ts';
import { paged } from '../builders.ts';

const cursor = { kind: 'cursor', from: 'next', param: 'after' } as const;
const page = { kind: 'page', pageSize: 10, sizeParam: 'limit' } as const;
const offset = { kind: 'offset', pageSize: 10 } as const;
const keyset = { kind: 'keyset', field: 'id', param: 'after' } as const;

type Change = [what: string, before: Pagination, after: Pagination, stream?: Partial<Stream>];

const keeps = (before: Pagination, after: Pagination, stream: Partial<Stream> = {}): boolean => {
  const was = paged(before);
  const is = paged(after, stream);
  return keepsWalk(walkOf(was.source, was.stream), is.source, is.stream);
};

const shops = (...values: string[]): Partial<Stream> => ({
  path: 'shops/{shop}/things',
  partitions: { name: 'shop', values },
});

const windows = (days: number): Partial<Stream> => ({
  query: { at: '{from},{to}' },
  incremental: { field: 'at', first: '2026-01-01', window: { days } },
});

describe('a walk', () => {
  it.each<Change>([
    ['kind', cursor, { kind: 'link', from: 'next' }],
    ['from', cursor, { ...cursor, from: 'next_cursor' }],
    ['param of a cursor', cursor, { ...cursor, param: 'cursor' }],
    ['hasMore', cursor, { ...cursor, hasMore: 'more' }],
    ['lastPage', cursor, { ...cursor, lastPage: 'last' }],
    ['records', cursor, cursor, { records: 'items' }],
    ['format of records', cursor, cursor, { records: { path: '', format: 'lines' } }],
    ['included fields', cursor, cursor, { include: { kind: 'a' } }],
    ['from of a link', { kind: 'link', from: 'next' }, { kind: 'link', from: 'links.next' }],
    ['rel', { kind: 'link-header' }, { kind: 'link-header', rel: 'older' }],
    ['field', keyset, { ...keyset, field: 'key' }],
    ['param of a keyset', keyset, { ...keyset, param: 'since' }],
    ['offsetParam', offset, { ...offset, offsetParam: 'skip' }],
    ['pageParam', page, { ...page, pageParam: 'p' }],
    ['firstPage', page, { ...page, firstPage: 0 }],
    ['pageSize of numbers', page, { ...page, pageSize: 20 }],
  ])('is another one when its %s is another', (_, before, after, stream) => {
    expect(keeps(before, after, stream)).toBe(false);
  });

  it.each<Change>([
    ['end', cursor, { ...cursor, end: 'empty-page' }],
    ['size', cursor, { ...cursor, pageSize: 5, sizeParam: 'limit' }],
    ['total', offset, { ...offset, total: 'count' }],
    ['totalPages', page, { ...page, totalPages: 'pages' }],
    ['ignore', cursor, { ...cursor, ignore: ['meta.next'] }],
    ['cost', cursor, cursor, { cost: 2 }],
    ['records, written long', cursor, cursor, { records: { path: 'data', missing: 'none' } }],
  ])('stays the same when its %s is another', (_, before, after, stream) => {
    expect(keeps(before, after, stream)).toBe(true);
  });

  it.each<[what: string, before: Partial<Stream>, after: Partial<Stream>]>([
    ['list', shops('a', 'b'), shops('a', 'c')],
    ['window', windows(1), windows(2)],
  ])('is another one when the %s of its partitions is another', (_, before, after) => {
    const was = paged(cursor, before);
    const is = paged(cursor, after);
    expect(keepsWalk(walkOf(was.source, was.stream), is.source, is.stream)).toBe(false);
    expect(keepsWalk(walkOf(was.source, was.stream), was.source, was.stream)).toBe(true);
  });
});
