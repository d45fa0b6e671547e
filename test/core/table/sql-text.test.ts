// Names in SQL that people are shown: in quotes where they have to be, whatever DuckDB reserves.

import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { shownName } from '../../../shared/core/table/sql-text.ts';
import { describeNoSchema } from '../../../shared/core/table/views.ts';

describe('a name that is shown', () => {
  it.each(['sales', 'lightspeed_r', 'orders', '_x1'])('is plain where it can be: %s', (name) => {
    expect(shownName(name)).toBe(name);
  });

  it.each([
    ['order', '"order"'],
    ['Select', '"Select"'],
    ['2026', '"2026"'],
    ['a"b', '"a""b"'],
    ['é', '"é"'],
  ])('is in quotes where it must be: %s', (name, shown) => {
    expect(shownName(name)).toBe(shown);
  });

  it('is understood by DuckDB, for each of its own keywords', async () => {
    const duckdb = await (await DuckDBInstance.create(':memory:')).connect();
    const keywords = await duckdb.runAndReadAll('SELECT keyword_name FROM duckdb_keywords()');
    await duckdb.run('CREATE SCHEMA s');
    for (const [keyword] of keywords.getRowsJson()) {
      if (describeNoSchema(String(keyword)) !== undefined) continue;
      const name = shownName(String(keyword));
      await duckdb.run(`CREATE SCHEMA IF NOT EXISTS ${name}`);
      await duckdb.run(`CREATE TABLE ${name}.${name} (a INTEGER)`);
      await duckdb.run(`SELECT * FROM ${name}.${name}`);
    }
    expect(keywords.getRowsJson().length).toBeGreaterThan(100);
  });
});
