// What functions may do with Glue's catalogue: with the databases of the deployed sources and the
// tables in them, and with no others.

import { PolicyStatement, type Role } from 'aws-cdk-lib/aws-iam';
import { Aws, type Stack, Validations } from 'aws-cdk-lib/core';
import type { Source } from '../../shared/core/source/source.ts';
import { glueNames } from '../../shared/core/table/glue-table.ts';

/** Creates and widens tables, adds runs to them. */
export const PUBLISH_ACTIONS = [
  'glue:CreateDatabase',
  'glue:CreatePartition',
  'glue:CreateTable',
  'glue:GetTable',
  'glue:UpdateTable',
];

/** Lets the runs of tables lie elsewhere. */
export const MOVE_ACTIONS = ['glue:BatchUpdatePartition', 'glue:CreatePartition', 'glue:GetTable'];

/** Names of the databases that the sources' tables are in. */
export const schemasOf = (sources: readonly Pick<Source, 'name'>[]): readonly string[] =>
  [...new Set(sources.map(({ name }) => glueNames({ source: name, stream: '' }).schema))].sort();

/** Glue asks for a right on the catalogue, the database and the table of each request. */
export function grantCatalogue(
  stack: Stack,
  role: Role,
  actions: readonly string[],
  schemas: readonly string[],
): void {
  const arn = (resource: string): string =>
    stack.formatArn({ service: 'glue', resource, partition: Aws.PARTITION });
  const resources = [
    arn('catalog'),
    ...schemas.flatMap((schema) => [arn(`database/${schema}`), arn(`table/${schema}/*`)]),
  ];
  role.addToPolicy(new PolicyStatement({ actions: [...actions], resources }));
  Validations.of(role).acknowledge(
    ...schemas.map((schema) => ({
      id: `AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:glue:<AWS::Region>:<AWS::AccountId>:table/${schema}/*]`,
      reason: 'Tables get their names from the streams of the source, which may get more of them.',
    })),
  );
}
