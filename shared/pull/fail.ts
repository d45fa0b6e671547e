// Ends a stream's run for a fault that no page brought: a lake that can't be written, a secret that
// is missing. The cursor is kept; the next run goes on from it.

import { DriplakeError, explain, Failure } from '../core/failures.ts';
import { isKnownAs } from '../core/run/anew.ts';
import { released, type StreamRun } from '../core/run/run.ts';
import { noWork } from '../ports/journal.ts';
import type { PullPorts } from './ports.ts';
import type { Assignment, RoundOutcome } from './round.ts';

/** Keeps the cause with the stream, if it is still ours, and lets the stream go. */
export async function failStream(
  { ledger, journal }: PullPorts,
  assignment: Assignment & { readonly source: string },
  error: DriplakeError,
): Promise<RoundOutcome> {
  const cause = explain(error);
  const { source, stream, runId, fence } = assignment;
  journal.note({ kind: 'round', source, stream, runId, outcome: 'failed', cause, ...noWork });
  try {
    const state = await ledger.readStream(source, stream);
    if (state?.run && isKnownAs(state.run, runId) && state.fence === fence) {
      const run: StreamRun = {
        ...state.run,
        status: 'failed',
        cause,
        // What it goes on with is gone: it can't.
        ...(error.name === Failure.incomplete ? { restart: 'spoilt' } : {}),
      };
      await ledger.moveStream({ ...released(state), run });
    }
  } catch (error) {
    // The ledger itself is what failed: its cause is the one that counts, and it is told below.
    if (!(error instanceof DriplakeError)) throw error;
  }
  return { kind: 'failed', cause };
}
