// The runs of this machine, from what they have left: manifests in the lake tell of every stream
// that was published, the ledger of the last run of each source and of each stream. A run that
// published nothing and was not the last has left nothing.

import { countsOf } from '../../shared/core/run/report.ts';
import type { RunState, StreamState } from '../../shared/core/run/run.ts';
import type { Manifest } from '../../shared/core/table/manifest.ts';
import { type PastRun, type PastStream, withSums } from '../screen/past-runs.ts';

/** What the ledger has, and who is gone. */
export interface KeptRuns {
  readonly runs: readonly RunState[];
  readonly streams: readonly StreamState[];
  /** Whether a holder has ended without giving back what it held. */
  readonly isGone: (holder: string) => boolean;
}

/** Newest first. A stream that goes on in a later run counts in the run that it began in. */
export function pastRuns(manifests: readonly Manifest[], kept: KeptRuns): PastRun[] {
  const found = new Map<string, Parts>();
  const partsOf = (source: string, runId: string): Parts => {
    const key = `${source}/${runId}`;
    const parts = found.get(key) ?? { source, runId, streams: [], startedMs: [], endedMs: [] };
    found.set(key, parts);
    return parts;
  };
  for (const manifest of manifests) {
    const parts = partsOf(manifest.source, manifest.runId);
    parts.streams.push(publishedStream(manifest));
    parts.startedMs.push(Date.parse(manifest.startedAt));
    parts.endedMs.push(Date.parse(manifest.finishedAt));
  }
  for (const state of kept.streams) addKept(partsOf, state, kept.isGone);
  for (const run of kept.runs) {
    const parts = partsOf(run.source, run.runId);
    parts.run = run;
    parts.startedMs.push(run.startedAtMs);
  }
  return [...found.values()]
    .sort((a, b) => begun(b) - begun(a) || (a.runId < b.runId ? 1 : -1))
    .map((parts) => joined(parts, kept.isGone));
}

/** What is found of one run. */
interface Parts {
  readonly source: string;
  readonly runId: string;
  readonly streams: PastStream[];
  readonly startedMs: number[];
  readonly endedMs: number[];
  /** When it is the last of its source. */
  run?: RunState;
}

const begun = ({ startedMs }: Parts): number => Math.min(...startedMs);

const publishedStream = ({
  stream,
  pages,
  records,
  bytes,
  objects,
  spent,
}: Manifest): PastStream => ({
  ...{ stream, status: 'done', pages, records, bytes, objects },
  ...spent,
});

/** The stream's last run, where no manifest tells of it. */
function addKept(
  partsOf: (source: string, runId: string) => Parts,
  state: StreamState,
  isGone: KeptRuns['isGone'],
): void {
  const { run, source, stream } = state;
  if (!run) return;
  const parts = partsOf(source, run.runId);
  if (parts.streams.some((one) => one.stream === stream)) return;
  const status = statusOf(state, isGone);
  const cause = run.cause === undefined ? {} : { cause: run.cause };
  parts.streams.push({ stream, status, ...countsOf(run), ...cause });
  parts.startedMs.push(run.startedAtMs);
  if (status !== 'running') parts.endedMs.push(run.finishedAtMs ?? run.movedAtMs);
}

function statusOf({ run, holder }: StreamState, isGone: KeptRuns['isGone']): PastStream['status'] {
  if (run?.status === 'finished') return 'done';
  if (run?.status === 'failed' || run?.status === 'skipped') return run.status;
  return holder === '' || isGone(holder) ? 'interrupted' : 'running';
}

function joined(parts: Parts, isGone: KeptRuns['isGone']): PastRun {
  const { source, runId, run, streams, endedMs } = parts;
  const status = run ? runStatus(run, isGone) : streamsStatus(streams);
  const ended = run?.finishedAtMs ?? (endedMs.length > 0 ? Math.max(...endedMs) : undefined);
  const told = {
    ...{ runId, source, status },
    startedAt: new Date(begun(parts)).toISOString(),
    ...(status === 'running' || ended === undefined
      ? {}
      : { endedAt: new Date(ended).toISOString() }),
  };
  return withSums(
    told,
    streams.toSorted((a, b) => (a.stream < b.stream ? -1 : 1)),
  );
}

const runStatus = ({ status, holder }: RunState, isGone: KeptRuns['isGone']): PastRun['status'] =>
  status === 'running' && (holder === '' || isGone(holder)) ? 'interrupted' : status;

/** Of a run that was not the last of its source: its own end is kept nowhere. */
function streamsStatus(streams: readonly PastStream[]): PastRun['status'] {
  const worst = (['running', 'failed', 'interrupted'] as const).find((status) =>
    streams.some((stream) => stream.status === status),
  );
  return worst ?? 'published';
}
