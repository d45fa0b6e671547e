// Holders who share one budget and obey it, in virtual time, against a server that enforces its
// limits. Requests take time, answers may overtake each other, holders may die; nothing sleeps.

import {
  type Allowance,
  type Ask,
  type Budget,
  type Grant,
  newBudget,
  type Spending,
  settle,
  take,
} from '../../shared/core/budget.ts';
import { LEASE_MS, PULL_TIMEOUT_SECONDS } from '../../shared/core/limits.ts';
import type { Word } from '../../shared/core/words.ts';

export const START_MS = 1_700_000_000_000;

/** A function lives no longer: what is left of a lease then is given back. */
const FUNCTION_MS = (PULL_TIMEOUT_SECONDS - 30) * 1000;

export interface Answer {
  readonly allowed: boolean;
  /** What the response says of the limits; empty when it has no headers. */
  readonly words: readonly Word[];
  /** Of a refusal, ms. */
  readonly retryAfterMs: number;
}

export interface WorldOptions {
  readonly allowance: Allowance;
  readonly serve: (nowMs: number, cost: number) => Answer;
  readonly holders: readonly HolderOptions[];
  /** Virtual time to run for, ms. */
  readonly lastsMs: number;
}

export interface HolderOptions {
  readonly cost?: number;
  readonly startsAtMs?: number;
  /** To the server and back, ms, for each request in turn. */
  readonly latencies: readonly (readonly [number, number])[];
  readonly stayMs?: number;
  /** Leases after which it dies in the middle, once each; it comes back when they expired. */
  readonly diesIn?: readonly number[];
  /** Its clock minus the true one, ms. */
  readonly skewMs?: number;
  /** How long it takes to settle after the last answer, ms. */
  readonly settlesAfterMs?: number;
  readonly requests?: number;
  /** It stops spending a lease when the API says that nothing is left. */
  readonly heeds?: (words: readonly Word[]) => boolean;
  readonly requestsPerSecond?: number;
}

export interface HolderTally {
  sent: number;
  grants: number;
  /** Longest time and most answers in a row without a permit. */
  longestMs: number;
  longestTurns: number;
}

export interface World {
  readonly budget: Budget;
  readonly tallies: readonly HolderTally[];
  refused: number;
  /** When each request was answered. */
  readonly answeredAtMs: number[];
  itemBytes: number;
  endedAtMs: number;
  steps: number;
}

