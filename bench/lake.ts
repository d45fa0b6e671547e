// Measures the lake as tables: queries over a million records before and after compaction, exports,
// and what inferring columns takes of a pull. Checks besides that compaction changes no answer. A
// missed bar gives exit code 1.

import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { exportTable } from '../local/lake/export.ts';
import { EXPORT_FORMATS } from '../local/lake/export-formats.ts';
import { openLakeDatabase } from '../local/lake/query.ts';
import { formatRows } from '../local/screen/format-rows.ts';
import { type InferenceShare, inferenceShares } from './inference.ts';
import { CURRENT, compactMade, makeLake, RECORDS } from './lake-fixture.ts';
import type { BenchOptions } from './options.ts';

/**
 * Inference may take this share of the processor time of a pull that no API and no limit holds
 * back. Its share of slicing, gzip and landing alone is shown beside it, and not judged: it moves by
 * as much as the bar allows with what else the machine does.
 */
const MOST_INFERENCE = 0.15;
const ASKED = 3;

const QUERIES = [
  { name: 'count, history', sql: 'select count(*) from shop.products_history' },
  {
    name: 'sum by brand, current',
    sql: 'select brand, count(*), round(sum(price), 2) from shop.products group by brand order by 1',
  },
  { name: 'one record, current', sql: 'select * from shop.products where id = 123456' },
  {
    name: 'filter, history',
    sql: `select count(*) from shop.products_history where active and price > 250 and name like '%road%'`,
  },
] as const;

interface QueryRow {
  readonly query: string;
  readonly beforeSeconds: number;
  readonly afterSeconds: number;
  readonly same: boolean;
}

interface ExportRow {
  readonly format: string;
  readonly rows: number;
  readonly bytes: number;
  readonly seconds: number;
  /** Of the file, and of the NDJSON that was read for it. */
  readonly writtenMBps: number;
  readonly readMBps: number;
}

/** Prints tables, or with `json` one object; `process.exitCode` is 1 when a bar is missed. */
export async function bench({ json }: BenchOptions): Promise<void> {
  const say = (text: string): void => void (json || process.stdout.write(`${text}\n`));
  const inference = await inferenceShares();
  for (const share of inference) say(toldInference(share));

  const lake = await makeLake();
  try {
    const { objects, bytes, storedBytes } = lake;
    say(
      `\n${RECORDS.toLocaleString('en-US')} records, ${CURRENT.toLocaleString('en-US')} current, ` +
        `${objects} objects, ${megabytes(bytes)} MB of NDJSON, ${megabytes(storedBytes)} MB stored`,
    );
    const before = await askAll(lake.dir);
    const exports = await exportAll(lake.dir, bytes);
    const startedMs = performance.now();
    const merged = await compactMade(lake.dir);
    const compactSeconds = (performance.now() - startedMs) / 1000;
    const queries = rowsOf(before, await askAll(lake.dir));
    say(`compacted into ${merged} objects in ${compactSeconds.toFixed(1)} s\n`);
    for (const line of [...toldQueries(queries), '', ...toldExports(exports)]) say(line);

    const missed = [
      ...inference.filter((row) => row.pullCpuShare > MOST_INFERENCE).map((row) => row.page),
      ...queries.filter((row) => !row.same).map((row) => `${row.query} changed`),
      ...exports.filter((row) => row.rows !== CURRENT).map((row) => `${row.format} lost rows`),
    ];
    const memoryMB = process.resourceUsage().maxRSS / 1024;
    say(`\nmost memory of the process: ${memoryMB.toFixed(0)} MB`);
    say(
      `bars (inference <= ${100 * MOST_INFERENCE} % of a pull's processor time, same answers, all rows): ` +
        (missed.length === 0 ? 'met' : `missed by ${missed.join(', ')}`),
    );
    if (json) {
      const facts = {
        bench: 'lake',
        ok: missed.length === 0,
        bars: { inference: MOST_INFERENCE },
      };
      const sizes = { records: RECORDS, objects, merged, bytes, storedBytes, memoryMB };
      const all = { ...facts, ...sizes, compactSeconds, inference, queries, exports };
      process.stdout.write(`${JSON.stringify(all)}\n`);
    }
    if (missed.length > 0) process.exitCode = 1;
  } finally {
    await rm(lake.dir, { recursive: true, force: true });
  }
}

