// Compacts the lake on this machine, with the ledger that says which of its runs are unfinished.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { COMPACT_BYTES } from '../../shared/core/bounds.ts';
import { DriplakeError, Failure } from '../../shared/core/failures.ts';
import { manifestsOnly } from '../../shared/ports/catalogue/catalogue.ts';
import { systemClock } from '../../shared/ports/clock.ts';
import { silentJournal } from '../../shared/ports/journal.ts';
import { folderLake } from '../../shared/ports/lake/lake-folder.ts';
import { systemRandom } from '../../shared/ports/random.ts';
import { type CompactReport, compactLake } from '../../shared/pull/compact/compact.ts';
import type { CompactStep } from '../../shared/pull/compact/compact-run.ts';
import { openLedger } from '../ledger/ledger.ts';

export interface CompactFolder {
  readonly lakeDir: string;
  readonly stateDir: string;
  /** A source, or a stream as `source.stream`; without a word, the whole lake. */
  readonly part: string | undefined;
  /** Aborted, it gives up the object that is being merged and reports what is done. */
  readonly signal: AbortSignal;
  readonly onStep: (step: CompactStep) => void;
}

/** @throws DriplakeError configuration, lake, ledger */
export async function compactFolder(asked: CompactFolder): Promise<CompactReport> {
  const { lakeDir, stateDir, part, signal, onStep } = asked;
  checkFolders(lakeDir, stateDir);
  const { source, stream } = partOf(part);
  const clock = systemClock();
  const ledger = await openLedger(stateDir, clock, systemRandom());
  try {
    const lake = folderLake(lakeDir);
    const ports = { clock, ledger, lake, catalogue: manifestsOnly, journal: silentJournal };
    return await compactLake(ports, {
      source,
      stream,
      mergedBytes: COMPACT_BYTES,
      isLate: () => signal.aborted,
      signal,
      onStep,
    });
  } finally {
    await ledger.close();
  }
}

/** Without the ledger nobody knows which runs are still going on. */
function checkFolders(lakeDir: string, stateDir: string): void {
  if (!existsSync(lakeDir)) {
    throw new DriplakeError(
      Failure.lake,
      `There is no lake folder at ${lakeDir}.`,
      'Run `driplake run <source>` first, or name the folder with --lake.',
    );
  }
  if (existsSync(join(stateDir, 'ledger'))) return;
  throw new DriplakeError(
    Failure.configuration,
    `Nothing has run with the state folder ${stateDir}: it does not say which runs are unfinished.`,
    'Name the folder that the runs of this lake were made with: --state.',
  );
}

/** @throws DriplakeError configuration */
function partOf(part = ''): { source?: string; stream?: string } {
  if (part === '') return {};
  const [source = '', stream, ...rest] = part.split('.');
  if (rest.length === 0) return stream === undefined ? { source } : { source, stream };
  throw new DriplakeError(
    Failure.configuration,
    `${JSON.stringify(part)} is neither a source nor a stream.`,
    'A stream is named like lightspeed-x.products.',
  );
}
