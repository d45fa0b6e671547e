// Plays one seed: its runs with everything that happens to them, then the calm run that must make
// everything whole, then the verdict.

import { CLOCK_SKEW_MS, STREAM_LEASE_MS } from '../../shared/core/bounds.ts';
import { chanceOf } from './chance.ts';
import { runDefinitions, withVirtualTime } from './definitions.ts';
import { type Coverage, count } from './faults.ts';
import { drawFarMs, hasFarClocks, type SimRun } from './scenario.ts';
import { invoke } from './world/invocation.ts';
import type { Employer } from './world/invoked.ts';
import { type Ended, loopSync, type Tasks } from './world/machine.ts';
import { newWorld, type World, type WorldOptions } from './world/world.ts';

export interface SimOptions extends WorldOptions {
  /** Which machines run it; without a word, every tenth seed the real definitions. */
  readonly machines?: 'loop' | 'definitions' | undefined;
}

export interface SimResult {
  readonly seed: number;
  readonly violations: readonly string[];
  readonly runs: number;
  readonly pages: number;
  readonly requests: number;
  readonly virtualSeconds: number;
  readonly coverage: Coverage;
}

export async function simulate(seed: number, options: SimOptions = {}): Promise<SimResult> {
  const world = newWorld(seed, options);
  const real = options.machines ? options.machines === 'definitions' : seed % 10 === 0;
  const startMs = world.clock.nowMs();
  // Drawn from the time, so that it does not matter who has drawn before.
  const jitter = () => chanceOf(seed ^ world.clock.nowMs()).next();
  const play = () => playAll(world, real ? runDefinitions : loopSync, jitter);
  await (real ? withVirtualTime(world.clock, jitter, play) : play());
  return {
    seed,
    violations: world.referee.violations,
    runs: world.employers.size,
    pages: world.referee.pages(),
    requests: world.server.requests(),
    virtualSeconds: (world.clock.nowMs() - startMs) / 1000,
    coverage: world.coverage,
  };
}

type Machines = typeof loopSync;

async function playAll(world: World, machines: Machines, random: () => number): Promise<void> {
  const { clock, scenario, server, referee, coverage } = world;
  const running: Promise<Ended>[] = [];
  world.follow(compactNowAndThen(world));
  for (const run of scenario.runs) {
    if (run.waitsForTheOneBefore) await running.at(-1);
    await clock.sleep(run.afterMs);
    if (run.afterMs > HOUR_MS) count(coverage, 'long-pause');
    if ([...world.employers.values()].some((one) => !one.over)) count(coverage, 'two-at-once');
    for (const stream of scenario.streams) server.change(stream.name, clock.nowMs());
    running.push(execute(world, machines, random, run));
  }
  await Promise.all(running);
  await world.idle();
  world.calm();
  await clock.sleep(HOUR_MS);
  const calm = { afterMs: 0, waitsForTheOneBefore: true, fullRefresh: false };
  // The first one may come when a run began, or leased a stream, by a clock that was ahead, and has
  // to believe that; the next one may finish what was left unfinished; the last one reads what came
  // since.
  for (let turn = hasFarClocks(scenario) ? 0 : 1; turn < 3; turn++) {
    if (turn === 1 && hasFarClocks(scenario))
      await clock.sleep(STREAM_LEASE_MS + 2 * CLOCK_SKEW_MS);
    const startMs = clock.nowMs();
    const ended = await execute(world, machines, random, calm);
    if (clock.nowMs() - startMs > HOUR_MS) referee.violation('a calm run takes hours');
    if (ended.kind !== 'succeeded') referee.violation(`a calm run ends ${JSON.stringify(ended)}`);
    await world.idle();
  }
  await referee.judgeEnd(world.ledger);
  if (scenario.compactionsAfterMs.length === 0) return;
  // The first one merges what there is, the next one removes that, the last one all leftovers.
  for (const hours of [0, 25, 7 * 24]) {
    await clock.sleep(hours * HOUR_MS);
    await compact(world, 'calm');
  }
  await referee.judgeEnd(world.ledger);
  referee.judgeRemains();
}

async function compactNowAndThen(world: World): Promise<void> {
  for (const afterMs of world.scenario.compactionsAfterMs) {
    await world.clock.sleep(afterMs);
    // The next one does not wait for it.
    world.follow(compact(world, `${world.clock.nowMs()}`));
  }
}

/** One pass, as a schedule starts it. What it throws, the next one mends. */
async function compact(world: World, name: string): Promise<void> {
  const aheadMs = machineAheadMs(world);
  const id = `compaction-${name}`;
  const employer: Employer = { id, aheadMs, over: false, invocations: new Set() };
  await invoke(world, employer, 'Compact', {});
}

/** The clock of a machine is right, or far off as long as its execution lives. */
const machineAheadMs = ({ chance, scenario, isCalm }: World): number =>
  !isCalm() && chance.is(scenario.farClocks.machines) ? drawFarMs(chance) : 0;

const HOUR_MS = 3_600_000;

/** Longer than any wait that the limits of a world ask for, with permits that died in between. */
const LONGEST_WAIT_SECONDS = 1_800;

/** Rounds of one execution that far more than suffice for the pages there are. */
const MOST_ROUNDS = 1_000;

async function execute(
  world: World,
  machines: Machines,
  random: () => number,
  { fullRefresh, streams }: SimRun,
): Promise<Ended> {
  const { clock, chance, scenario, coverage, referee } = world;
  const employer: Employer = {
    id: `run-${world.employers.size}`,
    aheadMs: machineAheadMs(world),
    over: false,
    invocations: new Set(),
  };
  world.employers.set(employer.id, employer);
  const stop = new AbortController();
  let rounds = 0;
  const hire = (name: keyof Tasks) => async (payload: object) => {
    if (name === 'PullPages' && ++rounds === MOST_ROUNDS) {
      referee.violation(`${employer.id} made ${MOST_ROUNDS} rounds and has not ended`);
      stop.abort();
    }
    const answer = await invoke(world, employer, name, payload);
    const { waitSeconds } = { waitSeconds: 0, ...answer };
    if (waitSeconds > LONGEST_WAIT_SECONDS) {
      referee.violation(`${employer.id} waits for ${waitSeconds} s`);
    }
    return answer;
  };
  const tasks: Tasks = {
    PlanRun: hire('PlanRun'),
    PullPages: hire('PullPages'),
    FinishStream: hire('FinishStream'),
    FinishRun: hire('FinishRun'),
  };
  if (!world.isCalm() && chance.is(scenario.rates.stopped ?? 0)) {
    world.later(chance.between(0, 120_000), async () => {
      if (employer.over) return;
      count(coverage, 'stopped');
      stop.abort();
      // On one machine its functions die with it; in the cloud they go on.
      if (scenario.knowsTheDead) for (const one of employer.invocations) one.killed = true;
    });
  }
  const input = { source: scenario.source.name, ...(streams ? { streams } : {}) };
  world.trace(employer.id, `starts ${JSON.stringify(input)} ${fullRefresh ? 'full' : ''}`);
  const ended = await machines({
    id: employer.id,
    input: fullRefresh ? { ...input, fullRefresh } : input,
    tasks,
    clock: { ...clock, nowMs: () => clock.nowMs() + employer.aheadMs },
    random,
    signal: stop.signal,
  });
  employer.over = true;
  world.trace(employer.id, `ends ${JSON.stringify(ended)}`);
  return ended;
}
