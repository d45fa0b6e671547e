// Finds names in the CDK context that were meant as settings and are none: a setting that is
// misspelt would be passed over without a word, and the deployment would do something else.

import { printable } from '../shared/core/printable.ts';

/**
 * One fault for each such name. Everybody puts context into the same bag: names with `:` or `/` are
 * the CDK's (`aws:cdk:*`, `@aws-cdk/*`, cached look-ups) or another tool's. So are names of several
 * words that are joined otherwise (the CDK has `cli-telemetry`), unless they are nearly a setting.
 * A single word is meant for this app, which alone reads cdk.json and the -c options here.
 */
export function strayContext(given: readonly string[], settings: readonly string[]): string[] {
  return given
    .filter((name) => !settings.includes(name) && !/[:/]/.test(name))
    .flatMap((name) => {
      const near = nearest(name, settings);
      if (near) return [`${printable(name)}: no such setting; did you mean ${near}?`];
      if (!/^\w+$/.test(name)) return [];
      const others = 'names of other tools have ":" or "/"';
      return [`${name}: no such setting; expected one of ${settings.join(', ')}; ${others}`];
    });
}

/** The name that is nearest, unless a third of it would have to be changed. */
function nearest(name: string, among: readonly string[]): string | undefined {
  const [best] = among
    .map((one) => ({ one, changes: changesBetween(bare(name), bare(one)) }))
    .filter(({ one, changes }) => changes <= bare(one).length / 3)
    .sort((a, b) => a.changes - b.changes);
  return best?.one;
}

/** What people remember of a name; of `schedules.shop`, what stands before the dot. */
const bare = (name: string): string =>
  name
    .replace(/[.[].*/, '')
    .replaceAll(/[-_]/g, '')
    .toLowerCase();

/** Characters to put in, leave out or replace until one text is the other (Levenshtein). */
function changesBetween(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (const [index, character] of [...one].entries()) {
    const next = [index + 1];
    for (const [column, wanted] of [...other].entries()) {
      const [corner = 0, above = 0] = row.slice(column);
      const replaced = corner + (character === wanted ? 0 : 1);
      next.push(Math.min(replaced, above + 1, (next[column] ?? 0) + 1));
    }
    row = next;
  }
  return row[other.length] ?? 0;
}
