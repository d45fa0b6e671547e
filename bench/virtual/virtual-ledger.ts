// The ledger in memory with DynamoDB's bill: every call takes its time, and what it reads and writes
// is counted in units of 4 KB and 1 KB.

import type { Clock } from '../../shared/ports/clock.ts';
import { type Ledger, memoryLedger, type WriteCount } from '../../shared/ports/ledger/ledger.ts';

export interface LedgerUsage extends WriteCount {
  readUnits: number;
  writeUnits: number;
}

export const newLedgerUsage = (): LedgerUsage => ({ writes: 0, readUnits: 0, writeUnits: 0 });

/** @param callMs milliseconds of one call; a change is two, a read and a write */
export function meteredLedger(clock: Clock, usage: LedgerUsage, callMs: number): Ledger {
  const ledger = memoryLedger(clock, usage);

  /** One call: waits, acts, and weighs the item that it read or wrote. */
  async function call<Answer>(
    kind: 'read' | 'change' | 'write',
    act: () => Promise<Answer>,
    item: () => unknown = () => undefined,
  ): Promise<Answer> {
    await clock.sleep(kind === 'change' ? 2 * callMs : callMs);
    const before = usage.writes;
    const answer = await act();
    const bytes = JSON.stringify((await item()) ?? answer ?? null).length;
    if (kind !== 'write') usage.readUnits += Math.ceil(bytes / 4096);
    if (usage.writes > before) usage.writeUnits += Math.ceil(bytes / 1024);
    return answer;
  }

  const budget = async (scope: string): Promise<unknown> =>
    (await ledger.readBudgets()).find((one) => one.scope === scope)?.budget;
  return {
    takePermits: (scope, ...rest) =>
      call(
        'change',
        () => ledger.takePermits(scope, ...rest),
        () => budget(scope),
      ),
    settlePermits: (scope, ...rest) =>
      call(
        'change',
        () => ledger.settlePermits(scope, ...rest),
        () => budget(scope),
      ),
    readBudgets: () => call('read', () => ledger.readBudgets()),
    readStream: (...args) => call('read', () => ledger.readStream(...args)),
    readStreams: (...args) => call('read', () => ledger.readStreams(...args)),
    moveStream: (next) =>
      call(
        'write',
        () => ledger.moveStream(next),
        () => next,
      ),
    readColumns: (...args) => call('read', () => ledger.readColumns(...args)),
    addColumns: (source, stream, runId, seen) =>
      call(
        'write',
        () => ledger.addColumns(source, stream, runId, seen),
        () => seen,
      ),
    readRun: (...args) => call('read', () => ledger.readRun(...args)),
    writeRun: (run) =>
      call(
        'write',
        () => ledger.writeRun(run),
        () => run,
      ),
    readLatestRuns: () => call('read', () => ledger.readLatestRuns()),
  };
}
