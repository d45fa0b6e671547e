// `driplake logs`: what the functions of a deployed stack said, all of them together in the order
// of time. It reads a bounded number of lines and says when there are more.

import { setTimeout as sleep } from 'node:timers/promises';
import { CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { filterPattern, isWanted, type LogFilter, type LogLine, readable } from './log-line.ts';
import { type DeployedStack, type StackFlags, withStack } from './open-stack.ts';
import { beginOf } from './since.ts';

export interface LogFlags extends StackFlags, LogFilter {
  readonly since?: string;
  readonly follow?: true;
}

/** Requests for one function's lines, each of up to 1 MB: enough for a day of errors. */
const PAGES = 50;
/** While following, how often it looks again. */
const AGAIN_MS = 2_000;
/** Lines may arrive this late: they are looked for again, and shown once. */
const LATE_MS = 30_000;

export function logsCommand(flags: LogFlags): Promise<void> {
  return withStack(flags, async (stack) => {
    const reader = await openLogs(stack, flags);
    let fromMs = beginOf(flags, Date.now());
    const shown = new Set<string>();
    for (;;) {
      const { lines, cut } = await reader(fromMs);
      for (const line of lines) {
        if (shown.has(line.id)) continue;
        shown.add(line.id);
        process.stdout.write(`${flags.json ? raw(line) : readable(line)}\n`);
      }
      if (cut)
        process.stderr.write('There are more lines: ask for less with --since or --stream.\n');
      if (!flags.follow) break;
      fromMs = Math.max(fromMs, (lines.at(-1)?.atMs ?? 0) - LATE_MS);
      forget(shown, lines, fromMs);
      await sleep(AGAIN_MS);
    }
    if (shown.size === 0) {
      process.stderr.write(`Nothing was logged since ${new Date(fromMs).toISOString()}.\n`);
    }
  });
}

interface FoundLine extends LogLine {
  readonly id: string;
}

/** Lines that can't come again need not be remembered. */
function forget(shown: Set<string>, lines: readonly FoundLine[], fromMs: number): void {
  for (const { id, atMs } of lines) if (atMs < fromMs) shown.delete(id);
}

/** One JSON value a line, also for what a function did not say as JSON. */
const raw = ({ text, atMs }: LogLine): string =>
  text.trimStart().startsWith('{')
    ? text.trimEnd()
    : JSON.stringify({ timestamp: new Date(atMs).toISOString(), message: text.trimEnd() });

type Reader = (fromMs: number) => Promise<{ lines: FoundLine[]; cut: boolean }>;

async function openLogs(stack: DeployedStack, filter: LogFilter): Promise<Reader> {
  const client = new CloudWatchLogsClient(stack.access);
  const groups = await functionLogs(stack);
  return async (fromMs) => {
    const answers = await Promise.all(
      groups.map((group) => readGroup(client, group, stack.name, filter, fromMs)),
    );
    const lines = answers.flatMap((answer) => answer.lines);
    // What was said in one millisecond stays in the order of its function.
    return {
      lines: lines.sort((one, other) => one.atMs - other.atMs),
      cut: answers.some((answer) => answer.cut),
    };
  };
}

/** Names of the log groups of the stack's functions. */
async function functionLogs({ name, access }: DeployedStack): Promise<string[]> {
  const client = new CloudFormationClient(access);
  const groups: string[] = [];
  for await (const page of paginateListStackResources({ client }, { StackName: name })) {
    for (const { ResourceType, PhysicalResourceId = '' } of page.StackResourceSummaries ?? []) {
      if (ResourceType !== 'AWS::Logs::LogGroup') continue;
      if (PhysicalResourceId.startsWith('/aws/lambda/')) groups.push(PhysicalResourceId);
    }
  }
  return groups;
}

async function readGroup(
  client: CloudWatchLogsClient,
  logGroupName: string,
  stackName: string,
  filter: LogFilter,
  startTime: number,
): Promise<{ lines: FoundLine[]; cut: boolean }> {
  const pattern = filterPattern(filter);
  const functionName = logGroupName.replace(`/aws/lambda/${stackName}-`, '');
  const lines: FoundLine[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < PAGES; page++) {
    const answer = await client.send(
      new FilterLogEventsCommand({
        logGroupName,
        startTime,
        ...(pattern ? { filterPattern: pattern } : {}),
        ...(nextToken ? { nextToken } : {}),
      }),
    );
    const events = answer.events ?? [];
    events.forEach(
      ({ timestamp: atMs = 0, message: text = '', eventId, logStreamName }, index) => {
        const id = eventId ?? [logStreamName, atMs, index, text].join(' ');
        const line = { id, atMs, text, functionName };
        if (isWanted(line, filter)) lines.push(line);
      },
    );
    nextToken = answer.nextToken;
    if (!nextToken) return { lines, cut: false };
  }
  return { lines, cut: true };
}
