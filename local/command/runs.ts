// `driplake runs`: what ran, when, how it ended, rows and dollars, of this machine or of a deployed
// stack.

import { describeRuns, type PastRun } from '../screen/past-runs.ts';
import type { StackAccess } from '../stack/open-stack.ts';
import { command, wrongValue } from '../usage/command.ts';
import { json, lake, state } from '../usage/options.ts';
import { expectNoAccess, maybeOnStack } from '../usage/stack-options.ts';

/** As many executions as Step Functions lists in one answer. */
const MOST = 1_000;

export const runs = command({
  name: 'runs',
  summary: 'What ran, when, how it ended, rows and dollars; newest first.',
  options: {
    source: { takes: '<name>', about: 'only of this source' },
    limit: { takes: '<count>', about: 'how many runs', read: countOf, default: 20 },
    ...maybeOnStack,
    lake,
    state,
    json,
  },
  notes: [
    `Of this machine, as the manifests in the lake and the ledger tell: what published nothing and was
not the last run of its source has left nothing. With --stack, those of a deployed stack, of the
last 90 days. A stream that goes on counts in the run that it began in.`,
  ],
  async handler({ source, limit, stack, lake: lakeDir, state: stateDir, json, ...access }) {
    if (stack === undefined) expectNoAccess(access);
    const found =
      stack === undefined
        ? await runsHere({ lakeDir, stateDir, source, limit })
        : await runsThere({ ...access, stack }, source, limit);
    process.stdout.write(
      json
        ? `${JSON.stringify({ ...(stack === undefined ? {} : { stack }), runs: found })}\n`
        : described(found, source, stack),
    );
  },
});

function described(found: readonly PastRun[], source?: string, stack?: string): string {
  if (found.length > 0) return describeRuns(found, stack === undefined ? 'here' : 'in AWS');
  const where = stack === undefined ? 'here' : `in ${stack}`;
  return `No run ${source === undefined ? '' : `of ${source} `}is known ${where}.\n`;
}

function countOf(text: string): number {
  const number = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > MOST) throw wrongValue(`It is no number from 1 to ${MOST}.`);
  return number;
}

interface Here {
  readonly lakeDir: string;
  readonly stateDir: string;
  readonly source: string | undefined;
  readonly limit: number;
}

/** @throws DriplakeError configuration, when nothing has run here; lake */
async function runsHere({ lakeDir, stateDir, source, limit }: Here): Promise<PastRun[]> {
  const { newestManifests } = await import('../lake/newest-manifests.ts');
  const { hasLedger, nothingHasRun, withKeptLedger } = await import('../ledger/kept-ledger.ts');
  const { isGone } = await import('../machine/connect.ts');
  const { pastRuns } = await import('../machine/past-runs.ts');
  const { manifests, faults } = await newestManifests(lakeDir, source, limit);
  for (const fault of faults) process.stderr.write(`driplake: ${fault}\n`);
  if (!hasLedger(stateDir)) {
    if (manifests.length === 0) throw nothingHasRun(stateDir);
    return pastRuns(manifests, { runs: [], streams: [], isGone }).slice(0, limit);
  }
  return withKeptLedger(stateDir, async (ledger) => {
    const last = await ledger.readLatestRuns();
    const kept = last.filter((run) => source === undefined || run.source === source);
    const streams = await Promise.all(kept.map((run) => ledger.readStreams(run.source)));
    const known = { runs: kept, streams: streams.flat(), isGone };
    return pastRuns(manifests, known).slice(0, limit);
  });
}

async function runsThere(
  to: StackAccess,
  source: string | undefined,
  limit: number,
): Promise<PastRun[]> {
  const { withStack } = await import('../stack/open-stack.ts');
  const { stackRuns } = await import('../stack/stack-runs.ts');
  return withStack(to, (stack) => stackRuns(stack, source, limit));
}
