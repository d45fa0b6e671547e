// `schema.json` beside a stream's manifests: what the stream is and which columns it has in each
// dialect, as of its latest finished run. Derived from that run's manifest; nothing is read back
// from it but whose run it tells of.

import { tableColumns } from './columns.ts';
import type { Manifest } from './manifest.ts';
import { castOf, sqlTypes } from './sql-types.ts';

/** The file's text; the same manifest gives the same text. */
export function schemaText(manifest: Manifest): string {
  const { source, stream, mode, primaryKey, watermark, deletedField, casts } = manifest;
  const { runId, finishedAt, drift } = manifest;
  const schema = {
    version: 1,
    source,
    stream,
    mode,
    primaryKey,
    ...(watermark ? { watermark: watermark.field } : {}),
    ...(deletedField === undefined ? {} : { deletedField }),
    ...(casts ? { casts } : {}),
    columns: tableColumns(manifest.columns).map((column) => {
      const cast = castOf(column, casts);
      return {
        ...column,
        history: dialects(sqlTypes(column.type)),
        current: dialects(sqlTypes(column.type, cast)),
      };
    }),
    run: { runId, finishedAt, ...(drift ? { drift } : {}) },
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

const dialects = ({ duckdb, athena }: ReturnType<typeof sqlTypes>) => ({ duckdb, athena });

/** Whether the standing text tells of a later run than the manifest. Damaged text tells nothing. */
export function isOlderSchema({ runId }: Pick<Manifest, 'runId'>, standing: string): boolean {
  try {
    const told: unknown = JSON.parse(standing)?.run?.runId;
    return typeof told === 'string' && told > runId;
  } catch {
    return false;
  }
}
