import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { App, Stack } from 'aws-cdk-lib/core';
import { AwsSolutionsChecks } from 'cdk-nag';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { definitionText, readDefinition, statesOf } from '../../infra/parts/definition.ts';
import { BUNDLE_BYTES } from '../../infra/parts/functions.ts';
import { FUNCTION_NAMES } from '../../infra/settings/function-names.ts';
import {
  batchKey,
  CLOCK_KEY,
  compactedPrefix,
  cursorKey,
  LAKE_KEY,
  manifestKey,
  runPrefix,
  schemaKey,
} from '../../shared/core/table/keys.ts';
import { type Properties, privateBucket, type Synthesised, synthesise } from './synthesise.ts';

let engine: Synthesised;
afterAll(() => engine.remove());
beforeAll(() => {
  engine = synthesise({ bundle: true });
});

const ofType = (type: string): Properties[] =>
  Object.values(engine.template.Resources).flatMap((resource) =>
    resource.Type === type ? [resource.Properties] : [],
  );

const only = (type: string): Properties => {
  const [found, ...others] = ofType(type);
  expect(others).toEqual([]);
  return found ?? expect.fail(`there is no ${type}`);
};

const named = (type: string, name: string): Properties =>
  ofType(type).find((properties) => Object.values(properties).includes(name)) ??
  expect.fail(`there is no ${type} ${name}`);

const text = (value: unknown): string => JSON.stringify(value);

describe('each function', () => {
  it.each(FUNCTION_NAMES)('%s runs on Node 24 on arm64, and says what it is', (name) => {
    expect(named('AWS::Lambda::Function', `Driplake-${name}`)).toMatchObject({
      Runtime: 'nodejs24.x',
      Architectures: ['arm64'],
      Handler: 'index.handler',
      MemorySize: name === 'compact' || name === 'finish-stream' ? 1024 : 256,
      Description: expect.stringContaining('Driplake: '),
      LoggingConfig: { LogFormat: 'JSON', LogGroup: expect.anything() },
      TracingConfig: { Mode: 'Active' },
    });
  });

  it.each(FUNCTION_NAMES)('%s is told where ledger, lake and secrets are, and no more', (name) => {
    const { Environment } = named('AWS::Lambda::Function', `Driplake-${name}`);
    const variables = Object.entries(Object(Object(Environment).Variables));
    expect(variables.map(([key]) => key).sort()).toEqual([
      'DRIPLAKE_CATALOGUE',
      'DRIPLAKE_LAKE',
      'DRIPLAKE_LEDGER_TABLE',
      'DRIPLAKE_SECRETS_PREFIX',
      'DRIPLAKE_VERSION',
      'POWERTOOLS_SERVICE_NAME',
    ]);
    expect(text(Environment)).toMatch(/"s3:\/\/",\{"Ref":"Lake\w+"\},"\/lake"/);
  });

  it('is told of base URLs only where lists are read or their places written down', () => {
    const moved = synthesise({ context: { baseUrls: { shop: 'https://sandbox.shop.example' } } });
    const told = Object.values(moved.template.Resources)
      .filter(({ Properties }) => text(Properties).includes('sandbox.shop.example'))
      .map(({ Properties }) => Properties['FunctionName']);
    moved.remove();
    expect(told.sort()).toEqual(['Driplake-plan-run', 'Driplake-pull-pages']);
  });

  it('times out 10 s before the state that waits for it', () => {
    const pairs = (['sync', 'drain'] as const)
      .flatMap((machine) => statesOf(readDefinition(definitionText(machine))))
      .flatMap(([, state]) => (state.Type === 'Task' ? [state] : []))
      .filter(({ Resource }) => Resource.includes('lambda'))
      .map(({ Parameters, TimeoutSeconds = 0 }) => {
        const name = text(Parameters['FunctionName'])
          .replaceAll(/\W/g, '')
          .replaceAll(/(?<=[a-z])[A-Z]/g, '-$&')
          .toLowerCase();
        const { Timeout } = named('AWS::Lambda::Function', `Driplake-${name}`);
        return [name, TimeoutSeconds - Number(Timeout)];
      });
    expect(Object.fromEntries(pairs)).toEqual(
      Object.fromEntries(
        FUNCTION_NAMES.filter((name) => name !== 'compact').map((name) => [name, 10]),
      ),
    );
  });

  it('is one ESM bundle of a bounded size', () => {
    const sizes = Object.entries(engine.template.Resources)
      .filter(([, { Type }]) => Type === 'AWS::Lambda::Function')
      .map(([id]) => {
        const folder = engine.assetFolder(id);
        expect(readdirSync(folder)).toEqual(['index.mjs']);
        const bundle = path.join(folder, 'index.mjs');
        execFileSync(process.execPath, ['--check', bundle]);
        return { id, bytes: statSync(bundle).size };
      });
    expect(sizes).toHaveLength(FUNCTION_NAMES.length);
    expect(sizes.filter(({ bytes }) => bytes > BUNDLE_BYTES)).toEqual([]);
  });

  it('is capped where the settings say so, and nowhere else', () => {
    const caps = ofType('AWS::Lambda::Function')
      .filter(({ ReservedConcurrentExecutions }) => ReservedConcurrentExecutions !== undefined)
      .map(({ FunctionName, ReservedConcurrentExecutions: cap }) => [FunctionName, cap]);
    expect(caps).toEqual([['Driplake-pull-pages', 20]]);
  });

  it('has a log whose lines end after a month, named anew by each creation of the stack', () => {
    const groups = ofType('AWS::Logs::LogGroup');
    const creation = { 'Fn::Select': [2, { 'Fn::Split': ['/', { Ref: 'AWS::StackId' }] }] };
    const named = (place: string) => ({ 'Fn::Join': ['', [`${place}/`, creation]] });
    expect(groups.map(({ LogGroupName }) => LogGroupName)).toEqual(
      expect.arrayContaining([
        ...FUNCTION_NAMES.map((name) => named(`/aws/lambda/Driplake-${name}`)),
        ...['drain', 'sync'].map((name) => named(`/aws/vendedlogs/states/Driplake-${name}`)),
      ]),
    );
    expect(groups).toHaveLength(FUNCTION_NAMES.length + 2);
    expect(groups.every(({ RetentionInDays }) => RetentionInDays === 30)).toBe(true);
  });
});