/** Throws when an answer of the budget breaks a promise. */
export function runWorld(options: WorldOptions): World {
  const { allowance } = options;
  let budget = newBudget(allowance, START_MS);
  const world: { -readonly [Key in keyof World]: World[Key] } = {
    budget,
    tallies: options.holders.map(() => ({
      sent: 0,
      grants: 0,
      longestMs: 0,
      longestTurns: 0,
    })),
    refused: 0,
    answeredAtMs: [],
    itemBytes: 0,
    endedAtMs: START_MS,
    steps: 0,
  };
  const agenda = newAgenda();
  const endMs = START_MS + options.lastsMs;

  const keep = (next: Budget, nowMs: number): void => {
    checkBudget(budget, next);
    budget = next;
    world.budget = next;
    world.steps++;
    world.endedAtMs = nowMs;
    if (world.steps % 50 === 0)
      world.itemBytes = Math.max(world.itemBytes, JSON.stringify(next).length);
  };

  options.holders.forEach((holder, index) => {
    const tally = world.tallies[index];
    if (!tally) return;
    const skew = holder.skewMs ?? 0;
    let invocation = 0;
    let hungrySinceMs = START_MS + (holder.startsAtMs ?? 0);
    let hungryTurns = 0;
    let recent: number[] = [];

    /** As the real ones do: few permits at a modest pace until a request has been timed. */
    const isUntimed = (): boolean => paceWindowMs > 0 && tally.sent === 0;
    const ask = (): Ask => ({
      holder: `run/stream-${String(index).padStart(2, '0')}`,
      token: `${index}-${invocation}`,
      stayMs: holder.stayMs ?? 22_000,
      want: isUntimed() ? 5 : (holder.requests ?? Number.POSITIVE_INFINITY) - tally.sent,
      costMilli: Math.round((holder.cost ?? 1) * 1000),
      elapsedMs: Math.max(0, world.endedAtMs - START_MS),
      requestsPerSecond: isUntimed() ? 5 : (holder.requestsPerSecond ?? Number.POSITIVE_INFINITY),
    });

    const turn = (nowMs: number, spent?: Spending): void => {
      const clockMs = nowMs + skew;
      const settled = spent ? settle(budget, spent, clockMs) : budget;
      if (tally.sent >= (holder.requests ?? Number.POSITIVE_INFINITY)) {
        keep(settled, nowMs);
        return;
      }
      const request = ask();
      const taken = take(settled, allowance, request, clockMs);
      checkGrant(taken.grant, request, clockMs, taken.budget);
      keep(taken.budget, nowMs);
      const { grant } = taken;
      if (grant.kind !== 'granted') {
        hungryTurns++;
        tally.longestTurns = Math.max(tally.longestTurns, hungryTurns);
        tally.longestMs = Math.max(tally.longestMs, nowMs - hungrySinceMs);
        agenda.at(grant.readyAtMs - skew, (later) => turn(later));
        return;
      }
      if (grant.reserved) {
        agenda.at(Math.max(nowMs, grant.readyAtMs - skew), (later) => {
          invocation++;
          recent = [];
          turn(later);
        });
        return;
      }
      tally.grants++;
      spend(Math.max(nowMs, grant.readyAtMs - skew), grant.permits, grant.pace, request);
    };

    const spend = (fromMs: number, permits: number, pace: number, request: Ask): void => {
      const spending: { -readonly [Key in keyof Spending]: Spending[Key] } & {
        answeredAtMs: number[];
      } = {
        holder: request.holder,
        token: request.token,
        costMilli: request.costMilli,
        answeredAtMs: [],
        words: [],
        wordAtMs: 0,
      };
      const dies = holder.diesIn?.includes(tally.grants) ?? false;
      const finish = (nowMs: number, left: number): void => {
        if (dies && left <= permits / 2) {
          invocation++;
          recent = [];
          agenda.at(nowMs + LEASE_MS, (later) => turn(later));
          return;
        }
        agenda.at(nowMs + (holder.settlesAfterMs ?? 0), (later) => turn(later, spending));
      };
      const next = (nowMs: number, left: number): void => {
        const enough = tally.sent >= (holder.requests ?? Number.POSITIVE_INFINITY);
        const overdue = nowMs > fromMs + FUNCTION_MS;
        if (left === 0 || enough || overdue || (dies && left <= permits / 2)) {
          finish(nowMs, left);
          return;
        }
        const oldest = pace > 0 ? recent[recent.length - pace] : undefined;
        const sendMs = oldest === undefined ? nowMs : Math.max(nowMs, oldest + paceWindowMs);
        const [there, back] = holder.latencies[tally.sent % holder.latencies.length] ?? [1, 1];
        tally.sent++;
        agenda.at(sendMs + there, (processedMs) => {
          const answer = options.serve(processedMs, request.costMilli / 1000);
          const arrivesMs = processedMs + back;
          agenda.at(arrivesMs, (nowMs2) => {
            world.answeredAtMs.push(nowMs2);
            hungrySinceMs = nowMs2;
            hungryTurns = 0;
            recent.push(nowMs2);
            if (recent.length > 500) recent = recent.slice(-250);
            spending.answeredAtMs.push(nowMs2 + skew);
            if (answer.words.length > 0) {
              spending.words = answer.words;
              spending.wordSentAtMs = sendMs + skew;
              spending.wordAtMs = nowMs2 + skew;
            }
            if (!answer.allowed) {
              world.refused++;
              spending.refusal = { why: 'refused', untilMs: nowMs2 + skew + answer.retryAfterMs };
              finish(nowMs2, 0);
            } else if (holder.heeds?.(answer.words)) finish(nowMs2, 0);
            else next(nowMs2, left - 1);
          });
        });
      };
      tally.longestMs = Math.max(tally.longestMs, fromMs - hungrySinceMs);
      agenda.at(fromMs, (nowMs) => next(nowMs, permits));
    };

    const paceWindowMs = Math.max(
      0,
      ...allowance.limits.flatMap((limit) =>
        limit.kind !== 'leaky-bucket' && limit.periodSeconds <= 5
          ? [limit.periodSeconds * 1000]
          : [],
      ),
    );
    agenda.at(hungrySinceMs, (nowMs) => turn(nowMs));
  });
  agenda.run(endMs);
  return world;
}

