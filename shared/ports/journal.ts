// What happens, as it happens: progress on a terminal, log lines and metrics in AWS. Saying
// something never fails and never waits; no event carries a credential.

export type JournalEvent =
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
      readonly attempt: number;
    }
  | {
      readonly kind: 'refusal';
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
  | {
      readonly kind: 'stream';
      readonly source: string;
      readonly stream: string;
      readonly runId: string;
      readonly status: 'started' | 'resumed' | 'busy' | 'drained' | 'finished' | 'failed';
      readonly cause?: string;
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
