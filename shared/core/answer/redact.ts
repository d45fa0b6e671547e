// Takes credentials out of a text before it leaves: as they are, however a server spells them (in
// URLs, JSON, HTML, one inside the other), in hex and inside base64, where a Basic header hides
// them. Redact first, then cut: half a credential is not recognised.

import { fold, readings, saidBy } from './spellings.ts';

export const MASK = '***';

/** Bytes from which base64 and hex of a credential are looked for; below, chance would match. */
const ENCODED_FROM_BYTES = 4;

/** Characters of a line of a credential that is looked for by itself: private keys have such. */
const LINE_CHARS = 16;

/**
 * Replaces every occurrence of the values by `***`; occurrences that overlap or touch become one.
 * Empty values are ignored.
 */
export function redactor(values: readonly string[]): (text: string) => string {
  const forms = new Set(
    values
      .flatMap((value) => [value, ...linesOf(value)])
      .flatMap(disguises)
      .flatMap((form) => [fold(form), saidBy(form)])
      .filter((form) => form !== ''),
  );
  if (forms.size === 0) return (text) => text;
  return (text) => {
    const spans = readings(text).flatMap(({ text: said, starts }) => {
      const folded = fold(said);
      const at = (index: number): number => starts?.[index] ?? index;
      return [...forms]
        .flatMap((form) => occurrences(folded, form))
        .map(({ from, to }) => ({ from: at(from), to: at(to) }));
    });
    return spans.length === 0 ? text : masked(text, spans);
  };
}

/** Of a private key, what is not its frame; its line breaks may be written as `\\n`. */
function linesOf(value: string): string[] {
  const lines = value.split(/\r?\n|\\n/);
  if (lines.length < 2) return [];
  return lines.filter((line) => line.length >= LINE_CHARS && !line.startsWith('-----'));
}

type Span = { readonly from: number; readonly to: number };

function occurrences(text: string, form: string): Span[] {
  const spans: Span[] = [];
  let from = text.indexOf(form);
  while (from >= 0) {
    spans.push({ from, to: from + form.length });
    from = text.indexOf(form, from + 1);
  }
  return spans;
}

function masked(text: string, spans: readonly Span[]): string {
  const parts: string[] = [];
  let done = 0;
  for (const span of spans.toSorted((a, b) => a.from - b.from)) {
    if (span.from > done || parts.length === 0) parts.push(text.slice(done, span.from), MASK);
    done = Math.max(done, span.to);
  }
  return parts.join('') + text.slice(done);
}

/** What a value may be turned into, spelled as it is. */
const disguises = (value: string): string[] => [
  value,
  value.toWellFormed(),
  ...hex(value),
  ...base64Cores(value),
];

function hex(value: string): string[] {
  const bytes = [...new TextEncoder().encode(value)];
  if (bytes.length < ENCODED_FROM_BYTES) return [];
  const text = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('');
  return [text, text.toUpperCase()];
}

/**
 * What a value looks like inside the base64 of a longer text: three texts, one for each place
 * that it can have in a group of three bytes, without the edge characters that depend on its
 * neighbours.
 */
function base64Cores(value: string): string[] {
  const bytes = new TextEncoder().encode(value);
  if (bytes.byteLength < ENCODED_FROM_BYTES) return [];
  return [0, 1, 2].flatMap((before) => {
    const text = base64([...new Uint8Array(before), ...bytes]);
    const whole = Math.floor((8 * (before + bytes.byteLength)) / 6);
    const core = text.slice(Math.ceil((8 * before) / 6), whole);
    return [core, core.replaceAll('+', '-').replaceAll('/', '_')];
  });
}

/** Standard base64 of the UTF-8 bytes of a text (RFC 4648), as a Basic header has it. */
export const base64Text = (text: string): string => base64([...new TextEncoder().encode(text)]);

const base64 = (bytes: readonly number[]): string =>
  btoa(bytes.map((byte) => String.fromCharCode(byte)).join(''));
