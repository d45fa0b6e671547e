// The two state machines as a loop: what `infra/sync.asl.json` and `infra/drain.asl.json` say, in
// the fewest steps. A test holds it equal to them.

import { z } from 'zod';
import type { Clock } from '../../../shared/ports/clock.ts';
import { named } from './invoked.ts';

export type Ended =
  | { readonly kind: 'succeeded'; readonly output: unknown }
  | { readonly kind: 'failed'; readonly error: string }
  | { readonly kind: 'stopped' };

export type Tasks = Readonly<
  Record<
    'PlanRun' | 'PullPages' | 'FinishStream' | 'FinishRun',
    (payload: object) => Promise<object>
  >
>;

/** What an execution of the sync machine needs. */
export interface Engine {
  readonly id: string;
  readonly input: object;
  readonly tasks: Tasks;
  readonly clock: Clock;
  /** For the jitter of retries. */
  readonly random: () => number;
  /** Ends the execution wherever it is. */
  readonly signal: AbortSignal;
}

export async function loopSync(engine: Engine): Promise<Ended> {
  const { signal } = engine;
  const stopped = Promise.withResolvers<Ended>();
  signal.addEventListener('abort', () => stopped.resolve({ kind: 'stopped' }), { once: true });
  return Promise.race([sync(engine), stopped.promise]);
}

async function sync(engine: Engine): Promise<Ended> {
  const { id, input, clock } = engine;
  const startedAt = new Date(clock.nowMs()).toISOString();
  try {
    let ended: object = input;
    for (let next = 'plan'; next === 'plan'; ) {
      const plan = await task(engine, 'PlanRun', { input: ended, execution: id, startedAt });
      const { kind, concurrency = 1, streams = [], ...onward } = planned.parse(plan);
      if (kind !== 'planned') return { kind: 'failed', error: 'Driplake.Configuration' };
      const results = await eachOf(streams, concurrency, (stream) => drainStream(engine, stream));
      ended = { ...plan, results };
      next = onward.next ?? '';
    }
    const outcome = await task(engine, 'FinishRun', ended);
    if (kinded.parse(outcome).kind === 'done') return { kind: 'succeeded', output: outcome };
    return { kind: 'failed', error: 'Driplake.StreamsFailed' };
  } catch (error) {
    return { kind: 'failed', error: error instanceof Error ? error.name : String(error) };
  }
}

/** One item of the Map: segments until the stream is drained, then its finish. */
async function drainStream(engine: Engine, item: object): Promise<object> {
  let at = item;
  try {
    do at = await drain(engine, place.parse(at));
    while (kinded.parse(at).kind === 'handover');
    return await task(engine, 'FinishStream', at);
  } catch (error) {
    const { source, stream, runId, fence } = place.parse(at);
    const name = error instanceof Error ? error.name : String(error);
    return { kind: 'failed', source, stream, runId, fence, error: name };
  }
}

/** The Drain state: whatever ends its execution, it fails by this name, which no retrier fits. */
async function drain(engine: Engine, from: Place): Promise<object> {
  try {
    return await drainSegment(engine, from);
  } catch {
    throw named('States.TaskFailed', 'The execution failed.');
  }
}

/** One execution of the drain machine. */
async function drainSegment(engine: Engine, from: Place): Promise<object> {
  const { source, stream, runId, fence, segment } = from;
  const ids = { source, stream, runId, fence, segment, round: 0 };
  let state: object = { ...ids, AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: engine.id };
  for (;;) {
    const answer = await task(engine, 'PullPages', state);
    const { kind, waitSeconds = 0 } = kinded.parse(answer);
    switch (kind) {
      case 'more':
        break;
      case 'wait':
        await pause(engine, waitSeconds * 1000);
        break;
      case 'done':
      case 'handover':
        return answer;
      default:
        throw named('Driplake.Failed', kind);
    }
    state = answer;
  }
}

/** Seconds that each task may take. */
const TIMEOUT_SECONDS = { PlanRun: 70, PullPages: 310, FinishStream: 910, FinishRun: 70 } as const;

interface Retrier {
  readonly fits: (error: Error) => boolean;
  readonly intervalSeconds: number;
  readonly attempts: number;
  readonly rate: number;
}

const LAMBDA_FAULTS = [
  'Lambda.ClientExecutionTimeoutException',
  'Lambda.ServiceException',
  'Lambda.AWSLambdaException',
  'Lambda.SdkClientException',
  'Sandbox.Timedout',
  'Lambda.Unknown',
];

const RETRIERS: readonly Retrier[] = [
  {
    fits: ({ name }) => name === 'Lambda.TooManyRequestsException',
    intervalSeconds: 2,
    attempts: 90,
    rate: 2,
  },
  {
    fits: ({ name }) => LAMBDA_FAULTS.includes(name),
    intervalSeconds: 2,
    attempts: 6,
    rate: 2,
  },
  { fits: () => true, intervalSeconds: 5, attempts: 3, rate: 3 },
];

const LONGEST_SECONDS = 60;

/** A Task state with its timeout and its retriers, each of which counts its own attempts. */
async function task(engine: Engine, name: keyof Tasks, payload: object): Promise<object> {
  const attempts = RETRIERS.map(() => 0);
  for (;;) {
    try {
      return await timed(engine, name, payload);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const index = RETRIERS.findIndex((retrier) => retrier.fits(error));
      const [retrier, made] = [RETRIERS[index], attempts[index] ?? 0];
      if (!retrier || made >= retrier.attempts) throw error;
      attempts[index] = made + 1;
      const seconds = Math.min(LONGEST_SECONDS, retrier.intervalSeconds * retrier.rate ** made);
      await pause(engine, Math.floor(engine.random() * (seconds * 1000 + 1)));
    }
  }
}

async function timed(engine: Engine, name: keyof Tasks, payload: object): Promise<object> {
  if (engine.signal.aborted) await new Promise<never>(() => {});
  const over = new AbortController();
  const timeout = engine.clock.sleep(TIMEOUT_SECONDS[name] * 1000, over.signal).then(() => {
    if (!over.signal.aborted) throw named('States.Timeout', 'The task took too long.');
    return {};
  });
  try {
    return await Promise.race([engine.tasks[name](payload), timeout]);
  } finally {
    over.abort();
  }
}

/** A wait that a stopped execution never comes back from. */
async function pause({ clock, signal }: Engine, ms: number): Promise<void> {
  await clock.sleep(ms, signal);
  if (signal.aborted) await new Promise<never>(() => {});
}

/** As many at a time as allowed; answers in the order of the items. */
async function eachOf<From, To>(
  items: readonly From[],
  width: number,
  act: (item: From) => Promise<To>,
): Promise<To[]> {
  const answers: To[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) answers[index] = await act(item);
  };
  await Promise.all(Array.from({ length: width }, worker));
  return answers;
}

/** What the states of the machines look at; everything else only passes through them. */
const kinded = z.object({ kind: z.string(), waitSeconds: z.number().optional() });
const place = z.object({
  source: z.string(),
  stream: z.string(),
  runId: z.string(),
  fence: z.number(),
  segment: z.number(),
});
const planned = z.object({
  kind: z.string(),
  concurrency: z.number().optional(),
  streams: z.array(z.looseObject({})).optional(),
  next: z.string().optional(),
});

type Place = z.infer<typeof place>;
