// One round's permits: taken from the scope in leases, spent one request at a time, settled with
// what the API said. It says how long to wait and never waits itself.

import type { Headers } from '../core/answer/exchange.ts';
import { readLimits } from '../core/answer/headers.ts';
import { UNTIMED_PERMITS } from '../core/bounds.ts';
import type { Ask, Spending } from '../core/budget/budget.ts';
import { leakOf, nextPermitAtMs } from '../core/budget/permit-times.ts';
import { type LimitReport, meaningOf } from '../core/limit-report.ts';
import type { Level } from '../ports/journal.ts';
import type { SourceContext } from './context.ts';
import { keepPace } from './pacing.ts';
import type { PullPorts } from './ports.ts';

export type Readiness =
  | { readonly kind: 'go' }
  /** `leave`: the permits are kept for the next round, this one has none. */
  | {
      readonly kind: 'wait';
      readonly untilMs: number;
      readonly why: string;
      readonly leave: boolean;
    };

export interface Permits {
  /** Whether the next request may be sent now. `want`: requests that can be used, if known. */
  ready(want: number, elapsedMs: number, stayMs: number): Promise<Readiness>;
  /**
   * One request was answered: its cost and what it said of the limits.
   * @returns what can't be believed of that: the first time, since it would be said of each page
   */
  spent(sentAtMs: number, answeredAtMs: number, headers: Headers): readonly string[];
  /** The API refused; the whole scope is blocked. */
  throttled(why: string, untilMs: number | undefined): Promise<void>;
  /** Gives back what is left. */
  close(): Promise<void>;
  /** Gives back what was kept for a next round: there is none. */
  forgo(): Promise<void>;
  /** The tightest limit that the API spoke of last. */
  level(): Level | undefined;
}

export interface PermitOptions {
  readonly holder: string;
  readonly invocationId: string;
  /** The claim of the stream. */
  readonly fence: number;
  readonly costMilli: number;
  /** Milliseconds of one request, as timed so far; 0 when unknown. */
  readonly requestMs: () => number;
}

