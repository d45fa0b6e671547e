// A stream's tables as Glue's Data Catalog keeps them: `<stream>_history` over the lake's objects,
// a run as its partition, and the view `<stream>` as Athena writes one. The same tables give the
// same text. Glue knows names in lower case only.
//
// Why: docs/decisions/010-one-model-two-catalogues.md

import * as z from 'zod/mini';
import { COLUMN_TYPES } from './column-types.ts';
import { type Column, DATE_COLUMN, EMPTY_COLUMN, RUN_ID_COLUMN } from './columns.ts';
import { streamPrefix } from './keys.ts';
import type { PublishedRun, PublishedTable } from './published-table.ts';
import { castSchema, sqlTypes } from './sql-types.ts';
import { athenaSelect, currentColumns, tableNames } from './views.ts';

interface GlueColumn {
  readonly Name: string;
  readonly Type: string;
}

interface GlueStorage {
  readonly Columns?: GlueColumn[];
  readonly Location?: string;
  readonly InputFormat?: string;
  readonly OutputFormat?: string;
  readonly SerdeInfo: {
    readonly SerializationLibrary: string;
    readonly Parameters?: Record<string, string>;
  };
}

/** The part of Glue's `TableInput` that Driplake writes. */
export interface GlueTable {
  readonly Name: string;
  readonly Description: string;
  readonly TableType: 'EXTERNAL_TABLE' | 'VIRTUAL_VIEW';
  readonly Parameters: Record<string, string>;
  readonly PartitionKeys: GlueColumn[];
  readonly StorageDescriptor: GlueStorage;
  readonly ViewOriginalText?: string;
  readonly ViewExpandedText?: string;
}

/** The part of Glue's `PartitionInput` that Driplake writes. */
export interface GluePartition {
  readonly Values: string[];
  readonly StorageDescriptor: GlueStorage;
}

/** Names of databases and tables, as Glue has them. */
export function glueNames(stream: { readonly source: string; readonly stream: string }) {
  const { schema, current, history } = tableNames(stream);
  return {
    schema: schema.toLowerCase(),
    current: current.toLowerCase(),
    history: history.toLowerCase(),
  };
}

/** Where a table of ours says what it is; a table without it is somebody else's. */
export const MARK = 'driplake';

const EMPTY = { Name: EMPTY_COLUMN, Type: sqlTypes('unknown').glue };

/** @param place of the lake, `s3://bucket/prefix` */
export function historyTable(table: PublishedTable, place: string): GlueTable {
  const { columns, source, stream } = table.model;
  const own = columns.map(({ name, type }) => ({
    Name: name.toLowerCase(),
    Type: sqlTypes(type).glue,
  }));
  return {
    Name: glueNames(table.model).history,
    Description: `Driplake: every row of ${source}/${stream} that a finished run wrote.`,
    TableType: 'EXTERNAL_TABLE',
    Parameters: {
      EXTERNAL: 'TRUE',
      classification: 'json',
      compressionType: 'gzip',
      [MARK]: packTable(table),
    },
    PartitionKeys: [DATE_COLUMN, RUN_ID_COLUMN].map((Name) => ({ Name, Type: 'string' })),
    StorageDescriptor: {
      ...storage(columns, `${place}/${streamPrefix(table.model)}`),
      Columns: own.length === 0 ? [EMPTY] : own,
    },
  };
}

/**
 * Without columns of its own a partition has the table's: a column that widens leaves no partition
 * behind with the narrow type, which Athena would refuse to read.
 */
export const historyPartition = (
  columns: readonly Column[],
  run: Pick<PublishedRun, 'date' | 'runId' | 'prefix'>,
  place: string,
): GluePartition => ({
  Values: [run.date, run.runId],
  StorageDescriptor: storage(columns, `${place}/${run.prefix}`),
});

function storage(columns: readonly Column[], location: string): GlueStorage {
  return {
    Location: location,
    InputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
    OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
    SerdeInfo: {
      SerializationLibrary: 'org.openx.data.jsonserde.JsonSerDe',
      Parameters: {
        // Keys that differ by letter case are two columns here, and a mapping keeps its case.
        'case.insensitive': 'false',
        'ignore.malformed.json': 'false',
        ...Object.fromEntries(
          columns.flatMap(({ name, key }) =>
            key === null || key === name.toLowerCase()
              ? []
              : [[`mapping.${name.toLowerCase()}`, key]],
          ),
        ),
      },
    },
  };
}

/** A view as Athena keeps one: its query and the exact types of its columns, in base64. */
export function currentView(table: PublishedTable): GlueTable {
  const { model, currentFrom } = table;
  const names = glueNames(model);
  const columns = currentColumns(model).map(({ name, types }) => ({
    name: name.toLowerCase(),
    types,
  }));
  const view = {
    originalSql: athenaSelect(model, currentFrom),
    catalog: 'awsdatacatalog',
    schema: names.schema,
    columns: columns.map(({ name, types }) => ({ name, type: types.athena })),
  };
  return {
    Name: names.current,
    Description: `Driplake: the current rows of ${model.source}/${model.stream}.`,
    TableType: 'VIRTUAL_VIEW',
    Parameters: { presto_view: 'true', comment: 'Presto View', [MARK]: 'view' },
    PartitionKeys: [],
    StorageDescriptor: {
      Columns: columns.map(({ name, types }) => ({ Name: name, Type: types.glue })),
      SerdeInfo: { SerializationLibrary: '-' },
    },
    ViewOriginalText: `/* Presto View: ${Buffer.from(JSON.stringify(view)).toString('base64')} */`,
    ViewExpandedText: '/* Presto View */',
  };
}

const text = z.string().check(z.minLength(1));

const packed = z.object({
  runId: text,
  currentFrom: z.exactOptional(text),
  model: z.object({
    source: text,
    stream: text,
    mode: z.enum(['snapshot', 'incremental']),
    primaryKey: z.array(z.string()),
    watermark: z.exactOptional(z.string()),
    deletedField: z.exactOptional(z.string()),
    casts: z.exactOptional(z.record(z.string(), castSchema)),
    lenient: z.exactOptional(z.boolean()),
    columns: z.array(
      z.object({ name: text, key: z.nullable(z.string()), type: z.enum(COLUMN_TYPES) }),
    ),
  }),
});

/** Whatever the order of its fields, the same table gives the same text. */
const packTable = (table: PublishedTable): string => JSON.stringify(packed.parse(table));

/** The tables as a history table's mark tells them; undefined when it is not ours, or damaged. */
export function readMark(mark: string | undefined): PublishedTable | undefined {
  if (mark === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(mark);
  } catch {
    return undefined;
  }
  const read = packed.safeParse(value);
  return read.success ? read.data : undefined;
}
