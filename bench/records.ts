// Measures page bytes -> NDJSON bytes: sliceRecords against JSON.parse and JSON.stringify, in one
// run, turn by turn, medians. Checks besides that records are byte-exact and what a page takes in
// memory. A missed bar gives exit code 1.

import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { eachRecord, sliceRecords } from '../shared/core/records/records.ts';
import { itemsOfR, pageOfR, pageOfX, productsOfX } from './pages.ts';

/** The bars: on compact pages at least 4 times as fast; always less than 3 pages of memory. */
const FASTER = 4;
const PAGES_OF_MEMORY = 3;
/** Bytes through each contender for one row: enough for V8 to settle and for a stable median. */
const BYTES_PER_ROW = 150_000_000;
const WARM_UP_BYTES = 40_000_000;

interface Scenario {
  name: string;
  path: string;
  /** The exact bytes of each record, and the page around them. */
  records: string[];
  page: (records: readonly string[]) => string;
  /** False where the bars are not asked for: shown for completeness. */
  judged: boolean;
}

interface Row {
  page: string;
  records: number;
  bytes: number;
  sliceMBps: number;
  naiveMBps: number;
  ratio: number;
  exact: boolean;
  memoryPages: number;
  naiveMemoryPages: number;
  judged: boolean;
}

/** Prints a table, or with `json` one object; `process.exitCode` is 1 when a bar is missed. */
export async function bench(options: { json: boolean }): Promise<void> {
  const all = scenarios();
  for (const scenario of all) warmUp(scenario);
  const rows = all.map(measure);
  const missed = rows.filter(
    (row) => !row.exact || row.memoryPages >= PAGES_OF_MEMORY || isSlow(row),
  );
  if (options.json) {
    const bars = { ratio: FASTER, memoryPages: PAGES_OF_MEMORY };
    process.stdout.write(
      `${JSON.stringify({ bench: 'records', bars, ok: !missed.length, rows })}\n`,
    );
  } else {
    printTable(rows);
    const verdict = missed.length === 0 ? 'met' : `missed by ${missed.map((row) => row.page)}`;
    process.stdout.write(`bars (${FASTER}x, exact, < ${PAGES_OF_MEMORY} pages): ${verdict}\n`);
  }
  if (missed.length > 0) process.exitCode = 1;
}

/** The judged pages, then what must not fall over: a large page, an indented one, tiny records. */
function scenarios(): Scenario[] {
  const r = { name: 'R-Series items', path: 'Item', page: pageOfR };
  const x = { name: 'X-Series products', path: 'data', page: pageOfX };
  const numbers = Array.from({ length: 1_000_000 }, (_, index) => String(index));
  const indented = itemsOfR(1000).map((item) => JSON.stringify(JSON.parse(item), null, 2));
  return [
    { ...r, records: itemsOfR(100), judged: true },
    { ...r, records: itemsOfR(1000), judged: true },
    { ...x, records: productsOfX(100), judged: true },
    { ...x, records: productsOfX(1000), judged: true },
    { ...x, name: 'X-Series, large', records: productsOfX(14_000), judged: false },
    { ...r, name: 'R-Series, indented', records: indented, judged: false },
    { ...x, name: 'bare numbers', records: numbers, judged: false },
  ];
}

function isSlow(row: Row): boolean {
  return row.judged && row.ratio < FASTER;
}

/** Both contenders see all kinds of pages before the clock runs, so that V8 compiles for all. */
function warmUp({ path, records, page }: Scenario): void {
  const body = Buffer.from(page(records));
  for (let round = 0; round < WARM_UP_BYTES / body.length; round++) {
    reserialised(body, path);
    sliced(body, path);
  }
}

function measure(scenario: Scenario): Row {
  const body = Buffer.from(scenario.page(scenario.records));
  const slice = () => sliced(body, scenario.path);
  const naive = () => reserialised(body, scenario.path);
  const times: { slice: number[]; naive: number[] } = { slice: [], naive: [] };
  for (let round = 0; round < Math.max(9, BYTES_PER_ROW / body.length); round++) {
    times.naive.push(millisecondsOf(naive));
    times.slice.push(millisecondsOf(slice));
  }
  const sliceMs = median(times.slice);
  const naiveMs = median(times.naive);
  return {
    page: scenario.name,
    records: scenario.records.length,
    bytes: body.length,
    sliceMBps: body.length / sliceMs / 1000,
    naiveMBps: body.length / naiveMs / 1000,
    ratio: naiveMs / sliceMs,
    exact: isExact(sliced(body, scenario.path), scenario.records),
    memoryPages: bytesTaken(slice) / body.length,
    naiveMemoryPages: bytesTaken(naive) / body.length,
    judged: scenario.judged,
  };
}

function sliced(body: Uint8Array, path: string): Uint8Array {
  const outcome = sliceRecords(body, { path });
  if (outcome.kind === 'fault') throw new Error(outcome.reason);
  return outcome.lines;
}

function reserialised(body: Buffer, path: string): Buffer {
  const page: Record<string, unknown[]> = JSON.parse(body.toString());
  return Buffer.from(`${page[path]?.map((record) => JSON.stringify(record)).join('\n')}\n`);
}

/** The record's own bytes; white space that a line break brought is not compared. */
function isExact(lines: Uint8Array, records: string[]): boolean {
  const found = [...eachRecord(lines)].map((record) => Buffer.from(record).toString());
  const wanted = records.map((record) => record.replace(/[\r\n]+[ \t\r\n]*/g, ''));
  return found.length === wanted.length && found.every((line, index) => line === wanted[index]);
}

/**
 * What one call allocates in all, its garbage included, which is at least its peak. A collection
 * in the midst of it could hide garbage, so the largest of a few calls is taken.
 */
function bytesTaken(call: () => unknown): number {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const taken = [1, 2, 3, 4, 5].map(() => {
    collect();
    const before = process.memoryUsage();
    const kept = call();
    const after = process.memoryUsage();
    if (kept === undefined) throw new Error('the call gave nothing');
    return after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed;
  });
  return Math.max(...taken);
}

function millisecondsOf(call: () => unknown): number {
  const start = performance.now();
  call();
  return performance.now() - start;
}

function median(values: number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}

function printTable(rows: Row[]): void {
  const line = (cells: string[]) =>
    `${cells.map((cell, at) => (at === 0 ? cell.padEnd(20) : cell.padStart(11))).join('')}\n`;
  const titles = [
    'records',
    'KB',
    'slice MB/s',
    'JSON MB/s',
    'ratio',
    'exact',
    'mem pages',
    'JSON mem',
  ];
  process.stdout.write(line(['page', ...titles]));
  for (const row of rows) {
    const numbers = [row.sliceMBps.toFixed(0), row.naiveMBps.toFixed(0), row.ratio.toFixed(2)];
    const memory = [row.memoryPages.toFixed(2), row.naiveMemoryPages.toFixed(2)];
    const size = [String(row.records), (row.bytes / 1000).toFixed(0)];
    process.stdout.write(line([row.page, ...size, ...numbers, String(row.exact), ...memory]));
  }
}
