// `driplake status`: streams, cursors, budgets and last runs, as the ledger has them now: that of this
// machine, or that of a deployed stack.

import { command } from '../usage/command.ts';
import { json, state } from '../usage/options.ts';
import { expectNoAccess, maybeOnStack } from '../usage/stack-options.ts';

export const status = command({
  name: 'status',
  summary: 'Streams, cursors, budgets and last runs, also while a run is going on.',
  options: { ...maybeOnStack, state, json },
  notes: ['Of this machine, or with --stack of a deployed stack, with its last executions.'],
  async handler({ stack, state: stateDir, json, ...access }) {
    if (stack !== undefined) {
      const { tellStackStatus } = await import('../stack/stack-status.ts');
      process.stdout.write(await tellStackStatus({ ...access, stack }, json === true));
      return;
    }
    expectNoAccess(access);
    const { nothingHasRun, withKeptLedger } = await import('../ledger/kept-ledger.ts');
    const { describeStatus, readStatus } = await import('../ledger/ledger-status.ts');
    const answer = await withKeptLedger(stateDir, (ledger) => readStatus(ledger, Date.now()));
    if (answer.runs.length === 0 && answer.budgets.length === 0) throw nothingHasRun(stateDir);
    process.stdout.write(json ? `${JSON.stringify(answer)}\n` : describeStatus(answer));
  },
});
