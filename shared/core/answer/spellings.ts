// A text as servers spell it, read down to what it says: percent-encoding, escapes of JSON and
// HTML, in any mixture and inside each other. Each reading knows where its characters stand.

import { SPELLING_LEVELS } from '../bounds.ts';

/** What a text says, and where each of its characters begins in the text. */
export interface Read {
  readonly text: string;
  /** One more than there are characters: the last is the end. Absent: as in the text itself. */
  readonly starts?: readonly number[];
}

/** The text, and what it says with one more level of spelling taken off each time. */
export function readings(text: string): readonly Read[] {
  const levels: Read[] = [{ text }];
  for (let level = 1; level < SPELLING_LEVELS; level++) {
    const next = unspelled(levels.at(-1) ?? { text });
    if (next === undefined) break;
    levels.push(next);
  }
  return levels;
}

/** What a text says in the end; a plus may be a blank, so that both are one. */
export const saidBy = (text: string): string => fold(readings(text).at(-1)?.text ?? text);

/** Of the same length. */
export const fold = (text: string): string => text.replaceAll('+', ' ');

/** One level less; undefined when nothing is spelled. */
function unspelled({ text, starts }: Read): Read | undefined {
  const parts: string[] = [];
  const begins: number[] = [];
  const at = (index: number): number => starts?.[index] ?? index;
  const keep = (from: number, to: number): void => {
    parts.push(text.slice(from, to));
    for (let index = from; index < to; index++) begins.push(at(index));
  };
  let done = 0;
  let isSpelled = false;
  for (const match of text.matchAll(SPELLED)) {
    const said = saidIn(match[0]);
    if (said === undefined) continue;
    keep(done, match.index);
    parts.push(said);
    for (let unit = 0; unit < said.length; unit++) begins.push(at(match.index));
    done = match.index + match[0].length;
    isSpelled = true;
  }
  if (!isSpelled) return undefined;
  keep(done, text.length);
  return { text: parts.join(''), starts: [...begins, at(text.length)] };
}

/** One character: of UTF-8 in percents, of JSON and its relatives, of HTML. */
const SPELLED = new RegExp(
  [
    '%[0-7][0-9a-f]|%[c-d][0-9a-f]%[89ab][0-9a-f]',
    '%e[0-9a-f](?:%[89ab][0-9a-f]){2}|%f[0-7](?:%[89ab][0-9a-f]){3}',
    '[%\\\\]u[0-9a-f]{4}|\\\\u\\{[0-9a-f]{1,6}\\}|\\\\x[0-9a-f]{2}|\\\\[/"\'\\\\bfnrt]',
    '&#[0-9]{1,7};|&#x[0-9a-f]{1,6};|&(?:amp|lt|gt|quot|apos|sol|plus|equals);',
  ].join('|'),
  'gi',
);

function saidIn(spelled: string): string | undefined {
  if (/^%[^u]/i.test(spelled)) return percent(spelled);
  const code = /^(?:[%\\]u\{?|\\x|&#x)([0-9a-f]+)/i.exec(spelled)?.[1];
  if (code !== undefined) return character(Number.parseInt(code, 16));
  const decimal = /^&#([0-9]+)/.exec(spelled)?.[1];
  if (decimal !== undefined) return character(Number(decimal));
  return NAMED[spelled.toLowerCase()] ?? spelled.slice(1);
}

const NAMED: Readonly<Record<string, string>> = {
  '\\b': '\b',
  '\\f': '\f',
  '\\n': '\n',
  '\\r': '\r',
  '\\t': '\t',
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&apos;': "'",
  '&sol;': '/',
  '&plus;': '+',
  '&equals;': '=',
};

function percent(triplets: string): string | undefined {
  try {
    return decodeURIComponent(triplets);
  } catch {
    return undefined;
  }
}

const character = (code: number): string | undefined =>
  code <= 0x10_ff_ff ? String.fromCodePoint(code) : undefined;
