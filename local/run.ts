// `driplake run`: one run of a source on this machine, through the state machines. Interrupted, it
// lands what it has and keeps its place.

import { randomUUID } from 'node:crypto';
import { access, constants, mkdir } from 'node:fs/promises';
import * as z from 'zod';
import { DriplakeError, Failure } from '../shared/core/failures.ts';
import { LANDING_RESERVE_MS } from '../shared/core/limits.ts';
import {
  type RunReport,
  reportStream,
  type StreamReport,
  type StreamRun,
} from '../shared/core/run.ts';
import type { Source } from '../shared/core/source.ts';
import type { Journal } from '../shared/ports/journal.ts';
import { connectLocal, executionId, findSource, type LocalConnection } from './connect.ts';
import { type Ended, runSync } from './machine.ts';

export interface RunOptions {
  /** A name, or the path of a source file. */
  readonly source: string;
  readonly streams: readonly string[];
  readonly lakeDir: string;
  readonly stateDir: string;
  readonly fullRefresh: boolean;
  readonly journal: Journal;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/**
 * Milliseconds of one invocation, given how long the process has run. In AWS a round may take
 * minutes; here it lands sooner, so that a killed run has little to fetch again: after a second at
 * first, later after a tenth of the time taken, at last once a minute, which keeps objects few.
 */
const invocationMs = (sinceStartMs: number): number =>
  LANDING_RESERVE_MS + Math.min(60_000, Math.max(1_000, sinceStartMs / 10));

/** @throws DriplakeError when it can't begin; what fails on the way is told by the report */
export async function runSource(options: RunOptions): Promise<RunReport> {
  const source = await findSource(options.source, options.env);
  checkStreams(source, options.streams);
  await checkLake(options.lakeDir);
  const connection = await connectLocal({ ...options, sources: new Map([[source.name, source]]) });
  try {
    const input = {
      source: source.name,
      ...(options.streams.length > 0 ? { streams: options.streams } : {}),
      ...(options.fullRefresh ? { fullRefresh: true } : {}),
    };
    const id = executionId(randomUUID());
    const ended = await runSync(input, connection, {
      executionId: id,
      invocationMs,
    });
    return await reportOf(ended, connection, source, options.streams, id);
  } finally {
    await connection.close();
  }
}

function checkStreams(source: Source, streams: readonly string[]): void {
  const names = source.streams.map((stream) => stream.name);
  const unknown = streams.filter((name) => !names.includes(name));
  if (unknown.length === 0) return;
  throw new DriplakeError(
    Failure.configuration,
    `${source.name} has no stream ${unknown.join(', ')}.`,
    `It has: ${names.join(', ')}.`,
  );
}

async function checkLake(lakeDir: string): Promise<void> {
  try {
    await mkdir(lakeDir, { recursive: true });
    await access(lakeDir, constants.W_OK);
  } catch (error) {
    throw new DriplakeError(
      Failure.configuration,
      `The lake folder ${lakeDir} can't be written: ${error instanceof Error ? error.message : String(error)}.`,
      'Choose another one with --lake.',
    );
  }
}

/** The machine's own report; or, when it failed or was stopped, what the ledger says. */
async function reportOf(
  ended: Ended,
  connection: LocalConnection,
  source: Source,
  only: readonly string[],
  executionId: string,
): Promise<RunReport> {
  if (ended.kind === 'succeeded') {
    const { runId, status, streams } = runReport.parse(ended.output);
    return { runId, source: source.name, status, streams };
  }
  const run = await connection.ports.ledger.readRun(source.name);
  if (!run || (ended.kind === 'failed' && ended.error === Failure.configuration)) {
    const cause = ended.kind === 'failed' ? ended.cause : 'It was stopped before it began.';
    throw new DriplakeError(Failure.configuration, cause, '');
  }
  const states = await connection.ports.ledger.readStreams(source.name);
  const streams = states
    .filter((state) => only.length === 0 || only.includes(state.stream))
    .flatMap(({ stream, run, holder }): StreamReport[] =>
      run ? [reportStream(run, stream, statusOf(run, holder, executionId))] : [],
    );
  const status = ended.kind === 'aborted' ? 'interrupted' : 'failed';
  return { runId: run.runId, source: source.name, status, streams };
}

function statusOf(run: StreamRun, holder: string, executionId: string): StreamReport['status'] {
  if (run.status === 'finished') return 'done';
  if (run.status === 'skipped' || run.status === 'failed') return run.status;
  return holder === executionId ? 'interrupted' : 'busy';
}

const runReport = z.object({
  runId: z.string(),
  status: z.enum(['done', 'failed']),
  streams: z.array(z.custom<StreamReport>((value) => typeof value === 'object' && value !== null)),
});
