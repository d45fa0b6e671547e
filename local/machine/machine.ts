// Runs the two state machines of `infra/` on this machine, with the handlers that run in AWS.

import { readFile } from 'node:fs/promises';
import * as z from 'zod';
import type { Connection, Handler } from '../../functions/connection.ts';
import { finishRunWith } from '../../functions/finish-run/handler.ts';
import { finishStreamWith } from '../../functions/finish-stream/handler.ts';
import { planRunWith } from '../../functions/plan-run/handler.ts';
import { pullPagesWith } from '../../functions/pull-pages/handler.ts';
import { Failure } from '../../shared/core/failures.ts';
import {
  type Ended,
  named,
  runExecution,
  type StateMachineDefinition,
  type TaskInput,
  type Tasks,
} from './execution.ts';

export interface MachineOptions {
  /** Names the execution: the holder of its leases. */
  readonly executionId: string;
  /** Milliseconds that an invocation may take, given those since the execution started. */
  readonly invocationMs: (sinceStartMs: number) => number;
  /** Milliseconds of every Wait, for tests; without it, waits are real. */
  readonly waitMs?: number;
}

/** `report`: what FinishRun answered, also when the execution then failed for a stream's failure. */
export type SyncEnded = Ended & { readonly report?: unknown };

/** One execution of the sync machine. The connection's signal aborts it; what runs is awaited. */
export async function runSync(
  input: object,
  connection: Connection,
  options: MachineOptions,
): Promise<SyncEnded> {
  const [sync, drain] = await Promise.all([definitionOf('sync'), definitionOf('drain')]);
  const running = new Set<Promise<unknown>>();
  const startedMs = performance.now();
  const connect = async () => connection;
  const task = (handler: Handler) =>
    taskOf(handler, running, () => options.invocationMs(performance.now() - startedMs));
  const execution = {
    id: options.executionId,
    signal: connection.signal,
    waitMs: options.waitMs,
  };
  const drainTasks: Tasks = { PullPages: task(pullPagesWith(connect)) };
  const finishRun = task(finishRunWith(connect));
  let report: unknown;
  const tasks: Tasks = {
    PlanRun: task(planRunWith(connect)),
    FinishStream: task(finishStreamWith(connect)),
    async FinishRun(given) {
      const answer = await finishRun(given);
      report = answer.Payload;
      return answer;
    },
    async Drain({ Input }) {
      const child = await runExecution(drain, Input, drainTasks, execution);
      if (child.kind === 'succeeded') return { Output: child.output };
      if (child.kind === 'failed') noteBug(connection, Input, child);
      throw named('States.TaskFailed', 'The drain execution did not succeed.');
    },
  };
  const ended = await runExecution(sync, input, tasks, execution);
  await Promise.allSettled(running);
  return { ...ended, report };
}

/** Only the name of an error travels in the state; what it said is told here. */
function noteBug(
  { ports }: Connection,
  input: object,
  { error, cause }: Extract<Ended, { kind: 'failed' }>,
): void {
  const told = drainInput.safeParse(input);
  if (!told.success || Object.values(Failure).some((name) => name === error)) return;
  ports.journal.note({
    kind: 'stream',
    status: 'failed',
    cause: `${error}: ${cause}`,
    ...told.data,
  });
}

const drainInput = z.object({ source: z.string(), stream: z.string(), runId: z.string() });

async function definitionOf(machine: 'sync' | 'drain'): Promise<StateMachineDefinition> {
  return JSON.parse(
    await readFile(new URL(`../../infra/${machine}.asl.json`, import.meta.url), 'utf8'),
  );
}

/** A Lambda task: so much time, and its answer under `Payload`. */
function taskOf(handler: Handler, running: Set<Promise<unknown>>, invocationMs: () => number) {
  return async ({ Payload }: TaskInput): Promise<{ readonly Payload: object }> => {
    const endsAt = performance.now() + invocationMs();
    const answer = handler(Payload, {
      getRemainingTimeInMillis: () => endsAt - performance.now(),
    });
    running.add(answer);
    try {
      return { Payload: await answer };
    } finally {
      running.delete(answer);
    }
  };
}
