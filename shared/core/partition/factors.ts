// The partitions that need no parent: each value of a list, from the file or from a setting, with
// each window of time between where a run begins and when it started.

import { LIST_VALUES } from '../bounds.ts';
import { DriplakeError, Failure } from '../failures.ts';
import { factorsOf as declaredFactors, type Factor } from '../source/partition-schema.ts';
import type { Stream } from '../source/source.ts';
import type { PartitionValues } from './values.ts';
import { windowsOf } from './windows.ts';

/** What lists and windows of a run are made of. */
export interface FactorContext {
  /** Values of the source's settings. */
  readonly settings: Readonly<Record<string, string>>;
  /** Where the run begins, raw: its watermark, or `first`. */
  readonly from?: string | undefined;
  readonly startedAtMs: number;
}

/**
 * Values of each combination of a stream's lists and windows; one without any values where it has
 * neither. The first list is the outermost, windows are the innermost.
 * @throws DriplakeError configuration, when a setting has no value or too many, or there are too
 *   many windows
 */
export function* factorsOf(
  stream: Stream,
  context: FactorContext,
): Generator<PartitionValues, void, undefined> {
  const { incremental, zone } = stream;
  for (const listed of product(listsOf(stream, context))) {
    for (const window of windowsOf(incremental, { ...context, zone })) {
      yield { ...listed, ...window };
    }
  }
}

/** How many there are. @throws as `factorsOf` does */
export function factorCount(stream: Stream, context: FactorContext): number {
  const { incremental, zone } = stream;
  const windows = [...windowsOf(incremental, { ...context, zone })];
  return listsOf(stream, context).reduce((many, list) => many * list.length, windows.length);
}

const listsOf = (stream: Stream, { settings }: FactorContext) =>
  declaredFactors(stream).flatMap((factor) => {
    const list = listOf(factor, settings);
    return list ? [list] : [];
  });

/** Settings that lists of a stream are in, by their names. */
export const listSettings = (stream: Stream): readonly string[] =>
  declaredFactors(stream).flatMap((factor) => ('setting' in factor ? [factor.setting] : []));

export function* product(
  lists: readonly (readonly PartitionValues[])[],
): Generator<PartitionValues, void, undefined> {
  const [list, ...inner] = lists;
  if (!list) return yield {};
  for (const values of list) {
    for (const others of product(inner)) yield { ...values, ...others };
  }
}

/** The values of a list by its name, each once; undefined for a parent. */
function listOf(
  factor: Factor,
  settings: FactorContext['settings'],
): readonly PartitionValues[] | undefined {
  if ('parent' in factor) return undefined;
  const { name } = factor;
  const raw =
    'values' in factor ? factor.values : itemsIn(settings[factor.setting], factor.setting);
  return [...new Set(raw.map((value) => JSON.stringify(value)))].map((value) => ({
    [name]: value,
  }));
}

/** Values between commas, without the space around them. */
function itemsIn(value: string | undefined, setting: string): readonly string[] {
  const items = (value ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  if (items.length > 0 && items.length <= LIST_VALUES) return items;
  const found = items.length === 0 ? 'has no value' : `has ${items.length} values`;
  throw new DriplakeError(
    Failure.configuration,
    `The setting ${setting} ${found}; a list of 1 to ${LIST_VALUES} with commas between them is expected.`,
    'Give it one in the environment or in the secret of the source.',
  );
}
