import { describe, expect, it } from 'vitest';
import type { ParentSpec } from '../../../shared/core/partition/parents.ts';
import { identityOf, valuesOf } from '../../../shared/core/partition/values.ts';
import { aStream } from '../builders.ts';

const spec = (changes: Partial<ParentSpec> = {}): ParentSpec => ({
  parent: 'issues',
  as: 'issue',
  of: 'changed',
  fields: [{ path: 'id', isAsked: true }],
  ...changes,
});

const lines = (...records: string[]) => new TextEncoder().encode(`${records.join('\n')}\n`);

describe('values of a parent', () => {
  it('are as exact as its lines', () => {
    const fields = [
      { path: 'id', isAsked: true },
      { path: 'repo.name', isAsked: true },
      { path: 'open', isAsked: true },
    ];
    const read = valuesOf(
      lines(
        '{"id":12345678901234567890,"repo":{"name":"a/b"},"open":true}',
        '{"open":false,"repo":{"name":"a\\/b"},"id":"7"}',
      ),
      spec({ fields }),
    );
    expect(read).toEqual({
      kind: 'values',
      values: [
        { 'issue.id': '12345678901234567890', 'issue.repo.name': '"a/b"', 'issue.open': 'true' },
        { 'issue.id': '"7"', 'issue.repo.name': '"a/b"', 'issue.open': 'false' },
      ],
    });
  });

  it('are none of no lines', () => {
    expect(valuesOf(new Uint8Array(), spec())).toEqual({ kind: 'values', values: [] });
  });

  it.each([
    ['nothing', '{"number":1}'],
    ['nothing', '{"id":null}'],
    ['an empty text', '{"id":""}'],
    ['a list or an object', '{"id":{"a":1}}'],
    ['a list or an object', '{"id":[1]}'],
  ])('are a fault that shows the record where %s stands: %s', (found, record) => {
    expect(valuesOf(lines('{"id":1}', record), spec())).toEqual({
      kind: 'fault',
      reason: `A record of issues has ${found} where {issue.id} is taken from: ${record}`,
    });
  });

  it('may be null where they only stand in lines, and are no list there either', () => {
    const note = spec({ fields: [{ path: 'note', isAsked: false }] });
    expect(valuesOf(lines('{"note":null}', '{}', '{"note":""}'), note)).toEqual({
      kind: 'values',
      values: [{ 'issue.note': 'null' }, { 'issue.note': 'null' }, { 'issue.note': '""' }],
    });
    expect(valuesOf(lines('{"note":[]}'), note)).toMatchObject({ kind: 'fault' });
  });

  it.each([
    [true, ['1', '4']],
    ['true', ['1', '4']],
    [7, ['2']],
    [null, ['3', '5']],
  ])('are those of records whose field is %s', (equals, ids) => {
    const records = [
      '{"id":1,"open":true}',
      '{"id":2,"open":7}',
      '{"id":3,"open":null}',
      '{"id":4,"open":"true"}',
      '{"id":5}',
    ];
    const read = valuesOf(lines(...records), spec({ where: { field: 'open', equals } }));
    expect(read).toEqual({ kind: 'values', values: ids.map((id) => ({ 'issue.id': id })) });
  });

  it('are not of records that were deleted, nor asked of those that are left out', () => {
    const read = valuesOf(
      lines('{"id":1,"gone":null}', '{"gone":"2026-01-01"}', '{"id":3,"gone":false}'),
      spec({ deletedField: 'gone' }),
    );
    expect(read).toEqual({
      kind: 'values',
      values: [{ 'issue.id': '1' }, { 'issue.id': '3' }],
    });
  });
});

describe('the identity of a partition', () => {
  it('is what its requests carry', () => {
    const identity = identityOf(
      aStream({
        path: 'issues/{issue.id}/comments',
        include: { title: '{issue.title}' },
        partitions: { parent: 'issues', as: 'issue' },
      }),
    );
    const one = identity({ 'issue.id': '1', 'issue.title': '"a"' });
    expect(identity({ 'issue.id': '1', 'issue.title': '"b"' })).toBe(one);
    expect(identity({ 'issue.id': '"1"', 'issue.title': '"a"' })).not.toBe(one);
  });

  it('has the ends of its window, whatever carries them', () => {
    const identity = identityOf(
      aStream({ incremental: { field: 'at', param: 'since', window: { days: 1 } } }),
    );
    expect(identity({ from: '"2026-01-01"', to: '"2026-01-02"' })).not.toBe(
      identity({ from: '"2026-01-02"', to: '"2026-01-03"' }),
    );
  });
});
