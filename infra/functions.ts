// The four functions: one ESM bundle each, its own role, its own log group. A role names each
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
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { CfnElement, Duration, RemovalPolicy, type Stack, Validations } from 'aws-cdk-lib/core';
import project from '../package.json' with { type: 'json' };
import { PULL_MEMORY_MB, PULL_TIMEOUT_SECONDS } from '../shared/core/limits.ts';
import { variable } from '../shared/core/variable.ts';
import { LAKE_FOLDER, type Storage } from './storage.ts';

export const FUNCTION_NAMES = ['plan-run', 'pull-pages', 'finish-stream', 'finish-run'] as const;
export type FunctionName = (typeof FUNCTION_NAMES)[number];
export type Functions = Readonly<Record<FunctionName, NodejsFunction>>;

type Shape = {
  readonly description: string;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  /** Whether it reads and writes objects, and uses the sources' credentials. */
  readonly lake: boolean;
  readonly secrets: boolean;
};

/** The machines give each task 10 s more than its function, so that the function's word wins. */
const shapes: Readonly<Record<FunctionName, Shape>> = {
  'plan-run': {
    description: 'Driplake: begins or resumes a run and claims the leases of its streams.',
    memoryMb: 256,
    // At most 100 streams, a few ledger requests of ~10 ms each: 60 s is twenty times that.
    timeoutSeconds: 60,
    lake: false,
    secrets: false,
  },
  'pull-pages': {
    description: 'Driplake: one round of a stream: permits, pages, one batch, one commit.',
    memoryMb: PULL_MEMORY_MB,
    timeoutSeconds: PULL_TIMEOUT_SECONDS,
    lake: true,
    secrets: true,
  },
  'finish-stream': {
    description: 'Driplake: checks the objects of a stream, writes its manifest, publishes it.',
    memoryMb: 256,
    // Lists a run's objects, 1,000 a request of ~100 ms: a million objects take 100 s.
    timeoutSeconds: 300,
    lake: true,
    secrets: false,
  },
  'finish-run': {
    description: 'Driplake: writes what a run did, stream by stream, and closes it.',
    memoryMb: 256,
    timeoutSeconds: 60,
    lake: false,
    secrets: false,
  },
};

export type FunctionsProps = {
  readonly storage: Storage;
  readonly secretArns: readonly string[];
  readonly secretsPrefix: string;
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
  };
}

function createFunction(stack: Stack, name: FunctionName, props: FunctionsProps): NodejsFunction {
  const functionName = `${stack.stackName}-${name}`;
  const logGroup = new LogGroup(stack, `Logs-${name}`, {
    logGroupName: `/aws/lambda/${functionName}`,
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const { description, memoryMb, timeoutSeconds } = shapes[name];
  const cap = props.reservedConcurrency[name];
  const created = new NodejsFunction(stack, name, {
    functionName,
    description,
    entry: moduleFile(`../functions/${name}/handler.ts`),
    depsLockFilePath: moduleFile('../package-lock.json'),
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
    environment: environment(props),
    ...(cap === undefined ? {} : { reservedConcurrentExecutions: cap }),
  });
  Validations.of(created).acknowledge({
    id: 'Serverless-LambdaDLQ',
    reason: 'Only state machines invoke it, and they wait for the answer: nothing is queued.',
  });
  return created;
}

/**
 * ESM, minified, the SDK inside: 488 KB against 748 KB as CommonJS, and start-up is billed. Left
 * out: credential sources that a function never has (files, single sign-on, IMDS; 110 KB), what
 * nobody uses of undici (270 KB), its second parser, which it leaves out itself when this name is
 * defined (150 KB), and its first one for machines without SIMD, of which Lambda has none (72 KB).
 */
const bundling: BundlingOptions = {
  format: OutputFormat.ESM,
  target: 'node24',
  mainFields: ['module', 'main'],
  minify: true,
  bundleAwsSDK: true,
  define: { esbuildDetection: 'true' },
  externalModules: ['*/llhttp-wasm.js'],
  logLevel: LogLevel.WARNING,
  esbuildArgs: {
    '--alias:@aws-sdk/credential-provider-node': moduleFile('./lambda-credentials.ts'),
    '--alias:undici': moduleFile('./lambda-undici.js'),
  },
  banner:
    "import { createRequire as __createRequire } from 'node:module';" +
    'const require = __createRequire(import.meta.url);',
};

const environment = (props: FunctionsProps): Record<string, string> => ({
  DRIPLAKE_LEDGER_TABLE: props.storage.ledger.tableName,
  DRIPLAKE_LAKE: `s3://${props.storage.lake.bucketName}/${LAKE_FOLDER}`,
  DRIPLAKE_SECRETS_PREFIX: props.secretsPrefix,
  DRIPLAKE_VERSION: project.version,
  ...Object.fromEntries(
    Object.entries(props.baseUrls).map(([source, url]) => [variable(source, 'baseUrl'), url]),
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
  acknowledge(stack, role, props.storage.lake);
  return role;
}

/** All that a function may do, beside sending traces (`xray:Put*`, which the CDK adds). */
function grants(name: FunctionName, logs: LogGroup, props: FunctionsProps): PolicyStatement[] {
  const { ledger, lake } = props.storage;
  return [
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], logs.logGroupArn),
    allow(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query'], ledger.tableArn),
    ...(shapes[name].lake ? lakeGrants(lake) : []),
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
 * Objects are read and written, never deleted. Without a right to list, S3 answers 403 for an
 * object that is not there. A GET carries no prefix, so the condition has to let its absence pass;
 * the prefix of a list must be the lake's.
 */
const lakeGrants = (lake: Bucket): PolicyStatement[] => [
  allow(['s3:GetObject', 's3:PutObject'], lake.arnForObjects(`${LAKE_FOLDER}/*`)),
  new PolicyStatement({
    actions: ['s3:ListBucket'],
    resources: [lake.bucketArn],
    conditions: { StringLikeIfExists: { 's3:prefix': `${LAKE_FOLDER}/*` } },
  }),
];

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
