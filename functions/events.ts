// The events that the state machines send, checked where they enter.

import * as z from 'zod/mini';
import { DriplakeError, Failure } from '../shared/core/failures.ts';
import { describeFaults } from '../shared/core/faults.ts';

const text = z.string().check(z.minLength(1));
const count = z.int().check(z.nonnegative());

/** What a schedule or a person starts the sync machine with. */
export const runInput = z
  .strictObject({
    source: text,
    streams: z.optional(z.array(text).check(z.minLength(1))),
    fullRefresh: z.optional(z.boolean()),
    sameData: z.optional(z.literal(true)),
  })
  .check(
    z.refine(({ fullRefresh, sameData }) => !(fullRefresh && sameData), {
      path: ['sameData'],
      error: 'to stand without fullRefresh, which begins anew',
    }),
  );

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

const streamCounts = z.object({
  pages: count,
  records: count,
  bytes: count,
  objects: count,
  requests: count,
  throttled: count,
  waitedSeconds: z.number(),
  seconds: z.number(),
});

export const finishEvent = z.object({
  source: text,
  runId: text,
  streams: z.array(streamPlan),
  others: z.array(streamPlan),
  /** What became of each stream that was drained; `error` of those that the machine caught. */
  results: z.array(
    z.object({
      stream: text,
      kind: text,
      counts: z.optional(streamCounts),
      error: z.optional(z.string()),
      cause: z.optional(z.string()),
    }),
  ),
});

/** A part of the lake, or all of it. */
export const compactEvent = z.strictObject({
  source: z.optional(text),
  stream: z.optional(text),
});

/** What people may send, for those who sent something else; the rest comes from the machines. */
const EXPECTED = new Map<z.ZodMiniType, string>([
  [planEvent, '{"source": "...", "streams"?: [...], "fullRefresh"?: true, "sameData"?: true}'],
  [compactEvent, '{}, or {"source": "...", "stream"?: "..."}'],
]);

/** @throws DriplakeError configuration, with every fault of the event */
export function readEvent<Schema extends z.ZodMiniType>(
  schema: Schema,
  event: unknown,
): z.output<Schema> {
  const parsed = schema.safeParse(event);
  if (parsed.success) return parsed.data;
  const faults = describeFaults(parsed.error, event).join('; ');
  throw new DriplakeError(
    Failure.configuration,
    `The event has faults: ${faults}.`,
    `Expected ${EXPECTED.get(schema) ?? 'what the state machines send'}.`,
  );
}
