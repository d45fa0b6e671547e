// Source files: whatever somebody writes, they get a source or a list of faults with paths, and a
// source that was accepted builds requests for each of its partitions or says why it can't.

import { DriplakeError, Failure } from '../../shared/core/failures.ts';
import { buildRequest } from '../../shared/core/page/request.ts';
import { factorsOf } from '../../shared/core/partition/factors.ts';
import { includedFields } from '../../shared/core/partition/included.ts';
import { parentsOf, wavesOf } from '../../shared/core/partition/parents.ts';
import type { PartitionValues } from '../../shared/core/partition/values.ts';
import { secretFields } from '../../shared/core/source/credentials/credential-kinds.ts';
import { readSource, type Source, type Stream } from '../../shared/core/source/source.ts';
import jsonplaceholder from '../../sources/jsonplaceholder.ts';
import lightspeedR from '../../sources/lightspeed-r.ts';
import lightspeedX from '../../sources/lightspeed-x.ts';
import type { Random } from '../apis/data.ts';
import { examples } from '../sources/example-apis.ts';
import { familySource } from '../sources/family-source.ts';
import { anyKey, anyValue, chance, oneOf } from './mutate.ts';

const few = (source: Source): Source => ({ ...source, streams: source.streams.slice(0, 2) });
const GOOD = [
  few(jsonplaceholder),
  few(lightspeedR),
  few(lightspeedX),
  ...examples.values(),
  familySource,
] as const;

export function readAnySource(random: Random): void {
  let value: unknown = structuredClone(GOOD[random.below(GOOD.length)]);
  for (let left = random.below(4); left > 0; left--) value = mutated(random, value);
  let source: Source;
  try {
    source = readSource(value, 'fuzz.ts');
  } catch (error) {
    checkFaults(error);
    return;
  }
  const settings = Object.fromEntries(
    secretFields(source).map((name) => [name, oneOf(random, VALUES)]),
  );
  const startedAt = '2026-11-21T08:00:00.000Z';
  const names = source.streams.map(({ name }) => name);
  const waves = wavesOf(source, names).flat();
  if (waves.length < new Set(names).size) throw new Error(`waves leave out some of ${names}`);
  for (const stream of source.streams) {
    const values = anyPartition(random, source, stream, settings);
    for (const cursor of [
      null,
      { offset: 3 },
      { page: 2, rows: 9 },
      { value: '9007199254740993', number: true as const },
    ]) {
      try {
        const watermark = chance(random, 0.5) ? oneOf(random, VALUES) : undefined;
        const request = buildRequest(source, stream, cursor, {
          settings,
          startedAt,
          watermark,
          values,
          userAgent: 'fuzz/1',
        });
        if (!URL.canParse(request.url)) throw new Error(`not a URL: ${request.url}`);
        if (request.body !== undefined) JSON.parse(request.body);
        includedFields(source, stream, settings, values).map(([, raw]) => JSON.parse(raw));
      } catch (error) {
        if (!(error instanceof DriplakeError)) throw error;
      }
    }
  }
}

/** Values for all that a stream may name, and the first of its lists and windows. */
function anyPartition(
  random: Random,
  source: Source,
  stream: Stream,
  settings: Readonly<Record<string, string>>,
): PartitionValues {
  const parents = parentsOf(source, stream).flatMap(({ as, fields }) =>
    fields.map(({ path }) => [`${as}.${path}`, JSON.stringify(oneOf(random, VALUES))] as const),
  );
  const [from, startedAtMs] = [oneOf(random, VALUES), 1_800_000_000_000];
  try {
    const [first] = factorsOf(stream, { settings, from, startedAtMs });
    return { ...Object.fromEntries(parents), ...first };
  } catch (error) {
    if (!(error instanceof DriplakeError)) throw error;
    return Object.fromEntries(parents);
  }
}

const VALUES = [
  'x',
  '12',
  '2021-10-05T14:18:46+00:00',
  'é/?&=#',
  '\ud800',
  '{value}',
  '$&',
  '-1',
] as const;

/** Every line is a place, what was expected there and what was found. */
function checkFaults(error: unknown): void {
  if (!(error instanceof DriplakeError) || error.name !== Failure.configuration) throw error;
  const [head = '', ...faults] = error.message.split('\n');
  const count = faults.length === 1 ? '1 fault' : `${faults.length} faults`;
  if (head !== `fuzz.ts has ${count}:`) throw new Error(`a head that is wrong: ${error.message}`);
  const odd = faults.find((fault) => !/^ {2}\S.*: expected .+$/.test(fault));
  if (odd !== undefined) throw new Error(`a fault without a place: ${odd}`);
}

/** One change at a random depth: a field goes, comes, is renamed or holds something else. */
function mutated(random: Random, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || chance(random, 0.1)) return anyValue(random);
  const entries: [string, unknown][] = Object.entries(value);
  const at = random.below(Math.max(1, entries.length));
  const [name, inner] = entries[at] ?? ['', undefined];
  switch (random.below(6)) {
    case 0:
      entries.splice(at, 1);
      break;
    case 1:
      entries.push([anyKey(random), anyValue(random)]);
      break;
    case 2:
      entries[at] = [`${name}${random.word(1)}`, inner];
      break;
    default:
      entries[at] = [name, mutated(random, inner)];
  }
  return Array.isArray(value) ? entries.map(([, one]) => one) : Object.fromEntries(entries);
}
