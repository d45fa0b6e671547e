// A run that was begun in a deployed stack: whether it may be, and what is told of it.

import { sourceNamed } from '../../functions/read-source.ts';
import { DriplakeError, Failure } from '../../shared/core/failures.ts';
import { isName } from '../../shared/core/table/keys.ts';
import { checkStreams, sourceNames } from '../source/find-source.ts';
import type { Begun } from './begin.ts';
import { consoleLink, type RunInput } from './executions.ts';
import { accessOptions, type DeployedStack, type StackAccess } from './open-stack.ts';

/**
 * Finds what is wrong before a run is spent on it. Sources are checked against what the stack says
 * it deployed, streams against the file here, which is what a deployment from here would have.
 * @throws DriplakeError configuration
 */
export async function checkDeployed(
  { name, sources }: DeployedStack,
  source: string,
  streams: readonly string[] = [],
): Promise<void> {
  const isHere = (await sourceNames()).includes(source);
  if (sources ? !sources.includes(source) : !isName(source)) {
    const there = sources ? `; it has: ${sources.join(', ')}` : '';
    throw new DriplakeError(
      Failure.configuration,
      `${name} has no source ${JSON.stringify(source)}${there}.`,
      isHere
        ? 'Add it to `sources` in cdk.json and deploy.'
        : 'List sources with `driplake sources`.',
    );
  }
  if (isHere) checkStreams(await sourceNamed(source), streams);
}

interface BegunAnswer {
  readonly stack: string;
  readonly source: string;
  readonly execution: string;
  readonly status: Begun['status'];
  readonly startedAt: string;
  readonly input: RunInput;
  readonly console: string;
}

/** What `--json` prints of a run that was begun. */
export const begunAnswer = ({ name }: DeployedStack, begun: Begun): BegunAnswer => ({
  stack: name,
  source: begun.input.source,
  execution: begun.arn,
  status: begun.status,
  startedAt: new Date(begun.startedAtMs).toISOString(),
  input: begun.input,
  console: consoleLink(begun.arn),
});

/**
 * Lines for a person: what was begun, and how to go on from here.
 * @param isFollowed whether the command goes on to show the run
 */
export function tellBegun(
  { name }: DeployedStack,
  { arn, input, status, startedAtMs, others }: Begun,
  to: StackAccess,
  isFollowed = false,
): string {
  const access = accessOptions(to);
  const since = new Date(startedAtMs).toISOString().slice(0, 19);
  const again = [input.source, ...inputOptions(input), '--wait', access].join(' ');
  const lines = [
    status === 'started'
      ? `Started a run of ${input.source} in ${name}.`
      : `A run of ${input.source} that was asked for the same is going on since ${since}Z.`,
    `  execution  ${arn}`,
    `  console    ${consoleLink(arn)}`,
    ...(isFollowed
      ? []
      : [
          `  follow     driplake start ${again}`,
          `  logs       driplake logs --source ${input.source} --follow ${access}`,
          `  stop       driplake stop ${input.source} ${access}`,
        ]),
    ...(others.length > 0
      ? [`Also running: ${others.join(', ')}. Streams that they hold will be busy.`]
      : []),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

const inputOptions = ({ streams = [], fullRefresh, sameData }: RunInput): string[] => [
  ...streams.map((stream) => `--stream ${stream}`),
  ...(fullRefresh ? ['--full-refresh'] : []),
  ...(sameData ? ['--same-data'] : []),
];
