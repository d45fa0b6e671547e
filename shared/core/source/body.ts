// The body of a POST as a source declares it: where in it a parameter can travel, and what stands
// there then. A number is an index where a list stands; nothing that is declared changes its kind.

import { splitPath } from '../field-path.ts';

/** A body with the value at a dotted path; objects on the way are made where nothing stands. */
export const withParameter = (body: unknown, path: string, value: unknown): unknown =>
  withValue(body, splitPath(path), value);

function withValue(at: unknown, keys: readonly string[], value: unknown): unknown {
  const [key, ...rest] = keys;
  if (key === undefined) return value;
  if (!Array.isArray(at))
    return { ...Object(at), [key]: withValue(fieldOf(at, key), rest, value) };
  const index = Number(key);
  return at.toSpliced(index, 1, withValue(at[index], rest, value));
}

/**
 * Why no parameter can travel at a dotted path of a body, as what a fault expected and got;
 * undefined when one can.
 */
export function describeNoPlace(body: unknown, path: string): string | undefined {
  const keys = splitPath(path);
  let at = body;
  for (const [depth, key] of keys.entries()) {
    const where = depth === 0 ? 'in the body' : `at ${keys.slice(0, depth).join('.')} in the body`;
    const isNumber = INDEX.test(key);
    if (Array.isArray(at)) {
      if (!isNumber || Number(key) > at.length) {
        const behind = where.replace(/^at (.*) in the body$/, 'behind $1 in the body');
        return `a number below ${at.length + 1} ${behind}, which is a list of ${at.length}, got "${key}" in "${path}"`;
      }
      at = at[Number(key)];
    } else {
      const next = fieldOf(at, key);
      if (isNumber && next === undefined) {
        return `a list ${where}, for the number ${key} in "${path}": ${kindOf(at)} stands there`;
      }
      if (isScalar(at)) return `an object ${where}, for "${path}": ${kindOf(at)} stands there`;
      at = next;
    }
  }
  if (at === undefined || at === null || isScalar(at)) return undefined;
  return `the place of one value at ${keys.join('.')} in the body, for "${path}": ${kindOf(at)} stands there`;
}

const INDEX = /^(0|[1-9]\d*)$/;

const fieldOf = (at: unknown, key: string): unknown =>
  typeof at === 'object' && at !== null && Object.hasOwn(at, key)
    ? Reflect.get(at, key)
    : undefined;

/** Stands where a parameter goes, while a body is tried out. */
export const A_PARAMETER = Symbol('a parameter');

const isScalar = (at: unknown): boolean =>
  at !== undefined && at !== null && typeof at !== 'object';

function kindOf(at: unknown): string {
  if (at === undefined || at === null) return 'nothing';
  if (at === A_PARAMETER) return 'a parameter';
  if (Array.isArray(at)) return 'a list';
  return typeof at === 'object' ? 'an object' : typeof at === 'string' ? 'text' : 'one value';
}
