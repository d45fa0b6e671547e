import { describe, expect, it } from 'vitest';
import type { Cursor } from '../../../shared/core/page/cursor.ts';
import { nextPage } from '../../../shared/core/page/pagination.ts';
import type { Pagination } from '../../../shared/core/source/pagination-schema.ts';
import { aPage, ORIGIN } from '../builders.ts';

type Parts = Parameters<typeof aPage>[0];

const step = (spec: Pagination, parts: Parts, cursor: Cursor = null) =>
  nextPage({
    stream: { pagination: spec, records: '' },
    isWhole: true,
    rowsBefore: 0,
    pagesBefore: cursor === null ? 0 : 1,
    cursor,
    page: aPage(parts),
    origin: ORIGIN,
  });

describe('an end is never guessed', () => {
  const offset: Pagination = { kind: 'offset', pageSize: 2, total: 'count' };
  const faults: readonly [string, Pagination, Parts][] = [
    ['an empty page before the total', offset, { rows: 0, body: '{"count":"7"}' }],
    ['a total that is no number', offset, { body: '{"count":"many"}' }],
    ['a total that is a list', offset, { body: '{"count":[7]}' }],
    [
      'an empty page before the last page',
      { kind: 'page', totalPages: 'pages' },
      { rows: 0, body: '{"pages":3}' },
    ],
    [
      'an empty page with has-more',
      { kind: 'offset', pageSize: 2, hasMore: 'more' },
      { rows: 0, body: '{"more":true}' },
    ],
    [
      'a flag that is neither true nor false',
      { kind: 'cursor', from: 'next', param: 'after', hasMore: 'more' },
      { body: '{"more":"perhaps","next":"a"}' },
    ],
    [
      'an object where a cursor was expected',
      { kind: 'cursor', from: 'paging.next', param: 'after' },
      { body: '{"paging":{"next":{"after":"5"}}}' },
    ],
    [
      'rows without the cursor of an API that only ends on an empty page',
      { kind: 'cursor', from: 'version.max', param: 'after', end: 'empty-page' },
      { body: '{"version":{"max":null}}' },
    ],
    [
      'has-more without a cursor',
      { kind: 'cursor', from: 'next', param: 'after', hasMore: 'more' },
      { body: '{"more":true,"next":null}' },
    ],
    ['a next link that is an object', { kind: 'link', from: 'next' }, { body: '{"next":{}}' }],
    ['a Link header that cannot be read', { kind: 'link-header' }, { headers: { link: 'next' } }],
    [
      'a last record without its key',
      { kind: 'keyset', field: 'id', param: 'after' },
      { last: '{"name":"x"}' },
    ],
  ];
  for (const [what, spec, parts] of faults) {
    it(`is a fault: ${what}`, () => expect(step(spec, parts).kind).toBe('fault'));
  }

  it('goes on when the total is absent', () => {
    expect(step(offset, { body: '{}' })).toEqual({ kind: 'next', cursor: { offset: 2 } });
  });

  it.each<[string, string, object]>([
    ['the least, by the relation beside it', 'hits.total.value', { value: 2, relation: 'gte' }],
    ['the least, in another word', 'hits.total.count', { count: 2, relation: 'GREATER_THAN' }],
    ['unknown', 'hits.total.value', { value: -1 }],
  ])('goes on when the total is %s', (_what, total, told) => {
    const body = JSON.stringify({ hits: { total: told } });
    const spec: Pagination = { kind: 'offset', pageSize: 2, total };
    expect(step(spec, { body })).toEqual({ kind: 'next', cursor: { offset: 2 } });
  });

  it('takes a total for one whose relation says that it is exact, and asks once more', () => {
    const body = JSON.stringify({ hits: { total: { value: 2, relation: 'eq' } } });
    const spec: Pagination = { kind: 'offset', pageSize: 3, total: 'hits.total.value' };
    const toldEnd = { isDisputed: false };
    expect(step(spec, { body })).toEqual({ kind: 'next', cursor: { offset: 2 }, toldEnd });
  });

  it('tells how many rows an empty page lacks', () => {
    expect(step(offset, { rows: 0, body: '{"count":10}' }, { offset: 7 })).toEqual({
      kind: 'fault',
      reason:
        'an empty page, but the API says that there is more: 3 of 10 are still to come. ' +
        'If the total counts what this walk is not given, say end "empty-page"',
    });
  });

  it('goes on when the flag is absent, since some APIs leave false out and others true', () => {
    const spec: Pagination = { kind: 'offset', pageSize: 2, hasMore: 'more' };
    expect(step(spec, { body: '{}' }).kind).toBe('next');
    expect(step(spec, { body: '{}', rows: 0 }).kind).toBe('end');
  });

  it('refuses the stored cursor of another kind', () => {
    expect(step(offset, {}, { page: 2, rows: 2 }).kind).toBe('fault');
  });
});

