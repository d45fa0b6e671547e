import { describe, expect, it } from 'vitest';
import { requestDoubts } from '../../../local/source/request-doubts.ts';
import type { Pagination } from '../../../shared/core/source/pagination-schema.ts';
import type { Source, Stream } from '../../../shared/core/source/source.ts';
import { aSource, aStream } from '../../core/builders.ts';

const doubts = (stream: Partial<Stream>, source: Partial<Source> = {}): readonly string[] =>
  requestDoubts(aSource(source), aStream(stream));

const page = { kind: 'page', pageSize: 50, sizeParam: 'limit' } as const;
const cursor = { kind: 'cursor', from: 'next', param: 'after' } as const;

describe('a watermark that no request carries', () => {
  const kinds: readonly Pagination[] = [
    page,
    { kind: 'offset', pageSize: 20 },
    { kind: 'link', from: 'next' },
    { kind: 'link-header' },
    { kind: 'single' },
  ];

  it.each(kinds)('is told of $kind pagination', (pagination) => {
    const incremental = { field: 'updated_at' };
    expect(doubts({ pagination, incremental })).toEqual([
      `incremental has no param, and "${pagination.kind}" pagination has no cursor to put it in: each run reads everything. Say which parameter carries the watermark`,
    ]);
    expect(doubts({ pagination, incremental: { field: 'updated_at', param: 'since' } })).toEqual(
      [],
    );
  });

  it('is told where the walk goes by another field', () => {
    const keyset = { kind: 'keyset', field: 'id', param: 'after' } as const;
    expect(doubts({ pagination: keyset, incremental: { field: 'updated_at' } })).toEqual([
      'incremental has no param, and the walk goes by id, not by updated_at: runs would go on from the wrong place. Give it a param',
    ]);
    expect(doubts({ pagination: keyset, incremental: { field: 'id' } })).toEqual([]);
    expect(doubts({ pagination: cursor, incremental: { field: 'version' } })).toEqual([]);
  });
});

describe('a parameter that is written over', () => {
  it('is told with when', () => {
    const incremental = { field: 'at', param: 'since', until: { param: 'before' } } as const;
    const query = { page: 5, limit: 10, since: '2020-01-01', before: 'x', sort: 'id' };
    expect(doubts({ pagination: page, incremental, query })).toEqual([
      'query page is overwritten in every request by the parameter of this name',
      'query limit is overwritten in every request by the parameter of this name',
      'query since is overwritten from the second run on by the parameter of this name',
      'query before is overwritten in every request by the parameter of this name',
    ]);
    expect(doubts({ pagination: cursor, query: { after: '0', limit: 5 } })).toEqual([
      'query after is overwritten from the second page on by the parameter of this name',
    ]);
  });

  it('is told of headers in any letter case, and of a path that has it too', () => {
    const pagination = { ...page, in: 'header', pageParam: 'X-Page' } as const;
    expect(doubts({ pagination, query: { limit: 1 } }, { headers: { 'x-page': '1' } })).toEqual([
      'header x-page is overwritten in every request by the parameter of this name',
    ]);
    expect(doubts({ pagination: page, path: 'things?limit=5&sort=id' })).toEqual([
      'path limit is sent twice in every request, beside the parameter of this name',
    ]);
  });

  it('may stand in a body, where it is what the first request begins with', () => {
    const pagination = { ...cursor, in: 'body' } as const;
    const body = { after: '0' };
    expect(doubts({ method: 'POST', body, pagination, query: { after: 'x' } })).toEqual([]);
  });
});
