// The functions: one ESM bundle each, its own role, its own log group. A role names each
// action and resource; what cannot be narrowed is acknowledged with its reason.

import { fileURLToPath } from 'node:url';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, LoggingFormat, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import {
  type BundlingOptions,
  LogLevel,
  NodejsFunction,
  OutputFormat,
} from 'aws-cdk-lib/aws-lambda-nodejs';
import type { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { CfnElement, Duration, type Stack, Validations } from 'aws-cdk-lib/core';
import project from '../../package.json' with { type: 'json' };
import {
  COMPACT_MEMORY_MB,
  COMPACT_TIMEOUT_SECONDS,
  FINISH_MEMORY_MB,
  FINISH_TIMEOUT_SECONDS,
  PULL_MEMORY_MB,
  PULL_TIMEOUT_SECONDS,
} from '../../shared/core/bounds.ts';
import { variable } from '../../shared/core/source/variable.ts';
import type { FunctionName } from '../settings/function-names.ts';
import { grantCatalogue, MOVE_ACTIONS, PUBLISH_ACTIONS } from './catalogue-grants.ts';
import { createLogGroup } from './log-groups.ts';
import { LAKE_FOLDER, type Storage } from './storage.ts';

/** Most bytes of one bundle: it is read and compiled at each start, and starts are billed. */
export const BUNDLE_BYTES = 740_000;

export type Functions = Readonly<Record<FunctionName, NodejsFunction>>;

type Shape = {
  readonly description: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  /** What it does with the ledger's items: `Query` is for all streams of a source at once. */
  readonly ledger: readonly string[];
  /** Whether it reads and writes objects, and uses the sources' credentials. */
  readonly lake: boolean;
  readonly secrets: boolean;
  /** Whether it is told where sources are read instead of their own base URLs. */
  readonly baseUrls?: true;
  /** Whether it may delete objects. */
  readonly deletes?: true;
  /** What it does with the tables of the catalogue. */
  readonly glue?: readonly string[];
};

/** The machines give each task 10 s more than its function, so that the function's word wins. */
const shapes: Readonly<Record<FunctionName, Shape>> = {
  'plan-run': {
    description: 'Driplake: begins or resumes a run and claims the leases of its streams.',
    memoryMb: 256,
    // At most 100 streams, a few ledger requests of ~10 ms each: 60 s is twenty times that.
    timeoutSeconds: 60,
    ledger: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
    lake: false,
    secrets: false,
    // Paths of lists are part of what it writes down of a run, for pull-pages to compare.
    baseUrls: true,
  },
  'pull-pages': {
    description: 'Driplake: one round of a stream: permits, pages, one batch, one commit.',
    memoryMb: PULL_MEMORY_MB,
    timeoutSeconds: PULL_TIMEOUT_SECONDS,
    ledger: ['dynamodb:GetItem', 'dynamodb:PutItem'],
    lake: true,
    secrets: true,
    baseUrls: true,
  },
  'finish-stream': {
    description: 'Driplake: checks the objects of a stream, writes its manifest, publishes it.',
    memoryMb: FINISH_MEMORY_MB,
    timeoutSeconds: FINISH_TIMEOUT_SECONDS,
    ledger: ['dynamodb:GetItem', 'dynamodb:PutItem'],
    lake: true,
    secrets: false,
    glue: PUBLISH_ACTIONS,
  },
  'finish-run': {
    description: 'Driplake: writes what a run did, stream by stream, and closes it.',
    memoryMb: 256,
    timeoutSeconds: 60,
    ledger: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'],
    lake: false,
    secrets: false,
  },
  compact: {
    description: 'Driplake: merges small objects of finished runs, removes what was merged.',
    memoryMb: COMPACT_MEMORY_MB,
    timeoutSeconds: COMPACT_TIMEOUT_SECONDS,
    ledger: ['dynamodb:GetItem'],
    lake: true,
    secrets: false,
    deletes: true,
    glue: MOVE_ACTIONS,
  },
};

export type FunctionsProps = {
  readonly stackName: string;
  readonly storage: Storage;
  readonly secretArns: readonly string[];
  readonly secretsPrefix: string;
  /** Where finished runs are published as tables. */
  readonly catalogue: 'glue' | 'none';
  /** The databases of the sources' tables. */
  readonly schemas: readonly string[];
  readonly reservedConcurrency: Readonly<Partial<Record<FunctionName, number>>>;
  readonly baseUrls: Readonly<Record<string, string>>;
};

export function createFunctions(stack: Stack, props: FunctionsProps): Functions {
  const create = (name: FunctionName) => createFunction(stack, name, props);
  return {
    'plan-run': create('plan-run'),
    'pull-pages': create('pull-pages'),
    'finish-stream': create('finish-stream'),
    'finish-run': create('finish-run'),
    compact: create('compact'),
  };
}

function createFunction(stack: Stack, name: FunctionName, props: FunctionsProps): NodejsFunction {
  const functionName = `${stack.stackName}-${name}`;
  const logGroup = createLogGroup(stack, name, `/aws/lambda/${functionName}`);
  const { description, memoryMb, timeoutSeconds } = shapes[name];
  const cap = props.reservedConcurrency[name];
  const created = new NodejsFunction(stack, name, {
    functionName,
    description,
    entry: moduleFile(`../../functions/${name}/handler.ts`),
    depsLockFilePath: moduleFile('../../package-lock.json'),
    handler: 'handler',
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: memoryMb,
    timeout: Duration.seconds(timeoutSeconds),
    bundling,
    role: createRole(stack, name, logGroup, props),
    logGroup,
    loggingFormat: LoggingFormat.JSON,
    tracing: Tracing.ACTIVE,
    environment: environment(name, props),
    ...(cap === undefined ? {} : { reservedConcurrentExecutions: cap }),
  });
  Validations.of(created).acknowledge({
    id: 'Serverless-LambdaDLQ',
    reason:
      name === 'compact'
        ? 'A pass that failed is made again by the next schedule, and finds all that is left.'
        : 'Only state machines invoke it, and they wait for the answer: nothing is queued.',
  });
  return created;
}

/**
 * ESM, minified, the SDK inside: 623 KB for the largest, where CommonJS takes half as much again.
 * Left out: credential sources that a function never has (files, single sign-on, IMDS; 110 KB).
 */
const bundling: BundlingOptions = {
  format: OutputFormat.ESM,
  target: 'node24',
  mainFields: ['module', 'main'],
  minify: true,
  bundleAwsSDK: true,
  logLevel: LogLevel.WARNING,
  esbuildArgs: {
    '--alias:@aws-sdk/credential-provider-node': moduleFile('./lambda-credentials.ts'),
  },
  banner:
    "import { createRequire as __createRequire } from 'node:module';" +
    'const require = __createRequire(import.meta.url);',
};

const environment = (name: FunctionName, props: FunctionsProps): Record<string, string> => ({
  DRIPLAKE_LEDGER_TABLE: props.storage.ledger.tableName,
  DRIPLAKE_LAKE: `s3://${props.storage.lake.bucketName}/${LAKE_FOLDER}`,
  DRIPLAKE_SECRETS_PREFIX: props.secretsPrefix,
  DRIPLAKE_CATALOGUE: props.catalogue,
  // For people: the runbook asks which version is deployed.
  DRIPLAKE_VERSION: project.version,
  // The name in every log line, and a dimension of every metric: stacks of one account stay apart.
  POWERTOOLS_SERVICE_NAME: props.stackName,
  ...Object.fromEntries(
    Object.entries(shapes[name].baseUrls ? props.baseUrls : {}).map(([source, url]) => [
      variable(source, 'baseUrl'),
      url,
    ]),
  ),
});

function createRole(
  stack: Stack,
  name: FunctionName,
  logs: LogGroup,
  props: FunctionsProps,
): Role {
  const role = new Role(stack, `Role-${name}`, {
    assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
    description: `What ${name} of ${stack.stackName} may do`,
  });
  for (const statement of grants(name, logs, props)) role.addToPolicy(statement);
  const { glue } = shapes[name];
  if (glue && props.catalogue === 'glue') grantCatalogue(stack, role, glue, props.schemas);
  acknowledge(stack, role, props.storage.lake);
  return role;
}

/** All that a function may do, beside sending traces (`xray:Put*`, which the CDK adds). */
function grants(name: FunctionName, logs: LogGroup, props: FunctionsProps): PolicyStatement[] {
  const { ledger, lake } = props.storage;
  return [
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], logs.logGroupArn),
    allow([...shapes[name].ledger], ledger.tableArn),
    ...(shapes[name].lake ? lakeGrants(lake) : []),
    ...(shapes[name].deletes ? [allow(['s3:DeleteObject'], objectsOf(lake))] : []),
    ...(shapes[name].secrets && props.secretArns.length > 0
      ? [
          allow(
            ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'],
            ...props.secretArns,
          ),
        ]
      : []),
  ];
}

