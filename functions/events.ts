// The events that the state machines send, checked where they enter.

import * as z from 'zod/mini';
import { DriplakeError, Failure } from '../shared/core/failures.ts';
import { describeFaults } from '../shared/core/faults.ts';
import type { EndedWave } from '../shared/pull/plan/plan.ts';

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
  kind: z.enum(['drain', 'busy', 'finished', 'behind']),
  parent: z.optional(text),
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

/** What became of a stream that was drained; `error` of one that the machine caught. */
const streamEnd = z.object({
  stream: text,
  kind: text,
  counts: z.optional(streamCounts),
  error: z.optional(z.string()),
  cause: z.optional(z.string()),
});

/** A wave that has ended: what was planned, what came of it, and the waves before it. */
export const endedEvent = z.object({
  source: text,
  runId: text,
  streams: z.array(streamPlan),
  others: z.array(streamPlan),
  results: z.array(streamEnd),
  wave: count,
  asked: runInput,
  earlier: z.object({ plans: z.array(streamPlan), ends: z.array(streamEnd) }),
});

/** The input of PlanRun behind a wave: what it answered for that one, and the results. */
export const nextPlanEvent = z.object({ ...planEvent.shape, input: endedEvent });

/** Whether PlanRun is asked for a wave behind another one. */
export const isNextPlan = (event: unknown): boolean => behindAWave.safeParse(event).success;

const behindAWave = z.object({ input: z.object({ earlier: z.looseObject({}) }) });

/** All waves so far, in their order. */
export const endedWave = (event: z.infer<typeof endedEvent>): EndedWave => {
  const { streams, others, results, earlier, runId, wave, asked } = event;
  return {
    ...{ runId, wave, asked },
    plans: [...earlier.plans, ...others, ...streams],
    ends: [...earlier.ends, ...results],
  };
};

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
