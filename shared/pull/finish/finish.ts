// Finishes what was drained: proves that the lake holds what the ledger says, publishes it with a
// manifest, moves the watermark. Every step can be repeated; nothing is visible before all of it.

import { DRIFT_BYTES } from '../../core/bounds.ts';
import { DriplakeError, explain, Failure } from '../../core/failures.ts';
import { countsOf, type StreamCounts } from '../../core/run/report.ts';
import { addressNow, released, type StreamRun, type StreamState } from '../../core/run/run.ts';
import type { Source } from '../../core/source/source.ts';
import { addLosses, type CastLosses, describeCasts } from '../../core/table/cast-losses.ts';
import { describeLeftOut } from '../../core/table/columns.ts';
import { runPrefix } from '../../core/table/keys.ts';
import { boundDrift, type DriftReport } from '../../core/table/stream-columns.ts';
import type { LakePorts, LedgerPorts, PublishPorts } from '../ports.ts';
import type { Assignment } from '../round.ts';
import { publishRun } from './publish.ts';
import {
  type DrainedRun,
  listedAfter,
  nextWatermark,
  publishedAfter,
  unprovenAfter,
  verifyPartitions,
  warningsOfCounts,
} from './whole.ts';

export type Finished =
  | { readonly kind: 'finished'; readonly counts: StreamCounts }
  | { readonly kind: 'failed'; readonly cause: string };

/** Publishes a drained stream. A fault is kept with the stream and told by the run's report. */
export async function finishStream(
  ports: PublishPorts,
  source: Source,
  assignment: Assignment,
): Promise<Finished> {
  const state = await ports.ledger.readStream(source.name, assignment.stream);
  const stream = source.streams.find((one) => one.name === assignment.stream);
  const run = state?.run;
  if (!state || !run || !stream || state.fence !== assignment.fence) {
    return { kind: 'failed', cause: `Another run has taken over ${assignment.stream}.` };
  }
  if (run.status === 'finished') return { kind: 'finished', counts: countsOf(run) };
  if (run.status === 'failed') return { kind: 'failed', cause: run.cause ?? '' };
  if (run.status === 'draining') return { kind: 'failed', cause: 'It is not drained yet.' };
  if (run.status === 'skipped') {
    await ports.ledger.moveStream({ ...released(state), freshAtMs: ports.clock.nowMs(), run });
    return { kind: 'finished', counts: countsOf(run) };
  }
  const drained: DrainedRun = { source, stream, state, run };
  try {
    verifyPartitions(drained);
    const lost = await verifyRun(ports, state, run);
    const counted = warningsOfCounts(drained);
    const { drift, columns } = await publishRun(ports, drained);
    const changes = drift && boundDrift(drift, DRIFT_BYTES);
    const casts = describeCasts(stream.casts, columns, lost);
    const warnings = [...counted, ...describeLeftOut(columns), ...casts];
    const cause = warnings.length === 0 ? undefined : warnings.join(' ');
    const told = {
      ...(cause === undefined ? {} : { cause, warnings }),
      ...(changes ? { drift: changes } : {}),
    };
    const finished = finishedState(drained, told, ports.clock.nowMs());
    if (!(await ports.ledger.moveStream(finished))) {
      return { kind: 'failed', cause: 'The stream moved while it was finished; run again.' };
    }
    note(ports, state, 'finished', cause);
    if (changes) noteDrift(ports, state, changes);
    return { kind: 'finished', counts: countsOf(run) };
  } catch (error) {
    if (!(error instanceof DriplakeError)) throw error;
    const cause = explain(error);
    const failed: StreamRun = {
      ...run,
      status: 'failed',
      cause,
      ...(error.name === Failure.incomplete ? { restart: 'spoilt' } : {}),
    };
    await ports.ledger.moveStream({ ...released(state), run: failed });
    note(ports, state, 'failed', cause);
    return { kind: 'failed', cause };
  }
}

/**
 * The batches in the lake follow each other without a gap and add up to what the ledger says.
 * @returns what their casts lose
 */
async function verifyRun(
  ports: LakePorts,
  state: StreamState,
  run: StreamRun,
): Promise<CastLosses> {
  const found = { objects: 0, records: 0, bytes: 0 };
  let lost: CastLosses = {};
  const prefix = runPrefix({ ...run, source: state.source, stream: state.stream });
  for await (const { record } of ports.lake.readRecords(prefix)) {
    if (record.runId !== run.runId || record.sequence !== found.objects) {
      const other = `batch ${record.sequence} of ${record.runId}`;
      throw incomplete(prefix, `batch ${found.objects}`, other);
    }
    found.objects++;
    found.records += record.records;
    found.bytes += record.bytes;
    if (record.lost) lost = addLosses(lost, record.lost);
  }
  for (const [what, told] of [
    ['objects', run.sequence],
    ['records', run.records],
    ['bytes', run.bytes],
  ] as const) {
    if (found[what] !== told) throw incomplete(prefix, `${told} ${what}`, `${found[what]}`);
  }
  return lost;
}

const incomplete = (prefix: string, expected: string, found: string): DriplakeError =>
  new DriplakeError(
    Failure.incomplete,
    `The lake does not hold what the ledger says under ${prefix}: expected ${expected}, found ${found}.`,
    'Something else changed the lake. The next run reads this stream again.',
  );

function finishedState(
  drained: DrainedRun,
  told: Pick<StreamRun, 'cause' | 'warnings' | 'drift'>,
  nowMs: number,
): StreamState {
  const { state, run } = drained;
  const { watermark: _before, unproven: _unproven, listed: _listed, ...rest } = released(state);
  const watermark = nextWatermark(drained);
  const address = addressNow(run);
  return {
    ...rest,
    ...(watermark === undefined ? {} : { watermark }),
    ...unprovenAfter(drained),
    ...listedAfter(drained),
    ...(address ? { address } : {}),
    ...(run.lake ? { published: publishedAfter(drained, run.lake.id) } : {}),
    freshAtMs: nowMs,
    run: { ...run, status: 'finished', finishedAtMs: nowMs, ...told },
  };
}

const note = (
  { journal }: LedgerPorts,
  state: StreamState,
  status: 'finished' | 'failed',
  cause: string | undefined,
): void =>
  journal.note({
    kind: 'stream',
    source: state.source,
    stream: state.stream,
    runId: state.run?.runId ?? '',
    status,
    ...(cause === undefined ? {} : { cause }),
  });

const noteDrift = ({ journal }: LedgerPorts, state: StreamState, drift: DriftReport): void =>
  journal.note({
    kind: 'drift',
    source: state.source,
    stream: state.stream,
    runId: state.run?.runId ?? '',
    drift,
  });
