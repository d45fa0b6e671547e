import { describe, expect, it } from 'vitest';
import { LOST_CASTS_BYTES } from '../../../shared/core/bounds.ts';
import { addLosses, boundLosses, describeCasts } from '../../../shared/core/table/cast-losses.ts';
import type { Column } from '../../../shared/core/table/columns.ts';

const text = (key: string): Column => ({ name: key, key, type: 'string' });

describe('losses of casts', () => {
  it('add up over pages and batches', () => {
    expect(addLosses(addLosses({}, { a: 1, b: 2 }), { b: 3, '': 1 })).toEqual({
      a: 1,
      b: 5,
      '': 1,
    });
  });

  it('fit into the head of a batch whatever the casts are called, and none is forgotten', () => {
    const many = Array.from({ length: 2_000 }, (_, at) => [`${'k'.repeat(at % 90)}${at}`, 7]);
    const bounded = boundLosses({ ...Object.fromEntries(many), '': 3 });
    expect(JSON.stringify(bounded).length).toBeLessThan(LOST_CASTS_BYTES + 32);
    const sum = Object.values(bounded).reduce((all, count) => all + count, 0);
    expect(sum).toBe(2_000 * 7 + 3);
    expect(boundLosses({ a: 1 })).toEqual({ a: 1 });
  });

  it('are told where the cast applies, with casts that name no column', () => {
    const casts = { name: 'bigint', at: 'timestamp', count: 'bigint', 'a.b': 'double' } as const;
    const columns = [text('name'), text('at'), { ...text('count'), type: 'integer' } as const];
    expect(describeCasts(casts, columns, { name: 3, at: 1, count: 9, '': 2 })).toEqual([
      'casts.name loses what it casts: 3 values are no bigint, and null in the current rows.',
      'casts.at loses what it casts: 1 value is no timestamp, and null in the current rows.',
      'casts.a.b names no column: no record has this field.',
      '2 more values of other casts are null in the current rows.',
    ]);
  });

  it('are told where a cast has no effect, since only text is cast', () => {
    const casts = {
      tags: 'bigint',
      at: 'timestamp',
      n: 'double',
      ok: 'boolean',
      s: 'bigint',
    } as const;
    const columns: readonly Column[] = [
      { ...text('tags'), type: 'json' },
      { ...text('at'), type: 'integer' },
      { ...text('n'), type: 'integer' },
      { ...text('ok'), type: 'boolean' },
      text('s'),
    ];
    expect(describeCasts(casts, columns, { tags: 9 })).toEqual([
      'casts.tags has no effect: the field is json, and only text is cast to bigint.',
      'casts.at has no effect: the field is integer, and only text is cast to timestamp.',
    ]);
  });

  it('are silent without rows, without casts and without losses', () => {
    expect(describeCasts({ name: 'bigint' }, [], {})).toEqual([]);
    expect(describeCasts(undefined, [text('name')], {})).toEqual([]);
    expect(describeCasts({ name: 'bigint' }, [text('name')], {})).toEqual([]);
    const unknown = { ...text('name'), type: 'unknown' } as const;
    expect(describeCasts({ name: 'bigint' }, [unknown], {})).toEqual([]);
  });

  it('are told of twenty casts at most', () => {
    const casts = Object.fromEntries(
      Array.from({ length: 50 }, (_, at) => [`c${at}`, 'bigint'] as const),
    );
    const told = describeCasts(casts, [text('id')], {});
    expect(told).toHaveLength(21);
    expect(told.at(-1)).toBe('30 more casts lose values, have no effect or name no column.');
  });
});
