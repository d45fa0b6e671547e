// Plans a run: resumes what an earlier one left, or begins anew; claims each stream, so that two
// runs never drain the same one. Asking twice for the same execution plans the same run.

import { createHash } from 'node:crypto';
import { RUN_RESUME_MS, STREAM_LEASE_MS, USUAL_CONCURRENCY } from '../core/bounds.ts';
import { keepsWalk, walkOf } from '../core/page/walk.ts';
import { startingPoint } from '../core/page/watermark.ts';
import { newStreamRun, type RunState, type StreamRun, type StreamState } from '../core/run/run.ts';
import type { Source, Stream } from '../core/source/source.ts';
import { runIdOf } from '../core/table/keys.ts';
import { freshAtMs, noteAge } from './age.ts';
import type { LedgerPorts } from './ports.ts';

/** What a schedule or a person asks for. */
export interface RunRequest {
  readonly source: string;
  readonly streams?: readonly string[] | undefined;
  readonly fullRefresh?: boolean | undefined;
  /** Wherever the streams are now, their data is what was read before. Not with `fullRefresh`. */
  readonly sameData?: true | undefined;
}

/** Who asks: the execution that will hold the leases. */
export interface Execution {
  readonly id: string;
  readonly startedAtMs: number;
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
  const states = await ports.ledger.readStreams(source.name);
  const run = await openRun(ports, source, wanted, asked, execution);
  noteAge(ports, source, states, run.runId);
  const plans: StreamPlan[] = [];
  for (const stream of wanted) {
    const state = states.find((one) => one.stream === stream.name);
    plans.push(await planStream(ports, source, stream, state, run, asked, execution));
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

/** How to begin, of what a run was asked. */
interface Asked {
  readonly fullRefresh: boolean;
  readonly sameData: boolean;
}

/**
 * The interrupted run when it is young and was asked the same, else a new one. To tell streams
 * that their data has moved begins a new one: those that were finished have to learn it too.
 */
async function openRun(
  ports: LedgerPorts,
  source: Source,
  wanted: readonly Stream[],
  { fullRefresh, sameData }: Asked,
  execution: Execution,
): Promise<RunState> {
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
  if (same && (await execution.isGone(last.holder))) {
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
  const late = last && (last.runId === begun.runId || last.startedAtMs > begun.startedAtMs);
  if (!late) await ports.ledger.writeRun(begun);
  return begun;
}

function runIdFor({ id, startedAtMs }: Pick<Execution, 'id' | 'startedAtMs'>): string {
  const mark = createHash('sha256').update(id).digest('hex').slice(0, 8);
  return runIdOf(startedAtMs, mark);
}

async function planStream(
  ports: LedgerPorts,
  source: Source,
  stream: Stream,
  state: StreamState | undefined,
  run: RunState,
  asked: Asked,
  execution: Execution,
): Promise<StreamPlan> {
  const { clock, ledger, journal } = ports;
  const at = { source: source.name, stream: stream.name, segment: 0 };
  const before = state?.run;
  const note = (status: 'started' | 'resumed' | 'busy' | 'finished', runId: string): void =>
    journal.note({ kind: 'stream', source: source.name, stream: stream.name, runId, status });
  if (state && before?.runId === run.runId && before.status === 'finished') {
    note('finished', run.runId);
    return { ...at, kind: 'finished', runId: before.runId, fence: state.fence };
  }
  const nowMs = clock.nowMs();
  const held =
    state !== undefined && state.holder === execution.id && state.streamLeaseUntilMs > nowMs;
  if (held && before && isUnfinished(before)) {
    return { ...at, kind: 'drain', runId: before.runId, fence: state.fence };
  }
  const resumed = before !== undefined && mayResume(before, source, stream, asked, nowMs);
  // A plan that comes late begins nothing behind a run that was begun since: its own may be
  // published by now.
  const late = !resumed && before !== undefined && before.startedAtMs > execution.startedAtMs;
  const next = resumed ? goOn(before) : nextRun(source, stream, state, run, execution, nowMs);
  const claimed: StreamState = {
    source: source.name,
    stream: stream.name,
    ...(state?.watermark === undefined ? {} : { watermark: state.watermark }),
    ...(state?.address ? { address: state.address } : {}),
    freshAtMs: (state && freshAtMs(state)) ?? nowMs,
    revision: (state?.revision ?? 0) + 1,
    fence: (state?.fence ?? 0) + 1,
    holder: execution.id,
    streamLeaseUntilMs: nowMs + STREAM_LEASE_MS,
    run: asked.sameData ? { ...next, sameData: 'said' } : next,
  };
  const free = !late && (await isFree(state, execution, nowMs));
  if (!free || !(await ledger.moveStream(claimed))) {
    note('busy', before?.runId ?? run.runId);
    return { ...at, kind: 'busy', runId: before?.runId ?? run.runId, fence: state?.fence ?? 0 };
  }
  note(resumed ? 'resumed' : 'started', next.runId);
  return { ...at, kind: 'drain', runId: next.runId, fence: claimed.fence };
}

const isFree = async (
  state: StreamState | undefined,
  execution: Execution,
  nowMs: number,
): Promise<boolean> =>
  !state?.holder ||
  state.holder === execution.id ||
  state.streamLeaseUntilMs <= nowMs ||
  (await execution.isGone(state.holder));

const isUnfinished = ({ status }: StreamRun): boolean =>
  status === 'draining' || status === 'drained';

/** The run that the stream begins, from the watermark. */
function nextRun(
  source: Source,
  stream: Stream,
  state: StreamState | undefined,
  run: RunState,
  execution: Execution,
  nowMs: number,
): StreamRun {
  // A run of this name or a later one may have been published: a stream that starts again in a
  // resumed run must not find its own batches. The ids of runs sort by time.
  const before = state?.run;
  const again = before !== undefined && before.runId >= run.runId;
  const afterMs = Math.max(nowMs, run.startedAtMs, before?.startedAtMs ?? 0);
  const own = { id: `${execution.id}/${state?.fence}`, startedAtMs: afterMs + 1000 };
  const from =
    stream.incremental &&
    startingPoint(stream.incremental, run.fullRefresh ? undefined : state?.watermark);
  const runId = again ? runIdFor(own) : run.runId;
  return { ...newStreamRun(runId, nowMs, run.fullRefresh, from), walk: walkOf(source, stream) };
}

/**
 * An unfinished run goes on from its cursor, unless the API has forgotten that, or the source asks
 * for something else by now.
 */
function mayResume(
  before: StreamRun,
  source: Source,
  stream: Stream,
  asked: Asked,
  nowMs: number,
): boolean {
  if (before.status === 'finished' || before.status === 'skipped' || before.spoilt) return false;
  if (asked.fullRefresh && (!before.fullRefresh || before.otherData)) return false;
  // One without a page counts too: a batch of it may have landed that the ledger never heard of.
  if (before.ended) return true;
  if (!keepsWalk(before.walk, source, stream)) return false;
  if (stream.cursorHours === undefined) return true;
  return (nowMs - before.cursorAtMs) / 3_600_000 <= stream.cursorHours;
}

/**
 * A failed run drains on; one that only lacked its finish is finished. The new attempt starts with
 * our whole patience and without the old cause. A word that no round has heard was of the attempt
 * before.
 */
function goOn({ cause: _cause, otherData: _foreign, sameData, ...run }: StreamRun): StreamRun {
  const status = run.status === 'failed' ? (run.ended ? 'drained' : 'draining') : run.status;
  const heard = sameData === undefined || sameData === 'said' ? {} : { sameData };
  return { ...run, ...heard, status, faults: 0, faultsSinceMs: 0 };
}