describe('what outlives the stack', () => {
  it('keeps the ledger: on demand, restorable, safe from deletion', () => {
    const table = only('AWS::DynamoDB::Table');
    // Its key is one that AWS owns, which costs nothing: docs/cost.md counts on it.
    expect(table).not.toHaveProperty('SSESpecification');
    expect(table).toMatchObject({
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      BillingMode: 'PAY_PER_REQUEST',
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      DeletionProtectionEnabled: true,
    });
  });

  it('keeps the lake: private, encrypted, swept of abandoned uploads', () => {
    expect(only('AWS::S3::Bucket')).toMatchObject({
      ...privateBucket,
      LifecycleConfiguration: {
        Rules: [
          { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: 'Enabled' },
          expect.anything(),
        ],
      },
    });
  });

  it('keeps what the compaction deletes for a month, and gives no function a way around it', () => {
    expect(only('AWS::S3::Bucket')).toMatchObject({
      VersioningConfiguration: { Status: 'Enabled' },
      LifecycleConfiguration: {
        Rules: [
          expect.anything(),
          {
            ...{ ExpiredObjectDeleteMarker: true, Status: 'Enabled' },
            NoncurrentVersionExpiration: { NoncurrentDays: 30 },
          },
        ],
      },
    });
    const rights = text(ofType('AWS::IAM::Policy'));
    expect(rights).toContain('"s3:DeleteObject"');
    expect(rights).not.toMatch(/s3:(DeleteObjectVersion|PutBucket|PutLifecycle|\*)/);
  });

  it('lets nobody put an object of the lake where one stands, but for what is no record', () => {
    const { Statement } = Object(only('AWS::S3::BucketPolicy')['PolicyDocument']);
    const [rule, ...others] = [...Statement].filter(({ Sid }) => Sid === 'WriteOnce');
    expect(others).toEqual([]);
    const { NotResource, ...rest } = Object(rule);
    expect(rest).toEqual({
      ...{ Sid: 'WriteOnce', Effect: 'Deny', Principal: { AWS: '*' }, Action: 's3:PutObject' },
      Condition: {
        Null: { 's3:if-none-match': 'true' },
        Bool: { 's3:ObjectCreationOperation': 'true' },
      },
    });
    const rewritten = [...NotResource].map((one) => Object(one)['Fn::Join'][1].at(-1));
    const isFree = (key: string) =>
      rewritten.some((pattern: string) =>
        pattern.endsWith('*')
          ? `/lake/${key}`.startsWith(pattern.slice(0, -1))
          : `/lake/${key}` === pattern,
      );
    const run = { source: 'shop', stream: 'items', date: '2026-11-21', runId: 'r1' };
    const kept = [batchKey(runPrefix(run), 0), batchKey(compactedPrefix(run), 0), LAKE_KEY];
    expect(kept.filter(isFree)).toEqual([]);
    const written = [manifestKey(run), schemaKey(run), cursorKey(run, 'ab12'), CLOCK_KEY];
    expect(written.filter((key) => !isFree(key))).toEqual([]);
  });

  it('refuses the lake to everyone who comes without TLS 1.2', () => {
    const policy = text(only('AWS::S3::BucketPolicy'));
    expect(policy).toContain(
      '"Condition":{"Bool":{"aws:SecureTransport":"false"}},"Effect":"Deny"',
    );
    expect(policy).toContain('"NumericLessThan":{"s3:TlsVersion":1.2}');
  });

  it('retains ledger, lake, logs and secrets when the stack goes', () => {
    const retained = Object.values(engine.template.Resources)
      .filter(({ DeletionPolicy }) => DeletionPolicy?.startsWith('Retain'))
      .map(({ Type, DeletionPolicy }) => `${Type} ${DeletionPolicy}`);
    expect(retained.sort()).toEqual([
      'AWS::DynamoDB::Table Retain',
      ...Array(FUNCTION_NAMES.length + 2).fill('AWS::Logs::LogGroup Retain'),
      'AWS::S3::Bucket Retain',
      // Its name is fixed: left behind by a creation that failed, it would fail the next one.
      'AWS::SecretsManager::Secret RetainExceptOnCreate',
    ]);
  });

  it('has an empty secret for each source that needs one, and says what belongs in it', () => {
    expect(only('AWS::SecretsManager::Secret')).toEqual({
      Name: 'driplake/shop',
      Description:
        'Driplake source shop. Fill with JSON: {"clientId":"...","clientSecret":"...",' +
        '"refreshToken":"...","accountId":"Number of the account"}',
    });
  });
});

