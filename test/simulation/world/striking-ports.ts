// The ports of one invocation: the world's ledger, lake and API behind calls that take their time
// and that faults strike before the effect, after it, or instead of it with the effect coming late.

import { PARTITIONS_FOLDER } from '../../../shared/core/table/keys.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import type { Lake, LakeKeeping } from '../../../shared/ports/lake/lake.ts';
import type { Ledger } from '../../../shared/ports/ledger/ledger.ts';
import { CALL_FAULTS, type CallFault, count, type Step } from '../faults.ts';
import { drawFarMs } from '../scenario.ts';
import { type Invocation, Killed, named, type TaskName } from './invoked.ts';
import type { SimDraft, SimLake } from './sim-lake.ts';
import type { SimPorts } from './sim-ports.ts';
import type { World } from './world.ts';

/** The write of new tokens, and what would make it a late one. */
const STORE = 'storeTokens';
const LATE: readonly CallFault[] = ['late', 'stalled', 'frozen'];

/** How long a frozen function waits for its stream to be claimed again. */
const FROZEN_MINUTES = 180;

/** How much more often faults strike steps that a run comes to once at most. */
const SHARES: Partial<Record<Step, number>> = {
  'lake-id': 15,
  list: 4,
  'compact-land': 6,
  'compact-move': 6,
  'compact-swap': 6,
  'compact-clear': 15,
};

/** How long a frozen compaction sleeps. */
const COMPACT_FROZEN_HOURS = [3, 30, 200] as const;

type Service = 'ledger' | 'lake' | 'api';

/** Shortest and longest time of one call, ms. */
const LATENCY_MS = { ledger: [2, 12], lake: [20, 120], api: [30, 400] } as const;

