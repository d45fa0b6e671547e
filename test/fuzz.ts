// Seeded damage against everything that reads what others wrote: bodies, answers, headers, source
// files, whole runs. `npm run fuzz -- headers --cases 1000000`, or all of them with `--seconds 60`; a
// case that fails prints how to run it again.
// Each target runs in a thread of its own, so that a hang is seen and named as well.

import { parseArgs } from 'node:util';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { type Random, randomFrom } from './apis/data.ts';

type Case = (random: Random) => void | Promise<void>;

/** Loaded where it runs: a thread needs its own target only. */
const TARGETS: Readonly<Record<string, () => Promise<Case>>> = {
  bodies: async () => (await import('./fuzz/bodies.ts')).sliceAnyBody,
  answers: async () => (await import('./fuzz/answers.ts')).judgeAnyAnswer,
  headers: async () => {
    const { readAnyHeaders } = await import('./fuzz/headers.ts');
    const { obeyAnyHeaders } = await import('./fuzz/header-shapes.ts');
    return (random) => {
      readAnyHeaders(random);
      obeyAnyHeaders(random);
    };
  },
  sources: async () => (await import('./fuzz/sources.ts')).readAnySource,
  pulls: async () => (await import('./fuzz/pulls.ts')).pullAnyList,
};

interface Job {
  readonly target: string;
  readonly seed: number;
  readonly seconds: number;
  readonly cases: number;
}

type Report =
  | { readonly kind: 'begun'; readonly seed: number; readonly cases: number }
  | {
      readonly kind: 'failed';
      readonly seed: number;
      readonly cases: number;
      readonly why: string;
    }
  | { readonly kind: 'over'; readonly cases: number };

/** A case takes milliseconds; one that takes this long hangs. */
const HANG_MS = 15_000;
/** Cases between two signs of life. */
const BATCH = 50;

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string', default: '60' },
      cases: { type: 'string' },
      seed: { type: 'string' },
    },
  });
  const targets = positionals.length === 0 ? Object.keys(TARGETS) : positionals;
  const unknown = targets.find((target) => TARGETS[target] === undefined);
  if (unknown !== undefined)
    throw new Error(`no target ${unknown}; there are ${Object.keys(TARGETS)}`);
  const seed = values.seed === undefined ? Date.now() % 2 ** 31 : Number(values.seed);
  const seconds = values.cases === undefined ? Number(values.seconds) / targets.length : Infinity;
  const cases = Number(values.cases ?? Infinity);
  if (!Number.isInteger(seed) || !(seconds > 0) || !(cases > 0))
    throw new Error('--seed, --seconds and --cases are numbers');
  const each = values.cases === undefined ? `${seconds.toFixed(1)} s` : `${cases} cases`;
  console.log(`seed ${seed}, ${each} for each target`);
  let failures = 0;
  for (const target of targets) {
    const report = await runTarget({ target, seed, seconds, cases });
    console.log(`${target.padEnd(10)}${report.cases.toLocaleString('en').padStart(12)} cases`);
    if (report.kind !== 'failed') continue;
    failures++;
    console.log(
      `  ${report.why}\n  again: node test/fuzz.ts ${target} --seed ${report.seed} --cases 1`,
    );
  }
  console.log(`${targets.length - failures} passed, ${failures} failed`);
  process.exitCode = failures === 0 ? 0 : 1;
}

/** One target in a thread; a thread that gives no sign of life is ended. */
function runTarget(job: Job): Promise<Report> {
  const worker = new Worker(new URL(import.meta.url), { workerData: job });
  return new Promise((resolve) => {
    let last: Report = { kind: 'begun', seed: job.seed, cases: 0 };
    const end = (report: Report): void => {
      clearTimeout(timer);
      void worker.terminate().then(() => resolve(report));
    };
    const hang = (): void => {
      const seed = 'seed' in last ? last.seed : job.seed;
      const why = `no sign of life for ${HANG_MS / 1000} s, in one of ${BATCH} cases from this seed on`;
      end({ kind: 'failed', seed, cases: last.cases, why });
    };
    let timer = setTimeout(hang, HANG_MS);
    worker.on('message', (report: Report) => {
      clearTimeout(timer);
      last = report;
      if (report.kind === 'begun') timer = setTimeout(hang, HANG_MS);
      else end(report);
    });
    worker.on('error', (error) => {
      end({ kind: 'failed', seed: job.seed, cases: last.cases, why: String(error) });
    });
  });
}

/** Cases with the seeds `seed`, `seed + 1`, ... until there are enough or one fails. */
async function work({ target, seed, seconds, cases: most }: Job): Promise<Report> {
  const load = TARGETS[target];
  if (!load) throw new Error(`no target ${target}`);
  const test = await load();
  const endsAt = performance.now() + seconds * 1000;
  for (let cases = 0; ; cases++) {
    if (cases >= most) return { kind: 'over', cases };
    if (cases % BATCH === 0) {
      if (performance.now() >= endsAt) return { kind: 'over', cases };
      tell({ kind: 'begun', seed: seed + cases, cases });
    }
    try {
      await test(randomFrom(seed + cases));
    } catch (error) {
      const why = error instanceof Error ? (error.stack ?? error.message) : String(error);
      return { kind: 'failed', seed: seed + cases, cases, why: why.slice(0, 2_000) };
    }
  }
}

const tell = (report: Report): void => parentPort?.postMessage(report);

if (isMainThread) await main();
else tell(await work(workerData));
