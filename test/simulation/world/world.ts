// A world for one seed: an API that moves, a ledger, a lake, and runs over them that everything
// happens to. These faults must be survived, alone and together:
//
// - a call of the ledger, the lake or the API that fails before its effect, fails after it, or fails
//   and takes effect minutes later; a call that takes minutes; a service that refuses for a while;
// - a function that dies at any call, before or after its effect, or runs out of time;
// - a task that is started twice, at once or minutes apart; a task whose machine gives it up and
//   starts another while it goes on; one that is frozen until its stream has been claimed again;
// - a clock that is wrong, each function's by another span, and one that jumps under a function, by
//   seconds or by days; a machine whose clock is days wrong, with all its functions;
// - an execution that is stopped anywhere; two at once; the next one days later; a full refresh
//   in between; some of the streams only; a cursor that the API has forgotten meanwhile;
// - an API that answers 5xx, 429, nothing, half a body or an empty one; that adds, changes and
//   deletes rows between two pages; that another application spends from;
// - an API whose walks end with a status, whose pages have holes, and that forgets the cursors which
//   it gave out: the walk begins anew, and nothing of what it had landed counts;
// - access tokens that end within a run, whose renewal kills the tokens before. Only the write that
//   stores new tokens is not delayed: a secret has no condition that could refuse a late one;
// - a compaction of the lake at any time, also two at once, that all of the above happens to; each of
//   them wants other sizes, and a frozen one sleeps for days.
//
// After all of it comes a calm hour, in which one run must succeed with everything.

import { memoryCatalogue } from '../../../shared/ports/catalogue/catalogue.ts';
import type { Clock } from '../../../shared/ports/clock.ts';
import { virtualClock } from '../../../shared/ports/clock-virtual.ts';
import { type Ledger, memoryLedger } from '../../../shared/ports/ledger/ledger.ts';
import { memoryTokenLock, type TokenLock } from '../../../shared/ports/ledger/token-lock.ts';
import { memorySecrets, type Secrets } from '../../../shared/ports/secrets/secrets.ts';
import { type Chance, chanceOf } from '../chance.ts';
import { type Coverage, count } from '../faults.ts';
import { openReferee, type Referee } from '../judge/referee.ts';
import { type Scenario, scenarioOf } from '../scenario.ts';
import { type Employer, type Invocation, Killed } from './invoked.ts';
import { type SimServer, simServer } from './server.ts';
import { type SimLake, simLake } from './sim-lake.ts';
import type { SimPorts } from './sim-ports.ts';
import { FIRST_SIGN_IN } from './sim-tokens.ts';

export interface World {
  readonly seed: number;
  readonly scenario: Scenario;
  readonly chance: Chance;
  /** True time. */
  readonly clock: Clock;
  readonly server: SimServer;
  readonly lake: SimLake;
  readonly catalogue: ReturnType<typeof memoryCatalogue>;
  readonly ledger: Ledger;
  readonly secrets: Secrets;
  readonly tokenLock: TokenLock;
  readonly referee: Referee;
  readonly coverage: Coverage;
  readonly employers: Map<string, Employer>;
  isCalm(): boolean;
  /** From now on nothing goes wrong any more. */
  calm(): void;
  nextId(): number;
  /** An execution that has ended; its functions may still run. */
  isOver(holder: string): boolean;
  isSuperseded(invocation: Invocation): boolean;
  throttle(service: string, forMs: number): void;
  isThrottled(service: string): boolean;
  /** Does something after a while; what it throws, nobody hears. */
  later(ms: number, act: () => Promise<unknown>): void;
  /** Waits for this too before the world ends. */
  follow(work: Promise<unknown>): void;
  /** When nothing is under way any more. */
  idle(): Promise<void>;
  /** Makes an effect of this invocation happen: the ledger sees its clock, the referee sees it. */
  acting<Answer>(invocation: Invocation, effect: () => Promise<Answer>): Promise<Answer>;
  trace(invocation: Invocation | string, what: string): void;
  /** Keeps an error that is neither a fault of ours nor one that a service would throw. */
  unexpected(error: unknown): void;
  /** The ports with the deliberate bug in them, if there is one. */
  bugged(ports: SimPorts, invocation: Invocation): SimPorts;
}