export function strikingPorts(world: World, invocation: Invocation): SimPorts {
  const { scenario, chance, ledger, lake, catalogue, server, secrets, tokenLock } = world;
  const clock = clockOf(world, invocation);

  /** One call of a service, on which everything can go wrong. */
  async function call<Answer>(
    service: Service,
    name: string,
    effect: () => Promise<Answer>,
  ): Promise<Answer> {
    const step = stepOf(invocation.task, name);
    alive(world, invocation);
    const fault = strike(step, name !== STORE);
    world.trace(invocation, fault ? `${name} (${step}) ${fault}` : `${name} (${step})`);
    const [shortest, longest] = LATENCY_MS[service];
    await world.clock.sleep(chance.between(shortest, longest));
    alive(world, invocation);
    if (fault === 'killed-before') kill(invocation);
    if (fault === 'throttled') world.throttle(service, chance.between(1_000, 20_000));
    if (fault === 'before' || world.isThrottled(service)) {
      throw named('ServiceUnavailable', `${service} is not there.`);
    }
    if (fault === 'late') {
      world.later(chance.between(100, 20 * 60_000), () => world.acting(invocation, effect));
      throw named('TimeoutError', `${service} did not answer.`);
    }
    if (fault === 'stalled') {
      await world.clock.sleep(chance.between(1_000, chance.pick([30_000, 40 * 60_000])));
      if (!invocation.orphaned && !invocation.doubled) alive(world, invocation);
    }
    if (fault === 'frozen') await freeze();
    countCaller(world, invocation, step);
    const answer = await world.acting(invocation, effect);
    if (fault === 'killed-after') kill(invocation);
    if (fault === 'after') throw named('TimeoutError', `${service} did not answer in time.`);
    return answer;
  }

  /** Sleeps through a takeover: nobody waits for it any more when it wakes. */
  async function freeze(): Promise<void> {
    invocation.orphaned = true;
    // A compaction holds no claim: it sleeps through others, past every time that they keep.
    if (invocation.task === 'Compact') {
      return world.clock.sleep(chance.pick<number>(COMPACT_FROZEN_HOURS) * 3_600_000);
    }
    for (let minute = 0; minute < FROZEN_MINUTES && !world.isSuperseded(invocation); minute += 5) {
      await world.clock.sleep(5 * 60_000);
    }
  }

  function strike(step: Step, mayBeLate: boolean): CallFault | undefined {
    if (world.isCalm()) return undefined;
    const share = SHARES[step] ?? 1;
    if (chance.is(share * (scenario.rates.jumped ?? 0))) {
      invocation.skewMs += chance.between(-scenario.skewMs, scenario.skewMs);
      count(world.coverage, 'jumped', step);
    }
    if (chance.is(share * scenario.farClocks.leaps)) {
      invocation.skewMs = isFar(invocation) ? 0 : drawFarMs(chance);
      count(world.coverage, 'leapt', step);
    }
    const fault = CALL_FAULTS.find((kind) => chance.is(share * (scenario.rates[kind] ?? 0)));
    if (!mayBeLate && fault && LATE.includes(fault)) return undefined;
    if (fault) count(world.coverage, fault, step);
    return fault;
  }

  return {
    clock,
    random: { next: () => chance.next() },
    http: {
      async send(request) {
        try {
          const answer = await call('api', 'send', async () =>
            server.handle(request, world.clock.nowMs()),
          );
          if (answer.kind === 'fault' && answer.reason === 'timeout') {
            await clock.sleep(request.timeoutMs);
          }
          return answer;
        } catch (error) {
          if (error instanceof Killed || !(error instanceof Error)) throw error;
          return { kind: 'fault', reason: 'unreachable', message: error.message };
        }
      },
    },
    ledger: strikingLedger(ledger, (name, effect) => call('ledger', name, effect)),
    lake: strikingLake(world, lake, (name, effect) => call('lake', name, effect)),
    catalogue: {
      publishRun: (...given) => call('lake', 'publishRun', () => catalogue.publishRun(...given)),
      shownRuns: (...given) => call('lake', 'shownRuns', () => catalogue.shownRuns(...given)),
      moveRun: (...given) => call('lake', 'moveRun', () => catalogue.moveRun(...given)),
    },
    secrets: {
      read: (...given) => call('ledger', 'readSecret', () => secrets.read(...given)),
      storeTokens: (...given) => call('ledger', STORE, () => secrets.storeTokens(...given)),
      named: secrets.named,
    },
    tokenLock: {
      tryAcquire: (...given) => call('ledger', 'lock', () => tokenLock.tryAcquire(...given)),
      release: (...given) => call('ledger', 'unlock', () => tokenLock.release(...given)),
      keepRejection: (...given) =>
        call('ledger', 'keepRefusal', () => tokenLock.keepRejection(...given)),
    },
    journal: { note: (event) => world.trace(invocation, JSON.stringify(event)) },
  };
}

type Call = <Answer>(name: string, effect: () => Promise<Answer>) => Promise<Answer>;

const strikingLedger = (ledger: Ledger, call: Call): Ledger => ({
  takePermits: (...given) => call('takePermits', () => ledger.takePermits(...given)),
  settlePermits: (...given) => call('settlePermits', () => ledger.settlePermits(...given)),
  readBudgets: () => call('readBudgets', () => ledger.readBudgets()),
  readStream: (...given) => call('readStream', () => ledger.readStream(...given)),
  readStreams: (...given) => call('readStreams', () => ledger.readStreams(...given)),
  moveStream: (next) => call('moveStream', () => ledger.moveStream(next)),
  readColumns: (...given) => call('readColumns', () => ledger.readColumns(...given)),
  addColumns: (...given) => call('addColumns', () => ledger.addColumns(...given)),
  readRun: (source) => call('readRun', () => ledger.readRun(source)),
  writeRun: (run) => call('writeRun', () => ledger.writeRun(run)),
  readLatestRuns: () => call('readRuns', () => ledger.readLatestRuns()),
});

