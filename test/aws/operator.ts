// People of the account: an operator of the deployed stack with AWS's own configuration files, a
// role that may look and do nothing, and a user who may do everything with a bucket.

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
export function operator(): Workplace {
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
  return workplace({
    AWS_PROFILE: PROFILE,
    AWS_REGION: region,
    AWS_ENDPOINT_URL: endpoint,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: file('config', [
      ...[`[profile ${PROFILE}]`, '[profile homeless]', `[profile ${READER}]`],
      ...[`role_arn = arn:aws:iam::${accountId}:role/${READER}`, `source_profile = ${PROFILE}`],
    ]),
    AWS_SHARED_CREDENTIALS_FILE: file('credentials', [
      ...[`[${PROFILE}]`, ...keys('test')],
      ...['[homeless]', ...keys('test')],
      ...['[stranger]', ...keys('AKIASTRANGER')],
    ]),
    NODE_EXTRA_CA_CERTS: file('account.crt', [certificate]),
  });
}

/** A profile that takes on a role which may describe stacks, and nothing else. */
export const READER = 'reader';

/** Creates the role of the profile `reader`, which the account's owner may take on. */
export async function createReader(formation: CloudFormationClient): Promise<void> {
  const look = allow('cloudformation:DescribeStacks', { Resource: '*' });
  await createStack(formation, 'Reader', {
    Resources: {
      Reader: {
        Type: 'AWS::IAM::Role',
        Properties: {
          RoleName: READER,
          AssumeRolePolicyDocument: allow('sts:AssumeRole', { Principal: { AWS: '*' } }),
          Policies: [{ PolicyName: 'look', PolicyDocument: look }],
        },
      },
    },
  });
}

export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Creates a user who may do everything with a bucket and what is in it. */
export async function createWriter(
  formation: CloudFormationClient,
  bucket: string,
): Promise<Keys> {
  const arn = `arn:aws:s3:::${bucket}`;
  const write = allow('s3:*', { Resource: [arn, `${arn}/*`] });
  const outputs = await createStack(formation, 'Writer', {
    Resources: {
      Writer: {
        Type: 'AWS::IAM::User',
        Properties: { Policies: [{ PolicyName: 'write', PolicyDocument: write }] },
      },
      Keys: { Type: 'AWS::IAM::AccessKey', Properties: { UserName: { Ref: 'Writer' } } },
    },
    Outputs: {
      Id: { Value: { Ref: 'Keys' } },
      Secret: { Value: { 'Fn::GetAtt': ['Keys', 'SecretAccessKey'] } },
    },
  });
  return { accessKeyId: outputs['Id'] ?? '', secretAccessKey: outputs['Secret'] ?? '' };
}

const allow = (Action: string, more: object): object => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action, ...more }],
});

/** @returns the outputs of the stack, once it stands */
async function createStack(
  formation: CloudFormationClient,
  StackName: string,
  template: object,
): Promise<Readonly<Record<string, string>>> {
  await formation.send(
    new CreateStackCommand({
      StackName,
      TemplateBody: JSON.stringify(template),
      Capabilities: ['CAPABILITY_NAMED_IAM'],
    }),
  );
  for (;;) {
    const { Stacks = [] } = await formation.send(new DescribeStacksCommand({ StackName }));
    const [stack] = Stacks;
    if (stack?.StackStatus === 'CREATE_COMPLETE') {
      const outputs = stack.Outputs ?? [];
      return Object.fromEntries(
        outputs.map(({ OutputKey = '', OutputValue = '' }) => [OutputKey, OutputValue]),
      );
    }
    if (stack?.StackStatus !== 'CREATE_IN_PROGRESS') {
      throw new Error(`${StackName} was not created: ${stack?.StackStatusReason}`);
    }
  }
}
