// An alarm as CloudWatch evaluates it, within one period: which data it looks at, and whether they
// are over its threshold.

import * as z from 'zod';
import type { Datum } from '../../functions/journal-lines.ts';

const alarm = z.object({
  AlarmName: z.string(),
  Namespace: z.string(),
  MetricName: z.string(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: z.unknown() })),
  Statistic: z.enum(['Sum', 'Minimum', 'Maximum']),
  Period: z.number(),
  EvaluationPeriods: z.number(),
  Threshold: z.number(),
  ComparisonOperator: z.literal('GreaterThanOrEqualToThreshold'),
});

/** The fields that a template and `DescribeAlarms` both have. */
export type AlarmRule = z.infer<typeof alarm>;

export const alarmRule = (properties: unknown): AlarmRule => alarm.parse(properties);

/** The data of the rule's metric, under exactly its dimensions. */
export const dataOf = (rule: AlarmRule, data: readonly Datum[]): Datum[] => {
  const wanted = Object.fromEntries(rule.Dimensions.map(({ Name, Value }) => [Name, Value]));
  const isWanted = ({ namespace, name, dimensions }: Datum): boolean =>
    namespace === rule.Namespace &&
    name === rule.MetricName &&
    Object.keys(dimensions).length === Object.keys(wanted).length &&
    Object.entries(dimensions).every(([key, value]) => wanted[key] === value);
  return data.filter(isWanted);
};

const statistics = {
  Sum: (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0),
  Minimum: (values: readonly number[]) => Math.min(...values),
  Maximum: (values: readonly number[]) => Math.max(...values),
} as const;

/** Whether data that all fall into one period would ring the alarm; no data never do. */
export function rings(rule: AlarmRule, data: readonly Datum[]): boolean {
  const values = dataOf(rule, data).map(({ value }) => value);
  return values.length > 0 && statistics[rule.Statistic](values) >= rule.Threshold;
}
