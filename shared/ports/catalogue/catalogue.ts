// The catalogue: where queries find the tables of the lake. It shows finished runs only, each
// whole, and its steps can be repeated. Below the interface stand the one in memory and the one
// of a lake whose readers need none.

import {
  type PublishedRun,
  type PublishedTable,
  publishInto,
} from '../../core/table/published-table.ts';
import { type TableModel, tableNames } from '../../core/table/views.ts';

export interface Catalogue {
  /**
   * Makes a finished run visible: database and `<stream>_history` created or widened, the run its
   * partition, the view `<stream>` over the current rows. A run that is there already stays where
   * it lies. Runs may come late and in any order.
   * @throws DriplakeError catalogue, with what a person must do; other faults of the service as
   * they are, to be tried again
   */
  publishRun(model: TableModel, run: PublishedRun): Promise<void>;
  /** How far it shows a stream; runs are published in order, so none before is missing. */
  shownRuns(stream: Pick<TableModel, 'source' | 'stream'>): Promise<ShownRuns>;
  /**
   * Lets a run's partition point at other objects with the same rows, in one step: a query sees
   * the ones or the others. A run that is not there yet is added at the new place, so that a
   * publication that comes late finds it. Does nothing where the stream has no table.
   * @param run `prefix` is the new place
   */
  moveRun(
    stream: Pick<TableModel, 'source' | 'stream'>,
    run: Pick<PublishedRun, 'runId' | 'date' | 'prefix'>,
  ): Promise<void>;
}

/** `all` where whatever the lake has is shown; else up to a run, or none at all. */
export type ShownRuns =
  | { readonly kind: 'all' }
  | { readonly kind: 'upTo'; readonly runId: string }
  | { readonly kind: 'none' };

/**
 * For a lake whose readers need no catalogue: DuckDB's views are made from the manifests whenever
 * a query begins.
 */
export const manifestsOnly: Catalogue = {
  publishRun: async () => {},
  shownRuns: async () => ({ kind: 'all' }),
  moveRun: async () => {},
};

/** What a catalogue shows of one stream. */
export interface ShownTable extends PublishedTable {
  /** Prefixes of the runs by `<date>/<runId>`. */
  readonly runs: ReadonlyMap<string, string>;
}

/** A catalogue that lives as long as the process: for simulations and tests. */
export function memoryCatalogue(): Catalogue & {
  /** By `<schema>.<stream's table>`. */
  readonly tables: ReadonlyMap<string, ShownTable>;
} {
  const tables = new Map<string, PublishedTable & { readonly runs: Map<string, string> }>();
  const nameOf = (stream: Pick<TableModel, 'source' | 'stream'>): string => {
    const { schema, current } = tableNames(stream);
    return `${schema}.${current}`;
  };
  const placeOf = ({ date, runId }: Pick<PublishedRun, 'date' | 'runId'>) => `${date}/${runId}`;
  return {
    tables,
    async publishRun(model, run) {
      const standing = tables.get(nameOf(model));
      const runs = standing?.runs ?? new Map<string, string>();
      if (!runs.has(placeOf(run))) runs.set(placeOf(run), run.prefix);
      tables.set(nameOf(model), { ...publishInto(standing, model, run), runs });
    },
    async shownRuns(stream) {
      const table = tables.get(nameOf(stream));
      return table ? { kind: 'upTo', runId: table.runId } : { kind: 'none' };
    },
    async moveRun(stream, run) {
      tables.get(nameOf(stream))?.runs.set(placeOf(run), run.prefix);
    },
  };
}
