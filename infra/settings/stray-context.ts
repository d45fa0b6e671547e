// Finds names in the CDK context that were meant as settings and are none: a setting that is
// misspelt would be passed over without a word, and the deployment would do something else.

import leven from 'leven';
import { printable } from '../../shared/core/faults.ts';

/**
 * One fault for each such name. Everybody puts context into the same bag: names with `:` or `/` are
 * the CDK's (`aws:cdk:*`, `@aws-cdk/*`, cached look-ups) or another tool's. So are names of several
 * words that are joined otherwise (the CDK has `cli-telemetry`), unless they are nearly a setting.
 * A single word is meant for this app: cdk.json and the -c options are its own, and few people
 * have context in ~/.cdk.json.
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
    .map((one) => ({ one, changes: leven(bare(name), bare(one)) }))
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
