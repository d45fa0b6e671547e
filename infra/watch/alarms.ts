// Tells an operator, over one SNS topic, what needs a person. Which alarms there are stands in
// watches.ts; each names the section of docs/runbook.md that says what it means, what to look at
// and what to do.

import { Alarm, ComparisonOperator, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import { type Stack, Validations } from 'aws-cdk-lib/core';
import { type Watched, watches } from './watches.ts';

/** Creates every alarm, and the topic that they tell. */
export function createAlarms(
  stack: Stack,
  watched: Watched,
  alarmEmail: string | undefined,
): { readonly topic: Topic; readonly alarms: readonly Alarm[] } {
  const topic = createTopic(stack, alarmEmail);
  const action = new SnsAction(topic);
  const alarms = watches(stack, watched).map((watch) => {
    const section = watch.section ?? watch.name;
    const alarm = new Alarm(stack, `Alarm-${watch.name}`, {
      alarmName: `${stack.stackName}-${watch.name}`,
      alarmDescription: `${watch.meaning} Runbook: docs/runbook.md#${section}`,
      metric: watch.metric,
      threshold: watch.atLeast,
      evaluationPeriods: watch.periods ?? 1,
      comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
      treatMissingData: watch.keepsState
        ? TreatMissingData.IGNORE
        : TreatMissingData.NOT_BREACHING,
    });
    alarm.addAlarmAction(action);
    alarm.addOkAction(action);
    return alarm;
  });
  return { topic, alarms };
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
