// The ledger that earlier commands on this machine have left, for those that only look at it.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DriplakeError, Failure } from '../../shared/core/failures.ts';
import { systemClock } from '../../shared/ports/clock.ts';
import { systemRandom } from '../../shared/ports/random.ts';
import { type LocalLedger, openLedger } from './ledger.ts';

/** @throws DriplakeError configuration, when there is none */
export async function withKeptLedger<Answer>(
  stateDir: string,
  look: (ledger: LocalLedger) => Promise<Answer>,
): Promise<Answer> {
  if (!hasLedger(stateDir)) throw nothingHasRun(stateDir);
  const ledger = await openLedger(stateDir, systemClock(), systemRandom());
  try {
    return await look(ledger);
  } finally {
    await ledger.close();
  }
}

export const hasLedger = (stateDir: string): boolean => existsSync(join(stateDir, 'ledger'));

export const nothingHasRun = (stateDir: string): DriplakeError =>
  new DriplakeError(
    Failure.configuration,
    `Nothing has run with the state folder ${stateDir}.`,
    'Run a source first (driplake run jsonplaceholder), or name another folder with --state.',
  );
