// What must hold of every budget and every grant, whatever was asked: tests call it at each step.

import type { Ask, Budget, Grant } from '../../../shared/core/budget/budget.ts';

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

/** Throws when the next item is older than the last, or holds a number that is none. */
export function checkBudget(before: Budget, next: Budget): void {
  if (next.clockMs < before.clockMs) throw new Error('time moved backwards');
  if (next.limits !== before.limits) {
    for (const [index, state] of next.limits.entries()) {
      const old = before.limits[index];
      if (state.kind === 'window' || old?.kind !== state.kind) continue;
      if (state.atMs < old.atMs || state.reportAtMs < old.reportAtMs)
        throw new Error('older state');
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
