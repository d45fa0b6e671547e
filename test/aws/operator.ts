// People of the account: an operator of the deployed stack with AWS's own configuration files, and
// roles to take on: one that may look and do nothing, one that may do everything with a bucket.

import { writeFileSync } from 'node:fs';
import path from 'node:path';
import {
  type CloudFormationClient,
  CreateStackCommand,
  DescribeStacksCommand,
} from '@aws-sdk/client-cloudformation';
import { inject } from 'vitest';
import { type Workplace, workplace } from '../local/command.ts';

/** A profile of the operator: keys, region and endpoint. */
export const PROFILE = 'operator';

/** A place whose `driplake` finds the account, and no other, through the profile. */
export const operator = (): Workplace => workplace(accountVariables());

/** What tells AWS's tools of the account and its profiles, in files that go with the workplaces. */
export function accountVariables(): Readonly<Record<string, string>> {
  const { endpoint, region, certificate } = inject('account');
  const [, , , , accountId] = inject('outputs')['SyncMachineArn']?.split(':') ?? [];
  const { dir } = workplace();
  const file = (name: string, lines: readonly string[]): string => {
    const at = path.join(dir, name);
    writeFileSync(at, `${lines.join('\n')}\n`);
    return at;
  };
  const keys = (id: string): string[] => [
    `aws_access_key_id = ${id}`,
    `aws_secret_access_key = ${id === 'test' ? 'test' : 'unheard-of'}`,
  ];
  const taken = (role: string): string[] => [
    ...[`[profile ${role}]`, `role_arn = arn:aws:iam::${accountId}:role/${role}`],
    `source_profile = ${PROFILE}`,
  ];
  return {
    AWS_PROFILE: PROFILE,
    AWS_REGION: region,
    AWS_ENDPOINT_URL: endpoint,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: file('config', [
      ...[`[profile ${PROFILE}]`, '[profile homeless]', ...taken(READER), ...taken(WRITER)],
    ]),
    AWS_SHARED_CREDENTIALS_FILE: file('credentials', [
      ...[`[${PROFILE}]`, ...keys('test')],
      ...['[homeless]', ...keys('test')],
      ...['[stranger]', ...keys('AKIASTRANGER')],
    ]),
    NODE_EXTRA_CA_CERTS: file('account.crt', [certificate]),
  };
}

/** A profile that takes on a role which may describe stacks, and nothing else. */
export const READER = 'reader';

/** One that takes on a role which may do everything with one bucket. */
export const WRITER = 'writer';

/** Creates the role of the profile `reader`, which the account's owner may take on. */
export const createReader = (formation: CloudFormationClient): Promise<void> =>
  createRole(formation, READER, allow('cloudformation:DescribeStacks', { Resource: '*' }));

/** Creates the role of the profile `writer`, likewise. */
export function createWriter(formation: CloudFormationClient, bucket: string): Promise<void> {
  const arn = `arn:aws:s3:::${bucket}`;
  return createRole(formation, WRITER, allow('s3:*', { Resource: [arn, `${arn}/*`] }));
}

const allow = (Action: string, more: object): object => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, ...more }],
});

async function createRole(
  formation: CloudFormationClient,
  RoleName: string,
  PolicyDocument: object,
): Promise<void> {
  const StackName = `Role-${RoleName}`;
  const role = {
    Type: 'AWS::IAM::Role',
    Properties: {
      RoleName,
      AssumeRolePolicyDocument: allow('sts:AssumeRole', { Principal: { AWS: '*' } }),
      Policies: [{ PolicyName: 'all', PolicyDocument }],
    },
  };
  await formation.send(
    new CreateStackCommand({
      StackName,
      TemplateBody: JSON.stringify({ Resources: { Role: role } }),
      Capabilities: ['CAPABILITY_NAMED_IAM'],
    }),
  );
  for (;;) {
    const { Stacks = [] } = await formation.send(new DescribeStacksCommand({ StackName }));
    const [stack] = Stacks;
    if (stack?.StackStatus === 'CREATE_COMPLETE') return;
    if (stack?.StackStatus !== 'CREATE_IN_PROGRESS') {
      throw new Error(`The role was not created: ${stack?.StackStatusReason}`);
    }
  }
}
