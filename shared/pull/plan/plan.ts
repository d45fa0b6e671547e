// Plans a run: resumes what an earlier one left, or begins anew; claims each stream, so that two
// runs never drain the same one. Asking twice for the same execution plans the same run.

import { RUN_RESUME_MS, USUAL_CONCURRENCY } from '../../core/bounds.ts';
import { isAhead } from '../../core/run/lease.ts';
import type { RunState, StreamState } from '../../core/run/run.ts';
import type { Source, Stream } from '../../core/source/source.ts';
import type { LedgerPorts } from '../ports.ts';
import { noteAge } from './age.ts';
import { type Asked, type Claimant, decideStream, isBehind, runIdFor } from './stream-decision.ts';

/** What a schedule or a person asks for. */
export interface RunRequest {
  readonly source: string;
  readonly streams?: readonly string[] | undefined;
  readonly fullRefresh?: boolean | undefined;
  /** Wherever the streams are now, their data is what was read before. Not with `fullRefresh`. */
  readonly sameData?: true | undefined;
}

/** Who asks: the execution that will hold the leases. */
export interface Execution extends Claimant {
  /** Whether another holder is known to be dead, so that its lease need not run out. */
  readonly isGone: (holder: string) => Promise<boolean>;
}

export interface StreamPlan {
  readonly source: string;
  readonly stream: string;
  /** Of this stream: an unfinished run keeps its own. */
  readonly runId: string;
  readonly fence: number;
  readonly segment: number;
  /** `drain` goes through the machine; the others are only told of. */
  readonly kind: 'drain' | 'busy' | 'finished';
}

export type Plan =
  | {
      readonly kind: 'planned';
      readonly source: string;
      readonly runId: string;
      readonly concurrency: number;
      readonly streams: readonly StreamPlan[];
      readonly others: readonly StreamPlan[];
    }
  | { readonly kind: 'failed'; readonly source: string; readonly cause: string };

export async function planRun(
  ports: LedgerPorts,
  source: Source,
  request: RunRequest,
  execution: Execution,
): Promise<Plan> {
  const unknown = (request.streams ?? []).filter(
    (name) => !source.streams.some((stream) => stream.name === name),
  );
  if (unknown.length > 0) {
    const names = source.streams.map((stream) => stream.name).join(', ');
    const cause = `${source.name} has no stream ${unknown.join(', ')}. It has: ${names}.`;
    return { kind: 'failed', source: source.name, cause };
  }
  const wanted = source.streams.filter(
    (stream) => request.streams === undefined || request.streams.includes(stream.name),
  );
  const asked = { fullRefresh: request.fullRefresh === true, sameData: request.sameData === true };
  const planning = { ports, source, wanted, asked, execution };
  const states = await ports.ledger.readStreams(source.name);
  const run = await openRun(planning);
  noteAge(ports, source, states, run.runId);
  const plans: StreamPlan[] = [];
  for (const stream of wanted) {
    const state = states.find((one) => one.stream === stream.name);
    plans.push(await planStream(planning, run, stream, state));
  }
  return {
    kind: 'planned',
    source: source.name,
    runId: run.runId,
    concurrency: source.concurrency ?? USUAL_CONCURRENCY,
    streams: plans.filter((plan) => plan.kind === 'drain'),
    others: plans.filter((plan) => plan.kind !== 'drain'),
  };
}

/** A plan while it is made. */
interface Planning {
  readonly ports: LedgerPorts;
  readonly source: Source;
  /** The streams that were asked for. */
  readonly wanted: readonly Stream[];
  readonly asked: Asked;
  readonly execution: Execution;
}

/**
 * The interrupted run when it is young and was asked the same, else a new one. To tell streams
 * that their data has moved begins a new one: those that were finished have to learn it too.
 */
async function openRun({ ports, source, wanted, asked, execution }: Planning): Promise<RunState> {
  const { fullRefresh, sameData } = asked;
  const streams = wanted.map((stream) => stream.name);
  const last = await ports.ledger.readRun(source.name);
  const nowMs = ports.clock.nowMs();
  const same =
    last?.status === 'running' &&
    last.fullRefresh === fullRefresh &&
    (last.sameData || !sameData) &&
    last.streams.join() === streams.join() &&
    nowMs - last.startedAtMs < RUN_RESUME_MS;
  if (same && last.holder === execution.id) return last;
  const mayResume = same && !isAhead(last.startedAtMs, nowMs);
  if (mayResume && (await execution.isGone(last.holder))) {
    const resumed = { ...last, holder: execution.id };
    await ports.ledger.writeRun(resumed);
    return resumed;
  }
  const begun: RunState = {
    source: source.name,
    runId: runIdFor(execution),
    status: 'running',
    startedAtMs: execution.startedAtMs,
    fullRefresh,
    ...(sameData ? { sameData } : {}),
    streams,
    holder: execution.id,
  };
  // A plan that comes late (Step Functions may start a task twice) opens nothing that is closed.
  const late = last && (last.runId === begun.runId || isBehind(execution, last, nowMs));
  if (!late) await ports.ledger.writeRun(begun);
  return begun;
}

/** Decides, and claims the stream where that is the decision. */
async function planStream(
  { ports, source, asked, execution }: Planning,
  run: RunState,
  stream: Stream,
  state: StreamState | undefined,
): Promise<StreamPlan> {
  const at = { source: source.name, stream: stream.name };
  const planned = (kind: StreamPlan['kind'], runId: string, fence: number): StreamPlan => ({
    ...at,
    segment: 0,
    kind,
    runId,
    fence,
  });
  const note = (status: 'started' | 'resumed' | 'busy' | 'finished', runId: string): void =>
    ports.journal.note({ kind: 'stream', ...at, runId, status });
  const nowMs = ports.clock.nowMs();
  const decision = decideStream({ source, stream, state, run, asked, execution, nowMs });
  switch (decision.kind) {
    case 'finished':
      note('finished', decision.runId);
      return planned('finished', decision.runId, decision.fence);
    case 'held':
      return planned('drain', decision.runId, decision.fence);
    case 'claim': {
      const { status, runId, next, rival } = decision;
      const isFree = rival === undefined || (await execution.isGone(rival));
      if (!isFree || !(await ports.ledger.moveStream(next))) break;
      note(status, runId);
      return planned('drain', runId, next.fence);
    }
    case 'late':
      break;
  }
  const runId = state?.run?.runId ?? run.runId;
  note('busy', runId);
  return planned('busy', runId, state?.fence ?? 0);
}
