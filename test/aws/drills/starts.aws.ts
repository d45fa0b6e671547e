// The drill of start-missed: a start that could not be made lies in the queue and rings the alarm;
// the section makes up for it, and the alarm is over. The emulated scheduler delivers nothing to
// its queue, so the drill puts the start there, as the runbook says.

import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import {
  CreateQueueCommand,
  GetQueueAttributesCommand,
  PurgeQueueCommand,
  type QueueAttributeName,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from '@aws-sdk/client-sqs';
import { expect, it } from 'vitest';
import { config, ledger, output } from '../clients.ts';
import { SOURCE } from '../landed.ts';
import { DRILL_MS, openService, ringing, runOf, runSync } from './operations.ts';

const sqs = new SQSClient(config);
const QueueUrl = output('MissedStartsUrl');

openService();

async function attributeOf(url: string, name: QueueAttributeName): Promise<string> {
  const { Attributes } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: [name] }),
  );
  return Attributes?.[name] ?? `no ${name}`;
}

/** A queue that is told of the alarms, as a person is who confirmed the subscription. */
async function subscribe(): Promise<string> {
  const TopicArn = output('AlarmTopicArn');
  const letIn = {
    ...{ Effect: 'Allow', Principal: { Service: 'sns.amazonaws.com' }, Action: 'sqs:SendMessage' },
    ...{ Resource: '*', Condition: { ArnEquals: { 'aws:SourceArn': TopicArn } } },
  };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [letIn] });
  const { QueueUrl: url = '' } = await sqs.send(
    new CreateQueueCommand({ QueueName: 'on-call', Attributes: { Policy } }),
  );
  const Endpoint = await attributeOf(url, 'QueueArn');
  await new SNSClient(config).send(new SubscribeCommand({ TopicArn, Protocol: 'sqs', Endpoint }));
  return url;
}

/** Returns when the queue was told of it: alarms of other drills ring and end meanwhile. */
async function toldOf(section: string, url: string): Promise<void> {
  const wait = new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: 10 });
  for (;;) {
    const { Messages = [] } = await sqs.send(wait);
    if (Messages.some(({ Body }) => Body?.includes(section))) return;
  }
}

it(
  'start-missed rings for a start in the queue, and is over when it was made up for',
  async () => {
    const onCall = await subscribe();
    await ringing(['start-missed'], () =>
      sqs.send(
        new SendMessageCommand({
          QueueUrl,
          MessageBody: JSON.stringify({ source: SOURCE, streams: ['albums'] }),
        }),
      ),
    );
    await toldOf('docs/runbook.md#start-missed', onCall);
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
    const missed: object = JSON.parse(Messages[0]?.Body ?? 'null');
    const before = await runOf('albums');
    expect(await runSync(missed)).toMatchObject({ status: 'SUCCEEDED' });
    expect(await runOf('albums')).not.toBe(before);
    expect((await ledger.readStream(SOURCE, 'albums'))?.run).toMatchObject({
      ...{ status: 'finished', records: 100 },
    });
    await sqs.send(new PurgeQueueCommand({ QueueUrl }));
    expect(Number(await attributeOf(QueueUrl, 'ApproximateNumberOfMessages'))).toBe(0);
  },
  DRILL_MS,
);
