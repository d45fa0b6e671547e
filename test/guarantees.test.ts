// docs/guarantees.md names the test that shows each line. Those tests exist, under those names.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(path.join(root, file), 'utf8');
const text = read('docs/guarantees.md');

interface Proof {
  readonly file: string;
  readonly names: readonly string[];
}

/** `- shown by `file`: "name"; "name"`, one line each. */
const proofsIn = (part: string): Proof[] =>
  [...part.matchAll(/^- shown by `([^`]+)`: (.+)$/gm)].map(([, file = '', names = '']) => ({
    file,
    names: [...names.matchAll(/"([^"]+)"/g)].map(([, name = '']) => name),
  }));

/** The promises: paragraphs of this part that open with bold words, and what stands below them. */
function promises(): { readonly words: string; readonly proofs: readonly Proof[] }[] {
  const part = /\n## Promised\n([\s\S]*?)\n## /.exec(text)?.[1] ?? '';
  return part
    .split(/\n(?=\*\*)/)
    .slice(1)
    .map((promise) => ({
      words: /^\*\*([^*]+)\*\*/.exec(promise)?.[1] ?? promise.slice(0, 40),
      proofs: proofsIn(promise),
    }));
}

/** Whether a file has a test or a group of tests with this title: a text that opens its arguments. */
function hasTitle(file: string, title: string): boolean {
  const source = read(file);
  return ["'", '"', '`'].some((quote) =>
    ['(', '\n    ', '\n  '].some((before) =>
      source.includes(`${before}${quote}${title}${quote},`),
    ),
  );
}

describe('docs/guarantees.md', () => {
  it('names a test for each promise', () => {
    expect(promises().length).toBeGreaterThan(15);
    expect(promises().filter(({ proofs }) => proofs.length === 0)).toEqual([]);
  });

  it('names tests that exist', () => {
    const proofs = proofsIn(text);
    expect(proofs.filter(({ file }) => !existsSync(path.join(root, file)))).toEqual([]);
    const unknown = proofs.flatMap(({ file, names }) =>
      names.filter((name) => !hasTitle(file, name)).map((name) => `${file}: ${name}`),
    );
    expect(unknown).toEqual([]);
    expect(proofs.filter(({ names }) => names.length === 0)).toEqual([]);
  });

  it('is read as it is written: no line that shows something is passed over', () => {
    const lines = text.split('\n').filter((line) => /shown by/i.test(line));
    expect(lines).toHaveLength(proofsIn(text).length);
    expect(hasTitle('test/guarantees.test.ts', 'names tests that exist')).toBe(true);
    expect(hasTitle('test/guarantees.test.ts', 'names tests that do not exist')).toBe(false);
  });
});
