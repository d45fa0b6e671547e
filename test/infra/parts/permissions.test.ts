import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Json, type Synthesised, synthesise } from '../synthesise.ts';

type Statement = { Action: string | string[]; Resource: Json; Condition?: Json; Effect: string };

let engine: Synthesised;
afterAll(() => engine.remove());
let policies: { role: string; statements: Statement[] }[];
beforeAll(() => {
  engine = synthesise();
  policies = Object.values(engine.template.Resources)
    .filter(({ Type }) => Type === 'AWS::IAM::Policy')
    .map(({ Properties }) => ({
      role: plain(Object(Properties['Roles'])[0]),
      statements: Object(Properties['PolicyDocument']).Statement,
    }));
});

/** All that a role may do, one line for each statement. */
function permissions(role: string): string[] {
  const policy = policies.find((each) => each.role === role) ?? expect.fail(`no role ${role}`);
  return policy.statements.map(({ Action, Resource, Condition, Effect }) => {
    const where = [Resource].flat().map(plain).join(', ');
    const when = Condition === undefined ? '' : ` if ${JSON.stringify(Condition)}`;
    return `${Effect} ${[Action].flat().join(' ')} on ${where}${when}`;
  });
}

/** `{Ref: LakeA1B2C3D4}` becomes `Lake`, ARNs become readable. */
function plain(value: Json): string {
  if (typeof value === 'string') return value;
  const [kind, what] = Object.entries(Object(value))[0] ?? [];
  if (kind === 'Ref')
    return String(what)
      .replace(/^AWS::.*/, '')
      .replace(/[0-9A-F]{8}$/, '');
  if (kind === 'Fn::GetAtt') return plain({ Ref: Object(what)[0] });
  const [, parts] = Object(what);
  return [parts].flat().map(plain).join('');
}

const traces = 'Allow xray:PutTelemetryRecords xray:PutTraceSegments on *';
const ledger = 'Allow dynamodb:GetItem dynamodb:PutItem on Ledger';
const wholeLedger = 'Allow dynamodb:GetItem dynamodb:PutItem dynamodb:Query on Ledger';
const lake = [
  'Allow s3:GetObject s3:PutObject on Lake/lake/*',
  'Allow s3:ListBucket on Lake if {"StringLikeIfExists":{"s3:prefix":"lake/*"}}',
];
const glue = ['catalog', 'database/open', 'database/shop', 'table/open/*', 'table/shop/*']
  .map((resource) => `arn::glue:::${resource}`)
  .join(', ');
const logs = (name: string) => `Allow logs:CreateLogStream logs:PutLogEvents on Logs${name}`;
const machineLogsAndTraces =
  'Allow logs:CreateLogDelivery logs:DeleteLogDelivery logs:DescribeLogGroups ' +
  'logs:DescribeResourcePolicies logs:GetLogDelivery logs:ListLogDeliveries ' +
  'logs:PutResourcePolicy logs:UpdateLogDelivery xray:GetSamplingRules ' +
  'xray:GetSamplingTargets xray:PutTelemetryRecords xray:PutTraceSegments on *';

