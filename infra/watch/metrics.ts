// Driplake's own metrics as constructs: the names and dimensions that the functions send, which
// tests compare with what they really print.

import { Metric, type MetricOptions } from 'aws-cdk-lib/aws-cloudwatch';
import type { Stack } from 'aws-cdk-lib/core';
import { METRICS_NAMESPACE, type MetricName } from '../../shared/core/run/metrics.ts';

/** One metric of a source. The functions know the stack's name as their service. */
export const sourceMetric = (
  stack: Stack,
  source: string,
  metricName: MetricName,
  options: MetricOptions,
): Metric =>
  new Metric({
    namespace: METRICS_NAMESPACE,
    metricName,
    dimensionsMap: { service: stack.stackName, source },
    ...options,
  });
