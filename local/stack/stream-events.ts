// Makes progress out of two looks at a stream's item in the ledger: what the functions tell their
// log, seen from outside.

import { STREAM_LEASE_MS } from '../../shared/core/bounds.ts';
import type { StreamRun, StreamState } from '../../shared/core/run/run.ts';
import type { JournalEvent } from '../../shared/ports/journal.ts';

/**
 * What happened to the stream between two looks, oldest first.
 * @param before undefined at the first look
 * @param beganMs when the execution that is followed began: older work of the run is not told
 */
export function eventsBetween(
  before: StreamState | undefined,
  now: StreamState,
  nowMs: number,
  beganMs: number,
): JournalEvent[] {
  const run = now.run;
  if (!run) return [];
  const at = { source: now.source, stream: now.stream, runId: run.runId };
  const past = before?.run?.runId === run.runId ? before.run : undefined;
  const events: JournalEvent[] = [];
  if (!past) {
    const status = run.startedAtMs < beganMs ? 'resumed' : 'started';
    events.push({ kind: 'stream', ...at, status });
  }
  // Pages that were there at the first look of a resumed run are not news.
  const from = past ?? (run.startedAtMs < beganMs ? run : undefined);
  if (run.pages > (from?.pages ?? 0)) {
    const { pages, records, bytes, expected } = run;
    const more = (field: 'pages' | 'records' | 'bytes'): number =>
      run[field] - (from?.[field] ?? 0);
    const total = expected === undefined ? {} : { expected };
    const landed = { pages: more('pages'), records: more('records'), bytes: more('bytes') };
    events.push({ kind: 'page', ...at, pages, records, bytes, ...total });
    events.push({ kind: 'batch', ...at, ...landed, key: '', adopted: false });
  }
  const untilMs = waitsUntil(now);
  if (untilMs > nowMs && (before === undefined || waitsUntil(before) !== untilMs)) {
    events.push({ kind: 'wait', ...at, untilMs, waitMs: untilMs - nowMs, why: 'for permits' });
  }
  const status = endOf(run);
  if (status && status !== (past && endOf(past))) {
    const cause = run.cause === undefined ? {} : { cause: run.cause };
    events.push({ kind: 'stream', ...at, status, ...cause });
  }
  return events;
}

/** A lease reaches this far beyond the time that the next round is due. */
const waitsUntil = ({ holder, streamLeaseUntilMs }: StreamState): number =>
  holder ? streamLeaseUntilMs - STREAM_LEASE_MS : 0;

function endOf({ status }: StreamRun): 'drained' | 'finished' | 'failed' | undefined {
  if (status === 'draining') return undefined;
  return status === 'skipped' ? 'finished' : status;
}
