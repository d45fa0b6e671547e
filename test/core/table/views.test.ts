import { describe, expect, it } from 'vitest';
import type { Column } from '../../../shared/core/table/columns.ts';
import { quoteName, quoteText } from '../../../shared/core/table/sql-text.ts';
import {
  athenaSelect,
  currentColumns,
  currentRuns,
  duckdbViews,
  type TableModel,
  tableNames,
} from '../../../shared/core/table/views.ts';

const columns: readonly Column[] = [
  { name: 'id', key: 'id', type: 'bigint' },
  { name: 'version', key: 'version', type: 'integer' },
  { name: 'deleted_at', key: 'deleted_at', type: 'string' },
];

const model = (over: Partial<TableModel> = {}): TableModel => ({
  source: 'lightspeed-x',
  stream: 'product-types',
  columns,
  primaryKey: ['id'],
  watermark: 'version',
  mode: 'incremental',
  deletedField: 'deleted_at',
  ...over,
});

const run = (runId: string, replacesEarlier = false) => ({
  runId,
  replacesEarlier,
  files: [`/lake/run=${runId}/00000000.ndjson.gz`],
});

describe('names', () => {
  it('puts an underscore where SQL has no hyphen', () => {
    expect(tableNames(model())).toEqual({
      schema: 'lightspeed_x',
      current: 'product_types',
      history: 'product_types_history',
    });
  });

  it('quotes what stands inside names and text', () => {
    expect(quoteName('a"b')).toBe('"a""b"');
    expect(quoteText("it's")).toBe("'it''s'");
  });
});

describe('current runs', () => {
  const runs = [run('1'), run('2', true), run('3')];
  it('are those since the last full refresh of an incremental stream', () => {
    expect(currentRuns('incremental', runs).map((each) => each.runId)).toEqual(['2', '3']);
    expect(currentRuns('incremental', runs.slice(0, 1)).map((each) => each.runId)).toEqual(['1']);
  });
  it('are the last one of a snapshot', () => {
    expect(currentRuns('snapshot', runs).map((each) => each.runId)).toEqual(['3']);
    expect(currentRuns('snapshot', [])).toEqual([]);
  });
});

describe('the DuckDB views', () => {
  it('read explicit files with explicit types', () => {
    const [schema, history] = duckdbViews(model(), [run('1'), run('2')]);
    expect(schema).toBe('CREATE SCHEMA IF NOT EXISTS "lightspeed_x"');
    expect(history).toContain('VIEW "lightspeed_x"."product_types_history" AS');
    expect(history).toContain(
      "read_json(['/lake/run=1/00000000.ndjson.gz', '/lake/run=2/00000000.ndjson.gz']",
    );
    expect(history).toContain("{'id': 'BIGINT', 'version': 'BIGINT', 'deleted_at': 'VARCHAR'}");
    expect(history).not.toContain('auto_detect');
  });

  it('read line by line where a record reader cannot serve', () => {
    const readsLines = (over: Partial<TableModel>) =>
      duckdbViews(model(over), [run('1')])[1]?.includes('read_csv(');
    expect(readsLines({})).toBe(false);
    expect(readsLines({ lenient: true })).toBe(true);
    expect(readsLines({ columns: [] })).toBe(true);
    expect(readsLines({ columns: [{ name: 'value', key: null, type: 'integer' }] })).toBe(true);
    expect(readsLines({ columns: [{ name: '_', key: '', type: 'integer' }] })).toBe(true);
    const twins = columns.concat({ name: 'ID_2', key: 'ID', type: 'string' });
    expect(readsLines({ columns: twins })).toBe(true);
  });
});