/** No answer but a grant is for now, and nothing is a fraction or no number. */
function checkGrant(grant: Grant, ask: Ask, clockMs: number, budget: Budget): void {
  const fail = (why: string): never => {
    throw new Error(`${why}: ${JSON.stringify({ grant, ask, clockMs, budget })}`);
  };
  if (!Number.isInteger(grant.readyAtMs)) fail('a time that is no integer');
  if (grant.kind !== 'granted') {
    if (grant.readyAtMs <= clockMs) fail('a hot loop');
    return;
  }
  if (!Number.isInteger(grant.permits) || grant.permits < 1) fail('no permits');
  if (grant.permits > Math.max(1, ask.want)) fail('more than was wanted');
  if (!Number.isInteger(grant.pace) || grant.pace < 0) fail('a broken pace');
}

function checkBudget(before: Budget, next: Budget): void {
  if (next.clockMs < before.clockMs) throw new Error('time moved backwards');
  if (next.limits !== before.limits) {
    for (const [index, state] of next.limits.entries()) {
      const old = before.limits[index];
      if (state.kind === 'window' || old?.kind !== state.kind) continue;
      if (state.atMs < old.atMs || state.wordAtMs < old.wordAtMs) throw new Error('older state');
    }
  }
  for (const [path, value] of numbersIn(next)) {
    if (path.endsWith('leakMilli')) continue;
    if (!Number.isInteger(value) || value < 0) throw new Error(`${path} is ${value}`);
  }
}

function* numbersIn(value: unknown, path = ''): Generator<[string, number]> {
  if (typeof value === 'number') yield [path, value];
  else if (typeof value === 'object' && value !== null)
    for (const [key, inner] of Object.entries(value)) yield* numbersIn(inner, `${path}.${key}`);
}

/** What is to happen, by time and then in the order it was planned. */
function newAgenda() {
  const heap: { atMs: number; order: number; act: (nowMs: number) => void }[] = [];
  let order = 0;
  const isLess = (one: number, other: number): boolean => {
    const [a, b] = [heap[one], heap[other]];
    if (!a || !b) return false;
    return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
  };
  const swap = (one: number, other: number): void => {
    const [a, b] = [heap[one], heap[other]];
    if (a && b) [heap[one], heap[other]] = [b, a];
  };
  return {
    at(atMs: number, act: (nowMs: number) => void): void {
      heap.push({ atMs, order: order++, act });
      for (let place = heap.length - 1; place > 0; ) {
        const parent = (place - 1) >> 1;
        if (!isLess(place, parent)) break;
        swap(place, parent);
        place = parent;
      }
    },
    run(endMs: number): void {
      let nowMs = Number.NEGATIVE_INFINITY;
      for (let steps = 0; ; steps++) {
        const first = heap[0];
        if (!first || first.atMs > endMs) return;
        if (steps > 300_000) throw new Error('too many steps: a hot loop');
        swap(0, heap.length - 1);
        heap.pop();
        for (let place = 0; ; ) {
          let least = place;
          if (isLess(2 * place + 1, least)) least = 2 * place + 1;
          if (isLess(2 * place + 2, least)) least = 2 * place + 2;
          if (least === place) break;
          swap(place, least);
          place = least;
        }
        nowMs = Math.max(nowMs, first.atMs);
        first.act(nowMs);
      }
    },
  };
}
