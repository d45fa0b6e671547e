// The events that the state machines send, checked where they enter.

import * as z from 'zod';
import { DriplakeError, Failure } from '../shared/core/failures.ts';
import { describeFaults } from '../shared/core/faults.ts';

const text = z.string().min(1);
const count = z.int().nonnegative();

/** What a schedule or a person starts the sync machine with. */
const runInput = z.strictObject({
  source: text,
  streams: z.array(text).min(1).optional(),
  fullRefresh: z.boolean().optional(),
});

export const planEvent = z.object({
  input: runInput,
  execution: text,
  startedAt: z.iso.datetime({ offset: true }),
});

/** One stream's place in the machines: ids only. */
export const roundEvent = z.object({
  source: text,
  stream: text,
  runId: text,
  fence: count,
  segment: count,
  round: count,
});

const streamPlan = z.object({
  source: text,
  stream: text,
  runId: text,
  fence: count,
  segment: count,
  kind: z.enum(['drain', 'busy', 'finished']),
});

export const finishEvent = z.object({
  source: text,
  runId: text,
  streams: z.array(streamPlan),
  others: z.array(streamPlan),
  /** What became of each stream that was drained; `error` of those that the machine caught. */
  results: z.array(z.object({ stream: text, kind: text, error: z.string().optional() })),
});

/** @throws DriplakeError configuration, with every fault of the event */
export function readEvent<Schema extends z.ZodType>(
  schema: Schema,
  event: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(event);
  if (parsed.success) return parsed.data;
  const faults = describeFaults(parsed.error, event).join('; ');
  throw new DriplakeError(
    Failure.configuration,
    `The input is not one: ${faults}.`,
    'Expected {"source": "...", "streams"?: [...], "fullRefresh"?: true}.',
  );
}
