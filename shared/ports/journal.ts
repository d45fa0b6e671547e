// What happens, as it happens: progress on a terminal, log lines and metrics in AWS. Saying
// something never fails and never waits; no event carries a credential.

import type { StreamCompaction } from '../core/run/compaction.ts';
import type { PartitionsDone } from '../core/run/partitions.ts';
import type { DriftReport } from '../core/table/stream-columns.ts';

export type JournalEvent =
  /** A round begins: in a process that makes one at a time, what follows is about its stream. */
  | {
      readonly kind: 'begin';
      readonly source: string;
      readonly stream: string;
      readonly runId: string;
    }
  | {
      readonly kind: 'page';
      readonly source: string;
      readonly stream: string;
      readonly runId: string;
      /** Of the run so far. */
      readonly pages: number;
      readonly records: number;
      readonly bytes: number;
      /** Records that the API says there are. */
      readonly expected?: number;
      readonly partitions?: PartitionsDone;
      /** The tightest limit as the API told it, if it did. */
      readonly level?: Level;
    }
  | {
      readonly kind: 'wait';
      readonly source: string;
      readonly stream: string;
      readonly runId: string;
      readonly untilMs: number;
      readonly waitMs: number;
      readonly why: string;
    }
  | {
      readonly kind: 'fault';
      readonly source: string;
      readonly stream: string;
      readonly runId: string;
      readonly reason: string;
      /** 0: worth a line, but not tried again. */
      readonly attempt: number;
    }
  | {
      readonly kind: 'throttled';
      readonly source: string;
      readonly stream: string;
      readonly runId: string;
      readonly reason: string;
    }
  | {
      readonly kind: 'batch';
      readonly source: string;
      readonly stream: string;
      readonly runId: string;
      readonly key: string;
      readonly pages: number;
      readonly records: number;
      readonly bytes: number;
      /** An earlier or parallel round had landed it already. */
      readonly adopted: boolean;
    }
  /** A round is over, and committed unless another one was faster: what it added to the run. */
  | ({
      readonly kind: 'round';
      readonly source: string;
      readonly stream: string;
      readonly runId: string;
      readonly outcome: 'more' | 'wait' | 'done' | 'stuck' | 'failed';
      readonly cause?: string;
    } & Work)
  /** A token of the source was asked for; `fault` may work later, `rejected` needs a person. */
  | {
      readonly kind: 'token';
      readonly source: string;
      readonly outcome: 'renewed' | 'fault' | 'rejected';
      /** One line without credentials. */
      readonly reason?: string;
    }
  /** The columns of a stream are not those that they were before the run. */
  | {
      readonly kind: 'drift';
      readonly source: string;
      readonly stream: string;
      readonly runId: string;
      readonly drift: DriftReport;
    }
  /** A compaction changed something of a stream, or found something that it can't compact. */
  | ({ readonly kind: 'compaction' } & StreamCompaction)
  /** How long ago the stream was finished that waits longest. */
  | {
      readonly kind: 'age';
      readonly source: string;
      readonly stream: string;
      readonly runId: string;
      readonly ageMs: number;
    }
  | {
      readonly kind: 'stream';
      readonly source: string;
      readonly stream: string;
      readonly runId: string;
      readonly status: 'started' | 'resumed' | 'busy' | 'drained' | 'finished' | 'failed';
      readonly cause?: string;
    };

/** What a round did. */
export interface Work {
  /** Pages, records and bytes that it added to the run. */
  readonly pages: number;
  readonly records: number;
  readonly bytes: number;
  readonly requests: number;
  /** Requests that were throttled. */
  readonly throttled: number;
  /** Slept through, and left to the machine. */
  readonly waitedMs: number;
}

export const noWork: Work = {
  pages: 0,
  records: 0,
  bytes: 0,
  requests: 0,
  throttled: 0,
  waitedMs: 0,
};

/** Units spent of those the limit holds. */
export interface Level {
  readonly spent: number;
  readonly of: number;
}

export interface Journal {
  note(event: JournalEvent): void;
}

/** Keeps every event: for tests. */
export function memoryJournal(): Journal & { readonly events: readonly JournalEvent[] } {
  const events: JournalEvent[] = [];
  return { events, note: (event) => void events.push(event) };
}

export const silentJournal: Journal = { note: () => {} };
