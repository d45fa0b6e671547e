// Several `driplake run` processes on one scope: the first to come serves the ledger, the others
// join it. How long they take together and how evenly they share is told by the server they drain.

import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod';
import { type FastApi, fastSecrets, fastSource } from './real-api.ts';

export interface ProcessesRun {
  /** From the first request of any process to the last. */
  readonly seconds: number;
  /** From the start of the first process to the end of the last one. */
  readonly wallSeconds: number;
  readonly pages: number;
  readonly requests: number;
  readonly objects: number;
  /** Requests of each process while all of them were draining, over their mean. */
  readonly shares: readonly number[];
}

/** One process for each stream of the API. @throws when one fails */
export async function runProcesses(api: FastApi): Promise<ProcessesRun> {
  const folder = await mkdtemp(join(tmpdir(), 'driplake-bench-'));
  try {
    const startedMs = performance.now();
    const reports = await Promise.all(
      api.streams.map(async (stream, index) => {
        const name = `bench-${index + 1}`;
        const file = join(folder, `${name}.json`);
        await writeFile(file, JSON.stringify(fastSource(name, api.served.url, [stream])));
        return driplake(['run', file, '--json'], {
          ...fastSecrets(name),
          DRIPLAKE_LAKE_DIR: join(folder, 'lake'),
          DRIPLAKE_STATE_DIR: join(folder, 'state'),
        });
      }),
    );
    const wallSeconds = (performance.now() - startedMs) / 1000;
    const streams = reports.flatMap((one) => one.streams);
    const sum = (pick: (stream: (typeof streams)[number]) => number): number =>
      streams.reduce((total, stream) => total + pick(stream), 0);
    const times = [...api.asked.values()];
    const all = times.flat();
    return {
      seconds: (Math.max(...all) - Math.min(...all)) / 1000,
      wallSeconds,
      pages: sum((stream) => stream.pages),
      requests: sum((stream) => stream.requests),
      objects: sum((stream) => stream.objects),
      shares: sharesOf(times),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const report = z.object({
  status: z.literal('done'),
  streams: z.array(z.object({ pages: z.number(), requests: z.number(), objects: z.number() })),
});

/** Requests of each between the last one's start and the first one's end; 1 is an even share. */
export function sharesOf(times: readonly (readonly number[])[]): number[] {
  const from = Math.max(...times.map((one) => one[0] ?? 0));
  const until = Math.min(...times.map((one) => one.at(-1) ?? 0));
  const counts = times.map((one) => one.filter((atMs) => atMs >= from && atMs <= until).length);
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
  return counts.map((count) => count / mean);
}

/** The command under this Node; its report. */
function driplake(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<z.infer<typeof report>> {
  const command = fileURLToPath(new URL('../../local/driplake.js', import.meta.url));
  const child = spawn(process.execPath, [command, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [out, err]: [string[], string[]] = [[], []];
  child.stdout.setEncoding('utf8').on('data', (text: string) => out.push(text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => err.push(text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(report.parse(JSON.parse(out.join(''))));
      else reject(new Error(`driplake ${args.join(' ')} ended with ${code}: ${err.join('')}`));
    });
  });
}
