// The local ledger, which survives the process that serves it: when that one ends, the next call
// finds the new server or becomes it, and goes on.

import type { Clock } from '../../shared/ports/clock.ts';
import type { Ledger } from '../../shared/ports/ledger/ledger.ts';
import { dynamoLedger } from '../../shared/ports/ledger/ledger-dynamo.ts';
import type { TokenLock } from '../../shared/ports/ledger/token-lock.ts';
import type { Random } from '../../shared/ports/random.ts';
import { openLedgerServer, TABLE } from './ledger-server.ts';

export interface LocalLedger extends Ledger, TokenLock {
  close(): Promise<void>;
}

/** Times one call looks for a server anew. */
const RECONNECTIONS = 5;

/** @throws DriplakeError ledger */
export async function openLedger(
  stateDir: string,
  clock: Clock,
  random: Random,
): Promise<LocalLedger> {
  let server = await openLedgerServer(stateDir, clock);
  let ledger = dynamoLedger(server.client, TABLE, clock, random);
  let reopening: Promise<void> | undefined;

  async function reopen(): Promise<void> {
    await server.close();
    server = await openLedgerServer(stateDir, clock);
    ledger = dynamoLedger(server.client, TABLE, clock, random);
  }

  async function call<Answer>(
    use: (ledger: Ledger & TokenLock) => Promise<Answer>,
  ): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await use(ledger);
      } catch (error) {
        if (attempt > RECONNECTIONS || !isLost(error)) throw error;
        reopening ??= reopen().finally(() => {
          reopening = undefined;
        });
        await reopening;
      }
    }
  }

  return {
    takePermits: (...args) => call((to) => to.takePermits(...args)),
    settlePermits: (...args) => call((to) => to.settlePermits(...args)),
    readBudgets: () => call((to) => to.readBudgets()),
    readStream: (...args) => call((to) => to.readStream(...args)),
    readStreams: (...args) => call((to) => to.readStreams(...args)),
    moveStream: (...args) => call((to) => to.moveStream(...args)),
    readColumns: (...args) => call((to) => to.readColumns(...args)),
    addColumns: (...args) => call((to) => to.addColumns(...args)),
    readRun: (...args) => call((to) => to.readRun(...args)),
    writeRun: (...args) => call((to) => to.writeRun(...args)),
    readLatestRuns: () => call((to) => to.readLatestRuns()),
    tryAcquire: (...args) => call((to) => to.tryAcquire(...args)),
    release: (...args) => call((to) => to.release(...args)),
    keepRejection: (...args) => call((to) => to.keepRejection(...args)),
    close: () => server.close(),
  };
}

/** The server's process ended: its port refuses, or it hung up on us. */
const isLost = (error: unknown): boolean =>
  error instanceof Error &&
  ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].some(
    (code) => error.message.includes(code) || ('code' in error && error.code === code),
  );
