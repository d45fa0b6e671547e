// Writes a stream's table into one file: Parquet, CSV or NDJSON, by DuckDB itself, which streams
// and uses all cores. The file appears under its name when it is whole, never before; a file that
// is there already stays, unless the caller says otherwise.

import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { access, constants, open, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { DriplakeError, Failure } from '../../shared/core/failures.ts';
import { quoteName } from '../../shared/core/table/sql-text.ts';
import { tableNames } from '../../shared/core/table/views.ts';
import { diskFault } from '../../shared/ports/lake/disk-faults.ts';
import { copyText, type ExportFormat } from './export-formats.ts';
import { type LakeDatabase, openLakeDatabase } from './query.ts';

export interface ExportOrder {
  readonly lake: string;
  /** `lightspeed-x.products`, or as SQL has it, `lightspeed_x.products`. */
  readonly table: string;
  /** All rows of all finished runs instead of the current ones. */
  readonly history: boolean;
  readonly format: ExportFormat;
  /** Of CSV: text that a spreadsheet would run begins with `'`. */
  readonly safe?: boolean;
  readonly file: string;
  /** Whether a file of this name is replaced. */
  readonly overwrite: boolean;
}

export interface Exported {
  readonly rows: number;
  /** Of the file. */
  readonly bytes: number;
  readonly seconds: number;
  /** What keeps other streams out of the tables, one line each. */
  readonly faults: readonly string[];
}

/**
 * CSV has a line of names, lines end in LF, null is nothing and empty text is `""`. NDJSON has an
 * object for each row with the columns of the table: JSON columns are JSON, as the table has them,
 * 64-bit numbers are exact, null is null. Parquet is compressed with zstd. Times are UTC.
 * @throws DriplakeError configuration: no such table, a place that can't be written; lake: the rest
 */
export async function exportTable(order: ExportOrder): Promise<Exported> {
  const file = path.resolve(order.file);
  await checkTarget(file, order.overwrite);
  const temporary = path.join(
    path.dirname(file),
    `.${path.basename(file)}.${randomUUID().slice(0, 8)}.part`,
  );
  const forget = removeWhenInterrupted(temporary);
  const startedMs = performance.now();
  const database = await openLakeDatabase(order.lake, temporary);
  try {
    const name = tableOf(order, database);
    const { columns } = await database.query(`SELECT * FROM ${name} LIMIT 0`);
    const { format, safe = false } = order;
    const rows = await database.copy(copyText({ format, safe }, name, columns, temporary));
    await flush(temporary);
    await checkTarget(file, order.overwrite);
    await rename(temporary, file);
    const { size: bytes } = await stat(file);
    const seconds = (performance.now() - startedMs) / 1000;
    return { rows, bytes, seconds, faults: database.faults };
  } catch (error) {
    throw error instanceof DriplakeError ? error : writeFault(order.file, error);
  } finally {
    database.close();
    await rm(temporary, { force: true });
    forget();
  }
}

async function checkTarget(file: string, overwrite: boolean): Promise<void> {
  const folder = path.dirname(file);
  const writable = await access(folder, constants.W_OK).then(
    () => true,
    () => false,
  );
  if (!writable) {
    throw refusal(`Cannot write into the folder ${folder}.`, 'Name a folder that is there.');
  }
  const there = await stat(file).catch(() => undefined);
  if (there && !there.isFile()) throw refusal(`${file} is no file.`, 'Name one.');
  if (there && !overwrite) {
    throw refusal(`${file} is there already.`, 'Name another file, or say --force.');
  }
}

/** The table's name in SQL; hyphens may stand for the underscores it has there. */
function tableOf({ table, history }: ExportOrder, { tables, faults }: LakeDatabase): string {
  const [source = '', stream = '', ...rest] = table.split('.');
  const names = tableNames({ source, stream });
  const current = `${names.schema}.${names.current}`;
  if (rest.length === 0 && tables.includes(current)) {
    return `${quoteName(names.schema)}.${quoteName(history ? names.history : names.current)}`;
  }
  const known = `There are: ${tables.join(', ') || 'none'}.`;
  throw refusal(`There is no stream ${table} in the lake.`, [known, ...faults].join(' '));
}

/** On disk before it has its name: a crash later leaves a whole file or none. */
async function flush(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Interrupted, it takes its half file along and dies of the signal itself: an orderly exit would
 * wait for DuckDB's threads. Returns how to end that.
 */
function removeWhenInterrupted(file: string): () => void {
  const stop = (signal: 'SIGINT' | 'SIGTERM') => {
    rmSync(file, { force: true });
    process.kill(process.pid, signal);
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
  return () => void process.off('SIGINT', stop).off('SIGTERM', stop);
}

const refusal = (message: string, remedy: string): DriplakeError =>
  new DriplakeError(Failure.configuration, message, remedy);

function writeFault(file: string, error: unknown): DriplakeError {
  const what = `${file} was not written, and nothing is left behind`;
  return diskFault(Failure.lake, what, error, 'name another file with --output');
}
