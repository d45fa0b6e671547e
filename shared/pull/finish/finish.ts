// Finishes what was drained: proves that the lake holds what the ledger says, publishes it with a
// manifest, moves the watermark. Every step can be repeated; nothing is visible before all of it.

import { CAUSE_CHARS, DRIFT_BYTES } from '../../core/bounds.ts';
import { DriplakeError, explain, Failure } from '../../core/failures.ts';
import { isKnownAs } from '../../core/run/anew.ts';
import { causes } from '../../core/run/causes.ts';
import {
  addressNow,
  countsOf,
  type RunReport,
  released,
  reportStream,
  type StreamCounts,
  type StreamReport,
  type StreamRun,
  type StreamState,
} from '../../core/run/run.ts';
import type { Source } from '../../core/source/source.ts';
import { addLosses, type CastLosses, describeCasts } from '../../core/table/cast-losses.ts';
import { describeLeftOut } from '../../core/table/columns.ts';
import { runPrefix } from '../../core/table/keys.ts';
import { boundDrift, type DriftReport } from '../../core/table/stream-columns.ts';
import { noteAge } from '../plan/age.ts';
import type { StreamPlan } from '../plan/plan.ts';
import type { LakePorts, LedgerPorts, PublishPorts } from '../ports.ts';
import type { Assignment } from '../round.ts';
import { publishRun } from './publish.ts';
import { type DrainedRun, nextWatermark, unprovenAfter, warningsOfCounts } from './whole.ts';

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
  const { watermark: _before, unproven: _unproven, ...rest } = released(state);
  const watermark = nextWatermark(drained);
  const address = addressNow(run);
  return {
    ...rest,
    ...(watermark === undefined ? {} : { watermark }),
    ...unprovenAfter(drained),
    ...(address ? { address } : {}),
    ...(run.lake ? { published: { runId: run.runId, id: run.lake.id } } : {}),
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

export type RunOutcome = RunReport & {
  readonly kind: 'done' | 'failed';
  /** A line for each cause, with the streams that it failed; empty when none did. */
  readonly cause: string;
};

/** How a stream ended, as the machine has it: an answer of `finishStream`, or what it caught. */
export interface StreamEnd {
  readonly kind: string;
  readonly counts?: StreamCounts | undefined;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

/** A run whose streams have all ended. */
export interface EndedRun {
  readonly runId: string;
  readonly plans: readonly StreamPlan[];
  /** By stream, for streams whose item says nothing of this run. */
  readonly ends: Readonly<Record<string, StreamEnd>>;
}

/** Closes the run and tells what it did, in the order of the source's streams. */
export async function finishRun(
  ports: LedgerPorts,
  source: Source,
  { runId, plans, ends }: EndedRun,
): Promise<RunOutcome> {
  const states = await ports.ledger.readStreams(source.name);
  noteAge(ports, source, states, runId);
  const names = source.streams.map((stream) => stream.name);
  const inOrder = plans.toSorted((a, b) => names.indexOf(a.stream) - names.indexOf(b.stream));
  const streams = inOrder.map((plan) =>
    reportPlan(
      plan,
      states.find((state) => state.stream === plan.stream),
      ends[plan.stream],
    ),
  );
  const failed = streams.filter((stream) => stream.status === 'failed');
  const kind = failed.length === 0 ? 'done' : 'failed';
  const run = await ports.ledger.readRun(source.name);
  if (run?.runId === runId) {
    await ports.ledger.writeRun({ ...run, status: kind, finishedAtMs: ports.clock.nowMs() });
  }
  const told = causes(failed).join('\n');
  const cause = told.length > CAUSE_CHARS ? `${told.slice(0, CAUSE_CHARS - 1)}…` : told;
  return { kind, status: kind, runId, source: source.name, cause, streams };
}

/** A stream's report: from its item when that is still of this run, else from the machine. */
function reportPlan(
  plan: StreamPlan,
  state: StreamState | undefined,
  end: StreamEnd | undefined,
): StreamReport {
  const run = state?.run;
  if (plan.kind === 'busy') return reportBusy(plan.stream, state);
  if (!run || !isKnownAs(run, plan.runId)) return reportLeft(plan, end);
  if (run.status === 'skipped') return reportStream(run, plan.stream, 'skipped');
  if (run.status === 'finished') return reportStream(run, plan.stream, 'done');
  const caused = run.cause ?? failureOf(end);
  return reportStream(
    { ...run, ...(caused === undefined ? {} : { cause: caused }) },
    plan.stream,
    'failed',
  );
}

/** Who holds it, and until when: whoever waits for the rows wants to know. */
function reportBusy(stream: string, state: StreamState | undefined): StreamReport {
  const { holder = '', streamLeaseUntilMs = 0 } = state ?? {};
  const cause =
    holder === ''
      ? 'Another run has begun it since. Nothing was read by this one.'
      : `${holder} holds it, until ${new Date(streamLeaseUntilMs).toISOString()} unless it ` +
        'ends or says more. Nothing was read by this run.';
  return { ...nothing(stream, 'busy'), cause };
}

/** A stream that is finished is free: the next run may have begun it before this one is over. */
function reportLeft({ stream, kind }: StreamPlan, end: StreamEnd | undefined): StreamReport {
  if (end?.counts) return { stream, status: 'done', ...end.counts };
  if (kind === 'finished') return nothing(stream, 'done');
  return { ...nothing(stream, 'failed'), cause: failureOf(end) ?? 'Another run took it over.' };
}

const failureOf = (end: StreamEnd | undefined): string | undefined =>
  end?.kind === 'failed' ? (end.error ?? end.cause ?? 'It failed.') : undefined;

const nothing = (stream: string, status: StreamReport['status']): StreamReport => ({
  stream,
  status,
  pages: 0,
  records: 0,
  bytes: 0,
  objects: 0,
  requests: 0,
  throttled: 0,
  waitedSeconds: 0,
  seconds: 0,
});