/**
 * Objects are read and written; only the compaction deletes any. Without a right to list, S3
 * answers 403 for an object that is not there. A GET carries no prefix, so the condition has to
 * let its absence pass; the prefix of a list must be the lake's.
 */
const lakeGrants = (lake: Bucket): PolicyStatement[] => [
  allow(['s3:GetObject', 's3:PutObject'], objectsOf(lake)),
  new PolicyStatement({
    actions: ['s3:ListBucket'],
    resources: [lake.bucketArn],
    conditions: { StringLikeIfExists: { 's3:prefix': `${LAKE_FOLDER}/*` } },
  }),
];

const objectsOf = (lake: Bucket): string => lake.arnForObjects(`${LAKE_FOLDER}/*`);

const allow = (actions: string[], ...resources: string[]): PolicyStatement =>
  new PolicyStatement({ actions, resources });

/** Each wildcard that is left, and why it cannot be narrowed. */
function acknowledge(stack: Stack, role: Role, lake: Bucket): void {
  const bucket = lake.node.defaultChild;
  const bucketId = CfnElement.isCfnElement(bucket) ? stack.getLogicalId(bucket) : '';
  Validations.of(role).acknowledge(
    {
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray: PutTraceSegments and PutTelemetryRecords take no resource.',
    },
    {
      id: `AwsSolutions-IAM5[Resource::<${bucketId}.Arn>/${LAKE_FOLDER}/*]`,
      reason: 'Objects of the lake get their names when they are written.',
    },
  );
}

function moduleFile(path: string): string {
  return fileURLToPath(new URL(path, import.meta.url));
}
