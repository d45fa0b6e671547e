// Plans a run wave by wave: resumes what an earlier one left, or begins anew; claims each stream,
// so that two runs never drain the same one. Asked twice for one execution it plans the same run.
//
// `orders` has the child `items`, which has the child `taxes`; `shops` has none. Wave 0 claims
// orders and shops, wave 1 items, wave 2 taxes. Where orders failed, the others are behind it.

import { RUN_RESUME_MS, USUAL_CONCURRENCY } from '../../core/bounds.ts';
import { parentsOf, wavesOf } from '../../core/partition/parents.ts';
import { isAhead } from '../../core/run/lease.ts';
import type { StreamCounts } from '../../core/run/report.ts';
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
  readonly kind: 'drain' | 'busy' | 'finished' | 'behind';
  /** The parent that this one would have to follow, and which was not read to its end. */
  readonly parent?: string | undefined;
}

/** How a stream ended, as the machine has it: an answer of `finishStream`, or what it caught. */
export interface StreamEnd {
  readonly stream: string;
  readonly kind: string;
  readonly counts?: StreamCounts | undefined;
  readonly error?: string | undefined;
  readonly cause?: string | undefined;
}

/** What the waves so far came to. */
export interface WavesSoFar {
  readonly plans: readonly StreamPlan[];
  /** Of the streams that were drained. */
  readonly ends: readonly StreamEnd[];
}

/** A wave that has ended, and what the run was asked. */
export interface EndedWave extends WavesSoFar {
  readonly runId: string;
  readonly wave: number;
  readonly asked: RunRequest;
}

export type Plan =
  | {
      readonly kind: 'planned';
      readonly source: string;
      readonly runId: string;
      readonly concurrency: number;
      readonly streams: readonly StreamPlan[];
      readonly others: readonly StreamPlan[];
      /** What comes behind these streams: another wave, with all that it needs to know, or none. */
      readonly next: 'plan' | 'finish';
      readonly wave: number;
      readonly asked: RunRequest;
      readonly earlier: WavesSoFar;
    }
  | { readonly kind: 'failed'; readonly source: string; readonly cause: string };

/** The first wave of a run. */
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
  const planning = planningOf(ports, source, request, execution);
  const run = await openRun(planning);
  noteAge(ports, source, await ports.ledger.readStreams(source.name), run.runId);
  return planWave(planning, run, 0, { plans: [], ends: [] });
}

/** The wave behind one that has ended. */
export async function planNextWave(
  ports: LedgerPorts,
  source: Source,
  { runId, wave, asked, ...earlier }: EndedWave,
  execution: Execution,
): Promise<Plan> {
  const planning = planningOf(ports, source, asked, execution);
  const last = await ports.ledger.readRun(source.name);
  // Another run may have been opened meanwhile: this one goes on with what is free.
  const run = last?.runId === runId ? last : newRun(planning, runId);
  return planWave(planning, run, wave + 1, earlier);
}

/** A plan while it is made. */
interface Planning {
  readonly ports: LedgerPorts;
  readonly source: Source;
  readonly request: RunRequest;
  /** Names of the streams that were asked for and of all that they follow, by wave. */
  readonly waves: readonly (readonly string[])[];
  readonly asked: Asked;
  readonly execution: Execution;
}

function planningOf(
  ports: LedgerPorts,
  source: Source,
  request: RunRequest,
  execution: Execution,
): Planning {
  const names = request.streams ?? source.streams.map(({ name }) => name);
  const asked = { fullRefresh: request.fullRefresh === true, sameData: request.sameData === true };
  return { ports, source, request, waves: wavesOf(source, names), asked, execution };
}

async function planWave(
  planning: Planning,
  run: RunState,
  wave: number,
  earlier: WavesSoFar,
): Promise<Plan> {
  const { ports, source, request, waves } = planning;
  const states = await ports.ledger.readStreams(source.name);
  const plans: StreamPlan[] = [];
  for (const stream of source.streams) {
    if (!waves[wave]?.includes(stream.name)) continue;
    const parent = unreadParent(source, stream, earlier);
    const state = states.find((one) => one.stream === stream.name);
    plans.push(
      parent === undefined
        ? await planStream(planning, run, stream, state)
        : planBehind(source, run, stream, parent),
    );
  }
  return {
    kind: 'planned',
    source: source.name,
    runId: run.runId,
    concurrency: source.concurrency ?? USUAL_CONCURRENCY,
    streams: plans.filter((plan) => plan.kind === 'drain'),
    others: plans.filter((plan) => plan.kind !== 'drain'),
    next: wave + 1 < waves.length ? 'plan' : 'finish',
    wave,
    asked: request,
    earlier,
  };
}

/** The parent of a stream that this run has not read to its end. */
function unreadParent(
  source: Source,
  stream: Stream,
  { plans, ends }: WavesSoFar,
): string | undefined {
  const isRead = (name: string): boolean =>
    ends.some((end) => end.stream === name && end.kind === 'finished') ||
    plans.some((plan) => plan.stream === name && plan.kind === 'finished');
  return parentsOf(source, stream).find(({ parent }) => !isRead(parent))?.parent;
}

const planBehind = (
  source: Source,
  { runId }: RunState,
  { name }: Stream,
  parent: string,
): StreamPlan => ({
  ...{ source: source.name, stream: name, runId, fence: 0, segment: 0 },
  ...{ kind: 'behind', parent },
});

/**
 * The interrupted run when it is young and was asked the same, else a new one. To tell streams
 * that their data has moved begins a new one: those that were finished have to learn it too.
 */
async function openRun(planning: Planning): Promise<RunState> {
  const { ports, source, asked, execution } = planning;
  const { fullRefresh, sameData } = asked;
  const begun = newRun(planning, runIdFor(execution));
  const last = await ports.ledger.readRun(source.name);
  const nowMs = ports.clock.nowMs();
  const same =
    last?.status === 'running' &&
    last.fullRefresh === fullRefresh &&
    (last.sameData || !sameData) &&
    last.streams.join() === begun.streams.join() &&
    nowMs - last.startedAtMs < RUN_RESUME_MS;
  if (same && last.holder === execution.id) return last;
  const mayResume = same && !isAhead(last.startedAtMs, nowMs);
  if (mayResume && (await execution.isGone(last.holder))) {
    const resumed = { ...last, holder: execution.id };
    await ports.ledger.writeRun(resumed);
    return resumed;
  }
  // A plan that comes late (Step Functions may start a task twice) opens nothing that is closed.
  const late = last && (last.runId === begun.runId || isBehind(execution, last, nowMs));
  if (!late) await ports.ledger.writeRun(begun);
  return begun;
}

function newRun({ source, waves, asked, execution }: Planning, runId: string): RunState {
  const names = new Set(waves.flat());
  return {
    source: source.name,
    runId,
    status: 'running',
    startedAtMs: execution.startedAtMs,
    fullRefresh: asked.fullRefresh,
    ...(asked.sameData ? { sameData: true } : {}),
    streams: source.streams.map(({ name }) => name).filter((name) => names.has(name)),
    holder: execution.id,
  };
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
