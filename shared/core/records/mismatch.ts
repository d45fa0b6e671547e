// Where bytes stop being JSON, and why, as one negative number: readers return it in place of an
// offset and so allocate nothing. `explain` words it and quotes one character at most.
import { MAX_JSON_DEPTH } from '../bounds.ts';

/** What a reader missed: indices of `WORDS`. */
export const EXPECTED = {
  value: 0,
  key: 1,
  colon: 2,
  commaOrBrace: 3,
  commaOrBracket: 4,
  character: 5,
  escape: 6,
  digit: 7,
  literal: 8,
  depth: 9,
  end: 10,
  once: 11,
} as const;

const WORDS = [
  'a JSON value',
  'a key in double quotes',
  'a colon after the key',
  'a comma or a closing brace',
  'a comma or a closing bracket',
  'a closing quote or a character that a string may hold',
  'an escape that JSON knows',
  'a digit',
  'true, false or null',
  `at most ${MAX_JSON_DEPTH} containers inside each other`,
  'nothing after the JSON value',
  'each key on the way once',
] as const;

/** What may stand behind a value in an object or in a list. */
export function separator(inObject: boolean): number {
  return inObject ? EXPECTED.commaOrBrace : EXPECTED.commaOrBracket;
}

/** A failure as a negative number, so that readers return numbers only and allocate nothing. */
export function fail(at: number, expected: number): number {
  return -1 - (at * WORDS.length + expected);
}

/** One line that says what was expected, what was found, and at which byte of `body`. */
export function explain(body: Uint8Array, failure: number): string {
  const code = -1 - failure;
  const at = Math.floor(code / WORDS.length);
  const byte = body[at];
  const found =
    code % WORDS.length === EXPECTED.once
      ? 'one again'
      : byte === undefined
        ? 'the end of the body'
        : byte > 0x20 && byte < 0x7f
          ? JSON.stringify(String.fromCharCode(byte))
          : `byte 0x${byte.toString(16).padStart(2, '0')}`;
  return `expected ${WORDS[code % WORDS.length]}, found ${found} at byte ${at}`;
}
