// The engine stack: storage, secrets, functions, machines, schedules, alarms, and what an operator
// needs to know of them. It needs no account, no region and no look-up to be synthesised.

import { type App, CfnOutput, Stack } from 'aws-cdk-lib/core';
import type { Source } from '../shared/core/source/source.ts';
import { schemasOf } from './parts/catalogue-grants.ts';
import { createFunctions } from './parts/functions.ts';
import { createMachines } from './parts/machines.ts';
import { createSchedules } from './parts/schedules.ts';
import { createSecrets } from './parts/secrets.ts';
import { createStorage, LAKE_FOLDER } from './parts/storage.ts';
import { checkAgainst, type Settings } from './settings/settings.ts';
import { createAlarms } from './watch/alarms.ts';
import { createDashboard } from './watch/dashboard.ts';

/** The longest value that CloudFormation takes for an output. */
const OUTPUT_CHARS = 1024;

/** @param sources the sources to deploy, as their files say: they decide which secrets there are */
export function createEngine(app: App, settings: Settings, sources: readonly Source[]): Stack {
  checkAgainst(sources, settings);
  const stack = new Stack(app, settings.stack, {
    description: 'Driplake: drains paginated, rate-limited REST APIs into a data lake.',
    tags: { application: 'driplake' },
  });
  const storage = createStorage(stack);
  const secretArns = createSecrets(stack, sources, settings.secretsPrefix);
  const { stackName } = stack;
  const functions = createFunctions(stack, {
    stackName,
    storage,
    secretArns,
    schemas: schemasOf(sources),
    ...settings,
  });
  const machines = createMachines(stack, functions);
  const missedStarts = createSchedules(
    stack,
    { sync: machines.sync, compact: functions.compact },
    settings,
  );
  const { ledger } = storage;
  const watched = { machines, functions, ledger, missedStarts, sources, settings };
  const { topic, alarms } = createAlarms(stack, watched, settings.alarmEmail);
  if (settings.dashboard) createDashboard(stack, { ...watched, alarms });

  const input = JSON.stringify({ source: sources[0]?.name });
  const syncArn = machines.sync.stateMachineArn;
  const names = sources.map(({ name }) => name).join(',');
  const outputs = {
    SyncMachineArn: ['Syncs a source', syncArn],
    DrainMachineArn: [
      'Drains one stream; started by the sync machine',
      machines.drain.stateMachineArn,
    ],
    LakeUrl: ['Where the records are', `s3://${storage.lake.bucketName}/${LAKE_FOLDER}`],
    LakeBucketName: ['The bucket of the lake', storage.lake.bucketName],
    LedgerTableName: ['Cursors, budgets and leases', storage.ledger.tableName],
    ...(names.length <= OUTPUT_CHARS ? { Sources: ['What was deployed', names] } : {}),
    MissedStartsUrl: ['Starts that schedules could not make', missedStarts.queueUrl],
    AlarmTopicArn: ['Subscribe here to be told of alarms', topic.topicArn],
    StartCommand: [
      'Starts a run now',
      `aws stepfunctions start-execution --state-machine-arn ${syncArn} --input '${input}'`,
    ],
  } as const;
  for (const [name, [description, value]] of Object.entries(outputs)) {
    new CfnOutput(stack, name, { description, value });
  }
  return stack;
}
