// `npm run sim`: plays many seeds on two threads, or one seed with everything that happens in it.
//
//   npm run sim -- --seeds 20000 [--from 1]    exit 1 when a seed fails or a fault met no step
//   npm run sim -- --seed 123 [--trace]        [--machines loop | definitions]

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { CALL_FAULTS, gaps, table } from './faults.ts';
import { addUp, nothingYet, playSeeds, type Summary, told } from './play-seeds.ts';
import { scenarioOf } from './scenario.ts';
import { describeScenario } from './scenario-text.ts';

/** Seeds that one thread plays before it asks for more. */
const CHUNK = 100;

/** From here on every fault must have met every step. */
const SEEDS_FOR_ALL = 20_000;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '2000' },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      trace: { type: 'boolean', default: false },
      machines: { type: 'string' },
    },
  });
  const machines =
    values.machines === 'loop' || values.machines === 'definitions' ? values.machines : undefined;
  const trace = values.trace ? (line: string) => console.log(line) : undefined;
  const startedMs = performance.now();
  const seeds = Number(values.seeds);
  if (values.seed) console.log(describeScenario(scenarioOf(Number(values.seed))).join('\n'));
  const summary = values.seed
    ? await playSeeds(Number(values.seed), 1, { trace, machines })
    : await onThreads(Number(values.from), seeds);
  const seconds = (performance.now() - startedMs) / 1000;
  report(summary, seconds);
  const uncovered = values.seed || seeds < SEEDS_FOR_ALL ? [] : gaps(summary.coverage);
  if (uncovered.length > 0) console.log(`never met: ${uncovered.join(', ')}`);
  process.exitCode = summary.failures.length > 0 || uncovered.length > 0 ? 1 : 0;
}

/** Two threads take turns; a slow seed holds up one of them only. */
async function onThreads(from: number, seeds: number): Promise<Summary> {
  const summary = nothingYet();
  const end = from + seeds;
  let next = from;
  const threads = Array.from({ length: Math.min(2, availableParallelism()) }, async () => {
    const worker = new Worker(new URL(import.meta.url));
    while (next < end) {
      const chunk = { from: next, seeds: Math.min(CHUNK, end - next) };
      next += chunk.seeds;
      addUp(summary, await ask(worker, chunk));
      if (process.stderr.isTTY) process.stderr.write(`\r${summary.seeds} of ${seeds} seeds`);
    }
    await worker.terminate();
  });
  await Promise.all(threads);
  return summary;
}

interface Chunk {
  readonly from: number;
  readonly seeds: number;
}

const ask = (worker: Worker, chunk: Chunk): Promise<Summary> =>
  new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('message', (summary: Summary) => {
      worker.off('error', reject);
      resolve(summary);
    });
    worker.postMessage(chunk);
  });

function report(summary: Summary, seconds: number): void {
  const { seeds, runs, pages, requests, virtualSeconds, coverage, failures } = summary;
  const sum = (fault: string): number =>
    Object.entries(coverage).reduce((total, [key, times]) => {
      return key === fault || key.startsWith(`${fault} `) ? total + times : total;
    }, 0);
  console.log(table(coverage));
  console.log(`calls struck: ${CALL_FAULTS.map((fault) => `${fault} ${sum(fault)}`).join(', ')}`);
  console.log(
    `${seeds} seeds, ${runs} runs, ${pages} pages, ${requests} requests, ` +
      `${Math.round(virtualSeconds / 86_400)} days in ${seconds.toFixed(1)} s: ` +
      `${failures.length} failed`,
  );
  for (const failure of failures.slice(0, 20)) console.log(told(failure));
}

if (isMainThread) await main();
else
  parentPort?.on('message', async ({ from, seeds }: Chunk) => {
    parentPort?.postMessage(await playSeeds(from, seeds));
  });
