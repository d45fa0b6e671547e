// What a run tells of its streams when it is over: counts, warnings, causes.

import type { Moves } from '../page/moves.ts';
import type { DriftReport } from '../table/stream-columns.ts';
import { type PartitionsDone, partitionsDone } from './partitions.ts';
import type { StreamRun } from './run.ts';

/** What a run counted of one stream. */
export interface StreamCounts {
  readonly pages: number;
  readonly records: number;
  readonly bytes: number;
  readonly objects: number;
  readonly requests: number;
  readonly throttled: number;
  readonly waitedSeconds: number;
  readonly seconds: number;
}

/** What a run tells of one stream: the shape of `--json`. */
export interface StreamReport extends StreamCounts {
  readonly stream: string;
  readonly status: 'done' | 'failed' | 'busy' | 'skipped' | 'interrupted';
  readonly moved?: Moves;
  /** Of a stream with partitions: how many were walked. */
  readonly partitions?: PartitionsDone;
  readonly cause?: string;
  /** What a person should know though the stream is done, a sentence each. */
  readonly warnings?: readonly string[];
  /** How the stream's columns changed, where they did. */
  readonly drift?: DriftReport;
}

export interface RunReport {
  readonly runId: string;
  readonly source: string;
  readonly status: 'done' | 'failed' | 'interrupted';
  readonly streams: readonly StreamReport[];
}

/** What a run tells of a stream, from its item. */
export function reportStream(
  run: StreamRun,
  stream: string,
  status: StreamReport['status'],
): StreamReport {
  const partitions = partitionsDone(run);
  const cause = run.cause ?? (status === 'failed' ? 'It failed without a cause.' : undefined);
  return {
    stream,
    status,
    ...countsOf(run),
    ...(run.moved ? { moved: run.moved } : {}),
    ...(partitions ? { partitions } : {}),
    ...(cause === undefined ? {} : { cause }),
    ...(run.warnings === undefined ? {} : { warnings: run.warnings }),
    ...(run.drift === undefined ? {} : { drift: run.drift }),
  };
}

export const countsOf = (run: StreamRun): StreamCounts => ({
  pages: run.pages,
  records: run.records,
  bytes: run.bytes,
  objects: run.sequence,
  requests: run.requests,
  throttled: run.throttled,
  waitedSeconds: Math.round(run.waitedMs) / 1000,
  // A clock that was set back meanwhile can take more than there was.
  seconds: Math.max(0, Math.round(run.activeMs) / 1000),
});
