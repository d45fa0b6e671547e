// Log groups, which stay when the stack goes: what happened last is what people look for then.
// Their lines go after a month. Each creation of a stack has groups of its own names, so that
// those which an earlier one left are in nobody's way.

import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Fn, RemovalPolicy, type Stack } from 'aws-cdk-lib/core';

/** @param place what its name starts with: `/aws/lambda/Driplake-compact` */
export const createLogGroup = (stack: Stack, owner: string, place: string): LogGroup =>
  new LogGroup(stack, `Logs-${owner}`, {
    logGroupName: `${place}/${creationOf(stack)}`,
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.RETAIN,
  });

/** The UUID at the end of the stack's id: `arn:aws:cloudformation:...:stack/Driplake/<uuid>`. */
const creationOf = (stack: Stack): string => Fn.select(2, Fn.split('/', stack.stackId));
