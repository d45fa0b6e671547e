// The drills of machine-throttled and ledger-throttled: a quota of Step Functions' transitions, a
// limit of DynamoDB's writes. Runs are late, and whole.

import { UpdateTableCommand } from '@aws-sdk/client-dynamodb';
import { TagResourceCommand, UntagResourceCommand } from '@aws-sdk/client-sfn';
import { expect, it } from 'vitest';
import { dynamo, output, stepFunctions } from '../clients.ts';
import { expectWhole, SOURCE } from '../landed.ts';
import { DRILL_MS, openService, quiet, ringing, runOf, runSync } from './operations.ts';

openService();

const syncPhotos = () => runSync({ source: SOURCE, streams: ['photos'], fullRefresh: true });

it(
  'machine-throttled rings while the quota of transitions is used up, and the run is whole',
  async () => {
    const resourceArn = output('DrainMachineArn');
    const quota = { key: 'TransitionsPerSecond', value: '0.5' };
    await stepFunctions.send(new TagResourceCommand({ resourceArn, tags: [quota] }));
    const late = await ringing(['machine-throttled'], syncPhotos);
    expect(late).toMatchObject({ status: 'SUCCEEDED' });
    await expectWhole('photos', await runOf('photos'));

    await stepFunctions.send(new UntagResourceCommand({ resourceArn, tagKeys: [quota.key] }));
    const healed = await quiet(['machine-throttled'], syncPhotos);
    expect(healed).toMatchObject({ status: 'SUCCEEDED' });
  },
  DRILL_MS,
);

it(
  'ledger-throttled rings while the table is limited to a write a second, and the run is whole',
  async () => {
    const limit = (MaxWriteRequestUnits: number) =>
      dynamo.send(
        new UpdateTableCommand({
          TableName: output('LedgerTableName'),
          OnDemandThroughput: { MaxWriteRequestUnits },
        }),
      );
    await limit(1);
    const late = await ringing(['ledger-throttled'], syncPhotos);
    expect(late).toMatchObject({ status: 'SUCCEEDED' });
    await expectWhole('photos', await runOf('photos'));

    await limit(-1);
    const healed = await quiet(['ledger-throttled'], syncPhotos);
    expect(healed).toMatchObject({ status: 'SUCCEEDED' });
  },
  DRILL_MS,
);
