// One run of the deployed engine in the emulated account, and everything it used, counted from
// outside: states in the histories, invocations in the logs, requests at the door.

import { setTimeout as sleep } from 'node:timers/promises';
import { CloudWatchLogsClient, paginateFilterLogEvents } from '@aws-sdk/client-cloudwatch-logs';
import {
  GetFunctionConfigurationCommand,
  LambdaClient,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import {
  DescribeExecutionCommand,
  paginateGetExecutionHistory,
  paginateListExecutions,
  SFNClient,
  StartExecutionCommand,
} from '@aws-sdk/client-sfn';
import * as z from 'zod';
import { startService } from '../local/machine/service.ts';
import { type Account, installAccount, startAccount } from '../test/aws/account.ts';
import { deployApp } from '../test/aws/deploy.ts';
import type { Bill } from './cost/prices.ts';
import { openDoor } from './metered-door.ts';

export interface EmulatedRun {
  readonly pages: number;
  readonly requests: number;
  readonly seconds: number;
  readonly bill: Bill;
}

export interface Emulation {
  /** Where the app was synthesised to. */
  readonly out: string;
  /** An empty folder for what the account keeps. */
  readonly work: string;
  /** Where the deployed functions look for the API. */
  readonly servicePort: number;
  /** What a run invokes, each once cold; their requests go through the door. */
  readonly functionNames: readonly string[];
}

export async function emulateRun(emulation: Emulation): Promise<EmulatedRun> {
  const { out, work, servicePort, functionNames } = emulation;
  await installAccount();
  const account = await startAccount(work);
  const { outputs } = await deployApp(account, out);
  const door = await openDoor(account);
  const service = await startService({ port: servicePort });
  try {
    const clients = clientsOf(account);
    for (const name of functionNames) await sendThrough(clients.lambda, name, door.url);
    const { SyncMachineArn = '', DrainMachineArn = '' } = outputs;
    const { pages, seconds } = await drain(clients.machines, SyncMachineArn);
    const runs = await executionsOf(clients.machines, SyncMachineArn);
    const drains = await executionsOf(clients.machines, DrainMachineArn);
    const invoked = await invocationsOf(clients, functionNames);
    const transitions = runs.transitions + drains.transitions + withinMap(runs, drains);
    return {
      pages,
      requests: service.stats.requests,
      seconds,
      bill: { transitions, ...invoked, ...door.usage, coldStarts: functionNames.length },
    };
  } finally {
    door.close();
    await service.close();
  }
}

interface Clients {
  readonly lambda: LambdaClient;
  readonly machines: SFNClient;
  readonly logs: CloudWatchLogsClient;
}

function clientsOf({ endpoint, region, certificate: ca }: Account): Clients {
  const config = {
    endpoint,
    region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestHandler: { httpsAgent: { ca } },
  };
  return {
    lambda: new LambdaClient(config),
    machines: new SFNClient(config),
    logs: new CloudWatchLogsClient(config),
  };
}

/** Where the SDK looks before it looks at the endpoint of all services. */
async function sendThrough(
  lambda: LambdaClient,
  FunctionName: string,
  url: string,
): Promise<void> {
  const { Environment } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
  const Variables = {
    ...Environment?.Variables,
    AWS_ENDPOINT_URL_DYNAMODB: url,
    AWS_ENDPOINT_URL_S3: url,
  };
  await lambda.send(
    new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables } }),
  );
}

const report = z.object({ streams: z.array(z.object({ pages: z.int() })) });

async function drain(
  machines: SFNClient,
  stateMachineArn: string,
): Promise<{ pages: number; seconds: number }> {
  const input = JSON.stringify({ source: 'jsonplaceholder' });
  const { executionArn } = await machines.send(
    new StartExecutionCommand({ stateMachineArn, name: 'counted', input }),
  );
  for (;;) {
    await sleep(500);
    const told = await machines.send(new DescribeExecutionCommand({ executionArn }));
    if (told.status === 'RUNNING') continue;
    if (told.status !== 'SUCCEEDED') throw new Error(`the run ${told.status}: ${told.cause}`);
    const { streams } = report.parse(JSON.parse(told.output ?? ''));
    return {
      pages: streams.reduce((sum, { pages }) => sum + pages, 0),
      seconds: (Number(told.stopDate) - Number(told.startDate)) / 1000,
    };
  }
}

interface Executions {
  readonly count: number;
  /** States entered, and one for the start of each execution. */
  readonly transitions: number;
  readonly entered: ReadonlySet<string>;
}

async function executionsOf(client: SFNClient, stateMachineArn: string): Promise<Executions> {
  const [starts, states]: [string[], string[]] = [[], []];
  for await (const { executions = [] } of paginateListExecutions(
    { client },
    { stateMachineArn },
  )) {
    for (const { executionArn = '' } of executions) {
      starts.push(executionArn);
      const histories = paginateGetExecutionHistory({ client }, { executionArn });
      for await (const { events = [] } of histories) {
        states.push(...events.flatMap(({ stateEnteredEventDetails: state }) => state?.name ?? []));
      }
    }
  }
  const transitions = starts.length + states.length;
  return { count: starts.length, transitions, entered: new Set(states) };
}

/**
 * States inside the Map of the sync machine, which the histories of the emulated account leave out
 * and those of AWS have: Drain and Whole for each drain execution, FinishStream for each that ended.
 */
const withinMap = (runs: Executions, drains: Executions): number =>
  runs.entered.has('Drain') ? 0 : 3 * drains.count;

/** From the line that Lambda writes at the end of each invocation. */
async function invocationsOf(
  { lambda, logs: client }: Clients,
  functionNames: readonly string[],
): Promise<{ invocations: number; busyMs: number }> {
  const sum = { invocations: 0, busyMs: 0 };
  for (const FunctionName of functionNames) {
    const { LoggingConfig } = await lambda.send(
      new GetFunctionConfigurationCommand({ FunctionName }),
    );
    const logs = paginateFilterLogEvents({ client }, { logGroupName: LoggingConfig?.LogGroup });
    for await (const { events = [] } of logs) {
      for (const { message = '' } of events) {
        const [, ms] = /^REPORT .*\tDuration: ([\d.]+) ms/.exec(message) ?? [];
        if (ms === undefined) continue;
        sum.invocations++;
        sum.busyMs += Number(ms);
      }
    }
  }
  return sum;
}