interface Asked {
  readonly seconds: number;
  readonly answer: string;
}

/** Each query as the command asks it, the lake opened for each: medians, and what was answered. */
async function askAll(dir: string): Promise<readonly Asked[]> {
  const all: Asked[] = [];
  for (const { sql } of QUERIES) {
    const asked: Asked[] = [];
    for (let time = 0; time < ASKED; time++) asked.push(await ask(dir, sql));
    const [fastest, median = fastest] = asked.toSorted((a, b) => a.seconds - b.seconds);
    if (median) all.push(median);
  }
  return all;
}

async function ask(dir: string, sql: string): Promise<Asked> {
  const startedMs = performance.now();
  const database = await openLakeDatabase(dir);
  try {
    let answer = '';
    await formatRows(await database.query(sql), 'ndjson', (text) => {
      answer += text;
    });
    return { seconds: (performance.now() - startedMs) / 1000, answer };
  } finally {
    database.close();
  }
}

const rowsOf = (before: readonly Asked[], after: readonly Asked[]): QueryRow[] =>
  QUERIES.map(({ name }, index) => ({
    query: name,
    beforeSeconds: before[index]?.seconds ?? 0,
    afterSeconds: after[index]?.seconds ?? 0,
    same: before[index]?.answer !== '' && before[index]?.answer === after[index]?.answer,
  }));

async function exportAll(dir: string, readBytes: number): Promise<ExportRow[]> {
  const rows: ExportRow[] = [];
  for (const format of EXPORT_FORMATS) {
    const file = join(dir, `products.${format}`);
    const order = { lake: dir, table: 'shop.products', history: false, overwrite: false };
    const exported = await exportTable({ ...order, format, file });
    const { size } = await stat(file);
    await rm(file);
    rows.push({
      format,
      rows: exported.rows,
      bytes: size,
      seconds: exported.seconds,
      writtenMBps: size / 1e6 / exported.seconds,
      readMBps: readBytes / 1e6 / exported.seconds,
    });
  }
  return rows;
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(0);

const toldInference = (row: InferenceShare): string =>
  `${row.page}, ${row.records} a page of ${(row.bytes / 1000).toFixed(0)} KB: ` +
  `slicing, inferring, gzip and landing take ${row.cpuMs.toFixed(2)} ms of processor time a page, ` +
  `${row.cpuWithoutMs.toFixed(2)} without inference: ${percent(row.cpuShare)}. A pull over loopback ` +
  `takes ${row.pullMs.toFixed(1)} ms a page and ${row.pullCpuMs.toFixed(2)} of processor time: ` +
  `${percent(row.pullCpuShare)} is inference`;

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

const columns = (cells: readonly string[]): string =>
  cells.map((cell, at) => (at === 0 ? cell.padEnd(24) : cell.padStart(12))).join('');

const toldQueries = (rows: readonly QueryRow[]): string[] => [
  columns(['query', 'before s', 'after s', 'faster', 'same']),
  ...rows.map((row) =>
    columns([
      row.query,
      row.beforeSeconds.toFixed(2),
      row.afterSeconds.toFixed(2),
      `${(row.beforeSeconds / row.afterSeconds).toFixed(2)}x`,
      String(row.same),
    ]),
  ),
];

const toldExports = (rows: readonly ExportRow[]): string[] => [
  columns(['export', 'rows', 'MB', 's', 'MB/s written', 'MB/s read']),
  ...rows.map((row) =>
    columns([
      row.format,
      row.rows.toLocaleString('en-US'),
      megabytes(row.bytes),
      row.seconds.toFixed(1),
      row.writtenMBps.toFixed(0),
      row.readMBps.toFixed(0),
    ]),
  ),
];
