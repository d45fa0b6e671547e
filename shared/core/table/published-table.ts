// A stream's tables as a catalogue keeps them, and how one more finished run changes them. The
// step is pure, can be repeated, and gives the same whatever the order in which runs arrive: a
// finish that froze and comes late narrows no column and turns no view back.

import { joinColumns, tableColumns } from './columns.ts';
import type { Manifest } from './manifest.ts';
import { replacesEarlier, type TableModel } from './views.ts';

/** A finished run as a partition of `<stream>_history`. Run ids of one stream sort by begin. */
export interface PublishedRun {
  readonly runId: string;
  /** `YYYY-MM-DD`, UTC. */
  readonly date: string;
  /** Where its objects lie in the lake, with a slash at the end. */
  readonly prefix: string;
  /** A snapshot, or a full refresh: no row of an earlier run is current any more. */
  readonly replacesEarlier: boolean;
}

export interface PublishedTable {
  readonly model: TableModel;
  /** The latest run of those published: it said what the stream is. */
  readonly runId: string;
  /** The run from which rows are current; absent when all runs are. */
  readonly currentFrom?: string;
}

/** What a run's manifest says of its stream. */
export function modelOf(manifest: Manifest): TableModel {
  const { source, stream, mode, primaryKey, columns, watermark, deletedField, casts } = manifest;
  return {
    source,
    stream,
    columns: tableColumns(columns),
    primaryKey,
    mode,
    ...(watermark === undefined ? {} : { watermark: watermark.field }),
    ...(deletedField === undefined ? {} : { deletedField }),
    ...(casts === undefined ? {} : { casts }),
    ...(manifest.lenient ? { lenient: true } : {}),
  };
}

/** What it says of the run. */
export const publishedRun = (manifest: Manifest): PublishedRun => ({
  runId: manifest.runId,
  date: manifest.date,
  prefix: manifest.prefix,
  replacesEarlier: replacesEarlier(manifest),
});

/** The tables after one more run. */
export function publishInto(
  standing: PublishedTable | undefined,
  model: TableModel,
  run: PublishedRun,
): PublishedTable {
  const { runId } = run;
  const from = latestOf(standing?.currentFrom, run.replacesEarlier ? runId : undefined);
  const currentFrom = from === undefined ? {} : { currentFrom: from };
  if (standing === undefined) return { model, runId, ...currentFrom };
  const isLater = runId >= standing.runId;
  const lenient = standing.model.lenient === true || model.lenient === true;
  return {
    model: {
      ...(isLater ? model : standing.model),
      columns: tableColumns(joinColumns(standing.model.columns, model.columns)),
      ...(lenient ? { lenient } : {}),
    },
    runId: isLater ? runId : standing.runId,
    ...currentFrom,
  };
}

function latestOf(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return a > b ? a : b;
}
