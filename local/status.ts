// `driplake status`: streams, cursors, budgets and last runs, as the ledger has them now.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import Table from 'cli-table3';
import * as buckets from '../shared/core/bucket.ts';
import type { Budget } from '../shared/core/budget.ts';
import { DriplakeError, Failure } from '../shared/core/failures.ts';
import type { StreamState } from '../shared/core/run.ts';
import { used } from '../shared/core/window.ts';
import { systemClock } from '../shared/ports/clock.ts';
import { systemRandom } from '../shared/ports/random.ts';
import { openLedger } from './ledger.ts';
import { count } from './progress.ts';

/** @throws DriplakeError configuration, when nothing has run here */
export async function statusCommand(flags: {
  readonly state: string;
  readonly json?: true;
}): Promise<void> {
  const nothing = new DriplakeError(
    Failure.configuration,
    `Nothing has run with the state folder ${flags.state}.`,
    'Run a source first (driplake run jsonplaceholder), or name another folder with --state.',
  );
  if (!existsSync(join(flags.state, 'ledger'))) throw nothing;
  const clock = systemClock();
  const ledger = await openLedger(flags.state, clock, systemRandom());
  try {
    const runs = await ledger.readRuns();
    const streams = (await Promise.all(runs.map((run) => ledger.readStreams(run.source)))).flat();
    const nowMs = clock.nowMs();
    const budgets = (await ledger.readBudgets()).map(({ scope, budget }) =>
      scopeStatus(scope, budget, nowMs),
    );
    if (runs.length === 0 && budgets.length === 0) throw nothing;
    const answer = { runs, streams: streams.map((state) => streamStatus(state, nowMs)), budgets };
    process.stdout.write(flags.json ? `${JSON.stringify(answer)}\n` : describe(answer));
  } finally {
    await ledger.close();
  }
}

interface StreamStatus {
  readonly source: string;
  readonly stream: string;
  readonly runId: string;
  readonly status: string;
  readonly pages: number;
  readonly records: number;
  /** Where the next page starts, as JSON. */
  readonly cursor: string;
  readonly watermark?: string;
  /** Who drains it now. */
  readonly heldBy?: string;
  readonly movedAt: string;
  readonly cause?: string;
}

function streamStatus(
  { source, stream, run, watermark, holder, leaseUntilMs }: StreamState,
  nowMs: number,
): StreamStatus {
  return {
    source,
    stream,
    runId: run?.runId ?? '',
    status: run?.status ?? 'never run',
    pages: run?.pages ?? 0,
    records: run?.records ?? 0,
    cursor: run?.ended ? 'end' : JSON.stringify(run?.cursor ?? null),
    ...(watermark === undefined ? {} : { watermark }),
    ...(holder && leaseUntilMs > nowMs ? { heldBy: holder } : {}),
    movedAt: new Date(run?.movedAtMs ?? 0).toISOString(),
    ...(run?.cause ? { cause: run.cause } : {}),
  };
}

interface ScopeStatus {
  readonly scope: string;
  readonly limits: readonly string[];
  readonly leases: readonly {
    readonly holder: string;
    readonly permits: number;
    readonly readyAt: string;
  }[];
  readonly blockedUntil?: string;
  readonly blockedWhy?: string;
}

function scopeStatus(scope: string, budget: Budget, nowMs: number): ScopeStatus {
  const blocked = budget.blockedUntilMs > nowMs;
  return {
    scope,
    limits: budget.limits.map((state) =>
      state.kind === 'leaky-bucket'
        ? `bucket ${(buckets.leak(state, nowMs).levelMilli / 1000).toFixed(1)} of ${state.sizeMilli / 1000}, leaks ${state.leakMilli / 1000} a second`
        : `window ${used(state, nowMs)} of ${state.limit} in ${state.periodMs / 1000} s`,
    ),
    leases: budget.leases
      .filter((lease) => lease.expiresAtMs > nowMs)
      .map(({ holder, permits, readyAtMs }) => ({
        holder,
        permits,
        readyAt: new Date(readyAtMs).toISOString(),
      })),
    ...(blocked
      ? {
          blockedUntil: new Date(budget.blockedUntilMs).toISOString(),
          blockedWhy: budget.blockedWhy,
        }
      : {}),
  };
}

function describe(answer: {
  readonly streams: readonly StreamStatus[];
  readonly budgets: readonly ScopeStatus[];
}): string {
  const table = new Table({
    head: [
      'source',
      'stream',
      'status',
      'pages',
      'records',
      'cursor',
      'watermark',
      'run',
      'moved',
    ],
    colAligns: ['left', 'left', 'left', 'right', 'right', 'left', 'left', 'left', 'left'],
    style: { head: [], border: [], compact: true },
  });
  for (const one of answer.streams) {
    const status = one.heldBy ? `${one.status}, held` : one.status;
    table.push([
      one.source,
      one.stream,
      status,
      count(one.pages),
      count(one.records),
      short(one.cursor),
      one.watermark ?? '',
      one.runId,
      one.movedAt.slice(0, 19),
    ]);
  }
  const lines = [table.toString()];
  for (const { stream, cause, heldBy } of answer.streams) {
    if (cause) lines.push(`  ${stream}: ${cause}`);
    if (heldBy) lines.push(`  ${stream} is held by ${heldBy}`);
  }
  for (const scope of answer.budgets) {
    lines.push(`budget ${scope.scope}: ${scope.limits.join('; ') || 'no limits declared'}`);
    for (const { holder, permits, readyAt } of scope.leases) {
      lines.push(
        permits > 0
          ? `  ${holder} holds ${permits} permits, to spend from ${readyAt}`
          : `  ${holder} is queued`,
      );
    }
    if (scope.blockedUntil)
      lines.push(`  blocked until ${scope.blockedUntil}: ${scope.blockedWhy}`);
  }
  return `${lines.join('\n')}\n`;
}

const short = (text: string): string => (text.length > 40 ? `${text.slice(0, 37)}...` : text);
