// Response bodies x records: whatever the bytes, they are sliced as a reference parser would slice
// them, or they are a fault. A damaged body never gives fewer records than it holds.

import { isDeepStrictEqual } from 'node:util';
import { splitPath } from '../../shared/core/field-path.ts';
import { eachRecord, type RecordsSpec, sliceRecords } from '../../shared/core/records/records.ts';
import type { Random } from '../apis/data.ts';
import { anyJson, chance, damaged, oneOf } from './mutate.ts';

const PATHS = ['', 'data', 'data.items', 'auto', 'x\\.y', 'a.b.c', 'é'] as const;

export function sliceAnyBody(random: Random): void {
  const spec: RecordsSpec = {
    path: oneOf(random, PATHS),
    ...(chance(random, 0.3) ? { single: 'record' } : {}),
    ...(chance(random, 0.4) ? { missing: oneOf(random, ['none', 'null'] as const) } : {}),
  };
  const whole = new TextEncoder().encode(bodyFor(random, spec.path));
  const body = chance(random, 0.7) ? damaged(random, whole) : whole;
  const before = body.slice();
  const sliced = sliceRecords(body, spec);
  if (!isDeepStrictEqual(body, before)) throw new Error('the body was changed');
  // JSON.parse does not tell that a key came twice; the tests of the slicer do.
  if (sliced.kind === 'fault' && sliced.reason.includes('each key on the way once')) return;
  const expected = reference(body, spec);
  const found = sliced.kind === 'fault' ? undefined : [...eachRecord(sliced.lines)].map(parsed);
  if (!isDeepStrictEqual(found, expected)) {
    throw new Error(`sliced ${show(sliced)}, expected ${show(expected)}, from ${quote(body)}`);
  }
  if (sliced.kind === 'fault') {
    if (/[\n\r]/.test(sliced.reason)) throw new Error(`a reason of lines: ${sliced.reason}`);
  } else if (sliced.count !== expected?.length) {
    throw new Error(`counted ${sliced.count} of ${expected?.length} records`);
  } else JSON.parse(sliced.envelope);
}

/** A document with something at the path: mostly a list, sometimes what was not expected. */
export function bodyFor(random: Random, path: string, more = ''): string {
  const rows = Array.from({ length: random.below(6) }, () => anyJson(random));
  const value = chance(random, 0.8)
    ? `[${rows.join(oneOf(random, [',', ' ,\n', ', ']))}]`
    : anyJson(random);
  const keys = path === 'auto' ? ['results'] : splitPath(path);
  const text = keys.reduceRight((inner, key, level) => {
    const others = chance(random, 0.5) ? `,"next":${anyJson(random, 1)}` : '';
    return `{${JSON.stringify(key)}: ${inner}${others}${level === 0 ? more : ''}}`;
  }, value);
  return (chance(random, 0.1) ? '\ufeff' : '') + text + (chance(random, 0.1) ? '\n' : '');
}

/** The records by JSON.parse; undefined where a fault is due. */
function reference(body: Uint8Array, spec: RecordsSpec): unknown[] | undefined {
  const document = parsed(body);
  if (document === undefined) return undefined;
  const { value } = document;
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (spec.path === 'auto' && isObject) {
    const known = ['data', 'results', 'items', 'records'].filter((key) =>
      Object.hasOwn(value, key),
    );
    const list = known.find((key) => Array.isArray(at(value, [key]))) ?? known[0];
    return list === undefined ? undefined : settled(value, [list], spec);
  }
  return settled(value, spec.path === 'auto' ? [] : splitPath(spec.path), spec);
}

function settled(
  root: unknown,
  keys: readonly string[],
  { single, missing }: RecordsSpec,
): unknown[] | undefined {
  const found = at(root, keys);
  if (Array.isArray(found)) return found.map((value) => ({ value }));
  const isObject = typeof found === 'object' && found !== null;
  if (isObject && single === 'record') return [{ value: found }];
  const holder = keys.length === 0 ? {} : at(root, keys.slice(0, -1));
  if (missing === 'null') return found === null && holder ? [] : undefined;
  const isNothing = found === undefined || found === null || found === '';
  return isNothing && missing === 'none' ? [] : undefined;
}

/** What a path leads to, through objects only; undefined, null and '' end it as nothing. */
function at(value: unknown, keys: readonly string[]): unknown {
  let found = value;
  for (const key of keys) {
    if (found === null || found === '') return found;
    if (typeof found !== 'object' || Array.isArray(found)) return Number.NaN;
    found = Object.hasOwn(found, key) ? Reflect.get(found, key) : undefined;
    if (found === undefined) return undefined;
  }
  return found;
}

/** Boxed, since null is a value too; undefined when it is no JSON, or no UTF-8. */
export function parsed(bytes: Uint8Array): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) };
  } catch {
    return undefined;
  }
}

const show = (value: unknown): string => JSON.stringify(value)?.slice(0, 300) ?? 'a fault';
const quote = (bytes: Uint8Array): string => JSON.stringify(Buffer.from(bytes).toString('latin1'));
