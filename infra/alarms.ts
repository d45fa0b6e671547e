// Tells an operator, over one SNS topic, what needs a person. Every alarm names the section of
// docs/runbook.md that says what it means, what to look at and what to do.

import {
  Alarm,
  ComparisonOperator,
  type IMetric,
  Stats,
  TreatMissingData,
} from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Duration, type Stack, Validations } from 'aws-cdk-lib/core';
import { FUNCTION_NAMES, type FunctionName, type Functions } from './functions.ts';
import type { Machines } from './machines.ts';

const PERIOD = Duration.minutes(5);

type Watch = {
  /** The alarm is `<stack>-<name>`. */
  readonly name: string;
  /** Heading of docs/runbook.md; the name, when left out. */
  readonly section?: string;
  readonly meaning: string;
  readonly metric: IMetric;
  /** Fires at this many in one period. */
  readonly atLeast: number;
  /** Periods in a row; more than one where a single bad period heals by itself. */
  readonly periods?: number;
};

export type Watched = {
  readonly machines: Machines;
  readonly functions: Functions;
  readonly ledger: Table;
  readonly missedStarts: Queue;
  readonly alarmEmail: string | undefined;
};

export function createAlarms(stack: Stack, watched: Watched): Topic {
  const topic = createTopic(stack, watched.alarmEmail);
  for (const watch of watches(watched)) {
    const section = watch.section ?? watch.name;
    const alarm = new Alarm(stack, `Alarm-${watch.name}`, {
      alarmName: `${stack.stackName}-${watch.name}`,
      alarmDescription: `${watch.meaning} Runbook: docs/runbook.md#${section}`,
      metric: watch.metric,
      threshold: watch.atLeast,
      evaluationPeriods: watch.periods ?? 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(new SnsAction(topic));
    alarm.addOkAction(new SnsAction(topic));
  }
  return topic;
}

function watches({ machines, functions, ledger, missedStarts }: Watched): Watch[] {
  const sum = { period: PERIOD, statistic: Stats.SUM };
  return [
    {
      name: 'sync-failed',
      meaning: 'A run ended with streams that failed, or could not be planned.',
      metric: machines.sync.metricFailed(sum),
      atLeast: 1,
    },
    {
      name: 'sync-timed-out',
      meaning: 'A run was still going when its time ended.',
      metric: machines.sync.metricTimedOut(sum),
      atLeast: 1,
    },
    {
      name: 'drain-failed',
      meaning: 'A stream is stuck, refused by its API, or its function failed for good.',
      metric: machines.drain.metricFailed(sum),
      atLeast: 1,
    },
    {
      name: 'drain-timed-out',
      meaning: 'A segment of a stream was still going when its time ended.',
      metric: machines.drain.metricTimedOut(sum),
      atLeast: 1,
    },
    {
      name: 'start-missed',
      meaning: 'A schedule could not start its run within an hour.',
      metric: missedStarts.metricApproximateNumberOfMessagesVisible({
        period: PERIOD,
        statistic: Stats.MAXIMUM,
      }),
      atLeast: 1,
    },
    {
      name: 'machine-throttled',
      meaning: 'Step Functions delays transitions of drains: the quota of the account is used up.',
      metric: machines.drain.metricThrottled(sum),
      atLeast: 1,
      periods: 3,
    },
    {
      name: 'ledger-throttled',
      meaning: 'DynamoDB refuses requests to the ledger.',
      metric: ledger.metric('WriteThrottleEvents', sum),
      atLeast: 1,
      periods: 3,
    },
    ...FUNCTION_NAMES.flatMap((name) =>
      watchesOf(
        name,
        functions[name].metric('Errors', sum),
        functions[name].metric('Throttles', sum),
      ),
    ),
  ];
}

/** The machine retries a crash or a refusal and loses nothing: three periods are a fault. */
function watchesOf(name: FunctionName, errors: IMetric, throttles: IMetric): Watch[] {
  return [
    {
      name: `${name}-errors`,
      section: 'function-errors',
      meaning: `${name} keeps crashing, or runs out of memory or time.`,
      metric: errors,
      atLeast: 1,
      periods: 3,
    },
    {
      name: `${name}-throttled`,
      section: 'function-throttled',
      meaning: `Lambda refuses to run ${name}: its concurrency or the account's is used up.`,
      metric: throttles,
      atLeast: 1,
      periods: 3,
    },
  ];
}

/**
 * Enforcing TLS gives the topic a policy of its own, which replaces the default one: CloudWatch
 * must be let in again by name, or alarms go nowhere without a word.
 */
function createTopic(stack: Stack, email: string | undefined): Topic {
  const topic = new Topic(stack, 'Alarms', {
    displayName: `${stack.stackName} alarms`,
    enforceSSL: true,
  });
  topic.addToResourcePolicy(
    new PolicyStatement({
      sid: 'AlarmsOfThisAccount',
      principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
      actions: ['sns:Publish'],
      resources: [topic.topicArn],
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
    }),
  );
  if (email === undefined) return topic;
  const subscription = topic.addSubscription(new EmailSubscription(email));
  Validations.of(subscription).acknowledge({
    id: 'Serverless-SNSRedrivePolicy',
    reason: 'A mail that cannot be delivered is of no use in a queue; the alarm itself stays.',
  });
  return topic;
}
