// Reads the values of a header: numbers, fractions, lengths of time, names with values. A value
// that is in no such grammar is none; nothing here is NaN, and no float is damaged.

import type { Headers } from './exchange.ts';

/** One name, or those that the API has used over time: the first that is there counts. */
export type HeaderNames = string | readonly string[] | undefined;

/** The header as it came, with the name that was asked for; names match whatever their case. */
export function headerOf(
  headers: Headers,
  names: HeaderNames,
): { readonly name: string; readonly value: string } | undefined {
  for (const name of [names ?? []].flat()) {
    const key = name.toLowerCase();
    const value = Object.hasOwn(headers, key) ? headers[key] : undefined;
    if (value !== undefined) return { name, value };
  }
  return undefined;
}

/** At most twelve digits before the point: no float is damaged by that, no sum overflows. */
const NUMBER = /^-?\d{1,12}(\.\d{1,30})?$/;
const FRACTION =
  /^(?:[\w.-]+ ?= ?)?(-?\d{1,12}(?:\.\d{1,30})?) ?\/ ?(\d{1,12}(?:\.\d{1,30})?)(?: ?\(.*\))?$/;

/**
 * The numbers of a header in their order: `100,1000`, or one sent twice. `100;w=60` is 100; behind
 * a bare number (`10, 10;w=1, 1000;w=60`) those are policies, and not meant.
 */
export function numbers(value: string | undefined): readonly number[] {
  const parts = (value ?? '').split(',');
  const bare = parts.filter((part) => !part.includes(';'));
  const meant = (bare.length > 0 ? bare : parts).map((part) => firstOf(part));
  return meant.every((part) => NUMBER.test(part)) ? meant.map(Number) : [];
}

export interface Fraction {
  readonly used: number;
  readonly limit: number;
  /** No part of a unit was written. */
  readonly isWhole: boolean;
}

/**
 * `used/limit`, alone or as `name=used/limit`, in their order. Of several with a semicolon between
 * them (`api-usage=18/5000; api-bursts=1/750`) the first is meant.
 */
export function fractions(value: string | undefined): readonly Fraction[] {
  const all = (value ?? '').split(',').map((part) => fraction(firstOf(part)));
  return all.every((one) => one !== undefined) ? all : [];
}

function fraction(text: string): Fraction | undefined {
  const found = FRACTION.exec(text);
  if (found === null || Number(found[2]) <= 0) return undefined;
  const used = Math.max(0, Number(found[1]));
  return { used, limit: Number(found[2]), isWhole: !found[1]?.includes('.') };
}

/** What stands before the first semicolon. */
const firstOf = (part: string): string => (part.split(';', 1)[0] ?? '').trim();

const PAIR = /^\s*([\w-]{1,40})\s*=\s*"?([^\s";,]{0,60})"?\s*$/;

/** `total=100; remaining=87; resets=13`, names in lower case; empty when a part of it is none. */
export function pairs(value: string | undefined): ReadonlyMap<string, string> {
  const found = (value ?? '').split(/[;,]/).map((part) => PAIR.exec(part));
  const entries = found.flatMap((one): [string, string][] =>
    one === null ? [] : [[(one[1] ?? '').toLowerCase(), one[2] ?? '']],
  );
  return new Map(entries.length === found.length ? entries : []);
}

const LENGTH = /^(\d{1,12}(?:\.\d{1,6})?) ?(ms|s|m|h|d|sec|min|(?:second|minute|hour|day)s?)?$/i;
const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Milliseconds of `1s`, `10 minutes` or `60`, which are seconds. */
export function lengthMs(value: string | undefined): number | undefined {
  const found = LENGTH.exec((value ?? '').trim());
  if (found === null) return undefined;
  const [, amount, unit = 's'] = found;
  const name = unit.toLowerCase();
  const factor = name === 'ms' ? 1 : Object.entries(UNITS).find(([key]) => name[0] === key)?.[1];
  return factor === undefined ? undefined : Number(amount) * factor;
}

/** A limit or a length of nothing would wait for ever: it is none. */
export const positive = (value: number | undefined): number | undefined =>
  value === undefined || value < 1 ? undefined : Math.floor(value);

/**
 * Thousandths, rounded to the careful side; the noise of floats (`92.57 * 1000`) is not a fraction.
 * Nothing at all, or no number, is undefined: a rate or a cost of zero would be believed for ever.
 */
export function milli(value: number, round: (value: number) => number): number | undefined {
  const nearest = Math.round(value * 1000);
  const exact = Math.abs(nearest - value * 1000) < 1e-6 ? nearest : round(value * 1000);
  return Number.isFinite(exact) && exact > 0 ? exact : undefined;
}
