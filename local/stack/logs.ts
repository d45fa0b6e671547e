// What the functions of a deployed stack said, all of them together in the order of time. It reads
// a bounded number of lines and says when there are more.

import { CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { filterPattern, isWanted, type LogFilter, type LogLine } from './log-line.ts';
import type { DeployedStack } from './open-stack.ts';

/** Requests for one function's lines, each of up to 1 MB: enough for a day of errors. */
const PAGES = 50;
export interface FoundLine extends LogLine {
  readonly id: string;
}

type Reader = (fromMs: number) => Promise<{ lines: FoundLine[]; cut: boolean }>;

export async function openLogs(stack: DeployedStack, filter: LogFilter): Promise<Reader> {
  const client = new CloudWatchLogsClient(stack.access);
  const groups = await functionLogs(stack);
  return async (fromMs) => {
    const answers = await Promise.all(
      groups.map((group) => readGroup(client, { group, stack: stack.name }, filter, fromMs)),
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
  { group, stack }: { readonly group: string; readonly stack: string },
  filter: LogFilter,
  startTime: number,
): Promise<{ lines: FoundLine[]; cut: boolean }> {
  const pattern = filterPattern(filter);
  // Each creation of a stack has groups of its own: `/aws/lambda/<stack>-<function>/<uuid>`.
  const [functionName = ''] = group.replace(`/aws/lambda/${stack}-`, '').split('/');
  const lines: FoundLine[] = [];
  let nextToken: string | undefined;
  for (let page = 0; page < PAGES; page++) {
    const answer = await client.send(
      new FilterLogEventsCommand({
        logGroupName: group,
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
