// The two changes of a scope's budget that a ledger writes, as pure steps from the item as it was.
// Both are held here to what must hold of every write, for all ledgers alike.

import type { Allowance, Ask, Budget, Grant, Spending } from '../../core/budget/budget.ts';
import { brokenBy } from '../../core/budget/invariant.ts';
import { settle } from '../../core/budget/settle.ts';
import { take } from '../../core/budget/take.ts';
import { DriplakeError, Failure } from '../../core/failures.ts';

/** Without `next` there is nothing that others must know, and nothing is written. */
export interface BudgetStep<Answer> {
  readonly answer: Answer;
  readonly next?: Budget;
}

/** Takes permits; with `spent`, another lease is settled in the same write first. */
export function takeStep(
  before: Budget,
  allowance: Allowance,
  { ask, spent }: { readonly ask: Ask; readonly spent: Spending | undefined },
  nowMs: number,
): BudgetStep<Grant> {
  const settled = spent ? settle(before, spent, nowMs) : before;
  const { budget, grant } = take(settled, allowance, ask, nowMs);
  // Where nothing has to be kept, `take` returns the very item that it got.
  if (budget === before) return { answer: grant };
  return { answer: grant, next: checked(before, budget, allowance) };
}

/** Gives a lease back. */
export function settleStep(
  before: Budget,
  allowance: Allowance,
  spent: Spending,
  nowMs: number,
): BudgetStep<undefined> {
  const next = checked(before, settle(before, spent, nowMs), allowance);
  return { answer: undefined, next };
}

function checked(before: Budget, next: Budget, allowance: Allowance): Budget {
  const broken = brokenBy(before, next, allowance);
  if (broken.length === 0) return next;
  throw new DriplakeError(
    Failure.damaged,
    `A budget would break its promises: ${broken.join('; ')}.`,
    'This is a bug of Driplake, and nothing was written. Please report this line and the source.',
  );
}
