import { describe, expect, it } from 'vitest';
import type { Column } from '../../shared/core/columns.ts';
import { quoteName, quoteText } from '../../shared/core/sql-text.ts';
import {
  athenaView,
  currentRuns,
  duckdbViews,
  type TableModel,
  tableNames,
} from '../../shared/core/views.ts';

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

const run = (runId: string, fullRefresh = false) => ({
  runId,
  fullRefresh,
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

describe('the Athena view', () => {
  it('takes the newest row of each key from the history table, without deleted ones', () => {
    expect(athenaView(model(), [run('1'), run('2')])).toBe(
      'CREATE OR REPLACE VIEW "lightspeed_x"."product_types" AS ' +
        'SELECT "id", "version", "deleted_at" FROM (SELECT *, row_number() OVER (' +
        'PARTITION BY "id" ORDER BY "version" DESC NULLS LAST, "_line" DESC) AS "_rank" FROM ' +
        '(SELECT *, "$path" AS "_line" FROM "lightspeed_x"."product_types_history")) ' +
        'WHERE ("_rank" = 1 OR "id" IS NULL) AND ' +
        `lower(coalesce(CAST("deleted_at" AS VARCHAR), '')) IN ('', 'false')`,
    );
  });

  it('reads only the last run of a snapshot, and nothing before a full refresh', () => {
    const runs = [run('1'), run('2', true), run('3')];
    expect(athenaView(model({ mode: 'snapshot' }), runs)).toContain(`WHERE "_run_id" = '3')`);
    expect(athenaView(model(), runs)).toContain(`WHERE "_run_id" >= '2')`);
  });

  it('casts declared columns and compares text watermarks as numbers or instants', () => {
    const sql = athenaView(
      model({
        watermark: 'deleted_at',
        casts: { deleted_at: 'timestamp', id: 'double' },
        deletedField: 'meta.gone',
        columns: [...columns, { name: 'meta', key: 'meta', type: 'json' }],
      }),
      [run('1')],
    );
    expect(sql).toContain(`TRY(from_iso8601_timestamp(NULLIF("deleted_at", ''))) AS "deleted_at"`);
    expect(sql).toContain('SELECT "id", ');
    expect(sql).toContain('TRY_CAST("deleted_at" AS DECIMAL(38, 9)) DESC NULLS LAST');
    expect(sql).toContain(`json_extract_scalar("meta", '$["gone"]')`);
  });
});
