// One round's permits: taken from the scope in leases, spent one request at a time, settled with
// what the API said. It passes on how long to wait, which core/budget/wait.ts decides, and never
// waits itself. What an answer does to a lease is decided in core/budget/lease-in-hand.ts, with an
// example.
// Why: docs/decisions/003-budget-as-reservations.md

import type { Exchange } from '../core/answer/exchange.ts';
import { readLimits } from '../core/answer/headers.ts';
import { HOLDER_HASTE, TAKEN_ANEW, UNTIMED_PERMITS } from '../core/bounds.ts';
import { type Ask, BOOKED, type Spending } from '../core/budget/budget.ts';
import {
  afterAnswer,
  afterClockSetBack,
  afterReport,
  type LastReport,
  type LeaseInHand,
  noLease,
  noReport,
  spendableAtMs,
  steadied,
} from '../core/budget/lease-in-hand.ts';
import { type LimitReport, meaningOf } from '../core/limit-report.ts';
import type { Stream } from '../core/source/source.ts';
import type { Level } from '../ports/journal.ts';
import { budgetsOf, type SharedBudget, type SourceContext } from './context.ts';
import { keepPace, type Pacing } from './pacing.ts';
import type { PullPorts } from './ports.ts';

export type Readiness =
  | { readonly kind: 'go' }
  /** `leave`: the permits are kept for the next round, this one has none. */
  | {
      readonly kind: 'wait';
      readonly untilMs: number;
      /** What it was when it was asked for, whatever the clock shows later. */
      readonly waitMs: number;
      readonly why: string;
      readonly leave: boolean;
    };

export interface Permits {
  /**
   * Whether the next request may be sent now.
   * @param want requests that can be used, if known
   * @param elapsedMs that the run has taken so far
   * @param stayMs a wait longer than this is left to the machine
   */
  ready(want: number, elapsedMs: number, stayMs: number): Promise<Readiness>;
  /**
   * One request was answered: its cost and what it said of the limits.
   * @returns what can't be believed of that: the first time, since it would be said of each page
   */
  spent(exchange: Exchange): readonly string[];
  /** The API throttled a request: whoever spends from the budget is throttled with it. */
  throttled(why: string, untilMs: number | undefined): Promise<void>;
  /** Gives back what is left. */
  close(): Promise<void>;
  /** Gives back what was kept for a next round: there is none. */
  forgo(): Promise<void>;
  /** The tightest limit that the API spoke of last. */
  level(): Level | undefined;
  /** Whether the last answer said that a limit of this budget is used up. */
  saysUsedUp(): boolean;
}

export interface PermitOptions {
  readonly holder: string;
  readonly invocationId: string;
  /** The claim of the stream. */
  readonly fence: number;
  /** Milliseconds of one request, as timed so far; 0 when unknown. */
  readonly requestMs: () => number;
}

/** What the source says of its requests. */
interface Terms extends PermitOptions {
  readonly costMilli: number;
  /** Of a throttled request that names no time, ms. */
  readonly refusedWaitMs: number;
}

/** One round's permits while it runs. */
interface Holding {
  readonly ports: PullPorts;
  readonly budget: SharedBudget;
  readonly options: Terms;
  readonly pacing: Pacing;
  lease: LeaseInHand;
  report: LastReport;
  hasDoubted: boolean;
  saysUsedUp: boolean;
}

/** Permits of a stream: a request goes when all budgets that it spends from grant it. */
export function openPermits(
  ports: PullPorts,
  context: SourceContext,
  stream: Stream,
  options: PermitOptions,
): Permits {
  const costMilli = Math.round((stream.cost ?? 1) * 1000);
  const refusedWaitMs = (context.source.refusedWaitSeconds ?? 0) * 1000;
  const [first, ...others] = budgetsOf(context, stream).map((budget) =>
    openBudget(ports, budget, { ...options, costMilli, refusedWaitMs }),
  );
  if (first === undefined) throw new Error('a stream spends from one budget at least');
  return others.length === 0 ? first : together([first, ...others]);
}

