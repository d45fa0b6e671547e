// The ledger: cursors, budgets and leases, shared by everyone who drains. Every change is one
// conditional write; whoever loses reads again. Below the interface stands the one in memory.

import {
  type Allowance,
  type Ask,
  type Budget,
  type Grant,
  newBudget,
  type Spending,
} from '../../core/budget/budget.ts';
import type { RunState, StreamState } from '../../core/run/run.ts';
import type { Column } from '../../core/table/columns.ts';
import { addSeen, noColumns, type StreamColumns } from '../../core/table/stream-columns.ts';
import type { Clock } from '../clock.ts';
import { type BudgetStep, settleStep, takeStep } from './budget-step.ts';

export interface Ledger {
  /**
   * Takes permits of a scope in one conditional write. With `spent`, settles another lease in the
   * same write first.
   */
  takePermits(scope: string, allowance: Allowance, ask: Ask, spent?: Spending): Promise<Grant>;
  /** Gives a lease back, in one conditional write. */
  settlePermits(scope: string, allowance: Allowance, spent: Spending): Promise<void>;
  readBudgets(): Promise<readonly { readonly scope: string; readonly budget: Budget }[]>;

  readStream(source: string, stream: string): Promise<StreamState | undefined>;
  readStreams(source: string): Promise<readonly StreamState[]>;
  /**
   * Moves a stream forward: writes `next` if the item still stands at `next.revision - 1`.
   * @returns false when it does not; read it again
   */
  moveStream(next: StreamState): Promise<boolean>;

  readColumns(source: string, stream: string): Promise<StreamColumns>;
  /**
   * Adds what a run has seen to the stream's columns: in one conditional write, in none when it is
   * known. Nothing that others add at the same time is lost.
   */
  addColumns(
    source: string,
    stream: string,
    runId: string,
    seen: readonly Column[],
  ): Promise<void>;

  readRun(source: string): Promise<RunState | undefined>;
  writeRun(run: RunState): Promise<void>;
  /** The latest run of each source that has run. */
  readLatestRuns(): Promise<readonly RunState[]>;
}

/** Conditional writes that the ledger made, for benchmarks. */
export interface WriteCount {
  writes: number;
}

/** A ledger that lives as long as the process: for simulations and tests. */
export function memoryLedger(clock: Clock, count: WriteCount = { writes: 0 }): Ledger {
  const budgets = new Map<string, Budget>();
  const streams = new Map<string, StreamState>();
  const columns = new Map<string, StreamColumns>();
  const runs = new Map<string, RunState>();
  const at = (source: string, stream: string): string => `${source}/${stream}`;
  const budgetOf = (scope: string, allowance: Allowance): Budget =>
    budgets.get(scope) ?? newBudget(allowance, clock.nowMs());
  const write = <Answer>(scope: string, step: BudgetStep<Answer>): Answer => {
    if (step.next) {
      count.writes++;
      budgets.set(scope, step.next);
    }
    return step.answer;
  };
  return {
    async takePermits(scope, allowance, ask, spent) {
      const before = budgetOf(scope, allowance);
      return write(scope, takeStep(before, allowance, { ask, spent }, clock.nowMs()));
    },
    async settlePermits(scope, allowance, spent) {
      const before = budgetOf(scope, allowance);
      write(scope, settleStep(before, allowance, spent, clock.nowMs()));
    },
    async readBudgets() {
      return [...budgets].map(([scope, budget]) => ({ scope, budget }));
    },
    async readStream(source, stream) {
      return streams.get(at(source, stream));
    },
    async readStreams(source) {
      return [...streams.values()].filter((state) => state.source === source);
    },
    async moveStream(next) {
      const key = at(next.source, next.stream);
      if ((streams.get(key)?.revision ?? 0) !== next.revision - 1) return false;
      count.writes++;
      streams.set(key, structuredClone(next));
      return true;
    },
    async readColumns(source, stream) {
      return columns.get(at(source, stream)) ?? noColumns;
    },
    async addColumns(source, stream, runId, seen) {
      const before = columns.get(at(source, stream)) ?? noColumns;
      const next = addSeen(before, runId, seen);
      if (next === before) return;
      count.writes++;
      columns.set(at(source, stream), next);
    },
    async readRun(source) {
      return runs.get(source);
    },
    async writeRun(run) {
      count.writes++;
      runs.set(run.source, run);
    },
    async readLatestRuns() {
      return [...runs.values()];
    },
  };
}
