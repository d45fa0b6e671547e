// A source as it was written, before anything of it is known to be right: looks into it for those
// who find its faults.

import { printable } from '../faults.ts';

/** The value at a path of own fields. */
export const pick = (value: unknown, ...path: readonly string[]): unknown =>
  path.reduce<unknown>(
    (at, key) =>
      typeof at === 'object' && at !== null && Object.hasOwn(at, key)
        ? Reflect.get(at, key)
        : undefined,
    value,
  );

/** The text at a path of own fields. */
export function textAt(value: unknown, ...path: readonly string[]): string | undefined {
  const found = pick(value, ...path);
  return typeof found === 'string' ? found : undefined;
}

/** The value itself where it is a list. */
export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** Names and values of an object's own fields; none of anything else. */
export const fieldsOf = (value: unknown): readonly (readonly [string, unknown])[] =>
  typeof value === 'object' && value !== null ? Object.entries(value) : [];

/** A text of the source in a fault. */
export const quote = (value: string | undefined): string =>
  value === undefined ? 'nothing' : printable(`"${value}"`);

export const isOneOf = <Name extends string>(
  table: Readonly<Record<Name, unknown>>,
  name: string | undefined,
): name is Name => name !== undefined && Object.hasOwn(table, name);