/**
 * What one budget has granted is kept while another is waited for, unless the round leaves: then
 * it is given back, and what was waited for is booked.
 */
function together(all: readonly Permits[]): Permits {
  const each = async (act: (one: Permits) => Promise<void>): Promise<void> => {
    for (const one of all) await act(one);
  };
  return {
    async ready(...need) {
      for (const one of all) {
        const readiness = await one.ready(...need);
        if (readiness.kind === 'wait') return readiness;
      }
      return { kind: 'go' };
    },
    spent: (answered) => all.flatMap((one) => one.spent(answered)),
    /** Those whose limit is used up, as the answer says; where it says nothing, all of them. */
    async throttled(why, untilMs) {
      const named = all.filter((one) => one.saysUsedUp());
      for (const one of named.length > 0 ? named : all) await one.throttled(why, untilMs);
    },
    close: () => each((one) => one.close()),
    forgo: () => each((one) => one.forgo()),
    level: () => all.flatMap((one) => one.level() ?? []).sort(byShare)[0],
    saysUsedUp: () => all.some((one) => one.saysUsedUp()),
  };
}

const byShare = (one: Level, other: Level): number => other.spent / other.of - one.spent / one.of;

function openBudget(ports: PullPorts, budget: SharedBudget, options: Terms): Permits {
  const { scope, allowance } = budget;
  const pacing = keepPace(allowance.limits);
  const { costMilli } = options;
  const [lease, report] = [noLease(costMilli), noReport(costMilli)];
  const holding: Holding = {
    ...{ ports, budget, options, pacing, lease, report },
    hasDoubted: false,
    saysUsedUp: false,
  };
  const giveBack = (more: Partial<Spending> = {}): Promise<void> =>
    ports.ledger.settlePermits(scope, allowance, { ...spendingOf(holding), ...more });
  return {
    ready: (want, elapsedMs, stayMs) => ready(holding, { want, elapsedMs, stayMs }),
    spent: (answered) => learn(holding, answered),
    async throttled(why, untilMs) {
      const until = untilMs === undefined ? {} : { untilMs };
      await giveBack({ throttle: { why, waitMs: options.refusedWaitMs, ...until } });
    },
    async close() {
      if (holding.lease.isOpen) await giveBack();
    },
    forgo: () => giveBack({ invocationId: BOOKED }),
    level: () => tightest(holding.report.limits),
    saysUsedUp: () => holding.saysUsedUp,
  };
}

/** What a round needs permits for. */
type Need = Pick<Ask, 'want' | 'elapsedMs' | 'stayMs'>;

async function ready(holding: Holding, need: Need): Promise<Readiness> {
  const { clock } = holding.ports;
  let nowMs = clock.nowMs();
  if (nowMs < Math.max(holding.lease.grantedAtMs, holding.report.atMs)) setBack(holding);
  for (let taken = 1; holding.lease.left === 0; taken++) {
    const askedAtMs = nowMs;
    const wait = await takeLease(holding, need);
    nowMs = clock.nowMs();
    const { lease } = holding;
    holding.lease = { ...lease, grantedAtMs: nowMs };
    // The clock was set back while the ledger answered: the answer is of another time.
    if (nowMs < askedAtMs && taken < TAKEN_ANEW) setBack(holding);
    else if (wait) return { ...waiting(wait.untilMs, nowMs, wait.why), leave: wait.leave };
  }
  const { lease, report, pacing, budget } = holding;
  const untilMs = spendableAtMs(lease, report, budget.allowance);
  if (untilMs > nowMs) return waiting(untilMs, nowMs, waitingFor(1));
  const pacedMs = pacing.nextAtMs(lease, nowMs);
  return pacedMs > nowMs ? waiting(pacedMs, nowMs, 'for a short window') : { kind: 'go' };
}

/** What is held by a clock that shows an earlier time now is given back. */
const setBack = (holding: Holding): void =>
  void Object.assign(holding, afterClockSetBack(holding.lease, holding.report));

type Wait = Extract<Readiness, { kind: 'wait' }>;

