// What must hold of every budget and every grant, whatever was asked: tests call it at each step.

import type { Allowance, Ask, Budget, Grant } from '../../../shared/core/budget/budget.ts';
import { brokenBy } from '../../../shared/core/budget/invariant.ts';

/** Throws when an answer is wrong: no answer but a grant is for now, and nothing is a fraction or no number. */
export function checkGrant(grant: Grant, ask: Ask, clockMs: number, budget: Budget): void {
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

/** Throws when the next item is older than the last, or breaks a promise of every write. */
export function checkBudget(before: Budget, next: Budget, allowance: Allowance): void {
  if (next.clockMs < before.clockMs) throw new Error('time moved backwards');
  for (const [index, state] of next.limits.entries()) {
    const old = before.limits[index];
    if (old?.kind !== state.kind) continue;
    const isOlder = 'atMs' in state && 'atMs' in old && state.atMs < old.atMs;
    if (isOlder || state.reportAtMs < old.reportAtMs) throw new Error('older state');
  }
  const broken = brokenBy(before, next, allowance);
  if (broken.length > 0) throw new Error(`${broken.join('; ')}: ${JSON.stringify(next)}`);
}
