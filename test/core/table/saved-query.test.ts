import { describe, expect, it } from 'vitest';
import { readSavedQuery } from '../../../shared/core/table/saved-query.ts';

function faultsOf(file: string, text: string): string[] {
  try {
    readSavedQuery(file, text);
  } catch (error) {
    expect(error).toMatchObject({ name: 'Driplake.Configuration' });
    return error instanceof Error ? error.message.split('\n') : [];
  }
  return expect.fail('this file has faults');
}

describe('a saved query', () => {
  it('is an SQL file whose comment is title and description', () => {
    const text =
      '-- Stock by shop\n-- What is there,\n--\n-- shop by shop.\nselect 1\nfrom shop.items\n';
    expect(readSavedQuery('shop-x.stock.sql', text)).toEqual({
      name: 'shop-x.stock',
      source: 'shop-x',
      title: 'Stock by shop',
      description: 'What is there, shop by shop.',
      sql: 'select 1\nfrom shop.items',
    });
  });

  it('may have no description, and lines that end as Windows ends them', () => {
    const query = readSavedQuery(
      'shop.stock.sql',
      '-- Stock\r\nwith a as (select 1)\r\nselect 2\r\n',
    );
    expect(query).toMatchObject({ title: 'Stock', description: '' });
    expect(query.sql).toBe('with a as (select 1)\nselect 2');
  });

  it('lists all its faults', () => {
    expect(faultsOf('Stock.sql', 'delete from shop.items;')).toEqual([
      'Stock.sql: expected a name such as <source>.daily-sales.sql',
      'Stock.sql: expected a first line such as "-- Daily sales by shop"',
      'Stock.sql: expected SELECT or WITH after the comment',
      'Stock.sql: expected one statement without a semicolon',
    ]);
    expect(faultsOf('a.b.sql', '')).toHaveLength(2);
    expect(faultsOf('a.b.sql', '-- Only a comment')).toHaveLength(2);
  });

  it('fits what Athena takes', () => {
    const long = `-- Title\n-- ${'x'.repeat(1_001)}\nselect '${'x'.repeat(270_000)}'`;
    expect(faultsOf(`a.${'b'.repeat(130)}.sql`, long).join('\n')).toMatch(
      /the name is 132 long, at most 128 fit\n.*the comment is .*\n.*the file is .* 262144 fit/,
    );
  });
});
