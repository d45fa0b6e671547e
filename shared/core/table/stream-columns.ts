// The columns of a stream as the ledger keeps them: what was known before a run began, and what
// the run itself has seen. Both only widen, in whatever order runs and batches arrive, so nothing
// is lost by one that comes late, and each run can be told from what was before it.

import { type ColumnType, joinTypes } from './column-types.ts';
import { type Column, joinColumns } from './columns.ts';

export interface StreamColumns {
  /** The latest run that has seen anything; empty before the first. Run ids sort by begin. */
  readonly runId: string;
  readonly before: readonly Column[];
  /** Keys that the run before it had seen: of the others it is known that they are gone. */
  readonly last: readonly (string | null)[];
  /** Seen by that run, under the stream's names. */
  readonly seen: readonly Column[];
}

export const noColumns: StreamColumns = { runId: '', before: [], last: [], seen: [] };

/** What one run sees: all that others saw counts as known before. */
export function columnsOfRun(kept: StreamColumns, runId: string): StreamColumns {
  if (kept.runId === runId) return kept;
  return {
    runId,
    before: joinColumns(kept.before, kept.seen),
    last: kept.seen.length === 0 ? kept.last : kept.seen.map(({ key }) => key),
    seen: [],
  };
}

/** The stream's columns after all that was seen. */
export const allColumns = (kept: StreamColumns): readonly Column[] =>
  joinColumns(kept.before, kept.seen);

/**
 * What is kept once a run has seen these columns; `kept` itself when it knew them all. A column
 * that the stream has keeps its name. A run older than the one that is kept adds to what was
 * before that.
 */
export function addSeen(
  kept: StreamColumns,
  runId: string,
  seen: readonly Column[],
): StreamColumns {
  const isLate = runId < kept.runId;
  const own = isLate ? kept.before : runId === kept.runId ? kept.seen : [];
  const wider = joinColumns(own, seen);
  if (wider === own && (isLate || runId === kept.runId)) return kept;
  const named = joinColumns(allColumns(kept), seen);
  if (isLate) return { ...kept, before: pick(named, wider) };
  return { ...columnsOfRun(kept, runId), seen: pick(named, wider) };
}

/** The columns of `named` that are in `typed`, with its types. */
function pick(named: readonly Column[], typed: readonly Column[]): readonly Column[] {
  const types = new Map(typed.map((column) => [column.key, column.type]));
  return named.flatMap((column) => {
    const type = types.get(column.key);
    return type === undefined ? [] : [{ ...column, type }];
  });
}

/** One entry a column: 2,000 of them stay below the 400 KB of a ledger item. */
export interface PackedColumns {
  readonly runId: string;
  readonly columns: readonly PackedColumn[];
}

export interface PackedColumn {
  readonly name: string;
  readonly key: string | null;
  readonly before?: ColumnType;
  readonly last?: true;
  readonly seen?: ColumnType;
}

export function packColumns(kept: StreamColumns): PackedColumns {
  const before = new Map(kept.before.map((column) => [column.key, column.type]));
  const last = new Set(kept.last);
  const seen = new Map(kept.seen.map((column) => [column.key, column.type]));
  const columns = allColumns(kept).map(({ name, key }) => {
    const [known, met] = [before.get(key), seen.get(key)];
    return {
      name,
      key,
      ...(known === undefined ? {} : { before: known }),
      ...(last.has(key) ? { last: true as const } : {}),
      ...(met === undefined ? {} : { seen: met }),
    };
  });
  return { runId: kept.runId, columns };
}

/** Reads what `packColumns` gave. */
export function unpackColumns(packed: PackedColumns): StreamColumns {
  const of = (which: 'before' | 'seen') =>
    packed.columns.flatMap(({ name, key, [which]: type }) =>
      type === undefined ? [] : [{ name, key, type }],
    );
  const last = packed.columns.flatMap((column) => (column.last ? [column.key] : []));
  return { runId: packed.runId, before: of('before'), last, seen: of('seen') };
}

/** What a run changed, for its report: compared by key. */
export interface ColumnsDrift {
  readonly added: readonly { readonly name: string; readonly type: ColumnType }[];
  readonly widened: readonly {
    readonly name: string;
    readonly from: ColumnType;
    readonly to: ColumnType;
  }[];
  /**
   * Seen by the last run that saw any, and not by this one. They stay columns and read as null.
   * Told once, until they are seen again.
   */
  readonly vanished: readonly string[];
}

/**
 * Compares the columns known before a run with those that the run itself saw.
 * @returns undefined when they are alike, when there were none before, and when the run saw none:
 * a run without records tells nothing
 */
export function columnsDrift({ before, last, seen }: StreamColumns): ColumnsDrift | undefined {
  if (before.length === 0 || seen.length === 0) return undefined;
  const known = new Map(before.map((column) => [column.key, column]));
  const met = new Set(seen.map((column) => column.key));
  const widened = seen.flatMap((column) => {
    const old = known.get(column.key);
    if (old === undefined) return [];
    const to = joinTypes(old.type, column.type);
    return to === old.type ? [] : [{ name: old.name, from: old.type, to }];
  });
  const added = seen.filter((column) => !known.has(column.key));
  const vanished = last.flatMap((key) => (met.has(key) ? [] : (known.get(key)?.name ?? [])));
  if (added.length + widened.length + vanished.length === 0) return undefined;
  return {
    added: added.map(({ name, type }) => ({ name, type })),
    widened,
    vanished,
  };
}

/** A drift in a bounded report: what fits, and how much was left out. */
export interface DriftReport extends ColumnsDrift {
  readonly omitted?: number;
}

/** @param mostBytes of the entries as JSON */
export function boundDrift(drift: ColumnsDrift, mostBytes: number): DriftReport {
  let bytes = 0;
  let omitted = 0;
  const fits = (entry: unknown): boolean => {
    const size = Buffer.byteLength(JSON.stringify(entry)) + 1;
    if (bytes + size > mostBytes) {
      omitted += 1;
      return false;
    }
    bytes += size;
    return true;
  };
  const kept = {
    added: drift.added.filter(fits),
    widened: drift.widened.filter(fits),
    vanished: drift.vanished.filter(fits),
  };
  return omitted === 0 ? kept : { ...kept, omitted };
}

/** `new column discount (double); price: integer -> double; vanished: old_name` */
export function describeDrift(drift: DriftReport): string {
  const { added, widened, vanished, omitted } = drift;
  const plural = added.length === 1 ? '' : 's';
  const names = added.map(({ name, type }) => `${name} (${type})`).join(', ');
  return [
    ...(added.length === 0 ? [] : [`new column${plural} ${names}`]),
    ...widened.map(({ name, from, to }) => `${name}: ${from} -> ${to}`),
    ...(vanished.length === 0 ? [] : [`vanished: ${vanished.join(', ')}`]),
    ...(omitted === undefined ? [] : [`${omitted} more`]),
  ].join('; ');
}
