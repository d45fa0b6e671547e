// How long ago the streams of a source were finished. A stream that fails run after run, or is
// never come to, grows old whatever else the runs say of themselves.

import type { StreamState } from '../../core/run/run.ts';
import type { Source } from '../../core/source/source.ts';
import type { LedgerPorts } from '../ports.ts';

/**
 * Tells of the stream that waits longest, among those of the source that were ever claimed: what
 * is left in the ledger of a stream that the source no longer has is nobody's concern.
 */
export function noteAge(
  { clock, journal }: Pick<LedgerPorts, 'clock' | 'journal'>,
  source: Source,
  states: readonly StreamState[],
  runId: string,
): void {
  const names = new Set(source.streams.map(({ name }) => name));
  const nowMs = clock.nowMs();
  const [oldest] = states
    .filter(({ stream }) => names.has(stream))
    .toSorted((a, b) => a.freshAtMs - b.freshAtMs);
  if (!oldest) return;
  const ageMs = Math.max(0, nowMs - oldest.freshAtMs);
  journal.note({ kind: 'age', source: source.name, stream: oldest.stream, runId, ageMs });
}
