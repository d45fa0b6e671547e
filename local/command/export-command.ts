// `driplake export`: one table into one file, or CSV and NDJSON to stdout; what was written is told
// on stderr. stdout gets its first byte when all rows are known to be fine.

import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DriplakeError, Failure } from '../../shared/core/failures.ts';
import { type Exported, exportTable } from '../lake/export.ts';
import type { ExportFormat } from '../lake/export-formats.ts';
import { count } from '../screen/text-table.ts';

export interface ExportFlags {
  readonly lake: string;
  readonly format: ExportFormat;
  /** A file, or `-` for stdout, which is where it goes when nothing is said. */
  readonly output?: string;
  readonly history?: true;
  readonly force?: true;
}

/** @throws DriplakeError configuration or lake, with a one-line cause */
export async function exportCommand(table: string, flags: ExportFlags): Promise<void> {
  const { lake, format, output = '-' } = flags;
  const order = { lake, table, format, history: flags.history ?? false };
  if (output !== '-') {
    tell(await exportTable({ ...order, file: output, overwrite: flags.force ?? false }), output);
    return;
  }
  if (format === 'parquet') {
    throw new DriplakeError(
      Failure.configuration,
      'Parquet goes into a file.',
      'Name it with --output, or take --format csv or ndjson.',
    );
  }
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
