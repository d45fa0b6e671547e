// The fields that a stream adds to its lines: a value of the partition as it stands in the parent's
// line, or a text made of several.

import type { HeadField } from '../records/head.ts';
import type { Source, Stream } from '../source/source.ts';
import { fillNames } from '../source/template/settings.ts';
import { type PartitionValues, plainValues, rawNamed } from './values.ts';

/**
 * `{ issue_number: '{issue.number}' }` with `{ 'issue.number': '7' }` is `[['issue_number', '7']]`.
 * `{ no: '{issue.number}' }` with `{ 'issue.number': '7' }` is `[['no', '7']]`.
 */
export function includedFields(
  { settings: declared }: Source,
  { include = {} }: Stream,
  settings: Readonly<Record<string, string>>,
  values: PartitionValues = {},
): HeadField[] {
  const names = {
    source: { settings: declared },
    values: settings,
    partition: nullIsNothing(values),
  };
  return Object.entries(include).map(([field, template]) => [
    field,
    rawNamed(template, values) ?? JSON.stringify(fillNames(template, names)),
  ]);
}

/** So that a text which names a null is refused, and not kept with its braces. */
const nullIsNothing = (values: PartitionValues): Readonly<Record<string, string>> => ({
  ...Object.fromEntries(Object.keys(values).map((name) => [name, ''])),
  ...plainValues(values),
});
