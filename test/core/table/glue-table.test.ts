import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Column } from '../../../shared/core/table/columns.ts';
import {
  currentView,
  historyPartition,
  historyTable,
  MARK,
  readMark,
} from '../../../shared/core/table/glue-table.ts';
import { inferColumns } from '../../../shared/core/table/infer-columns.ts';
import {
  type PublishedRun,
  type PublishedTable,
  publishInto,
} from '../../../shared/core/table/published-table.ts';
import type { TableModel } from '../../../shared/core/table/views.ts';

const columns: readonly Column[] = [
  { name: 'id', key: 'id', type: 'bigint' },
  { name: 'ID_2', key: 'ID', type: 'integer' },
  { name: 'a_b', key: 'a.b', type: 'json' },
  { name: 'größe', key: 'größe', type: 'double' },
  { name: 'Paid', key: 'Paid', type: 'boolean' },
  { name: 'at', key: 'at', type: 'string' },
  { name: 'note', key: 'note', type: 'unknown' },
];

const model: TableModel = {
  source: 'Corner-Shop',
  stream: 'Sales-2',
  columns,
  primaryKey: ['id'],
  mode: 'incremental',
  casts: { at: 'timestamp', note: 'bigint' },
};
const table: PublishedTable = { model, runId: 'run-2', currentFrom: 'run-1' };
const place = 's3://bucket/lake';

describe('the history table in Glue', () => {
  it('has every column under its name in lower case, and the run as its partition', () => {
    const { Name, StorageDescriptor, PartitionKeys } = historyTable(table, place);
    expect(Name).toBe('sales_2_history');
    expect(StorageDescriptor.Location).toBe('s3://bucket/lake/Corner-Shop/Sales-2/');
    expect(StorageDescriptor.Columns?.map(({ Name, Type }) => `${Name} ${Type}`)).toEqual([
      'id bigint',
      'id_2 bigint',
      'a_b string',
      'größe double',
      'paid boolean',
      'at string',
      'note string',
    ]);
    expect(PartitionKeys).toEqual([
      { Name: '_date', Type: 'string' },
      { Name: '_run_id', Type: 'string' },
    ]);
  });

  it('maps each column to its key where they are not written alike', () => {
    expect(historyTable(table, place).StorageDescriptor.SerdeInfo).toEqual({
      SerializationLibrary: 'org.openx.data.jsonserde.JsonSerDe',
      Parameters: {
        'case.insensitive': 'false',
        'ignore.malformed.json': 'false',
        'mapping.id_2': 'ID',
        'mapping.a_b': 'a.b',
        'mapping.paid': 'Paid',
      },
    });
  });

  it.each([1, 36, 100, 240, 2_000])(
    'fits into what Glue takes when there are too many keys, of %d characters',
    (length) => {
      const keys = Array.from({ length: 2_500 }, (_, at) => String(at).padStart(length, 'Ä'));
      const record = JSON.stringify(Object.fromEntries(keys.map((key) => [key, 1.5])));
      const wide = {
        ...table,
        model: { ...model, columns: inferColumns(Buffer.from(record), []) },
      };
      expect(wide.model.columns.length).toBeGreaterThan(60);
      // Quotas of Glue for the text of a view and for a parameter.
      expect(currentView(wide).ViewOriginalText?.length).toBeLessThan(409_600);
      expect(historyTable(wide, place).Parameters[MARK]?.length).toBeLessThan(512_000);
    },
  );

  it('leaves out the keys that no table can have, also those published before', () => {
    const odd = ['a\0b', 'cut\ud83d'].map(
      (key) => ({ name: 'odd', key, type: 'string' }) as const,
    );
    const run = { runId: 'run-3', date: '2026-11-21', prefix: 'p/', replacesEarlier: false };
    const before = { ...table, model: { ...model, columns: [...columns, ...odd] } };
    const { model: joined } = publishInto(before, model, run);
    expect(joined.columns).toEqual(columns);
  });

  it.each(['\u0130', '\u023a'])(
    'takes a long name of %s, which is longer in lower case',
    (letter) => {
      const record = JSON.stringify({ [letter.repeat(300)]: 1, [letter.repeat(301)]: 2 });
      const wide = { ...model, columns: inferColumns(Buffer.from(record), []) };
      for (const { Name } of historyTable({ ...table, model: wide }, place).StorageDescriptor
        .Columns ?? []) {
        // Glue takes 255 bytes, and as many for a parameter's name: `mapping.<name>`.
        expect(Buffer.byteLength(`mapping.${Name}`)).toBeLessThanOrEqual(255);
      }
    },
  );

  it('tells what it is, and is read back from that', () => {
    const { Parameters } = historyTable(table, place);
    expect(readMark(Parameters[MARK])).toEqual(table);
    for (const mark of [undefined, '', 'view', '{}', '{"runId":"x"}']) {
      expect(readMark(mark)).toBeUndefined();
    }
  });

  it('has a column even when the stream has none', () => {
    const empty = { ...table, model: { ...model, columns: [] } };
    const wanted = [{ Name: '_empty', Type: 'string' }];
    expect(historyTable(empty, place).StorageDescriptor.Columns).toEqual(wanted);
    expect(currentView(empty).StorageDescriptor.Columns).toEqual(wanted);
  });

  it('has partitions without columns, which can never be narrower than the table', () => {
    const prefix = 'Corner-Shop/Sales-2/dt=2026-11-21/run=run-2/';
    const run = { date: '2026-11-21', runId: 'run-2', prefix };
    const { Values, StorageDescriptor } = historyPartition(columns, run, place);
    expect(Values).toEqual(['2026-11-21', 'run-2']);
    expect(StorageDescriptor.Location).toBe(`s3://bucket/lake/${prefix}`);
    expect(StorageDescriptor.Columns).toBeUndefined();
    const { SerdeInfo } = historyTable(table, place).StorageDescriptor;
    expect(StorageDescriptor.SerdeInfo).toEqual(SerdeInfo);
  });
});