describe('what each role may do, and nothing else', () => {
  it('plan-run and finish-run: the ledger, of which they alone list items', () => {
    expect(permissions('Roleplanrun')).toEqual([logs('planrun'), wholeLedger, traces]);
    expect(permissions('Rolefinishrun')).toEqual([logs('finishrun'), wholeLedger, traces]);
  });

  it('pull-pages: the ledger, the lake, the secrets of the sources that are deployed', () => {
    expect(permissions('Rolepullpages')).toEqual([
      logs('pullpages'),
      ledger,
      ...lake,
      'Allow secretsmanager:GetSecretValue secretsmanager:PutSecretValue on Secretsshop',
      traces,
    ]);
  });

  it("finish-stream: the ledger, the lake and the tables of the sources' databases", () => {
    expect(permissions('Rolefinishstream')).toEqual([
      logs('finishstream'),
      ledger,
      ...lake,
      'Allow glue:CreateDatabase glue:CreatePartition glue:CreateTable glue:GetTable ' +
        `glue:UpdateTable on ${glue}`,
      traces,
    ]);
  });

  it('compact: look into the ledger; the lake, where it alone deletes objects', () => {
    expect(permissions('Rolecompact')).toEqual([
      logs('compact'),
      'Allow dynamodb:GetItem on Ledger',
      'Allow s3:DeleteObject s3:GetObject s3:PutObject on Lake/lake/*',
      lake[1],
      `Allow glue:BatchUpdatePartition glue:CreatePartition glue:GetTable on ${glue}`,
      traces,
    ]);
  });

  it('without a catalogue: nothing in Glue', () => {
    const bare = synthesise({ context: { catalogue: 'none' } });
    const text = JSON.stringify(bare.template);
    bare.remove();
    expect(text).not.toContain('glue:');
    expect(text.match(/"DRIPLAKE_CATALOGUE":"none"/g)).toHaveLength(5);
  });

  it('the drain machine: invoke pull-pages', () => {
    expect(permissions('drainRole')).toEqual([
      machineLogsAndTraces,
      'Allow lambda:InvokeFunction on pullpages',
    ]);
  });

  it('the sync machine: invoke the others, run the drain machine and wait for it', () => {
    expect(permissions('syncRole')).toEqual([
      machineLogsAndTraces,
      'Allow lambda:InvokeFunction on finishrun, finishstream, planrun',
      'Allow states:StartExecution on drain',
      'Allow states:DescribeExecution states:StopExecution on ' +
        'arn::states:::execution:Driplake-drain:*',
      'Allow events:DescribeRule events:PutRule events:PutTargets on ' +
        'arn::events:::rule/StepFunctionsGetEventsForStepFunctionsExecutionRule',
    ]);
  });

  it('the schedules: start the sync machine, keep what they could not start', () => {
    const role = policies.find((each) => each.role.startsWith('SchedulerRole'))?.role ?? '';
    expect(permissions(role)).toEqual([
      'Allow states:StartExecution on sync',
      'Allow sqs:SendMessage on MissedStarts',
    ]);
  });

  it('the compaction: invoke its function, keep a start that could not be made', () => {
    expect(permissions('Rolecompaction')).toEqual([
      'Allow lambda:InvokeFunction on compact',
      'Allow sqs:SendMessage on MissedStarts',
    ]);
  });

  it('are taken on by nobody but services, for this account and what it made', () => {
    const trusted = Object.values(engine.template.Resources)
      .filter(({ Type }) => Type === 'AWS::IAM::Role')
      .flatMap(({ Properties }) => Object(Properties['AssumeRolePolicyDocument']).Statement)
      .map(({ Principal, Condition }) => [
        ...Object.entries(Principal).map((one) => one.join(' ')),
        ...Object.values(Object(Condition)).flatMap((one) => Object.keys(Object(one)).sort()),
      ]);
    const asked = ['aws:SourceArn', 'aws:SourceAccount'];
    expect(new Set(trusted.map((one) => one.join(', ')))).toEqual(
      new Set([
        'Service lambda.amazonaws.com',
        ['Service states.amazonaws.com', ...asked].join(', '),
        ['Service scheduler.amazonaws.com', ...asked.toReversed()].join(', '),
      ]),
    );
  });

  it('are all the roles there are', () => {
    const { Resources } = engine.template;
    const roles = Object.values(Resources).filter(({ Type }) => Type === 'AWS::IAM::Role');
    expect(policies).toHaveLength(9);
    expect(roles).toHaveLength(policies.length);
    for (const { Properties } of roles) {
      expect(Properties['ManagedPolicyArns']).toBeUndefined();
      expect(Properties['Policies']).toBeUndefined();
    }
  });

  it.each([
    ['ledger/dynamo-table', { GetItem: 'GetItem', PutItem: 'PutItem', Query: 'Query' }],
    [
      'lake/lake-s3',
      {
        GetObject: 'GetObject',
        PutObject: 'PutObject',
        ListObjectsV2: 'ListBucket',
        DeleteObjects: 'DeleteObject',
      },
    ],
    [
      'catalogue/catalogue-glue',
      {
        BatchUpdatePartition: 'BatchUpdatePartition',
        CreateDatabase: 'CreateDatabase',
        CreatePartition: 'CreatePartition',
        CreateTable: 'CreateTable',
        GetTable: 'GetTable',
        UpdateTable: 'UpdateTable',
      },
    ],
    [
      'secrets/secrets-manager',
      { GetSecretValue: 'GetSecretValue', PutSecretValue: 'PutSecretValue' },
    ],
  ])('cover what %s sends, no more and no less', (port, granted) => {
    const file = new URL(`../../../shared/ports/${port}.ts`, import.meta.url);
    const sent = readFileSync(file, 'utf8').matchAll(/new (\w+)Command\(/g);
    const actions = new Set(
      policies
        .filter(({ role }) => role.startsWith('Role'))
        .flatMap(({ statements }) => statements.flatMap(({ Action }) => Action))
        .map((action) => action.split(':')[1]),
    );
    expect([...new Set([...sent].map(([, command]) => command))].sort()).toEqual(
      Object.keys(granted).sort(),
    );
    expect(Object.values(granted).filter((action) => !actions.has(action))).toEqual([]);
  });

  it('of an operator are told in docs/security.md as the commands use them', () => {
    const code = ['stack', 'operate'].flatMap((room) => {
      const folder = new URL(`../../../local/${room}/`, import.meta.url);
      return readdirSync(folder).map((file) => readFileSync(new URL(file, folder), 'utf8'));
    });
    const sent = code.join('\n').matchAll(/new ([A-Z]\w+)Command\(|paginate([A-Z]\w+)\(/g);
    const told = readFileSync(new URL('../../../docs/security.md', import.meta.url), 'utf8')
      .split('\n## Operators\n')[1]
      ?.split('\n## ')[0]
      ?.matchAll(/`(?!dynamodb)[a-z]+:([A-Z]\w+)`/g);
    expect([...new Set([...(told ?? [])].map(([, action]) => action))].sort()).toEqual(
      [...new Set([...sent].map(([, command, listed]) => command ?? listed))].sort(),
    );
  });

  it('name every action in full', () => {
    const actions = policies.flatMap(({ statements }) =>
      statements.flatMap(({ Action }) => Action),
    );
    expect(actions.filter((action) => action.includes('*'))).toEqual([]);
  });

  it('take any resource only for logs and traces, which have none', () => {
    const actions = policies
      .flatMap(({ statements }) => statements)
      .filter(({ Resource }) => [Resource].flat().includes('*'))
      .flatMap(({ Action }) => Action);
    expect(actions.filter((action) => !/^(logs|xray):/.test(action))).toEqual([]);
  });
});
