// Holders who share one budget and obey it, in virtual time, against a server that enforces its
// limits. Requests take time, answers may overtake each other, holders may die; nothing sleeps.

import {
  PACED_WINDOW_MS,
  PERMIT_LEASE_MS,
  PULL_TIMEOUT_SECONDS,
} from '../../../shared/core/bounds.ts';
import {
  type Allowance,
  type Ask,
  type Budget,
  newBudget,
  type Spending,
} from '../../../shared/core/budget/budget.ts';
import { termsOf } from '../../../shared/core/budget/limit-kinds.ts';
import { settle } from '../../../shared/core/budget/settle.ts';
import { take } from '../../../shared/core/budget/take.ts';
import type { LimitReport } from '../../../shared/core/limit-report.ts';
import { type Agenda, newAgenda } from './agenda.ts';
import { checkBudget, checkGrant } from './budget-checks.ts';

export const START_MS = 1_700_000_000_000;

/** A function lives no longer: what is left of a lease then is given back. */
const FUNCTION_MS = (PULL_TIMEOUT_SECONDS - 30) * 1000;

export interface Answer {
  readonly allowed: boolean;
  /** What the response says of the limits; empty when it has no headers. */
  readonly reports: readonly LimitReport[];
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
  readonly heeds?: (reports: readonly LimitReport[]) => boolean;
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
  endedAtMs: number;
  steps: number;
}

/** Throws when an answer of the budget breaks a promise. */
export function runWorld(options: WorldOptions): World {
  const world: Mutable<World> = {
    budget: newBudget(options.allowance, START_MS),
    tallies: options.holders.map(() => ({ sent: 0, grants: 0, longestMs: 0, longestTurns: 0 })),
    refused: 0,
    answeredAtMs: [],
    endedAtMs: START_MS,
    steps: 0,
  };
  const agenda = newAgenda();
  for (const [index, holder] of options.holders.entries()) {
    const tally = world.tallies[index];
    if (tally) joinHolder({ options, world, agenda }, holder, index, tally);
  }
  agenda.run(START_MS + options.lastsMs);
  return world;
}

type Mutable<Shape> = { -readonly [Key in keyof Shape]: Shape[Key] };

interface Scene {
  readonly options: WorldOptions;
  readonly world: Mutable<World>;
  readonly agenda: Agenda;
}

/** One holder: asks, waits, spends and settles until the world ends. */
function joinHolder(scene: Scene, holder: HolderOptions, index: number, tally: HolderTally): void {
  const { options, world, agenda } = scene;
  const { skewMs: skew = 0, requests = Number.POSITIVE_INFINITY } = holder;
  const windowMs = pacedMs(options.allowance);
  let invocation = 0;
  const hunger = { sinceMs: START_MS + (holder.startsAtMs ?? 0), turns: 0 };

  const ask = (): Ask => {
    // As the real ones do: few permits at a modest pace until a request has been timed.
    const untimed = windowMs > 0 && tally.sent === 0;
    return {
      holder: `run/stream-${String(index).padStart(2, '0')}`,
      invocationId: `${index}-${invocation}`,
      stayMs: holder.stayMs ?? 22_000,
      want: untimed ? 5 : requests - tally.sent,
      costMilli: Math.round((holder.cost ?? 1) * 1000),
      elapsedMs: Math.max(0, world.endedAtMs - START_MS),
      requestsPerSecond: untimed ? 5 : (holder.requestsPerSecond ?? Number.POSITIVE_INFINITY),
    };
  };
  const keep = (next: Budget, nowMs: number): void => {
    checkBudget(world.budget, next, options.allowance);
    Object.assign(world, { budget: next, steps: world.steps + 1, endedAtMs: nowMs });
  };
  /** A new invocation knows nothing of the requests of the last one. */
  const begin = (nowMs: number): void => {
    invocation++;
    recent.length = 0;
    turn(nowMs);
  };
  const recent: number[] = [];

  function turn(nowMs: number, spent?: Spending): void {
    const settled = spent ? settle(world.budget, spent, nowMs + skew) : world.budget;
    if (tally.sent >= requests) {
      keep(settled, nowMs);
      return;
    }
    const request = ask();
    const taken = take(settled, options.allowance, request, nowMs + skew);
    checkGrant(taken.grant, request, nowMs + skew, taken.budget);
    keep(taken.budget, nowMs);
    const { grant } = taken;
    const readyAtMs = Math.max(nowMs, grant.readyAtMs - skew);
    if (grant.kind !== 'granted') {
      tally.longestTurns = Math.max(tally.longestTurns, ++hunger.turns);
      tally.longestMs = Math.max(tally.longestMs, nowMs - hunger.sinceMs);
      agenda.at(readyAtMs, (later) => turn(later));
    } else if (grant.booked) agenda.at(readyAtMs, begin);
    else {
      tally.grants++;
      tally.longestMs = Math.max(tally.longestMs, readyAtMs - hunger.sinceMs);
      const dies = holder.diesIn?.includes(tally.grants) ?? false;
      const settleAfterMs = holder.settlesAfterMs ?? 0;
      spendLease(scene, holder, tally, {
        request,
        permits: Math.min(grant.permits, requests - tally.sent),
        diesAt: dies ? Math.floor(grant.permits / 2) : -1,
        fromMs: readyAtMs,
        gapMs: () => {
          const oldest = grant.pace > 0 ? recent[recent.length - grant.pace] : undefined;
          return oldest === undefined ? 0 : oldest + grant.paceMs;
        },
        answered: (atMs) => {
          recent.push(atMs);
          Object.assign(hunger, { sinceMs: atMs, turns: 0 });
        },
        died: (atMs) => agenda.at(atMs + PERMIT_LEASE_MS, begin),
        done: (atMs, spending) => {
          const sinceMs = (recent.at(-1) ?? 0) - (grant.paceMs || windowMs);
          const inWindow = recent.filter((answeredAtMs) => answeredAtMs > sinceMs).length;
          const spent = windowMs > 0 ? { ...spending, inWindow } : spending;
          agenda.at(atMs + settleAfterMs, (later) => turn(later, spent));
        },
      });
    }
  }
  agenda.at(hunger.sinceMs, (nowMs) => turn(nowMs));
}

