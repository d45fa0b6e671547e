// Every metric that a template looks at, in alarms and on the dashboard, as plain data.

import * as z from 'zod';
import type { Json, Template } from '../synthesise.ts';

export interface WatchedMetric {
  readonly namespace: string;
  readonly name: string;
  /** A value is a text, or `<LogicalId>` of a resource of the template. */
  readonly dimensions: Readonly<Record<string, string>>;
  readonly statistic: string;
}

const reference = z.union([
  z.string(),
  z.object({ Ref: z.string() }).transform(({ Ref }) => `<${Ref}>`),
  z
    .object({ 'Fn::GetAtt': z.tuple([z.string(), z.string()]) })
    .transform(({ 'Fn::GetAtt': [id] }) => `<${id}>`),
]);

const alarm = z.object({
  Namespace: z.string(),
  MetricName: z.string(),
  Statistic: z.string(),
  Dimensions: z.array(z.object({ Name: z.string(), Value: reference })),
});

export const alarmMetric = (properties: unknown): WatchedMetric => {
  const { Namespace, MetricName, Statistic, Dimensions } = alarm.parse(properties);
  const dimensions = Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, Value]));
  return { namespace: Namespace, name: MetricName, dimensions, statistic: Statistic };
};

const joined = z.object({
  'Fn::Join': z.tuple([z.literal(''), z.array(reference)]),
});

const properties = z.object({
  title: z.string().optional(),
  markdown: z.string().optional(),
  query: z.string().optional(),
  metrics: z.array(z.array(z.unknown())).optional(),
  alarms: z.array(z.string()).optional(),
});

export type Widget = z.infer<typeof properties> & { readonly type: string };

const body = z.object({
  widgets: z.array(z.object({ type: z.string(), properties })),
});

/** Widgets of the template's dashboard, with `<LogicalId>` where CloudFormation puts a name. */
export function widgetsOf({ Resources }: Template): Widget[] {
  const board = Object.values(Resources).find(({ Type }) => Type === 'AWS::CloudWatch::Dashboard');
  if (!board) return [];
  const text: Json | undefined = board.Properties['DashboardBody'];
  const parts = joined.parse(text)['Fn::Join'][1];
  return body
    .parse(JSON.parse(parts.join('')))
    .widgets.map(({ type, properties: given }) => ({ type, ...given }));
}

const options = z.object({ stat: z.string().default('Average') });

/** The metrics of a widget; expressions are none. */
export const widgetMetrics = ({ metrics = [] }: Widget): WatchedMetric[] =>
  metrics.flatMap((row) => {
    if (typeof row[0] !== 'string') return [];
    const texts = row.filter((part) => typeof part === 'string');
    const [namespace = '', name = '', ...pairs] = texts;
    const dimensions: Record<string, string> = {};
    for (let at = 0; at < pairs.length; at += 2) dimensions[pairs[at] ?? ''] = pairs[at + 1] ?? '';
    const last = row.at(-1);
    const { stat } = options.parse(typeof last === 'object' ? last : {});
    return [{ namespace, name, dimensions, statistic: stat }];
  });

const expression = z.object({ expression: z.string() });
const identified = z.object({ id: z.string() });

/** Expressions of metric math in a widget, and the ids that they may name. */
export function mathOf({ metrics = [] }: Widget): { expressions: string[]; ids: string[] } {
  const last = metrics.map((row) => row.at(-1));
  return {
    expressions: last.flatMap((one) => expression.safeParse(one).data?.expression ?? []),
    ids: last.flatMap((one) => identified.safeParse(one).data?.id ?? []),
  };
}
