// One run of a source on this machine, through the state machines. Interrupted, it lands what it
// has and keeps its place.

import { randomUUID } from 'node:crypto';
import { access, constants } from 'node:fs/promises';
import { Failure } from '../../shared/core/failures.ts';
import { wavesOf } from '../../shared/core/partition/parents.ts';
import type { RunReport } from '../../shared/core/run/report.ts';
import { diskFault } from '../../shared/ports/lake/disk-faults.ts';
import { makeFolder } from '../../shared/ports/lake/folder.ts';
import { executionId } from './connect.ts';
import { runSync } from './machine.ts';
import { type OpenOptions, withSource } from './open-source.ts';
import { inputOf } from './run-input.ts';
import { reportRun } from './run-report.ts';

export interface RunOptions extends OpenOptions {
  readonly lakeDir: string;
  readonly fullRefresh: boolean;
  readonly sameData: boolean;
  readonly signal: AbortSignal;
}

/**
 * Milliseconds of one invocation, given how long the process has run. In AWS a round may take
 * minutes; here it lands sooner, so that a killed run has little to fetch again: after a second at
 * first, later after a tenth of the time taken, at last once a minute, which keeps objects
 * few. (A round reserves half of its time for a last request and for landing.)
 */
const invocationMs = (sinceStartMs: number): number =>
  2 * Math.min(60_000, Math.max(1_000, sinceStartMs / 10));

/** @throws DriplakeError when it can't begin; what fails on the way is told by the report */
export async function runSource(options: RunOptions): Promise<RunReport> {
  await checkLake(options.lakeDir);
  return withSource(options, async (source, connection) => {
    const input = inputOf(source.name, options.streams, options);
    const startedMs = connection.ports.clock.nowMs();
    const id = executionId(randomUUID());
    const ended = await runSync(input, connection, { executionId: id, invocationMs });
    const asked = options.streams.length > 0 ? options.streams : source.streams.map(nameOf);
    const streams = wavesOf(source, asked).flat();
    return reportRun(ended, connection.ports.ledger, { id, startedMs, source, streams });
  });
}

const nameOf = ({ name }: { readonly name: string }): string => name;

/** A lake that can't be written is found before anything is fetched for it. */
async function checkLake(lakeDir: string): Promise<void> {
  try {
    await makeFolder(lakeDir);
    await access(lakeDir, constants.W_OK);
  } catch (error) {
    const what = `The lake ${lakeDir} can't be written`;
    throw diskFault(Failure.configuration, what, error, 'choose another folder with --lake');
  }
}
