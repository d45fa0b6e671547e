// What the inference of columns takes of a pull: of the processor time of slicing, inferring,
// compressing and landing pages, with and without it, turn by turn; and of a real pull over
// loopback.

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { cycleStart } from '../shared/core/page/cycle.ts';
import { sliceRecords } from '../shared/core/records/records.ts';
import { defineSource } from '../shared/core/source/source.ts';
import type { Column } from '../shared/core/table/columns.ts';
import { inferColumns, inspectColumns } from '../shared/core/table/infer-columns.ts';
import { folderLake } from '../shared/ports/lake/lake-folder.ts';
import { itemsOfR, pageOfR, pageOfX, productsOfX } from './pages.ts';
import { runReal } from './real/real-run.ts';

/** Bytes of pages through each contender in one turn: one batch of a real size. */
const BYTES_PER_TURN = 24_000_000;
const TURNS = 25;
/** Pages of the pull over loopback; as many alike without a key count as a circle at 1,000. */
const PULLED_PAGES = 300;

export interface InferenceShare {
  readonly page: string;
  readonly records: number;
  readonly bytes: number;
  /** Processor time of one page with inference, and without, ms. */
  readonly cpuMs: number;
  readonly cpuWithoutMs: number;
  /** 1 - without / with: the median of all turns. */
  readonly cpuShare: number;
  /** One page of a real pull over loopback, which nothing holds back: ms by the clock. */
  readonly pullMs: number;
  /** Processor time of the pulling process, ms, and inference's share of it. */
  readonly pullCpuMs: number;
  readonly pullCpuShare: number;
}

interface Page {
  readonly name: string;
  readonly path: string;
  readonly records: readonly string[];
  readonly page: (records: readonly string[]) => string;
}

export async function inferenceShares(): Promise<InferenceShare[]> {
  const pages: Page[] = [
    { name: 'R-Series items', path: 'Item', records: itemsOfR(100), page: pageOfR },
    { name: 'X-Series products', path: 'data', records: productsOfX(1_000), page: pageOfX },
  ];
  const shares: InferenceShare[] = [];
  for (const page of pages) shares.push(await shareOf(page));
  return shares;
}

async function shareOf({ name, path, records, page }: Page): Promise<InferenceShare> {
  const body = Buffer.from(page(records));
  const count = Math.ceil(BYTES_PER_TURN / body.length);
  const dir = await mkdtemp(join(tmpdir(), 'driplake-bench-'));
  const known = inferColumns(linesOf(body, path), []);
  const cpu = { plain: [] as number[], inferring: [] as number[] };
  const kinds = ['plain', 'inferring'] as const;
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  try {
    for (let turn = -2; turn < TURNS; turn++) {
      // Each begins every other time, and none pays for what the other left behind.
      for (const kind of turn % 2 === 0 ? kinds : kinds.toReversed()) {
        collect();
        const columns = kind === 'plain' ? undefined : known;
        const usedMs = await landPages(dir, `${kind}-${turn}`, {
          body,
          path,
          count,
          known: columns,
        });
        // The first turns are for V8 to compile.
        if (turn >= 0) cpu[kind].push(usedMs / count);
      }
    }
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
  const cpuMs = median(cpu.inferring);
  const cpuWithoutMs = median(cpu.plain);
  // By turns, since whatever else runs on the machine disturbs both of a turn alike.
  const cpuShare = median(cpu.inferring.map((ms, turn) => 1 - (cpu.plain[turn] ?? 0) / ms));
  const pulled = await pull(body, path);
  return {
    page: name,
    records: records.length,
    bytes: body.length,
    cpuMs,
    cpuWithoutMs,
    cpuShare,
    pullMs: pulled.ms,
    pullCpuMs: pulled.cpuMs,
    pullCpuShare: (cpuShare * cpuMs) / pulled.cpuMs,
  };
}

interface Pages {
  readonly body: Uint8Array;
  readonly path: string;
  readonly count: number;
  /** The stream's columns, as a round reads them; none: without inference. */
  readonly known: readonly Column[] | undefined;
}

/** One batch as a round makes it. Returns the processor time of all threads, ms. */
async function landPages(
  dir: string,
  runId: string,
  { body, path, count, known }: Pages,
): Promise<number> {
  const lake = folderLake(dir);
  const before = process.cpuUsage();
  const draft = lake.openBatch();
  let columns = known;
  for (let page = 0; page < count; page++) {
    const lines = linesOf(body, path);
    if (columns) columns = inspectColumns(lines, columns).columns;
    await draft.append(lines);
  }
  const loops = { cursors: cycleStart, pages: cycleStart, repeats: 0 };
  const counts = { pages: count, records: 0, bytes: 0 };
  const next = { cursor: null, sequence: 1, ...counts, loops, ended: true };
  await lake.landBatch(`shop/items/dt=2026-11-21/run=${runId}/00000000.ndjson.gz`, draft, {
    runId,
    sequence: 0,
    from: null,
    ...counts,
    next,
  });
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function linesOf(body: Uint8Array, path: string): Uint8Array {
  const outcome = sliceRecords(body, { path });
  if (outcome.kind === 'fault') throw new Error(outcome.reason);
  return outcome.lines;
}

/** Drains a list of such pages through the real machines; times of one page, ms. */
async function pull(body: Uint8Array, path: string): Promise<{ ms: number; cpuMs: number }> {
  const server = await servePages(body, `{${JSON.stringify(path)}:[]}`);
  const source = defineSource({
    name: 'bench-pull',
    baseUrl: server.url,
    streams: [
      {
        name: 'items',
        path: 'items',
        records: path,
        pagination: { kind: 'page', end: 'empty-page' },
      },
    ],
  });
  try {
    const before = process.cpuUsage();
    const { seconds, pages } = await runReal(source, {});
    const { user, system } = process.cpuUsage(before);
    return { ms: (seconds * 1000) / pages, cpuMs: (user + system) / 1000 / pages };
  } finally {
    server.close();
  }
}

/** Another process serves the pages, so that this one's processor time is the pull's alone. */
async function servePages(body: Uint8Array, last: string) {
  const serve = `
    const body = [];
    process.stdin.on('data', (chunk) => body.push(chunk)).on('end', () => {
      const page = Buffer.concat(body);
      const server = require('node:http').createServer((request, response) => {
        const number = Number(new URL(request.url, 'http://localhost').searchParams.get('page'));
        response.setHeader('content-type', 'application/json');
        response.end(number > ${PULLED_PAGES} ? ${JSON.stringify(last)} : page);
      });
      server.listen(0, '127.0.0.1', () => console.log(server.address().port));
    });`;
  const child = spawn(process.execPath, ['--eval', serve], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.end(body);
  const port = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (text) => resolve(String(text).trim()));
    child.once('error', reject).once('exit', () => reject(new Error('the server ended')));
  });
  return { url: `http://127.0.0.1:${port}`, close: () => void child.kill() };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
