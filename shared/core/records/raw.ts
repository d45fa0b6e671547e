// The exact source text of single values in JSON, so that 64-bit ids, cursors and decimals are
// never rounded. A path that leads to a list, an object or nowhere gives `undefined`, never a
// guess.

import { fieldAt } from '../field-path.ts';

/**
 * Reads the source text of scalars at dotted paths: `17`, `"abc"` (with quotes), `true`, `null`.
 */
type RawReader = (path: string) => string | undefined;

/**
 * A reader over one JSON document, parsed at the first question.
 * @throws SyntaxError from the reader when `jsonText` is not JSON
 */
export function rawReader(jsonText: string): RawReader {
  let tree: unknown;
  let parsed = false;
  return (path) => {
    if (!parsed) tree = JSON.parse(jsonText, sourceOfScalar);
    parsed = true;
    const found = fieldAt(tree, path);
    return typeof found === 'string' ? found : undefined;
  };
}

/** The source text of the scalar at `path` in `jsonText`. */
export const rawField = (jsonText: string, path: string): string | undefined =>
  rawReader(jsonText)(path);

/** What raw text means as a parameter: text without its quotes; nothing for null and absent. */
export function plainText(raw: string | undefined): string | undefined {
  if (raw === undefined || raw === 'null') return undefined;
  return raw.startsWith('"') ? String(JSON.parse(raw)) : raw;
}

/** ECMAScript gives revivers the source of each scalar; lists and objects come without one. */
const sourceOfScalar = (_key: string, value: unknown, context?: { source?: string }): unknown =>
  context?.source ?? value;
