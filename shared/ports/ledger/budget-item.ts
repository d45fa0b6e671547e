// The budget of a scope as the ledger keeps it.

import * as z from 'zod/mini';
import type { Bucket } from '../../core/budget/bucket.ts';
import type { Budget, Paced, PermitLease } from '../../core/budget/budget.ts';
import type { Concurrent, LimitState } from '../../core/budget/limit-states.ts';
import type { Known } from '../../core/budget/report-times.ts';
import type { Window } from '../../core/budget/window.ts';
import { everyKind, type Fields, type ItemKey, type ItemKind } from './item.ts';

const count = z.int().check(z.nonnegative());
const epochMs = z.number();
/** A level may be below zero for as long as a clock was wrong; an amount never is. */
const amount = z.number().check(z.nonnegative());

const known = {
  reportSentAtMs: epochMs,
  reportAtMs: epochMs,
  knownAtMs: epochMs,
} satisfies Fields<Known>;

const bucket = z.strictObject({
  ...known,
  kind: z.literal('leaky-bucket'),
  sizeMilli: amount,
  leakMilli: amount,
  levelMilli: amount,
  atMs: epochMs,
} satisfies Fields<Bucket>);

const window = z.strictObject({
  ...known,
  kind: z.literal('window'),
  limit: amount,
  periodMs: amount,
  log: z.readonly(z.array(z.readonly(z.tuple([epochMs, amount])))),
  resetAtMs: epochMs,
  longestMs: amount,
} satisfies Fields<Window>);

const concurrent = z.strictObject({
  kind: z.literal('concurrent'),
  limit: amount,
  reportAtMs: epochMs,
} satisfies Fields<Concurrent>);

const limitState = everyKind<LimitState>()(
  z.discriminatedUnion('kind', [bucket, window, concurrent]),
);

const lease = z.strictObject({
  holder: z.string(),
  invocationId: z.string(),
  fence: z.exactOptional(count),
  permits: count,
  costMilli: amount,
  pace: amount,
  paceMs: amount,
  readyAtMs: epochMs,
  expiresAtMs: epochMs,
} satisfies Fields<PermitLease>);

const paced = z.strictObject({
  invocationId: z.string(),
  pace: amount,
  requests: z.exactOptional(amount),
  untilMs: epochMs,
} satisfies Fields<Paced>);

const budget: ItemKind<Budget> = {
  schema: z.strictObject({
    clockMs: epochMs,
    limits: z.array(limitState),
    leases: z.array(lease),
    paced: z.array(paced),
    throttledUntilMs: epochMs,
    throttledAtMs: epochMs,
    throttledWhy: z.string(),
    throttledInARow: count,
  } satisfies Fields<Budget>),
  remedy: 'the scope then begins with an empty budget, and the API may throttle it once.',
};

export const BUDGETS = 'budgets';

export const budgetKey = (scope: string): ItemKey<Budget> => ({
  kind: budget,
  pk: BUDGETS,
  sk: scope,
});
