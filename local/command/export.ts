// `driplake export`: one table into one file, or CSV and NDJSON to stdout; what was written is told
// on stderr. stdout gets its first byte when all rows are known to be fine.

import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DriplakeError, Failure } from '../../shared/core/failures.ts';
import type { Exported, ExportOrder } from '../lake/export.ts';
import { EXPORT_FORMATS } from '../lake/export-formats.ts';
import { count } from '../screen/text-table.ts';
import { command } from '../usage/command.ts';
import { lake } from '../usage/options.ts';

export const exportRows = command({
  name: 'export',
  summary: 'The current rows of a stream as Parquet, CSV or NDJSON; a file is whole or not.',
  argument: { name: '<source.stream>', about: 'such as lightspeed-x.products' },
  options: {
    format: {
      takes: '<format>',
      about: 'how rows are written',
      among: EXPORT_FORMATS,
      required: true,
    },
    output: {
      short: '-o',
      takes: '<file>',
      about: 'where to; "-" or nothing is stdout, for csv and ndjson',
    },
    safe: { about: "csv for spreadsheets: ' before text that they would take for a formula" },
    history: { about: 'all rows of all finished runs' },
    force: { about: 'replace a file that is there' },
    lake,
  },
  async handler(asked, table) {
    const { lake, format, output = '-', safe = false, history = false, force = false } = asked;
    if (safe && format !== 'csv') {
      const remedy = `Leave it out: no spreadsheet runs what stands in ${format}.`;
      throw new DriplakeError(Failure.configuration, '--safe is for --format csv.', remedy);
    }
    const order = { lake, table, format, safe, history };
    if (output === '-') return exportToStdout(order);
    const { exportTable } = await import('../lake/export.ts');
    tell(await exportTable({ ...order, file: output, overwrite: force }), output);
  },
});

/** @throws DriplakeError configuration or lake, with a one-line cause */
async function exportToStdout(order: Omit<ExportOrder, 'file' | 'overwrite'>): Promise<void> {
  const { format } = order;
  if (format === 'parquet') {
    throw new DriplakeError(
      Failure.configuration,
      'Parquet goes into a file.',
      'Name it with --output, or take --format csv or ndjson.',
    );
  }
  const { exportTable } = await import('../lake/export.ts');
  const folder = await mkdtemp(path.join(tmpdir(), 'driplake-export-'));
  try {
    const file = path.join(folder, `rows.${format}`);
    const exported = await exportTable({ ...order, file, overwrite: false });
    const handle = await open(file);
    // It is read without its name: whatever ends this process leaves nothing behind.
    await rm(folder, { recursive: true });
    await pipeline(handle.createReadStream(), process.stdout, { end: false });
    tell(exported, 'stdout');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function tell({ rows, bytes, seconds, faults }: Exported, place: string): void {
  for (const fault of faults) process.stderr.write(`driplake: ${fault}\n`);
  const megabytes = bytes / 1e6;
  const speed = (megabytes / Math.max(seconds, 0.001)).toFixed(1);
  process.stderr.write(
    `${count(rows)} rows, ${count(bytes)} bytes in ` +
      `${seconds.toFixed(1)} s (${speed} MB/s) -> ${place}\n`,
  );
}