export function openPermits(
  ports: PullPorts,
  context: SourceContext,
  options: PermitOptions,
): Permits {
  const { clock, ledger } = ports;
  const { scope, allowance, source } = context;
  const pacing = keepPace(allowance.limits);
  let left = 0;
  /** When all permits of the lease fit together. */
  let readyAtMs = 0;
  let grantedAtMs = 0;
  let leasedMilli = options.costMilli;
  /** What the API said of the next request: not before. */
  let notBeforeMs = 0;
  let pace = 0;
  let held = false;
  let costMilli = options.costMilli;
  let answered: number[] = [];
  let reports: readonly LimitReport[] = [];
  let reportSentAtMs = 0;
  let reportAtMs = 0;
  let hasDoubted = false;

  function spending(): Spending {
    const spent = {
      holder: options.holder,
      invocationId: options.invocationId,
      costMilli,
      answeredAtMs: answered,
      ...(pacing.windowMs() > 0 ? { inWindow: pacing.inWindow() } : {}),
      reports,
      reportSentAtMs,
      reportAtMs,
    };
    answered = [];
    left = 0;
    held = false;
    return spent;
  }

  async function take(
    want: number,
    elapsedMs: number,
    stayMs: number,
  ): Promise<Readiness | undefined> {
    // Until a request has been timed, take few permits at a modest pace: streams that start
    // together then share a short window instead of the first one holding all of it.
    const requestMs = options.requestMs();
    const untimed = pacing.windowMs() > 0 && requestMs === 0;
    const ask: Ask = {
      holder: options.holder,
      invocationId: options.invocationId,
      fence: options.fence,
      stayMs,
      want: untimed ? Math.min(want, UNTIMED_PERMITS) : want,
      costMilli,
      elapsedMs,
      requestsPerSecond: untimed ? UNTIMED_PERMITS : 1500 / Math.max(1, requestMs),
    };
    const grant = await ledger.takePermits(scope, allowance, ask, held ? spending() : undefined);
    if (grant.kind === 'throttled') {
      return { kind: 'wait', untilMs: grant.readyAtMs, why: grant.why, leave: false };
    }
    if (grant.kind === 'queued') {
      return {
        kind: 'wait',
        untilMs: grant.readyAtMs,
        why: 'others hold the permits',
        leave: false,
      };
    }
    [readyAtMs, grantedAtMs] = [grant.readyAtMs, clock.nowMs()];
    if (grant.booked) {
      return { kind: 'wait', untilMs: readyAtMs, why: waitingFor(grant.permits), leave: true };
    }
    [left, pace, held, leasedMilli] = [grant.permits, grant.pace, true, costMilli];
    return undefined;
  }

  return {
    async ready(want, elapsedMs, stayMs) {
      // The clock was set back: times from before would be waited for all over again.
      if (clock.nowMs() < grantedAtMs) [left, notBeforeMs] = [0, 0];
      if (left === 0) {
        const wait = await take(want, elapsedMs, stayMs);
        if (wait) return wait;
      }
      const nowMs = clock.nowMs();
      const fitsMs = nextPermitAtMs(readyAtMs, left, leasedMilli, leakOf(allowance, reports));
      const untilMs = Math.max(fitsMs, notBeforeMs);
      if (untilMs > nowMs) return { kind: 'wait', untilMs, why: waitingFor(1), leave: false };
      const pacedMs = pacing.nextAtMs(pace);
      if (pacedMs > nowMs) {
        return { kind: 'wait', untilMs: pacedMs, why: 'for a short window', leave: false };
      }
      return { kind: 'go' };
    },

    spent(sentAtMs, answeredAtMs, headers) {
      left = Math.max(0, left - 1);
      answered.push(answeredAtMs);
      const { reports: told, doubts } = readLimits(allowance.limits, headers, answeredAtMs);
      pacing.answered(answeredAtMs, told);
      const fresh = hasDoubted ? [] : doubts;
      hasDoubted ||= doubts.length > 0;
      if (told.length === 0) return fresh;
      [reports, reportSentAtMs, reportAtMs] = [told, sentAtMs, answeredAtMs];
      costMilli = toldCost(told) ?? costMilli;
      notBeforeMs = 0;
      // The API's report wins over the lease: somebody else has spent what we were granted.
      if (told.some((report) => isUsedUp(report, answeredAtMs))) left = 0;
      return fresh;
    },

    async throttled(why, untilMs) {
      held = true;
      const waitMs = (source.refusedWaitSeconds ?? 0) * 1000;
      await ledger.settlePermits(scope, allowance, {
        ...spending(),
        throttle: { why, waitMs, ...(untilMs === undefined ? {} : { untilMs }) },
      });
    },

    async close() {
      if (held) await ledger.settlePermits(scope, allowance, spending());
    },

    async forgo() {
      await ledger.settlePermits(scope, allowance, { ...spending(), invocationId: BOOKED });
    },

    level: () => tightest(reports),
  };

  /** What is full for now is waited for, but not longer than the lease reckoned with. */
  function isUsedUp(report: LimitReport, answeredAtMs: number): boolean {
    const { counted, fitsAtMs } = meaningOf(report);
    if (counted && pacing.isPaced(counted)) return false;
    const leakMilli = leakOf(allowance, reports)?.perSecondMilli;
    const { shareForOthers } = allowance;
    const fitsMs = fitsAtMs({ costMilli, shareForOthers, answeredAtMs, leakMilli });
    const oneMs = leakMilli ? (costMilli * 1000) / leakMilli : 0;
    if (fitsMs > Math.max(answeredAtMs, readyAtMs + oneMs)) return true;
    if (fitsMs > answeredAtMs) notBeforeMs = Math.max(notBeforeMs, fitsMs);
    return false;
  }
}

/** Permits of a next round have no invocation yet. */
const BOOKED = '';

const waitingFor = (permits: number): string =>
  permits === 1 ? 'for 1 permit' : `for ${permits} permits`;

const toldCost = (reports: readonly LimitReport[]): number | undefined =>
  reports.flatMap((report) => meaningOf(report).costMilli ?? [])[0];

/** The limit of which the largest part is spent. */
function tightest(reports: readonly LimitReport[]): Level | undefined {
  const levels = reports.flatMap((report) => meaningOf(report).level ?? []);
  return levels.sort((a, b) => b.spent / b.of - a.spent / a.of)[0];
}