export interface WorldOptions {
  readonly trace?: ((line: string) => void) | undefined;
  /** Whether the lake is compacted meanwhile; without a word, as the seed says. */
  readonly compactions?: false | undefined;
  readonly bug?: ((ports: SimPorts, invocation: Invocation, world: World) => SimPorts) | undefined;
}

/** A Monday morning: header parsers take small numbers for spans. */
const START_MS = Date.UTC(2026, 10, 2, 6, 0, 0, 123);

export function newWorld(seed: number, options: WorldOptions): World {
  const drawn = scenarioOf(seed);
  const scenario = options.compactions === false ? { ...drawn, compactionsAfterMs: [] } : drawn;
  const chance = chanceOf(seed);
  const clock = virtualClock(START_MS);
  const coverage: Coverage = {};
  const server = simServer(scenario, chance, START_MS, (fault) => count(coverage, fault));
  const lake = simLake(clock);
  const catalogue = memoryCatalogue();
  let caller: Invocation | undefined;
  const callerClock = {
    nowMs: () => clock.nowMs() + (caller?.skewMs ?? 0),
    sleep: clock.sleep,
  };
  const onViolation = (text: string): void => world.trace('VIOLATION', text);
  const watched = { scenario, server, lake, catalogue, clock, onViolation };
  const referee = openReferee(watched, () => caller);
  const pending = new Set<Promise<unknown>>();
  const throttledUntil = new Map<string, number>();
  let quiet = false;
  let ids = 0;

  const follow = (work: Promise<unknown>): void => {
    const settled: Promise<unknown> = work
      .catch(() => undefined)
      .finally(() => pending.delete(settled));
    pending.add(settled);
  };
  const world: World = {
    seed,
    scenario,
    chance,
    clock,
    server,
    lake: referee.watchLake(lake),
    catalogue: referee.watchCatalogue(catalogue),
    ledger: referee.watchLedger(memoryLedger(callerClock)),
    secrets: memorySecrets(new Map([[scenario.source.name, FIRST_SIGN_IN]])),
    tokenLock: memoryTokenLock(callerClock),
    referee,
    coverage,
    employers: new Map(),
    isCalm: () => quiet,
    calm() {
      quiet = true;
      server.calm();
    },
    nextId: () => ++ids,
    isOver: (holder) => world.employers.get(holder)?.over === true,
    isSuperseded: ({ claim }) =>
      claim !== undefined && (referee.fenceOf(claim.stream) ?? 0) > claim.fence,
    throttle: (service, forMs) => void throttledUntil.set(service, clock.nowMs() + forMs),
    isThrottled: (service) => !quiet && (throttledUntil.get(service) ?? 0) > clock.nowMs(),
    later: (ms, act) => follow(clock.sleep(ms).then(act)),
    follow,
    async idle() {
      while (pending.size > 0) await Promise.all(pending);
    },
    acting(invocation, effect) {
      caller = invocation;
      return effect();
    },
    trace(who, what) {
      if (!options.trace) return;
      const name = typeof who === 'string' ? who : `${who.task}#${who.id}`;
      options.trace(`${((clock.nowMs() - START_MS) / 1000).toFixed(3)} ${name} ${what}`);
    },
    unexpected(error) {
      if (error instanceof Killed) return;
      const expected = ['ServiceUnavailable', 'TimeoutError'];
      if (error instanceof Error && expected.includes(error.name)) return;
      const told = error instanceof Error ? error.stack : String(error);
      referee.violation(`a function threw what no service throws: ${told}`);
    },
    bugged: (ports, invocation) => options.bug?.(ports, invocation, world) ?? ports,
  };
  return world;
}