describe('declared ends', () => {
  for (const flag of ['false', '"false"', '0', '"0"', '"FALSE"']) {
    it(`ends when has-more is ${flag}, keeping the last cursor`, () => {
      const spec: Pagination = { kind: 'cursor', from: 'next', param: 'after', hasMore: 'more' };
      const body = `{"more":${flag},"next":"z"}`;
      expect(step(spec, { body })).toMatchObject({ kind: 'end', cursor: { value: 'z' } });
    });
  }

  for (const value of ['null', '""', '" "', 'false', '0', '"0"']) {
    it(`ends when the cursor is ${value}`, () => {
      const spec: Pagination = { kind: 'cursor', from: 'next', param: 'after' };
      expect(step(spec, { body: `{"next":${value}}` }, { value: 'y' })).toMatchObject({
        kind: 'end',
        cursor: { value: 'y' },
      });
    });
  }

  it('keeps the last version of an X-Series walk, never the null of its empty page', () => {
    const spec: Pagination = {
      kind: 'cursor',
      from: 'version.max',
      param: 'after',
      end: 'empty-page',
    };
    const last: Cursor = { value: '173456345676', number: true };
    const body = '{"data":[],"version":{"min":null,"max":null}}';
    const ended = step(spec, { rows: 0, body }, last);
    expect(ended).toMatchObject({ kind: 'end', cursor: last });
    expect(step(spec, { rows: 0, body })).not.toHaveProperty('cursor');
  });

  it('ends a list of one page that comes without its total, where that is declared', () => {
    const spec: Pagination = {
      kind: 'page',
      pageSize: 3,
      totalPages: 'pagination.pages',
      withoutTotal: 'one-page',
    };
    expect(step(spec, { rows: 2 })).toMatchObject({ kind: 'end' });
    expect(step(spec, { rows: 3 })).toMatchObject({ kind: 'next' });
    expect(step(spec, { rows: 2 }, { page: 2, rows: 3 })).toMatchObject({ kind: 'next' });
    const told = { rows: 2, body: '{"pagination":{"pages":2}}' };
    expect(step(spec, told)).toMatchObject({ kind: 'next' });
  });

  it('ends a legacy R-Series list of no rows, whose offset, limit and key are absent', () => {
    const spec: Pagination = { kind: 'offset', pageSize: 100, total: '@attributes.count' };
    expect(step(spec, { rows: 0, body: '{"@attributes":{"count":"0"}}' }).kind).toBe('end');
  });

  it('does not take a short page for the end unless that is declared', () => {
    const clamps: Pagination = { kind: 'offset', pageSize: 1000 };
    expect(step(clamps, { rows: 200 })).toEqual({ kind: 'next', cursor: { offset: 200 } });
    const short: Pagination = { ...clamps, end: 'short-page' };
    expect(step(short, { rows: 200 }, { offset: 1000 }).kind).toBe('end');
  });

  it('asks once more behind a first page that is short, since longer ones may not be given', () => {
    const spec: Pagination = { kind: 'offset', pageSize: 1000, end: 'short-page' };
    expect(step(spec, { rows: 200 })).toEqual({
      kind: 'next',
      cursor: { offset: 200 },
      toldEnd: { isDisputed: false },
    });
  });

  it('keeps 64-bit cursors digit for digit, from the envelope and from the last record', () => {
    const digits = '9223372036854775807';
    const spec: Pagination = { kind: 'cursor', from: 'version.max', param: 'after' };
    expect(step(spec, { body: `{"version":{"max":${digits}}}` })).toEqual({
      kind: 'next',
      cursor: { value: digits, number: true },
    });
    const keyset: Pagination = { kind: 'keyset', field: 'meta.id', param: 'after' };
    expect(step(keyset, { last: `{"meta":{"id":${digits}}}` })).toMatchObject({
      cursor: { value: digits },
    });
  });
});