const strikingLake = (world: World, lake: SimLake, call: Call): Lake<SimDraft> & LakeKeeping => ({
  place: lake.place,
  openBatch: () => lake.openBatch(),
  landBatch: (...given) => call('landBatch', () => lake.landBatch(...given)),
  async *readRecords(prefix) {
    yield* await call('readRecords', () => allOf(lake.readRecords(prefix)));
  },
  async *listObjects(prefix) {
    yield* await call('listObjects', () => allOf(lake.listObjects(prefix)));
  },
  async *listFolders(prefix) {
    yield* await call('listFolders', () => allOf(lake.listFolders(prefix)));
  },
  readWhole: (key) => call('readWhole', () => lake.readWhole(key)),
  deleteObjects: (keys) => call('deleteObjects', () => lake.deleteObjects(keys)),
  async *readLines(key) {
    const { lineMs } = { lineMs: 0, ...world.scenario.streams.at(-1)?.kin };
    // Each takes its time: a round may be late between any two of them.
    for (const lines of await call('readLines', () => allOf(lake.readLines(key)))) {
      yield await call('readLines', async () => {
        if (!world.isCalm()) await world.clock.sleep(lineMs);
        return lines;
      });
    }
  },
  readBatch: (key) => call('readBatch', () => lake.readBatch(key)),
  writeText: (key, text) => call('writeText', () => lake.writeText(key, text)),
  createText: (key, text) =>
    call(key.startsWith(`${PARTITIONS_FOLDER}/`) ? 'createPiece' : 'createText', () =>
      lake.createText(key, text),
    ),
  readText: (key) => call('readText', () => lake.readText(key)),
});

async function allOf<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const all: Item[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** The step of the protocol that a call belongs to. */
function stepOf(task: TaskName, call: string): Step {
  switch (task) {
    case 'PlanRun':
      return 'claim';
    case 'FinishRun':
      return 'run-close';
    case 'FinishStream':
      if (call === 'moveStream') return 'finish-commit';
      return call === 'readStream' || call === 'readRecords' ? 'finish-verify' : 'manifest';
    case 'PullPages':
      return ROUND_STEPS[call] ?? 'read';
    case 'Compact':
      return COMPACT_STEPS[call] ?? 'compact-look';
  }
}

const ROUND_STEPS: Readonly<Record<string, Step>> = {
  readSecret: 'fetch',
  storeTokens: 'fetch',
  lock: 'fetch',
  unlock: 'fetch',
  createText: 'lake-id',
  createPiece: 'list',
  readLines: 'list',
  readRecords: 'list',
  listObjects: 'list',
  takePermits: 'take',
  send: 'fetch',
  writeText: 'land',
  landBatch: 'land',
  readBatch: 'land',
  addColumns: 'land',
  moveStream: 'commit',
  settlePermits: 'settle',
};

const COMPACT_STEPS: Readonly<Record<string, Step>> = {
  landBatch: 'compact-land',
  moveRun: 'compact-move',
  writeText: 'compact-swap',
  deleteObjects: 'compact-clear',
};

/** The clock as this function reads it. Only a living one wakes. */
const clockOf = (world: World, invocation: Invocation): Clock => ({
  nowMs: () => world.clock.nowMs() + invocation.skewMs,
  async sleep(ms, signal) {
    await world.clock.sleep(ms, signal);
    alive(world, invocation);
  },
});

/** A function that its time has run out for is killed, unless it is one that lives on unseen. */
function alive(world: World, invocation: Invocation): void {
  const lives = invocation.orphaned || invocation.doubled;
  if (!lives && world.clock.nowMs() >= invocation.endsAtMs) invocation.killed = true;
  if (invocation.killed) throw new Killed('The function was killed.');
}

function kill(invocation: Invocation): never {
  invocation.killed = true;
  throw new Killed('The function was killed.');
}

const isFar = ({ skewMs }: Invocation): boolean => Math.abs(skewMs) > 30 * 60_000;

function countCaller(world: World, invocation: Invocation, step: Step): void {
  const { coverage } = world;
  if (invocation.skewMs !== 0) count(coverage, 'skewed', step);
  if (isFar(invocation)) count(coverage, invocation.skewMs > 0 ? 'far-ahead' : 'far-behind', step);
  if (invocation.doubled) count(coverage, 'doubled', step);
  if (invocation.orphaned) count(coverage, 'orphaned', step);
  if (world.isSuperseded(invocation)) count(coverage, 'superseded', step);
}
