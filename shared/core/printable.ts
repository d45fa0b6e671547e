// Text of others in our own lines: what could break a line or rewrite a terminal is escaped.

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The text on one line: `\n` and `\u{202e}` in the place of the characters. */
export const printable = (text: string): string =>
  text.replaceAll(
    UNPRINTABLE,
    (character) =>
      SHORT_ESCAPES[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