interface LeaseToSpend {
  readonly request: Ask;
  readonly permits: number;
  /** Permits left at which it dies; negative when it does not. */
  readonly diesAt: number;
  readonly fromMs: number;
  /** When its pace lets the next request go. */
  readonly gapMs: () => number;
  readonly answered: (atMs: number) => void;
  readonly died: (atMs: number) => void;
  readonly done: (atMs: number, spending: Spending) => void;
}

/** One request after the other, each answered before the next. */
function spendLease(
  { options, world, agenda }: Scene,
  holder: HolderOptions,
  tally: HolderTally,
  lease: LeaseToSpend,
): void {
  const { request } = lease;
  const skew = holder.skewMs ?? 0;
  const answeredAtMs: number[] = [];
  const spending: Mutable<Spending> = {
    holder: request.holder,
    invocationId: request.invocationId,
    costMilli: request.costMilli,
    answeredAtMs,
    reports: [],
    reportAtMs: 0,
  };
  const next = (nowMs: number, left: number): void => {
    const isOver = left === 0 || nowMs > lease.fromMs + FUNCTION_MS;
    if (isOver || left <= lease.diesAt) {
      if (left <= lease.diesAt) lease.died(nowMs);
      else lease.done(nowMs, spending);
      return;
    }
    const sendMs = Math.max(nowMs, lease.gapMs());
    const [there, back] = holder.latencies[tally.sent % holder.latencies.length] ?? [1, 1];
    tally.sent++;
    agenda.at(sendMs + there, (processedMs) => {
      const answer = options.serve(processedMs, request.costMilli / 1000);
      agenda.at(processedMs + back, (atMs) => hear(answer, sendMs, atMs, left));
    });
  };
  const hear = (answer: Answer, sendMs: number, atMs: number, left: number): void => {
    world.answeredAtMs.push(atMs);
    lease.answered(atMs);
    answeredAtMs.push(atMs + skew);
    if (answer.reports.length > 0) {
      const { reports } = answer;
      Object.assign(spending, { reports, reportSentAtMs: sendMs + skew, reportAtMs: atMs + skew });
    }
    if (!answer.allowed) {
      world.refused++;
      spending.throttle = { why: 'refused', untilMs: atMs + skew + answer.retryAfterMs };
    }
    next(atMs, !answer.allowed || holder.heeds?.(answer.reports) ? 0 : left - 1);
  };
  agenda.at(lease.fromMs, (nowMs) => next(nowMs, lease.permits));
}

const pacedMs = (allowance: Allowance): number =>
  Math.max(
    0,
    ...allowance.limits
      .map((limit) => termsOf(limit).periodMs ?? 0)
      .filter((periodMs) => periodMs <= PACED_WINDOW_MS),
  );
