// The two state machines: their definitions are the .asl.json files one folder up, unchanged;
// here they get the ARNs that stand in their ${placeholders}, a role, a log group and traces.

import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import {
  DefinitionBody,
  LogLevel,
  StateMachine,
  StateMachineType,
} from 'aws-cdk-lib/aws-stepfunctions';
import { ArnFormat, type Stack, Validations } from 'aws-cdk-lib/core';
import { definitionText, type MachineName } from './definition.ts';
import type { Functions } from './functions.ts';
import { createLogGroup } from './log-groups.ts';

export type Machines = Readonly<Record<MachineName, StateMachine>>;

export function createMachines(stack: Stack, functions: Functions): Machines {
  const pullPages = functions['pull-pages'];
  const drain = createMachine(stack, 'drain', { PullPages: pullPages.functionArn });
  drain.addToRolePolicy(mayInvoke(pullPages));

  const steps = {
    PlanRun: functions['plan-run'],
    FinishStream: functions['finish-stream'],
    FinishRun: functions['finish-run'],
  };
  const sync = createMachine(stack, 'sync', {
    PlanRun: steps.PlanRun.functionArn,
    FinishStream: steps.FinishStream.functionArn,
    FinishRun: steps.FinishRun.functionArn,
    DrainMachine: drain.stateMachineArn,
  });
  sync.addToRolePolicy(mayInvoke(...Object.values(steps)));
  for (const statement of mayRun(stack, drain)) sync.addToRolePolicy(statement);
  const account = 'arn:<AWS::Partition>:states:<AWS::Region>:<AWS::AccountId>';
  Validations.of(sync).acknowledge({
    id: `AwsSolutions-IAM5[Resource::${account}:execution:${nameOf(stack, 'drain')}:*]`,
    reason: 'Executions of the drain machine get their names when they start.',
  });
  return { sync, drain };
}

function createMachine(
  stack: Stack,
  name: MachineName,
  definitionSubstitutions: Record<string, string>,
): StateMachine {
  const stateMachineName = nameOf(stack, name);
  const machine = new StateMachine(stack, name, {
    stateMachineName,
    stateMachineType: StateMachineType.STANDARD,
    definitionBody: DefinitionBody.fromString(definitionText(name)),
    definitionSubstitutions,
    tracingEnabled: true,
    logs: {
      level: LogLevel.ERROR,
      includeExecutionData: false,
      // Under /aws/vendedlogs/ a log group's policy does not grow with each machine of the account.
      destination: createLogGroup(stack, name, `/aws/vendedlogs/states/${stateMachineName}`),
    },
  });
  Validations.of(machine).acknowledge(
    {
      id: 'AwsSolutions-SF1',
      reason:
        'Step Functions keeps the history of a Standard execution for 90 days by itself. Logging ' +
        'every event of the loop would cost more than the loop; errors are logged.',
    },
    {
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'Log delivery and X-Ray take no resource (Step Functions developer guide).',
    },
  );
  return machine;
}

const nameOf = (stack: Stack, name: MachineName): string => `${stack.stackName}-${name}`;

const mayInvoke = (...functions: IFunction[]): PolicyStatement =>
  new PolicyStatement({
    actions: ['lambda:InvokeFunction'],
    resources: functions.map((target) => target.functionArn),
  });

/** What `startExecution.sync:2` needs (Step Functions developer guide, "Run nested executions"). */
function mayRun(stack: Stack, machine: StateMachine): PolicyStatement[] {
  const executions = stack.formatArn({
    service: 'states',
    resource: 'execution',
    resourceName: `${nameOf(stack, 'drain')}:*`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  const rule = stack.formatArn({
    service: 'events',
    resource: 'rule',
    resourceName: 'StepFunctionsGetEventsForStepFunctionsExecutionRule',
  });
  const allow = (actions: string[], resource: string) =>
    new PolicyStatement({ actions, resources: [resource] });
  return [
    allow(['states:StartExecution'], machine.stateMachineArn),
    allow(['states:DescribeExecution', 'states:StopExecution'], executions),
    allow(['events:PutTargets', 'events:PutRule', 'events:DescribeRule'], rule),
  ];
}