describe("Athena's select", () => {
  it('takes the newest row of each key from the history table, without deleted ones', () => {
    expect(athenaSelect(model(), undefined)).toBe(
      'SELECT "id", "version", "deleted_at" FROM (SELECT *, row_number() OVER (' +
        'PARTITION BY "id" ORDER BY "version" DESC NULLS LAST, "_run_id" DESC, "_line" DESC) ' +
        'AS "_rank" FROM ' +
        '(SELECT *, "$path" AS "_line" FROM "lightspeed_x"."product_types_history")) ' +
        'WHERE ("_rank" = 1 OR "id" IS NULL) AND ' +
        `lower(coalesce(CAST("deleted_at" AS VARCHAR), '')) IN ('', 'false')`,
    );
  });

  it('reads a cast text by the same pattern in both engines', () => {
    const casts = { price: 'decimal(10,2)', day: 'date', done: 'boolean' } as const;
    const typed = model({
      casts,
      columns: Object.keys(casts).map((name) => ({ name, key: name, type: 'string' }) as const),
    });
    const patterns = [
      ['price', '[+-]?0*[0-9]{1,8}([.][0-9]{1,2})?', 'DECIMAL(10,2)'],
      ['day', '[0-9]{4}-[0-9]{2}-[0-9]{2}', 'DATE'],
      ['done', '(?i)(true|false|t|f|1|0)', 'BOOLEAN'],
    ];
    for (const [name, pattern, type] of patterns) {
      const text = `NULLIF("${name}", '')`;
      const read = (test: string) => `TRY_CAST(CASE WHEN ${test} THEN ${text} END AS ${type})`;
      expect(athenaSelect(typed, '1')).toContain(read(`regexp_like(${text}, '^(?:${pattern})$')`));
      const [, , view] = duckdbViews(typed, []);
      expect(view).toContain(read(`regexp_full_match(${text}, '${pattern}')`));
    }
  });

  it('reads only the last run of a snapshot, and nothing before a full refresh', () => {
    expect(athenaSelect(model({ mode: 'snapshot' }), '3')).toContain(`WHERE "_run_id" = '3')`);
    expect(athenaSelect(model(), '2')).toContain(`WHERE "_run_id" >= '2')`);
  });

  it('casts declared columns and compares text watermarks as numbers or instants', () => {
    const sql = athenaSelect(
      model({
        watermark: 'deleted_at',
        casts: { deleted_at: 'timestamp', id: 'double' },
        deletedField: 'meta.gone',
        columns: [...columns, { name: 'meta', key: 'meta', type: 'json' }],
      }),
      undefined,
    );
    expect(sql).toContain(
      `CAST(TRY(from_iso8601_timestamp(regexp_replace(regexp_extract(NULLIF("deleted_at", ''), ` +
        `'^\\d{4}-\\d{2}-\\d{2}.*'), '^(.{10}) ', '$1T'))) AT TIME ZONE 'UTC' AS TIMESTAMP(3)) ` +
        'AS "deleted_at"',
    );
    expect(sql).toContain('SELECT "id", ');
    expect(sql).toContain('TRY_CAST("deleted_at" AS DECIMAL(38, 9)) DESC NULLS LAST');
    expect(sql).toContain(`json_extract_scalar("meta", '$["gone"]')`);
    const key = 'meta.a"b\\c';
    expect(
      athenaSelect(
        model({ primaryKey: [key], columns: [{ name: 'meta', key: 'meta', type: 'json' }] }),
        undefined,
      ),
    ).toContain(String.raw`json_extract_scalar("meta", '$["a\"b\\c"]')`);
  });

  it('asks for a deleted mark in words that Trino has: it knows no IS NOT TRUE', () => {
    const gone = { name: 'gone', key: 'gone', type: 'boolean' } as const;
    const sql = athenaSelect(model({ columns: [gone], deletedField: 'gone' }), undefined);
    expect(sql).toContain('WHERE NOT coalesce("gone", false)');
  });

  it('names columns as Glue does, in lower case', () => {
    const mixed = { name: 'Straße_ID', key: 'Straße ID', type: 'string' } as const;
    const sql = athenaSelect(model({ columns: [mixed], primaryKey: ['Straße ID'] }), undefined);
    expect(sql).toContain('SELECT "straße_id" FROM');
    expect(sql).toContain('PARTITION BY "straße_id"');
  });
});

describe('the types of the current rows', () => {
  it('are those of the columns, with the declared casts of text', () => {
    const casts = { deleted_at: 'timestamp', id: 'double' } as const;
    const typed = currentColumns({ columns, casts });
    expect(typed.map(({ name, types }) => [name, types.duckdb, types.athena])).toEqual([
      ['id', 'BIGINT', 'bigint'],
      ['version', 'BIGINT', 'bigint'],
      ['deleted_at', 'TIMESTAMP', 'timestamp(3)'],
    ]);
  });
});
