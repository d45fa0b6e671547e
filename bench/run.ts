// `npm run bench -- <name> [--json] [--only <scenario>]`: runs one benchmark. Its exit code is 1 when
// a bar is missed, 2 when there is no such benchmark.

import { parseArgs } from 'node:util';
import type { BenchOptions } from './options.ts';

interface Bench {
  readonly about: string;
  readonly load: () => Promise<{ bench(options: BenchOptions): Promise<void> }>;
}

const benches = new Map<string, Bench>([
  [
    'coldstart',
    {
      about: 'bundles, their start, dollars of a run in the emulated account; about two minutes',
      load: () => import('./coldstart.ts'),
    },
  ],
  [
    'drain',
    {
      about: 'time to drain an API against the optimum, refusals, cost; about three minutes',
      load: () => import('./drain.ts'),
    },
  ],
  [
    'handover',
    {
      about: '3,000,000 pages through hand-overs: events, states, memory; about four minutes',
      load: () => import('./handover.ts'),
    },
  ],
  [
    'lake',
    {
      about: 'a million records: queries, compaction, exports, inference; about a minute',
      load: () => import('./lake.ts'),
    },
  ],
  [
    'records',
    {
      about: 'page bytes to NDJSON bytes against JSON.parse and JSON.stringify',
      load: () => import('./records.ts'),
    },
  ],
]);

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false }, only: { type: 'string' } },
  });
  const [name = ''] = positionals;
  const found = benches.get(name);
  if (!found) {
    const list = [...benches].map(([key, { about }]) => `  ${key.padEnd(11)}${about}\n`).join('');
    process.stderr.write(`npm run bench -- <name> [--json] [--only <scenario>]\n${list}`);
    process.exitCode = 2;
    return;
  }
  const { bench } = await found.load();
  await bench({ json: values.json, ...(values.only ? { only: values.only } : {}) });
}

await main();
