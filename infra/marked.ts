// Pictures in documents, between marks: drawn anew from the tree, and refused by a check when they
// are out of date. What stands outside of the marks is left as it is.

import { readFileSync, writeFileSync } from 'node:fs';

/**
 * The text with `drawn` between `<!-- name:begin -->` and `<!-- name:end -->`; nothing when a mark
 * is missing.
 */
export function withDrawn(text: string, name: string, drawn: string): string | undefined {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const from = text.indexOf(begin);
  const to = text.indexOf(end, from);
  if (from < 0 || to < 0) return undefined;
  return `${text.slice(0, from + begin.length)}\n${drawn}\n${text.slice(to)}`;
}

export const mermaid = (lines: string): string => `\`\`\`mermaid\n${lines}\n\`\`\``;

/**
 * Draws into docs/architecture.md; with `--check` it writes nothing, and fails where it would have.
 * @param script what a person runs to draw again
 */
export function drawInArchitecture(name: string, drawn: string, script: string): void {
  const file = new URL('../docs/architecture.md', import.meta.url);
  const before = readFileSync(file, 'utf8');
  const after = withDrawn(before, name, drawn);
  const isStale = process.argv.includes('--check') && after !== before;
  if (after !== undefined && !isStale && after !== before) writeFileSync(file, after);
  process.exitCode = after === undefined || isStale ? 1 : 0;
  process.stderr.write(`${outcome(name, script, after, isStale)}\n`);
}

function outcome(
  name: string,
  script: string,
  after: string | undefined,
  isStale: boolean,
): string {
  if (after === undefined) return `docs/architecture.md has no marks for ${name}.`;
  if (isStale) return `docs/architecture.md shows other ${name}. Run: node ${script}`;
  return `docs/architecture.md shows the ${name} as they are.`;
}
