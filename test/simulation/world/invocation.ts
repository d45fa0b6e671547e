// One invocation of a function: the real handler over ports that strike. It may be killed at any
// call, stall, be doubled, be given up by its machine and still go on; its clock may be wrong.

import { compactWith } from '../../../functions/compact/handler.ts';
import type {
  CompactConnection,
  Connection,
  Handler,
  HandlerOf,
} from '../../../functions/connection.ts';
import { finishRunWith } from '../../../functions/finish-run/handler.ts';
import { finishStreamWith } from '../../../functions/finish-stream/handler.ts';
import { planRunWith } from '../../../functions/plan-run/handler.ts';
import { pullPagesWith } from '../../../functions/pull-pages/handler.ts';
import {
  breakEvenSeconds,
  COMPACT_TIMEOUT_SECONDS,
  PULL_MEMORY_MB,
  PULL_TIMEOUT_SECONDS,
} from '../../../shared/core/bounds.ts';
import { contexts } from '../../../shared/pull/context.ts';
import { count } from '../faults.ts';
import { drawFarMs } from '../scenario.ts';
import {
  type Claim,
  type Employer,
  type Invocation,
  Killed,
  named,
  type TaskName,
} from './invoked.ts';
import { strikingPorts } from './striking-ports.ts';
import type { World } from './world.ts';

const HANDLERS: Readonly<Record<TaskName, HandlerOf<Connection & CompactConnection>>> = {
  PlanRun: planRunWith,
  PullPages: pullPagesWith,
  FinishStream: finishStreamWith,
  FinishRun: finishRunWith,
  Compact: compactWith,
};

const MINUTE_MS = 60_000;

/**
 * Invokes the function of a task, as Step Functions does: once at least, perhaps twice, perhaps
 * without hearing of it again.
 */
export async function invoke(
  world: World,
  employer: Employer,
  task: TaskName,
  payload: object,
): Promise<object> {
  const { chance, clock } = world;
  const { rates } = world.scenario;
  const strikes = (share = 0): boolean => !world.isCalm() && chance.is(share);
  await clock.sleep(chance.between(20, 80));
  if (strikes(rates['not-started'])) {
    count(world.coverage, 'not-started');
    throw named('Lambda.TooManyRequestsException', 'Rate exceeded');
  }
  const given = JSON.stringify(payload);
  // Of compactions there are few, and most of them find nothing to do.
  const rare = task === 'Compact' ? 3 : 1;
  if (strikes(rare * (rates.doubled ?? 0))) {
    const laterMs = chance.pick([0, 200, 20_000, 20 * MINUTE_MS]);
    world.later(laterMs, () => start(world, employer, task, given, true).answer);
  }
  const { invocation, answer } = start(world, employer, task, given, false);
  if (!strikes(rare * (rates.orphaned ?? 0))) return answer;
  const lost = clock.sleep(chance.between(0, chance.pick([30, 500, 20_000]))).then(() => {
    invocation.orphaned = true;
    throw named('Lambda.Unknown', 'The connection to the function broke.');
  });
  world.follow(answer);
  world.follow(lost);
  return Promise.race([answer, lost]);
}

function start(
  world: World,
  employer: Employer,
  task: TaskName,
  given: string,
  doubled: boolean,
): { readonly invocation: Invocation; readonly answer: Promise<object> } {
  const { chance, clock, scenario } = world;
  const { farClocks } = scenario;
  const isFar = !world.isCalm() && chance.is(farClocks.functions);
  const farMs = employer.aheadMs + (isFar ? drawFarMs(chance) : 0);
  const skewed = !world.isCalm() && chance.is(scenario.rates.skewed ?? 0);
  const invocation: Invocation = {
    id: world.nextId(),
    task,
    doubled,
    claim: claimIn(given),
    skewMs: farMs + (skewed ? chance.between(-scenario.skewMs, scenario.skewMs) : 0),
    orphaned: false,
    killed: false,
    endsAtMs: clock.nowMs() + secondsOf(task) * 1000,
  };
  employer.invocations.add(invocation);
  world.trace(invocation, `starts ${given}`);
  const answer = run(world, invocation, JSON.parse(given)).finally(() =>
    employer.invocations.delete(invocation),
  );
  world.follow(answer);
  return { invocation, answer };
}

const secondsOf = (task: TaskName): number =>
  task === 'Compact' ? COMPACT_TIMEOUT_SECONDS : PULL_TIMEOUT_SECONDS;

/** Bytes that a merged object should have: passes that disagree, as versions of the code would. */
const mergedBytes = (world: World, { task }: Invocation): number =>
  task === 'Compact' && !world.isCalm() ? world.chance.pick([200, 600, 1e6]) : 1e6;

async function run(world: World, invocation: Invocation, event: unknown): Promise<object> {
  const ports = world.bugged(strikingPorts(world, invocation), invocation);
  const sourceOf = async () => world.scenario.source;
  const connection = {
    ports,
    sourceOf,
    contextOf: contexts(ports, sourceOf),
    breakEvenSeconds: breakEvenSeconds(PULL_MEMORY_MB),
    mergedBytes: mergedBytes(world, invocation),
    isGone: async (holder: string) => world.scenario.knowsTheDead && world.isOver(holder),
  };
  const handler: Handler = HANDLERS[invocation.task](async () => connection);
  const getRemainingTimeInMillis = () => invocation.endsAtMs - world.clock.nowMs();
  try {
    const answer = JSON.stringify(await handler(event, { getRemainingTimeInMillis }));
    world.trace(invocation, `answers ${answer}`);
    if (invocation.killed) throw new Killed('It was killed while it answered.');
    return JSON.parse(answer);
  } catch (error) {
    world.trace(invocation, `throws ${error}`);
    world.unexpected(error);
    throw error;
  }
}

function claimIn(given: string): Claim | undefined {
  const { stream, runId, fence } = JSON.parse(given);
  return typeof fence === 'number' ? { stream, runId, fence } : undefined;
}