/** A new lease for the one that is used up; or why there is none, and until when. */
async function takeLease(
  holding: Holding,
  need: Need,
): Promise<Omit<Wait, 'kind' | 'waitMs'> | undefined> {
  const { ports, budget, lease, report } = holding;
  const { scope, allowance } = budget;
  const ask = askFor(holding, need);
  const spent = lease.isOpen ? spendingOf(holding) : undefined;
  const grant = await ports.ledger.takePermits(scope, allowance, ask, spent);
  switch (grant.kind) {
    case 'throttled':
      return { untilMs: grant.readyAtMs, why: grant.why, leave: false };
    case 'queued':
      return { untilMs: grant.readyAtMs, why: 'others hold the permits', leave: false };
    case 'granted':
      break;
  }
  const { readyAtMs, permits, pace, paceMs, booked } = grant;
  const taken = { ...holding.lease, readyAtMs };
  if (booked) {
    holding.lease = taken;
    return { untilMs: readyAtMs, why: waitingFor(permits), leave: true };
  }
  holding.lease = {
    ...taken,
    left: permits,
    pace,
    paceMs,
    costMilli: report.costMilli,
    isOpen: true,
  };
  return undefined;
}

function askFor({ options, pacing, report }: Holding, need: Need): Ask {
  const { holder, invocationId, fence } = options;
  const asked = { holder, invocationId, fence, ...need, costMilli: report.costMilli };
  // Until a request has been timed, take few permits at a modest pace: streams that start
  // together then share a short window instead of the first one holding all of it.
  const requestMs = options.requestMs();
  if (pacing.windowMs() > 0 && requestMs === 0) {
    const want = Math.min(need.want, UNTIMED_PERMITS);
    return { ...asked, want, requestsPerSecond: UNTIMED_PERMITS };
  }
  const requestsPerSecond = (1000 * HOLDER_HASTE) / Math.max(1, requestMs);
  return { ...asked, requestsPerSecond };
}

/** What became of the lease; it is empty and closed then. */
function spendingOf(holding: Holding): Spending {
  const { options, pacing, lease, report } = holding;
  holding.lease = { ...lease, left: 0, isOpen: false, answeredAtMs: [] };
  return {
    holder: options.holder,
    invocationId: options.invocationId,
    costMilli: report.costMilli,
    answeredAtMs: lease.answeredAtMs,
    ...(pacing.windowMs() > 0 ? { inWindow: pacing.inWindow(lease.paceMs) } : {}),
    reports: report.limits,
    reportSentAtMs: report.sentAtMs,
    reportAtMs: report.atMs,
  };
}

function learn(
  holding: Holding,
  { sentAtMs, answeredAtMs, headers }: Exchange,
): readonly string[] {
  const { pacing, hasDoubted } = holding;
  const { allowance } = holding.budget;
  const { reports: limits, doubts } = readLimits(allowance.limits, headers, answeredAtMs);
  pacing.answered(answeredAtMs, limits);
  holding.lease = afterAnswer(holding.lease, answeredAtMs);
  holding.saysUsedUp = limits.some((report) => meaningOf(report).isExhausted);
  holding.hasDoubted ||= doubts.length > 0;
  if (limits.length > 0) {
    const steady = steadied(limits, holding.report.limits, answeredAtMs);
    const report = { ...holding.report, limits: steady, sentAtMs, atMs: answeredAtMs };
    Object.assign(holding, afterReport(holding.lease, report, allowance, pacing.isPaced));
  }
  return hasDoubted ? [] : doubts;
}

const waiting = (untilMs: number, nowMs: number, why: string): Wait => ({
  kind: 'wait',
  untilMs,
  waitMs: Math.max(0, untilMs - nowMs),
  why,
  leave: false,
});

const waitingFor = (permits: number): string =>
  permits === 1 ? 'for 1 permit' : `for ${permits} permits`;

/** The limit of which the largest part is spent. */
function tightest(reports: readonly LimitReport[]): Level | undefined {
  const levels = reports.flatMap((report) => meaningOf(report).level ?? []);
  return levels.sort((a, b) => b.spent / b.of - a.spent / a.of)[0];
}
