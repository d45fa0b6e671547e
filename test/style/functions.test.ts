// How long a function may be and how many positional parameters it may have: Biome counts, this
// says that it does, and that the list of exceptions only shrinks.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { read, root } from './tree.ts';

const RULES = {
  noExcessiveLinesPerFunction: { level: 'error', options: { maxLines: 70 } },
  useMaxParams: { level: 'error', options: { max: 4 } },
};

/** Files with a function that is longer or takes more. Whoever mends one takes it out. */
const EXCEPTIONS: readonly string[] = [
  'shared/core/answer/classify.ts',
  'shared/core/page/look-alike.ts',
];

const config: {
  linter: { rules: { complexity: Record<string, unknown> } };
  overrides: { includes: string[]; linter: { rules: { complexity: object } } }[];
} = JSON.parse(read('biome.json'));

const folder = mkdtempSync(path.join(tmpdir(), 'driplake-rules-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Whether Biome finds fault with a file, with these rules alone. */
function isTold(file: string): boolean {
  writeFileSync(
    path.join(folder, 'biome.json'),
    JSON.stringify({ root: true, linter: { rules: { preset: 'none', complexity: RULES } } }),
  );
  const biome = path.join(root, 'node_modules/.bin/biome');
  const told = spawnSync(biome, ['lint', `--config-path=${folder}`, file], { cwd: root });
  expect(told.error).toBeUndefined();
  return told.status !== 0;
}

describe('functions', () => {
  it('have at most 70 lines and 4 positional parameters, but for a list of exceptions', () => {
    expect(config.linter.rules.complexity).toMatchObject(RULES);
    const freed = config.overrides.flatMap(({ includes }) => includes);
    expect(freed.filter((one) => one !== 'test/**')).toEqual(EXCEPTIONS);
    expect(EXCEPTIONS.length).toBeLessThanOrEqual(10);
  });

  it.each(EXCEPTIONS.map((file) => ({ file })))('$file needs its exception', ({ file }) => {
    expect(isTold(file)).toBe(true);
  });

  it('are counted: a planted one is told', () => {
    const long = path.join(folder, 'long.ts');
    writeFileSync(long, 'export const f = (a: 1, b: 1, c: 1, d: 1, e: 1) => [a, b, c, d, e];\n');
    expect(isTold(long)).toBe(true);
    writeFileSync(long, 'export const f = (a: 1, b: 1, c: 1, d: 1) => [a, b, c, d];\n');
    expect(isTold(long)).toBe(false);
  });
});
