// The partition that a stream is asked for when it is asked once: the first record on the first
// page of each parent, with the first value of each list and the earliest window.

import { factorCount, factorsOf } from '../../shared/core/partition/factors.ts';
import { parentsOf } from '../../shared/core/partition/parents.ts';
import { type PartitionValues, valuesOf } from '../../shared/core/partition/values.ts';
import { fieldOfEach } from '../../shared/core/records/record-fields.ts';
import type { StreamRun } from '../../shared/core/run/run.ts';
import type { Stream } from '../../shared/core/source/source.ts';
import type { SourceContext } from '../../shared/pull/context.ts';

export interface AskedPartition {
  /** Raw, by their names in braces. */
  readonly values: PartitionValues;
  /** Partitions for each record of the parents: lists and windows. */
  readonly ofEachParent: number;
}

export type FirstPartition =
  | {
      readonly kind: 'values';
      readonly asked: AskedPartition;
      /** What of the parents nobody is likely to mean: a clause each. */
      readonly doubts: readonly string[];
    }
  /** No parent has a record to ask with: nothing to see, and nothing wrong. */
  | { readonly kind: 'none'; readonly cause: string }
  | { readonly kind: 'fault'; readonly cause: string };

/**
 * @param read lines of the first pages by stream, of those that had one
 * @throws DriplakeError configuration, when a list or the windows have no values
 */
export function firstPartition(
  { source, settings }: SourceContext,
  stream: Stream,
  read: ReadonlyMap<string, Uint8Array>,
  { from, startedAtMs }: Pick<StreamRun, 'from' | 'startedAtMs'>,
): FirstPartition {
  let values: PartitionValues = {};
  const doubts: string[] = [];
  for (const spec of parentsOf(source, stream)) {
    const lines = read.get(spec.parent);
    if (!lines) return { kind: 'none', cause: `Not asked, since ${spec.parent} gave no page.` };
    const parent = valuesOf(lines, spec);
    if (parent.kind === 'fault') return { kind: 'fault', cause: parent.reason };
    const { where, fields } = spec;
    if (where && where.equals !== null && isNowhere(lines, where.field)) {
      return {
        kind: 'fault',
        cause: `No record of ${spec.parent} has ${where.field}: see where.`,
      };
    }
    for (const { path, isAsked } of fields) {
      if (isAsked || !isNowhere(lines, path)) continue;
      doubts.push(`{${spec.as}.${path}} is in none of the first records of ${spec.parent}: null`);
    }
    const [first] = parent.values;
    if (!first) {
      const cause = `Not asked, since no record on the first page of ${spec.parent} is a parent.`;
      return { kind: 'none', cause };
    }
    values = { ...values, ...first };
  }
  const context = { settings, from, startedAtMs };
  const [factors] = factorsOf(stream, context);
  const ofEachParent = factorCount(stream, context);
  return { kind: 'values', asked: { values: { ...values, ...factors }, ofEachParent }, doubts };
}

/** Whether no record has a value there, of those on a page with some. */
const isNowhere = (lines: Uint8Array, path: string): boolean =>
  lines.length > 0 && [...fieldOfEach(lines, path)].every((raw) => raw === undefined);
