// Takes credentials out of a text before it leaves: as they are, in URLs, in JSON and inside
// base64, where a Basic header hides them. Redact first, then cut: half a credential is not
// recognised.

export const MASK = '***';

/**
 * Bytes from which a credential is also looked for in base64; below, chance would match too much.
 */
const BASE64_FROM_BYTES = 4;

/**
 * Replaces every occurrence of the values by `***`; occurrences that overlap or touch become one.
 * Empty values are ignored.
 */
export function redactor(values: readonly string[]): (text: string) => string {
  const forms = new Set(values.filter((value) => value !== '').flatMap(disguises));
  if (forms.size === 0) return (text) => text;
  return (text) => {
    const spans = [...forms].flatMap((form) => occurrences(text, form));
    return spans.length === 0 ? text : masked(text, spans);
  };
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

/** The forms in which a value travels. */
function disguises(value: string): string[] {
  const written = value.toWellFormed();
  const uri = encodeURIComponent(written);
  const form = new URLSearchParams([['', written]]).toString().slice(1);
  const url = new URL(`x://x/?${written}`).search.slice(1);
  const json = JSON.stringify(value).slice(1, -1);
  const escaped = [uri, form, url].flatMap((text) => [text, text.replaceAll(/%../g, lower)]);
  return [value, json, ...escaped, ...base64Cores(value)].filter((text) => text !== '');
}

const lower = (triplet: string): string => triplet.toLowerCase();

/**
 * What a value looks like inside the base64 of a longer text: three texts, one for each place
 * that it can have in a group of three bytes, without the edge characters that depend on its
 * neighbours.
 */
function base64Cores(value: string): string[] {
  const bytes = new TextEncoder().encode(value);
  if (bytes.byteLength < BASE64_FROM_BYTES) return [];
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
