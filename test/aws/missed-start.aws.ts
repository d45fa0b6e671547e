// The drill of start-missed: a start that could not be made lies in the queue and rings the alarm;
// the section makes up for it, and the alarm is over. The emulated scheduler delivers nothing to
// its queue, so the drill puts the start there, as the runbook says.

import {
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { type BreakableService, startBreakable } from './breakable-service.ts';
import { config, ledger, output } from './clients.ts';
import { SOURCE } from './landed.ts';
import { alarm, runSync, storeData } from './operations.ts';

const DRILL_MS = 60_000;

const sqs = new SQSClient(config);
const QueueUrl = output('MissedStartsUrl');

let service: BreakableService;
beforeAll(async () => {
  service = await startBreakable(inject('servicePort'));
});
afterAll(() => service.close());

/** What AWS counts by itself; the emulated CloudWatch has to be told. */
async function countStarts(): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['ApproximateNumberOfMessages'] }),
  );
  const value = Number(Attributes['ApproximateNumberOfMessages']);
  const { Namespace, MetricName, Dimensions } = await alarm('start-missed');
  const dimensions = Object.fromEntries(
    Dimensions.map(({ Name, Value }) => [Name, String(Value)] as const),
  );
  await storeData([{ namespace: Namespace, name: MetricName, dimensions, unit: 'Count', value }]);
  return value;
}

it(
  'start-missed rings for a start in the queue, and is over when it was made up for',
  async () => {
    const rule = await alarm('start-missed');
    const QueueName = QueueUrl.split('/').at(-1);
    expect(rule.Dimensions).toEqual([{ Name: 'QueueName', Value: QueueName }]);
    await sqs.send(
      new SendMessageCommand({
        QueueUrl,
        MessageBody: JSON.stringify({ source: SOURCE, streams: ['users'] }),
      }),
    );
    expect(await countStarts()).toBeGreaterThanOrEqual(rule.Threshold);
    expect(await alarm('start-missed')).toMatchObject({ state: 'ALARM' });

    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    const missed: object = JSON.parse(Messages[0]?.Body ?? 'null');
    const before = (await ledger.readStream(SOURCE, 'users'))?.run?.runId;
    expect(await runSync(missed)).toMatchObject({ status: 'SUCCEEDED' });
    const after = (await ledger.readStream(SOURCE, 'users'))?.run;
    expect(after).toMatchObject({ status: 'finished', records: 10 });
    expect(after?.runId).not.toBe(before);
    await sqs.send(new PurgeQueueCommand({ QueueUrl }));
    expect(await countStarts()).toBe(0);
  },
  DRILL_MS,
);
