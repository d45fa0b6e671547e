// The records of a parent's published run as a child reads them: a megabyte of lines at a time, by
// whatever its manifest says now, since the run may have been compacted since it was chosen. The
// same lines stand in the same order then, so that a place in them is a number of records.

import { DriplakeError, Failure } from '../../core/failures.ts';
import type { ParentSpec } from '../../core/partition/parents.ts';
import { type ParentRow, type PartitionValues, rowsOf } from '../../core/partition/values.ts';
import { manifestKey, type RunFolder } from '../../core/table/keys.ts';
import { type Manifest, readManifest } from '../../core/table/manifest.ts';
import type { Lake } from '../../ports/lake/lake.ts';

type Reads = Pick<Lake, 'readText' | 'readRecords' | 'readLines'>;

/** Rows of a run, and the place of the first of them. */
export interface RowsOfRun {
  readonly first: number;
  readonly rows: readonly (ParentRow | undefined)[];
}

/** @throws DriplakeError incomplete, when it is gone or damaged */
export async function manifestOf(
  lake: Pick<Lake, 'readText'>,
  run: Omit<RunFolder, 'date'>,
): Promise<Manifest> {
  const key = manifestKey(run);
  const reading = readManifest((await lake.readText(key)) ?? '', key);
  if (reading.kind === 'manifest') return reading.manifest;
  throw incomplete(
    `The run ${run.runId} of ${run.stream} can't be read: ${reading.faults.join('; ')}`,
  );
}

/**
 * The rows of a run behind so many records.
 * @throws DriplakeError incomplete, when an object of it is gone; configuration, when a record has
 *   not what the child asks with
 */
export async function* rowsOfRun(
  lake: Reads,
  manifest: Manifest,
  spec: ParentSpec,
  behind: number,
): AsyncGenerator<RowsOfRun, void, undefined> {
  let first = 0;
  let objects = 0;
  for await (const { key, record } of lake.readRecords(manifest.prefix)) {
    if (objects++ === manifest.objects) break;
    const end = first + record.records;
    if (end > behind) {
      for await (const lines of lake.readLines(key)) {
        const read = rowsOf(lines, spec);
        if (read.kind === 'fault') throw unusable(read.reason);
        if (first + read.rows.length > behind) yield { first, rows: read.rows };
        first += read.rows.length;
      }
    }
    first = end;
  }
  if (first < manifest.records) {
    throw incomplete(
      `${manifest.prefix} has ${first} of the ${manifest.records} records of its run`,
    );
  }
}

/** What tells one record of a parent from another: the fields that requests carry. */
export const identityOfParent =
  ({ as, fields }: ParentSpec) =>
  (values: PartitionValues): string =>
    JSON.stringify(
      fields.flatMap(({ path, isAsked }) => (isAsked ? [values[`${as}.${path}`] ?? ''] : [])),
    );

const incomplete = (what: string): DriplakeError =>
  new DriplakeError(Failure.incomplete, `${what}.`, 'Run its parent with --full-refresh.');

const unusable = (reason: string): DriplakeError =>
  new DriplakeError(
    Failure.configuration,
    `${reason}.`,
    'Leave such records out with `where`, or take another field.',
  );
