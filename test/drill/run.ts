// `npm run drill`: what an installation meets in bad years, in eight minutes: hostile answers, clocks
// that jump, disks that are full, processes that are killed. Nothing may be lost or come twice, and
// every run ends with a cause that has a name. `npm run drill -- kills --seed 7` is one of them again.

import path from 'node:path';
import { parseArgs } from 'node:util';
import { startVitest } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Decides what is drawn: a drill that failed is played again with the same one. */
    seed: number;
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { seed: { type: 'string' } },
});
const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
process.stdout.write(`npm run drill -- ${[...positionals, '--seed', seed].join(' ')}\n`);
const vitest = await startVitest('test', positionals, {
  root: path.join(import.meta.dirname, '..', '..'),
  include: ['test/drill/**/*.drill.ts'],
  watch: false,
  fileParallelism: false,
  reporters: ['verbose'],
  provide: { seed },
});
await vitest.close();
