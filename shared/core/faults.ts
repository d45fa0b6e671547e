// Says what is wrong with a piece of data, one line a fault: where, what was expected, what was
// found. Used for source files, events and environments alike.

import type * as z from 'zod/mini';

/** `streams[0].pagination.kind: expected "offset" | "page", got "ofset"`, for every fault. */
export function describeFaults(error: z.core.$ZodError, value: unknown): string[] {
  return error.issues.flatMap((issue) => describe(issue, value, []));
}

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

function describe(issue: Issue, root: unknown, base: Path): string[] {
  const path = [...base, ...issue.path];
  const at = printPath(path);
  const got = printValue(valueAt(root, path));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(
      (key) =>
        `${printPath([...path, key])}: expected no such field, got ${printValue(valueAt(root, [...path, key]))}`,
    );
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const best = nearestBranch(issue.errors);
    if (best) return best.flatMap((inner) => describe(inner, root, path));
    const expected = [...new Set(issue.errors.flat().map((inner) => expectation(inner)))].join(
      ' | ',
    );
    return [`${at}: expected ${expected}, got ${got}`];
  }
  return [`${at}: expected ${expectation(issue)}, got ${got}`];
}

/**
 * The branch whose faults lie deepest is the one that the writer meant, of several the one with the
 * fewest; none when all failed at the top.
 */
function nearestBranch(branches: readonly Issue[][]): Issue[] | undefined {
  const deep = branches.filter((issues) =>
    issues.every((issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys'),
  );
  return deep.toSorted((one, other) => faultsIn(one) - faultsIn(other))[0];
}

const faultsIn = (issues: readonly Issue[]): number =>
  issues.reduce(
    (sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1),
    0,
  );

function expectation(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return article(issue.expected);
    case 'invalid_value':
      return issue.values.map((value) => JSON.stringify(value)).join(' | ');
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options)
        ? issue.options.map((option) => JSON.stringify(option)).join(' | ')
        : 'another kind of value';
    case 'invalid_format':
      if (issue.format !== 'regex') return `a valid ${issue.format}`;
      return issue.message.startsWith('Invalid') ? `text like ${issue.pattern}` : issue.message;
    case 'too_small':
      return `${sized(issue.origin)} ${issue.inclusive ? 'of at least' : 'above'} ${issue.minimum}`;
    case 'too_big':
      return `${sized(issue.origin)} ${issue.inclusive ? 'of at most' : 'below'} ${issue.maximum}`;
    case 'invalid_key':
      return `a key that is ${issue.issues.map(expectation).join(' and ')}`;
    default:
      return issue.message;
  }
}

const sized = (origin: string): string =>
  origin === 'string'
    ? 'text of a length'
    : origin === 'array'
      ? 'a list of a length'
      : `a ${origin === 'int' ? 'whole number' : origin}`;

function article(type: string): string {
  const names: Record<string, string> = {
    string: 'text',
    object: 'an object',
    record: 'an object',
    array: 'a list',
    int: 'a whole number',
  };
  return names[type] ?? `a ${type}`;
}

/** `streams[0].limits[1].size`; the root is `(file)`. */
export function printPath(path: Path): string {
  const text = path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
  return text === '' ? '(file)' : printable(text);
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = Reflect.get(value, part);
  }
  return value;
}

export function printValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  const text = typeof value === 'bigint' ? `${value}n` : (JSON.stringify(value) ?? String(value));
  return printable(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}

const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;
const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** The text on one line: `\n` and `\u{202e}` in the place of the characters. */
export const printable = (text: string): string =>
  text.replaceAll(
    UNPRINTABLE,
    (character) =>
      SHORT_ESCAPES[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
