// Damage, drawn from a seed: bytes that are cut, flipped, doubled or replaced, and values of the
// wrong kind in the wrong place.

import { awkwardStrings, awkwardValues, type Random } from '../apis/data.ts';

export function oneOf<const Items extends readonly [unknown, ...unknown[]]>(
  random: Random,
  items: Items,
): Items[number] {
  return items[random.below(items.length)];
}

export const chance = (random: Random, share: number): boolean => random.fraction() < share;

const TOKENS = [
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '"',
  '\\',
  '\\u',
  '\\ud83d',
  'null',
  'true',
  'fals',
  '-',
  '0',
  '1e',
  '1.',
  '\n',
  '\r\n',
  '\t',
  ' ',
  '\u0000',
  '\ufeff',
  '<html>',
  '[]',
  '{}',
  '""',
  '\u2028',
  'NaN',
] as const;

const encoder = new TextEncoder();

/** The bytes after one to three accidents. */
export function damaged(random: Random, whole: Uint8Array): Uint8Array {
  let bytes = whole;
  for (let left = 1 + random.below(3); left > 0; left--) bytes = accident(random, bytes);
  return bytes;
}

function accident(random: Random, bytes: Uint8Array): Uint8Array {
  const from = random.below(bytes.length + 1);
  const to = Math.min(bytes.length, from + random.below(12));
  switch (random.below(7)) {
    case 0:
      return bytes.slice(0, from);
    case 1:
      return joined(bytes.slice(0, from), bytes.slice(to));
    case 2:
      return joined(bytes.slice(0, to), bytes.slice(from));
    case 3:
      return joined(
        bytes.slice(0, from),
        encoder.encode(oneOf(random, TOKENS)),
        bytes.slice(from),
      );
    case 4: {
      const flipped = bytes.slice();
      if (from < bytes.length) flipped[from] = (flipped[from] ?? 0) ^ (1 << random.below(8));
      return flipped;
    }
    case 5:
      return bytes.slice(from);
    default: {
      const written = bytes.slice();
      if (from < bytes.length) written[from] = random.below(256);
      return written;
    }
  }
}

const joined = (...parts: readonly Uint8Array[]): Uint8Array =>
  new Uint8Array(Buffer.concat(parts));

/** JSON text of any value, with the spaces and line breaks that a pretty printer would put in. */
export function anyJson(random: Random, depth = 3): string {
  const space = () => oneOf(random, ['', '', '', ' ', '\n  ', '\r\n\t']);
  const kind = random.below(depth > 0 ? 6 : 4);
  if (kind === 0) return awkwardStrings[random.below(awkwardStrings.length)] ?? '""';
  if (kind === 1) return awkwardValues[random.below(awkwardValues.length)] ?? '0';
  if (kind === 2) return oneOf(random, ['null', 'true', 'false', '""', '0', '-1.5e-7']);
  if (kind === 3) return JSON.stringify(random.word(random.below(9)));
  const values = Array.from({ length: random.below(4) }, () => anyJson(random, depth - 1));
  if (kind === 4) return `[${values.map((value) => space() + value + space()).join(',')}]`;
  const members = values.map(
    (value) => `${space()}${JSON.stringify(anyKey(random))}${space()}:${space()}${value}`,
  );
  return `{${members.join(',')}${space()}}`;
}

/** Keys that specs name as well, so that they turn up where nobody expects them. */
export const anyKey = (random: Random): string =>
  oneOf(random, [
    'data',
    'items',
    'next',
    'total',
    'id',
    '',
    'x.y',
    '__proto__',
    'é',
    'more',
    'a"b',
  ]);

/** A value of any kind, for a place that expects another. */
export const anyValue = (random: Random): unknown => JSON.parse(anyJson(random, 2));
