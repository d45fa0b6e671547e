// The local ledger, which survives the process that serves it: when that one ends, the next call
// finds the new server or becomes it, and goes on.

import { DriplakeError, explain, Failure } from '../../shared/core/failures.ts';
import type { Clock } from '../../shared/ports/clock.ts';
import type { Ledger } from '../../shared/ports/ledger/ledger.ts';
import { dynamoLedger } from '../../shared/ports/ledger/ledger-dynamo.ts';
import type { TokenLock } from '../../shared/ports/ledger/token-lock.ts';
import type { Random } from '../../shared/ports/random.ts';
import { ledgerClient, openLedgerServer, TABLE } from './ledger-server.ts';

export interface LocalLedger extends Ledger, TokenLock {
  close(): Promise<void>;
}

/** Times one request looks for a server anew. */
const RECONNECTIONS = 5;

/** @throws DriplakeError ledger */
export async function openLedger(
  stateDir: string,
  clock: Clock,
  random: Random,
): Promise<LocalLedger> {
  let server = await openLedgerServer(stateDir, clock);
  let reopening: Promise<void> | undefined;

  async function reopen(): Promise<void> {
    await server.close();
    server = await openLedgerServer(stateDir, clock).catch((error: unknown) => {
      // Of what breaks off on its way only name and message get through the machine.
      throw new DriplakeError(Failure.ledger, explain(error), '', { cause: error });
    });
  }

  const client = ledgerClient(() => server.port);
  client.middlewareStack.add(
    (next) => async (args) => {
      for (let attempt = 1; ; attempt++) {
        const asked = server;
        try {
          return await next(args);
        } catch (error) {
          if (attempt > RECONNECTIONS || !(isLost(error) || isLate(error))) throw error;
          // Whoever is told late finds the next server open, and leaves it open for the others; and
          // a process that was frozen itself finds its own one as it was.
          if (asked !== server || (isLate(error) && server.isOurs)) continue;
          reopening ??= reopen().finally(() => {
            reopening = undefined;
          });
          await reopening;
        }
      }
    },
    { step: 'initialize' },
  );
  return {
    ...dynamoLedger(client, TABLE, clock, random),
    async close() {
      client.destroy();
      await server.close();
    },
  };
}

/** The server's process did not answer: it may be frozen, or busy. */
const isLate = (error: unknown): boolean =>
  error instanceof Error && error.name === 'TimeoutError';

/** The server's process ended: its port refuses, or it hung up on us. */
const isLost = (error: unknown): boolean =>
  error instanceof Error &&
  ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'].some(
    (code) => error.message.includes(code) || ('code' in error && error.code === code),
  );