describe('the view in Glue', () => {
  const decoded = (view: PublishedTable): { originalSql: string; columns: object[] } => {
    const [, base64 = ''] =
      /^\/\* Presto View: (.+) \*\/$/.exec(currentView(view).ViewOriginalText ?? '') ?? [];
    return JSON.parse(Buffer.from(base64, 'base64').toString());
  };

  it('is written as Athena writes one, with the exact type of every column', () => {
    expect(decoded(table)).toEqual({
      originalSql: expect.stringMatching(
        /^SELECT "id", "id_2", "a_b", "größe", "paid", .+"corner_shop"."sales_2_history" WHERE "_run_id" >= 'run-1'/,
      ),
      catalog: 'awsdatacatalog',
      schema: 'corner_shop',
      columns: [
        { name: 'id', type: 'bigint' },
        { name: 'id_2', type: 'bigint' },
        { name: 'a_b', type: 'varchar' },
        { name: 'größe', type: 'double' },
        { name: 'paid', type: 'boolean' },
        { name: 'at', type: 'timestamp(3)' },
        { name: 'note', type: 'bigint' },
      ],
    });
    expect(currentView(table)).toMatchObject({
      Name: 'sales_2',
      TableType: 'VIRTUAL_VIEW',
      ViewExpandedText: '/* Presto View */',
      Parameters: { presto_view: 'true', comment: 'Presto View' },
    });
  });
});

describe('publishing', () => {
  const column = fc.record({
    name: fc.constantFrom('a', 'b', 'c'),
    type: fc.constantFrom('integer', 'double', 'string', 'json'),
  });
  const runs = fc.uniqueArray(
    fc.record({
      runId: fc.nat({ max: 99 }).map((at) => `run-${100 + at}`),
      replacesEarlier: fc.boolean(),
      mode: fc.constantFrom('snapshot', 'incremental'),
      columns: fc.uniqueArray(column, { selector: ({ name }) => name }),
    }),
    { selector: ({ runId }) => runId, minLength: 1, maxLength: 6 },
  );

  it('gives the same tables in whatever order runs arrive, and however often', () => {
    const publish = (all: readonly { model: TableModel; run: PublishedRun }[]) =>
      all.reduce<PublishedTable | undefined>(
        (standing, one) => publishInto(standing, one.model, one.run),
        undefined,
      );
    const sorted = (found: PublishedTable | undefined) => ({
      ...found,
      model: {
        ...found?.model,
        columns: found?.model.columns.toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      },
    });
    fc.assert(
      fc.property(runs, fc.nat(), (all, turn) => {
        const given = all.map(({ runId, replacesEarlier, mode, columns: seen }) => ({
          model: { ...model, mode, columns: seen.map((one) => ({ ...one, key: one.name })) },
          run: { runId, replacesEarlier, date: '2026-11-21', prefix: 'p/' },
        }));
        const turned = given.map((_, at) => given[(at + turn) % given.length] ?? expect.fail());
        const wanted = sorted(publish(given));
        expect(sorted(publish([...turned].reverse()))).toEqual(wanted);
        expect(sorted(publish([...turned, ...given]))).toEqual(wanted);
      }),
    );
  });
});
