// What a ledger has: streams, cursors, budgets and last runs, for people and for programs. The same
// for the ledger on this machine and for a deployed one.

import type { Budget } from '../../shared/core/budget/budget.ts';
import { movesOf } from '../../shared/core/budget/limit-states.ts';
import { describeCursor } from '../../shared/core/page/cursor.ts';
import { causes } from '../../shared/core/run/causes.ts';
import { holderOf } from '../../shared/core/run/lease.ts';
import { type PartitionsDone, partitionsDone } from '../../shared/core/run/partitions.ts';
import type { RunState, StreamState } from '../../shared/core/run/run.ts';
import type { Ledger } from '../../shared/ports/ledger/ledger.ts';
import { count, textTable } from '../screen/text-table.ts';

/** What `driplake status --json` prints. */
export interface LedgerStatus {
  readonly runs: readonly RunState[];
  readonly streams: readonly StreamStatus[];
  readonly budgets: readonly ScopeStatus[];
}

export async function readStatus(ledger: Ledger, nowMs: number): Promise<LedgerStatus> {
  const runs = await ledger.readLatestRuns();
  const streams = (await Promise.all(runs.map((run) => ledger.readStreams(run.source)))).flat();
  const budgets = await ledger.readBudgets();
  return {
    runs,
    streams: streams.map((state) => streamStatus(state, nowMs)),
    budgets: budgets.map(({ scope, budget }) => scopeStatus(scope, budget, nowMs)),
  };
}

interface StreamStatus {
  readonly source: string;
  readonly stream: string;
  readonly runId: string;
  readonly status: string;
  readonly pages: number;
  readonly records: number;
  /** Of a stream with partitions: how many are walked. */
  readonly partitions?: PartitionsDone;
  /** Where the next page starts, as JSON. */
  readonly cursor: string;
  readonly watermark?: string;
  /** Who drains it now. */
  readonly heldBy?: string;
  readonly movedAt: string;
  readonly cause?: string;
  /** Of its last finished run; `cause` has them too. */
  readonly warnings?: readonly string[];
}

function streamStatus(state: StreamState, nowMs: number): StreamStatus {
  const { source, stream, run, watermark } = state;
  const heldBy = holderOf(state, nowMs);
  const partitions = run && partitionsDone(run);
  return {
    source,
    stream,
    runId: run?.runId ?? '',
    status: run?.status ?? 'never run',
    pages: run?.pages ?? 0,
    records: run?.records ?? 0,
    ...(partitions ? { partitions } : {}),
    cursor: run?.ended ? 'end' : describeCursor(run?.cursor ?? null),
    ...(watermark === undefined ? {} : { watermark }),
    ...(heldBy === undefined ? {} : { heldBy }),
    movedAt: new Date(run?.movedAtMs ?? 0).toISOString(),
    ...(run?.cause ? { cause: run.cause } : {}),
    ...(run?.warnings ? { warnings: run.warnings } : {}),
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
  readonly throttledUntil?: string;
  readonly throttledWhy?: string;
}

function scopeStatus(scope: string, budget: Budget, nowMs: number): ScopeStatus {
  const throttled = budget.throttledUntilMs > nowMs;
  return {
    scope,
    limits: budget.limits.map((state) => movesOf(state).describe(nowMs)),
    leases: budget.leases
      .filter((lease) => lease.expiresAtMs > nowMs)
      .map(({ holder, permits, readyAtMs }) => ({
        holder,
        permits,
        readyAt: new Date(readyAtMs).toISOString(),
      })),
    ...(throttled
      ? {
          throttledUntil: new Date(budget.throttledUntilMs).toISOString(),
          throttledWhy: budget.throttledWhy,
        }
      : {}),
  };
}

/** A table of the streams, then what holds them up, then the budgets. */
export function describeStatus(answer: LedgerStatus): string {
  const head = [
    ...['source', 'stream', 'status', 'pages', 'records'],
    ...['cursor', 'watermark', 'run', 'moved'],
  ];
  const rows = answer.streams.map((one) => [
    one.source,
    one.stream,
    one.heldBy ? `${one.status}, held` : one.status,
    count(one.pages),
    count(one.records),
    short(one.cursor),
    one.watermark ?? '',
    one.runId,
    one.movedAt.slice(0, 19),
  ]);
  const lines = [textTable(head, rows, (place) => place === 3 || place === 4)];
  const streams = answer.streams.map((one) => ({ ...one, stream: `${one.source}/${one.stream}` }));
  lines.push(...causes(streams).map((line) => `  ${line}`));
  for (const { stream, partitions } of streams) {
    if (!partitions) continue;
    const { done, of } = partitions;
    lines.push(`  ${stream} has walked ${count(done)} of ${count(of)} partitions`);
  }
  for (const { stream, heldBy } of streams) {
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
    if (scope.throttledUntil)
      lines.push(`  throttled until ${scope.throttledUntil}: ${scope.throttledWhy}`);
  }
  return `${lines.join('\n')}\n`;
}

const short = (text: string): string => (text.length > 40 ? `${text.slice(0, 37)}...` : text);
