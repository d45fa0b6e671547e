// What holds of a scope's budget whenever it is written: a write that would break it is a bug, and
// is not made. Limits may shrink while permits are held, and the API may count what others spend:
// that is never ours to prevent, so each promise is about what a write adds.
//
// 1. Nothing is granted above a limit. What all leases hold is at most what the limit leaves us, or
//    was as much before: then the limit has shrunk.
// 2. Nothing is granted early. When a new lease is ready, it fits beside all that is due by then
//    and what still counts: in a bucket of 60 at a level of 30, beside 20 that two others hold, 10
//    permits fit now. A lease that is due later was granted beside those before it.
// 3. Paces together are at most what a short window leaves us, or were as much before.
// 4. Amounts are whole and never negative, times are finite, a window's log ascends and counts.
// 5. Everything has a bound: leases, logs, how long a scope is throttled. What was given back and
//    still takes a pace is bounded by the pace: each entry has a request of the last 5 s in it.
// Why: docs/decisions/003-budget-as-reservations.md

import { LEASES_PER_SCOPE, THROTTLE_LONGEST_MS, THROTTLED_IN_A_ROW } from '../bounds.ts';
import type { Allowance, Budget, PermitLease } from './budget.ts';
import { isQueuePlace, paceByInvocation, pacedWindow } from './headroom.ts';
import { movesOf } from './limit-states.ts';

/** What a write would break, a line each; nothing when it may be made. */
export const brokenBy = (before: Budget, next: Budget, allowance: Allowance): string[] => [
  ...overdrawn(before, next, allowance),
  ...overpaced(before, next, allowance),
  ...[...numbersIn(next)].flatMap(([path, value]) => (isAmount(path, value) ? [] : [path])),
  ...unbounded(next),
];

/** Promises 1 and 2. */
function overdrawn(before: Budget, next: Budget, allowance: Allowance): string[] {
  const added = next.leases.filter(
    (lease) => !isQueuePlace(lease) && !before.leases.includes(lease),
  );
  return next.limits.flatMap((state, index) => {
    const account = movesOf(state).account(allowance.shareForOthers);
    if (!account) return [];
    const { usable, held, counting, rounding } = account;
    const fits = ({ readyAtMs }: PermitLease): boolean => {
      const due = next.leases.filter((lease) => lease.readyAtMs <= readyAtMs);
      return held(due) + counting(readyAtMs) <= usable + rounding;
    };
    const granted = held(next.leases);
    return [
      ...(granted > Math.max(held(before.leases), usable)
        ? [`limits[${index}]: ${granted} of ${usable} are granted`]
        : []),
      ...added
        .filter((lease) => !fits(lease))
        .map(({ holder, permits }) => `limits[${index}]: ${permits} of ${holder} are early`),
    ];
  });
}

/** Promise 3. */
function overpaced(before: Budget, next: Budget, allowance: Allowance): string[] {
  const pace = sum(paceByInvocation(next).values());
  const most = sum(paceByInvocation(before).values());
  const usable = pacedWindow(next, allowance.shareForOthers)?.usable ?? pace;
  // What was spent before the window was known to be short is a fact, and gives nothing.
  const gives = next.leases.some((lease) => lease.pace > 0 && !before.leases.includes(lease));
  return gives && pace > Math.max(most, usable)
    ? [`${pace} of ${usable} requests of a short window are given`]
    : [];
}

const sum = (values: Iterable<number>): number =>
  [...values].reduce((total, value) => total + value, 0);

/** Promise 4: of all numbers only a leak, which is a rate, need not be whole. */
const isAmount = (path: string, value: number): boolean =>
  value >= 0 && (path.endsWith('.leakMilli') ? Number.isFinite(value) : Number.isInteger(value));

function* numbersIn(value: unknown, path = 'budget'): Generator<[path: string, value: number]> {
  if (typeof value === 'number') yield [path, value];
  else if (typeof value === 'object' && value !== null)
    for (const [key, inner] of Object.entries(value)) yield* numbersIn(inner, `${path}.${key}`);
}

/** Promise 5, and the order of logs. */
function unbounded(next: Budget): string[] {
  const { clockMs, leases, limits, throttledUntilMs, throttledInARow } = next;
  return [
    ...(leases.length > LEASES_PER_SCOPE ? [`${leases.length} leases`] : []),
    ...(throttledUntilMs > clockMs + THROTTLE_LONGEST_MS ? ['throttled for too long'] : []),
    ...(throttledInARow > THROTTLED_IN_A_ROW ? [`throttled ${throttledInARow} times`] : []),
    ...limits.flatMap((state, index) =>
      movesOf(state).isSound() ? [] : [`limits[${index}]: a log out of order or too long`],
    ),
  ];
}
