// Takes streams out of the hands of executions that have ended without giving them back: stopped,
// timed out, deleted. Else their leases would run out by themselves, which takes a quarter of an
// hour, and until then every start would find the streams busy.

import { type RunState, released, type StreamState } from '../../shared/core/run/run.ts';
import { findExecution } from './executions.ts';
import type { DeployedStack } from './open-stack.ts';

type Freeing = Pick<DeployedStack, 'ledger' | 'stepFunctions'>;

/**
 * Frees what ended executions hold of these sources; what a running one holds stays. The fence
 * rises, so that a function which is still at work for the old holder is refused. Its cursor, its
 * counts and its run are kept.
 * @returns the streams that were freed, as `source/stream`
 */
export async function freeGone(stack: Freeing, sources: readonly string[]): Promise<string[]> {
  const isGone = goneHolders(stack);
  const freed: string[] = [];
  for (const source of sources) {
    for (const state of await stack.ledger.readStreams(source)) {
      if (!(await isGone(state.holder))) continue;
      if (await stack.ledger.moveStream(free(state))) freed.push(`${source}/${state.stream}`);
    }
    const run = await stack.ledger.readRun(source);
    if (run && isOpen(run) && (await isGone(run.holder))) {
      await stack.ledger.writeRun({ ...run, holder: '' });
    }
  }
  return freed;
}

const free = (state: StreamState): StreamState => ({
  ...released(state),
  fence: state.fence + 1,
});

const isOpen = ({ status }: RunState): boolean => status === 'running';

/** Holders are ARNs of executions; what is none is left alone. */
function goneHolders(stack: Freeing): (holder: string) => Promise<boolean> {
  const known = new Map<string, Promise<boolean>>();
  const ask = async (arn: string): Promise<boolean> =>
    (await findExecution(stack, arn))?.status !== 'RUNNING';
  return async (holder) => {
    if (!/^arn:[^:]+:states:.*:execution:/.test(holder)) return false;
    const answer = known.get(holder) ?? ask(holder);
    known.set(holder, answer);
    return answer;
  };
}
