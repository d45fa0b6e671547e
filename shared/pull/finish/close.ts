// Closes a run: tells what it did, stream by stream, in the order of the source. One failed stream
// fails the run, after the others have finished.

import { CAUSE_CHARS } from '../../core/bounds.ts';
import { isKnownAs } from '../../core/run/anew.ts';
import { causes } from '../../core/run/causes.ts';
import { type RunReport, reportStream, type StreamReport } from '../../core/run/report.ts';
import type { StreamState } from '../../core/run/run.ts';
import type { Source } from '../../core/source/source.ts';
import { noteAge } from '../plan/age.ts';
import type { StreamEnd, StreamPlan, WavesSoFar } from '../plan/plan.ts';
import type { LedgerPorts } from '../ports.ts';

export type RunOutcome = RunReport & {
  readonly kind: 'done' | 'failed';
  /** A line for each cause, with the streams that it failed; empty when none did. */
  readonly cause: string;
};

/** A run whose streams have all ended. */
export interface EndedRun extends WavesSoFar {
  readonly runId: string;
}

/** Closes the run and tells what it did, in the order of the source's streams. */
export async function finishRun(
  ports: LedgerPorts,
  source: Source,
  { runId, plans, ends }: EndedRun,
): Promise<RunOutcome> {
  const states = await ports.ledger.readStreams(source.name);
  noteAge(ports, source, states, runId);
  const reports = new Map<string, StreamReport>();
  for (const plan of plans) {
    const state = states.find((one) => one.stream === plan.stream);
    const end = ends.find((one) => one.stream === plan.stream);
    const parent = plan.parent === undefined ? undefined : reports.get(plan.parent);
    reports.set(plan.stream, parent ? reportBehind(plan, parent) : reportPlan(plan, state, end));
  }
  const streams = source.streams.flatMap(({ name }) => reports.get(name) ?? []);
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

/** What became of its parent is what becomes of a child. */
function reportBehind({ stream }: StreamPlan, parent: StreamReport): StreamReport {
  const isBusy = parent.status === 'busy';
  const what = isBusy ? 'another run is reading' : 'failed';
  return {
    ...nothing(stream, isBusy ? 'busy' : 'failed'),
    cause: `It follows ${parent.stream}, which ${what}. Nothing was read by this run.`,
  };
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
