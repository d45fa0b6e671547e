// Steps over the values of one NDJSON line, byte by byte: where a string, a number or a nested
// value ends. They validate nothing and always end, at the line's end at the latest.

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const COMMA = 0x2c;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

export function afterNumber(bytes: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    const byte = bytes[at];
    if (byte === undefined || byte === COMMA || byte < 0x2b || byte > 0x65) return at;
    at += 1;
  }
}

/** From inside a string to the byte after its closing quote. */
export function afterString(bytes: Uint8Array, start: number): number {
  let at = start;
  for (;;) {
    const byte = bytes[at];
    if (byte === QUOTE) return at + 1;
    if (byte === undefined) return at;
    at += byte === BACKSLASH ? 2 : 1;
  }
}

/** From an opening bracket to the byte after the one that closes it. */
export function afterNested(bytes: Uint8Array, start: number): number {
  let at = start;
  let depth = 0;
  for (;;) {
    const byte = bytes[at];
    at += 1;
    if (byte === QUOTE) at = afterString(bytes, at);
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
      depth -= 1;
      if (depth === 0) return at;
    } else if (byte === NEWLINE || byte === undefined) return at - 1;
  }
}

export function afterBlank(bytes: Uint8Array, start: number): number {
  let at = start;
  while (bytes[at] === 0x20 || bytes[at] === 0x09 || bytes[at] === 0x0d) at += 1;
  return at;
}

export function lineEnd(bytes: Uint8Array, at: number): number {
  const end = bytes.indexOf(NEWLINE, at);
  return end < 0 ? bytes.length : end;
}
