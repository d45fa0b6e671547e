// `driplake status`: streams, cursors, budgets and last runs, as the ledger of this machine has them
// now.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DriplakeError, Failure } from '../../shared/core/failures.ts';
import { systemClock } from '../../shared/ports/clock.ts';
import { systemRandom } from '../../shared/ports/random.ts';
import { openLedger } from '../machine/ledger.ts';
import { describeStatus, readStatus } from '../machine/ledger-status.ts';

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
    const answer = await readStatus(ledger, clock.nowMs());
    if (answer.runs.length === 0 && answer.budgets.length === 0) throw nothing;
    process.stdout.write(flags.json ? `${JSON.stringify(answer)}\n` : describeStatus(answer));
  } finally {
    await ledger.close();
  }
}
