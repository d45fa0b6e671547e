// An AWS account on loopback that holds one stack in an odd state: as much of CloudFormation, Step
// Functions and DynamoDB as the `driplake` command asks before it can do its work. It lives as
// long as one test.

import { text } from 'node:stream/consumers';
import { newStreamRun, type StreamState } from '../../../shared/core/run/run.ts';
import { ITEM_VERSION } from '../../../shared/ports/ledger/item.ts';
import { serve } from '../../ports/http/loopback.ts';
import { type Workplace, workplace } from '../command.ts';

export interface OddAccount {
  /** Of the stack `Driplake`: one that is not whole has no outputs. */
  readonly status: string;
  /** The caller may describe this stack, and not list the others. */
  readonly seesOneStack?: true;
  /** Somebody has deleted the machines. */
  readonly withoutMachines?: true;
}

const MACHINE = 'arn:aws:states:us-east-1:1:stateMachine:Driplake';
const EXECUTION = 'arn:aws:states:us-east-1:1:execution:Driplake-sync:one';
const OUTPUTS = {
  SyncMachineArn: `${MACHINE}-sync`,
  DrainMachineArn: `${MACHINE}-drain`,
  LedgerTableName: 'Ledger',
  LakeUrl: 's3://lake/lake',
};

/** A place whose commands find the account. Its runs of `shop` never end, nor does their stream. */
export async function operatorOf(account: OddAccount): Promise<Workplace> {
  const { origin } = await serve(async (request, response) => {
    const body = await text(request);
    const [, operation] = String(request.headers['x-amz-target'] ?? '').split('.');
    const [status, answer] = operation
      ? ofMachinesOrLedger(operation, body, account)
      : ofFormation(new URLSearchParams(body), account);
    response.writeHead(status).end(answer);
  });
  return workplace({
    AWS_ENDPOINT_URL: origin,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
}

type Answer = readonly [status: number, body: string];

function ofFormation(asked: URLSearchParams, { status, seesOneStack }: OddAccount): Answer {
  const name = asked.get('StackName');
  if (name !== 'Driplake' && seesOneStack)
    return refused('AccessDenied', 'User: is not authorized');
  if (name !== null && name !== 'Driplake') {
    return refused('ValidationError', `Stack with id ${name} does not exist`);
  }
  const outputs = Object.entries(status === 'UPDATE_COMPLETE' ? OUTPUTS : {}).map(
    ([key, value]) =>
      `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  const stack =
    `<StackName>Driplake</StackName><StackStatus>${status}</StackStatus>` +
    `<Outputs>${outputs.join('')}</Outputs>`;
  const result = `<Stacks><member>${stack}</member></Stacks>`;
  return [200, `<Answer><DescribeStacksResult>${result}</DescribeStacksResult></Answer>`];
}

const refused = (code: string, message: string): Answer => [
  400,
  `<Answer><Error><Code>${code}</Code><Message>${message}</Message></Error></Answer>`,
];

function ofMachinesOrLedger(
  operation: string,
  asked: string,
  { withoutMachines }: OddAccount,
): Answer {
  const execution = { executionArn: EXECUTION, startDate: 1, input: '{"source":"shop"}' };
  const ofMachines: Readonly<Record<string, object>> = {
    ListExecutions: { executions: [] },
    StartExecution: execution,
    DescribeExecution: { ...execution, status: 'RUNNING' },
  };
  const answer = ofMachines[operation];
  const isOfSource = operation === 'Query' && asked.includes('"source#shop"');
  if (!answer) return [200, JSON.stringify(isOfSource ? { Items: [ITEM] } : {})];
  if (!withoutMachines) return [200, JSON.stringify(answer)];
  const fault = { __type: 'StateMachineDoesNotExist', message: 'There is no such machine.' };
  return [400, JSON.stringify(fault)];
}

const state: StreamState = {
  ...{ source: 'shop', stream: 'items', revision: 1, fence: 1, holder: EXECUTION },
  ...{
    leasedAtMs: 0,
    streamLeaseUntilMs: 0,
    freshAtMs: 2_000,
    run: newStreamRun({ runId: 'r1', startedAtMs: 2_000, fullRefresh: false, walk: '' }),
  },
};
const ITEM = {
  ...{ pk: { S: 'source#shop' }, sk: { S: 'stream#items' } },
  ...{ revision: { N: '1' }, version: { N: String(ITEM_VERSION) } },
  body: { S: JSON.stringify(state) },
};