describe('the machines', () => {
  it.each(['sync', 'drain'] as const)('%s is deployed as it stands in its file', (name) => {
    const machine = named('AWS::StepFunctions::StateMachine', `Driplake-${name}`);
    const placeholders = definitionText(name).matchAll(/"\$\{(\w+)\}"/g);
    expect(machine['DefinitionString']).toBe(definitionText(name));
    expect(Object.keys(Object(machine['DefinitionSubstitutions'])).sort()).toEqual(
      [...new Set([...placeholders].map(([, placeholder]) => placeholder))].sort(),
    );
    expect(machine).toMatchObject({
      StateMachineType: 'STANDARD',
      LoggingConfiguration: { Level: 'ERROR', IncludeExecutionData: false },
      TracingConfiguration: { Enabled: true },
    });
  });

  it('are started by the schedules of the settings', () => {
    const start = {
      Arn: { Ref: expect.stringMatching(/^sync/) },
      DeadLetterConfig: { Arn: { 'Fn::GetAtt': [expect.stringMatching(/^MissedStarts/), 'Arn'] } },
      RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 10 },
    };
    const window = { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 5 };
    expect(ofType('AWS::Scheduler::Schedule')).toMatchObject([
      {
        Name: 'shop',
        ScheduleExpression: 'rate(1 hour)',
        FlexibleTimeWindow: window,
        Target: { ...start, Input: '{"source":"shop"}' },
      },
      {
        Name: 'shop.2',
        ScheduleExpression: 'cron(0 3 * * ? *)',
        ScheduleExpressionTimezone: 'Europe/Berlin',
        FlexibleTimeWindow: window,
        Target: { ...start, Input: '{"source":"shop","fullRefresh":true}' },
      },
      { Name: '_compaction' },
    ]);
  });

  it('leave the compaction to a schedule of its own, with the whole lake as its input', () => {
    expect(named('AWS::Scheduler::Schedule', '_compaction')).toMatchObject({
      ScheduleExpression: 'rate(1 day)',
      FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
      Target: {
        Arn: { 'Fn::GetAtt': [expect.stringMatching(/^compact/), 'Arn'] },
        DeadLetterConfig: {
          Arn: { 'Fn::GetAtt': [expect.stringMatching(/^MissedStarts/), 'Arn'] },
        },
        Input: '{}',
        RetryPolicy: { MaximumEventAgeInSeconds: 3600, MaximumRetryAttempts: 10 },
      },
    });
  });

  it('can be started by the command among the outputs', () => {
    const command = text(engine.template.Outputs['StartCommand']).replaceAll('\\', '');
    expect(command).toContain('aws stepfunctions start-execution --state-machine-arn ');
    expect(command).toContain(`--input '{"source":"open"}'`);
  });
});

describe('the rules', () => {
  it('of cdk-nag and the CDK find nothing that is not acknowledged', () => {
    expect(engine.findings).toEqual([]);
  });

  it('would find a bare bucket', () => {
    const stack = new Stack(new App(), 'Control');
    new Bucket(stack, 'Bare');
    const { violations } = new AwsSolutionsChecks(stack).validateScope(stack);
    expect(violations.map(({ ruleName }) => ruleName)).toContain('AwsSolutions-S1');
  });

  it('are acknowledged with a sentence each', () => {
    expect(engine.reasons.length).toBeGreaterThan(0);
    expect(engine.reasons.filter((reason) => !/^[A-Z].{40,}\.$/s.test(reason))).toEqual([]);
  });

  it('need no account, region or look-up', () => {
    expect(Object.keys(engine.template.Parameters)).toEqual(['BootstrapVersion']);
    expect(text(engine.template)).not.toMatch(/\b\d{12}\b|us-east-1/);
  });
});
