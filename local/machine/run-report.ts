// What a run tells at its end: FinishRun's report when the machine got that far, else what
// the ledger says of the streams that this execution has touched.

import { z } from 'zod';
import { DriplakeError, Failure } from '../../shared/core/failures.ts';
import { type RunReport, reportStream, type StreamReport } from '../../shared/core/run/report.ts';
import { newStreamRun, type StreamState } from '../../shared/core/run/run.ts';
import type { Source } from '../../shared/core/source/source.ts';
import type { Ledger } from '../../shared/ports/ledger/ledger.ts';
import type { SyncEnded } from './machine.ts';

/** The execution that is told of. */
export interface Told {
  readonly id: string;
  readonly startedMs: number;
  readonly source: Pick<Source, 'name'>;
  /** Names of the streams that were asked for. */
  readonly streams: readonly string[];
}

/** @throws DriplakeError when the run was refused, or failed before it had a report */
export async function reportRun(ended: SyncEnded, ledger: Ledger, told: Told): Promise<RunReport> {
  const source = told.source.name;
  const finished = readReport(ended.report);
  if (finished) {
    const { runId, status, streams } = finished;
    return { runId, source, status, streams };
  }
  if (ended.kind === 'aborted') return interrupted(ledger, told);
  const { error, cause } =
    ended.kind === 'failed' ? ended : { error: 'FinishRun', cause: 'it left no report' };
  if (error === Failure.configuration) throw new DriplakeError(error, cause, '');
  throw new DriplakeError(
    Failure.stuck,
    `The run of ${source} broke off: ${error}: ${cause}`,
    'Its cursors are kept: run it again to go on from there.',
  );
}

async function interrupted(ledger: Ledger, told: Told): Promise<RunReport> {
  const run = await ledger.readRun(told.source.name);
  const states = await ledger.readStreams(told.source.name);
  const runId = run?.holder === told.id ? run.runId : '';
  const streams = told.streams.map((stream) => {
    const state = states.find((one) => one.stream === stream);
    return reportInterrupted(stream, state, runId, told);
  });
  return { runId, source: told.source.name, status: 'interrupted', streams };
}

/** A stream that this execution has not touched has done nothing, whatever earlier runs did. */
function reportInterrupted(
  stream: string,
  state: StreamState | undefined,
  runId: string,
  { id, startedMs }: Told,
): StreamReport {
  const run = state?.run;
  if (run && state.holder === id) {
    return reportStream(run, stream, run.status === 'skipped' ? 'skipped' : 'interrupted');
  }
  const isOurs = run && (run.runId === runId || (run.finishedAtMs ?? run.movedAtMs) >= startedMs);
  if (isOurs && !state.holder) {
    const status = run.status === 'finished' ? 'done' : run.status;
    const plain = status === 'draining' || status === 'drained' ? 'interrupted' : status;
    return reportStream(run, stream, plain);
  }
  const nothing = newStreamRun({
    runId: '',
    startedAtMs: startedMs,
    fullRefresh: false,
    walk: '',
  });
  return reportStream(nothing, stream, state?.holder ? 'busy' : 'interrupted');
}

/** What FinishRun answered, when it is that; its source is known. */
export const readReport = (answer: unknown): Omit<RunReport, 'source'> | undefined =>
  finishedRun.safeParse(answer).data;

const finishedRun = z.object({
  runId: z.string(),
  status: z.enum(['done', 'failed']),
  streams: z.array(z.custom<StreamReport>((value) => typeof value === 'object' && value !== null)),
});
