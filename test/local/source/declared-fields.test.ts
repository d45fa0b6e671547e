import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { misfits } from '../../../local/source/declared-fields.ts';
import type { Stream } from '../../../shared/core/source/source.ts';
import { inferColumns } from '../../../shared/core/table/infer-columns.ts';

const told = (records: readonly unknown[], stream: Partial<Stream>): readonly string[] => {
  const text = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  const lines = new TextEncoder().encode(text);
  const whole: Stream = {
    name: 'items',
    path: 'items',
    records: 'data',
    pagination: { kind: 'single' },
    ...stream,
  };
  return misfits(whole, lines, inferColumns(lines, []));
};

/** Ids are unique, outlets are two, and names are unique by chance. */
const items = (many: number) =>
  Array.from({ length: many }, (_, index) => ({
    itemID: `${index}`,
    systemSku: 21000 + index,
    name: `item ${index}`,
    outlet: index % 2,
    tags: [index],
    updated_at: `2026-11-0${1 + (index % 9)}T10:00:00Z`,
    version: 4711 + index,
    at: '11/02/2026',
  }));

describe('a key that no table can have', () => {
  it('is told, with four of many', () => {
    const record = Object.fromEntries(Array.from({ length: 6 }, (_, at) => [`\0${at}`, at]));
    expect(told([{ id: 1, ...record }], {})).toEqual([
      'items: The keys "\\u{0}0", "\\u{0}1", "\\u{0}2", "\\u{0}3" and 2 more are no columns: no table can have such names. Their values are in the lines of the lake only.',
    ]);
    expect(told([{ id: 1, 'a.b': 2, ID: 3, '': 4 }], {})).toEqual([]);
  });
});

describe('a cast', () => {
  it('is told where it loses values, names no field, or has nothing to cast', () => {
    const casts = {
      name: 'bigint',
      at: 'timestamp',
      nmae: 'double',
      version: 'timestamp',
    } as const;
    expect(told(items(20), { casts: { ...casts, tags: 'boolean', outlet: 'double' } })).toEqual([
      'items: casts.name loses what it casts: 20 values are no bigint, and null in the current rows.',
      'items: casts.at loses what it casts: 20 values are no timestamp, and null in the current rows.',
      'items: casts.nmae names no column: no record has this field.',
      'items: casts.version has no effect: the field is integer, and only text is cast to timestamp.',
      'items: casts.tags has no effect: the field is json, and only text is cast to boolean.',
    ]);
    expect(told(items(20), { casts: { itemID: 'bigint', updated_at: 'timestamp' } })).toEqual([]);
  });
});

describe('a primary key', () => {
  it('that is in no record is told with the fields that look like one', () => {
    expect(told(items(20), { primaryKey: ['itemId'] })).toEqual([
      'items: primaryKey itemId is in none of 20 records: such rows are never merged; itemID, systemSku look like a key',
    ]);
  });

  it('that is missing or null in some records is told with how many', () => {
    const some = items(20).map((item, index) => (index < 3 ? { ...item, itemID: null } : item));
    expect(told(some, { primaryKey: ['itemID'] })).toEqual([
      'items: primaryKey itemID is missing or null in 3 of 20 records: such rows are never merged; systemSku looks like a key',
    ]);
  });

  it('that is an object or a list is none', () => {
    expect(told(items(20), { primaryKey: ['tags'] })).toHaveLength(1);
  });

  it('that is not unique is told with how many repeat it', () => {
    expect(told(items(20), { primaryKey: ['outlet'] })).toEqual([
      'items: primaryKey outlet is not unique: 18 of 20 records repeat that of another, and the table shows one of each; itemID, systemSku look like a key',
    ]);
  });

  it('of several fields is unique where they are together', () => {
    expect(told(items(20), { primaryKey: ['outlet', 'itemID'] })).toEqual([]);
    expect(told(items(20), { primaryKey: ['outlet', 'at'] })).toHaveLength(1);
    const text = [
      { a: 'x,y', b: 'z' },
      { a: 'x', b: 'y,z' },
    ];
    expect(told(text, { primaryKey: ['a', 'b'] })).toEqual([]);
  });

  it('in a nested object or under a name with a dot is found as in the tables', () => {
    const nested = items(3).map((item) => ({ inner: { id: item.itemID }, 'a.b': item.itemID }));
    expect(told(nested, { primaryKey: ['inner.id'] })).toEqual([]);
    expect(told(nested, { primaryKey: ['a.b'] })).toEqual([]);
  });

  it('is compared digit by digit beyond 2^53', () => {
    const lines = new TextEncoder().encode('{"id":9007199254740993}\n{"id":9007199254740992}\n');
    const stream: Stream = {
      name: 'items',
      path: 'items',
      records: 'data',
      pagination: { kind: 'single' },
      primaryKey: ['id'],
    };
    expect(misfits(stream, lines, inferColumns(lines, []))).toEqual([]);
  });

  it('is not guessed from a few records whose fields have no such names', () => {
    const few = items(3).map(({ name }) => ({ name, other: `${name}!` }));
    expect(told(few, { primaryKey: ['key'] })).toEqual([
      'items: primaryKey key is in none of 3 records: such rows are never merged',
    ]);
  });
});

describe('the field of a watermark', () => {
  it('that is in no record is told with the times of change that there are', () => {
    expect(told(items(20), { incremental: { field: 'timeStamp', param: 'since' } })).toEqual([
      'items: incremental.field timeStamp is in none of 20 records: each run reads everything; updated_at looks like a time of change',
    ]);
  });

  it('that holds something else is told too', () => {
    expect(told(items(20), { incremental: { field: 'at', param: 'since' } })).toEqual([
      'items: incremental.field at is an ISO date in none of 20 records: each run reads everything; updated_at looks like a time of change',
    ]);
    const integers = { field: 'updated_at', param: 'after', type: 'integer' } as const;
    expect(told(items(20), { incremental: integers })[0]).toContain(
      'version looks like a watermark',
    );
  });

  it('may be null in some records: they were never changed', () => {
    const some = items(20).map((item, index) =>
      index < 19 ? { ...item, updated_at: null } : item,
    );
    expect(told(some, { incremental: { field: 'updated_at', param: 'since' } })).toEqual([]);
  });
});

describe('a page that fits', () => {
  it('gives no warning, whatever the records are, and neither does an empty one', () => {
    expect(told([], { primaryKey: ['id'], incremental: { field: 'at' } })).toEqual([]);
    expect(told(items(20), { primaryKey: ['itemID'] })).toEqual([]);
    expect(told([1, 'x', null], {})).toEqual([]);
  });

  it('is one exactly when each record has a key of its own', () => {
    const key = fc.oneof(fc.constant(undefined), fc.constant(null), fc.integer({ max: 9 }));
    fc.assert(
      fc.property(fc.array(key, { minLength: 1, maxLength: 12 }), (keys) => {
        const warnings = told(
          keys.map((id) => ({ id })),
          { primaryKey: ['id'] },
        );
        const present = keys.filter((one) => one !== undefined && one !== null);
        const fits = present.length === keys.length && new Set(present).size === keys.length;
        expect(warnings.length === 0).toBe(fits);
      }),
    );
  });
});
