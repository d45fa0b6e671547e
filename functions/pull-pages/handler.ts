// One round of one stream. What goes wrong is an answer, so that every emulator and every Choice
// reads it the same way; only faults of AWS's services are errors, which the machine retries.

import { ROUNDS_PER_EXECUTION, SEGMENTS_PER_RUN } from '../../shared/core/bounds.ts';
import { DriplakeError } from '../../shared/core/failures.ts';
import { failStream } from '../../shared/pull/fail.ts';
import { pullRound, type RoundOutcome } from '../../shared/pull/round.ts';
import { connectPorts } from '../connect-ports.ts';
import type { HandlerOf, PullConnection } from '../connection.ts';
import { readEvent, roundEvent } from '../events.ts';

export const pullPagesWith: HandlerOf<PullConnection> = (connect) => async (event, invocation) => {
  const { segment, round, ...assignment } = readEvent(roundEvent, event);
  const { ports, contextOf, breakEvenSeconds, signal } = await connect();
  const timeLeftMs = () => invocation.getRemainingTimeInMillis();
  let outcome: RoundOutcome;
  let streams = 1;
  try {
    const context = await contextOf(assignment.source, assignment.runId);
    streams = context.source.streams.length;
    const options = { timeLeftMs, breakEvenSeconds, ...(signal ? { signal } : {}) };
    outcome = await pullRound(ports, context, assignment, options);
  } catch (error) {
    if (!(error instanceof DriplakeError)) throw error;
    outcome = await failStream(ports, assignment, error);
  }
  return {
    ...assignment,
    ...next(outcome, segment, round + 1, Math.floor(SEGMENTS_PER_RUN / streams)),
  };
};

/** The round's outcome, or a hand-over when this execution has made its rounds. */
function next(outcome: RoundOutcome, segment: number, round: number, segments: number): object {
  const goesOn = outcome.kind === 'more' || outcome.kind === 'wait';
  if (!goesOn || round < ROUNDS_PER_EXECUTION) return { ...outcome, segment, round };
  if (segment + 1 < segments) return { kind: 'handover', segment: segment + 1, round: 0 };
  const cause = `The stream took ${segments} executions and has not ended.`;
  return { kind: 'stuck', cause, segment, round };
}

export const handler = pullPagesWith(connectPorts);
