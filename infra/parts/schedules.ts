// Starts the sync machine and the compaction when the deployment's settings say. A start that fails
// is tried again for an hour and then kept in a queue; one that comes twice is harmless, since
// streams are leased and a compaction can be repeated.

import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import {
  type IScheduleTarget,
  ScheduleExpression,
  ScheduleGroup,
  ScheduleTargetInput,
  Schedule as Timer,
  TimeWindow,
} from 'aws-cdk-lib/aws-scheduler';
import { StepFunctionsStartExecution } from 'aws-cdk-lib/aws-scheduler-targets';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import type { StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Duration, RemovalPolicy, type Stack, TimeZone, Validations } from 'aws-cdk-lib/core';
import type { Schedule, Settings } from '../settings/settings.ts';

/** Tries of one start within START_AGE; EventBridge Scheduler backs off between them. */
const START_ATTEMPTS = 10;

/** A start that is older than this is not worth making: the next one reads the same records. */
const START_AGE = Duration.hours(1);

/** Minutes over which the compaction's start may be spread: nobody waits for it. */
const COMPACTION_MINUTES = 15;

/** What schedules start. */
export type Started = { readonly sync: StateMachine; readonly compact: IFunction };

/** Creates the schedules; gives back the queue of the starts that could not be made. */
export function createSchedules(
  stack: Stack,
  { sync, compact }: Started,
  settings: Settings,
): Queue {
  const missedStarts = createMissedStarts(stack);
  const group = new ScheduleGroup(stack, 'Schedules', {
    scheduleGroupName: stack.stackName,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  for (const [source, plans] of Object.entries(settings.schedules)) {
    [plans].flat().forEach((plan, index) => {
      // Names of sources have no dot: the second of `shop` is not the first of `shop-2`.
      const name = index === 0 ? source : `${source}.${index + 1}`;
      new Timer(stack, `Schedule-${name}`, {
        scheduleName: name,
        scheduleGroup: group,
        description: `Syncs ${source} of ${stack.stackName}: ${plan.expression}`,
        schedule: ScheduleExpression.expression(plan.expression, timeZone(plan)),
        timeWindow: timeWindow(plan),
        enabled: plan.enabled,
        target: new StepFunctionsStartExecution(sync, {
          input: ScheduleTargetInput.fromObject(startInput(source, plan)),
          deadLetterQueue: missedStarts,
          retryAttempts: START_ATTEMPTS,
          maxEventAge: START_AGE,
        }),
      });
    });
  }
  if (settings.compaction !== 'off') {
    // No source is named like this.
    const name = '_compaction';
    new Timer(stack, `Schedule-${name}`, {
      scheduleName: name,
      scheduleGroup: group,
      description: `Compacts the lake of ${stack.stackName}: ${settings.compaction}`,
      schedule: ScheduleExpression.expression(settings.compaction),
      timeWindow: TimeWindow.flexible(Duration.minutes(COMPACTION_MINUTES)),
      target: invocationOf(stack, compact, group, missedStarts),
    });
  }
  return missedStarts;
}

/** A pass over the whole lake. The CDK's own target may invoke every version there will be. */
function invocationOf(
  stack: Stack,
  compact: IFunction,
  { scheduleGroupArn }: ScheduleGroup,
  missedStarts: Queue,
): IScheduleTarget {
  const asked = { 'aws:SourceAccount': stack.account, 'aws:SourceArn': scheduleGroupArn };
  const role = new Role(stack, 'Role-compaction', {
    assumedBy: new ServicePrincipal('scheduler.amazonaws.com', {
      conditions: { StringEquals: asked },
    }),
    description: `Starts the compaction of ${stack.stackName}`,
  });
  const allow = (action: string, resource: string): boolean =>
    role.addToPolicy(new PolicyStatement({ actions: [action], resources: [resource] }));
  allow('lambda:InvokeFunction', compact.functionArn);
  allow('sqs:SendMessage', missedStarts.queueArn);
  return {
    bind: () => ({
      arn: compact.functionArn,
      role,
      input: ScheduleTargetInput.fromObject({}),
      deadLetterConfig: { arn: missedStarts.queueArn },
      retryPolicy: {
        maximumRetryAttempts: START_ATTEMPTS,
        maximumEventAgeInSeconds: START_AGE.toSeconds(),
      },
    }),
  };
}

/** Holds failed starts for 14 days, the longest that SQS allows. */
function createMissedStarts(stack: Stack): Queue {
  const queue = new Queue(stack, 'MissedStarts', {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const reason = 'This is a dead-letter queue: of the schedules, which cdk-nag does not look at.';
  Validations.of(queue).acknowledge(
    { id: 'AwsSolutions-SQS3', reason },
    { id: 'Serverless-SQSRedrivePolicy', reason },
  );
  return queue;
}

const timeZone = (plan: Schedule): TimeZone | undefined =>
  plan.timeZone === undefined ? undefined : TimeZone.of(plan.timeZone);

const timeWindow = (plan: Schedule): TimeWindow =>
  plan.flexibleMinutes === 0
    ? TimeWindow.off()
    : TimeWindow.flexible(Duration.minutes(plan.flexibleMinutes));

/** The sync machine's input; absent fields stay absent. */
const startInput = (source: string, plan: Schedule): Record<string, unknown> => ({
  source,
  ...(plan.streams === undefined ? {} : { streams: plan.streams }),
  ...(plan.fullRefresh === undefined ? {} : { fullRefresh: plan.fullRefresh }),
});
