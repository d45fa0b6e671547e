// One page that says what a deployment does: its alarms, each source's bucket against its size,
// what each stream brought, what the machinery spent and about how many dollars that is.

import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  LogQueryVisualizationType,
  LogQueryWidget,
  SingleValueWidget,
  Stats,
  TextWidget,
} from 'aws-cdk-lib/aws-cloudwatch';
import { Duration, type Stack } from 'aws-cdk-lib/core';
import type { MetricName } from '../../shared/core/run/metrics.ts';
import type { Source } from '../../shared/core/source/source.ts';
import type { Functions } from '../parts/functions.ts';
import type { FunctionName } from '../settings/function-names.ts';
import { dollarsByService, dollarsInAll, howDollarsAreCounted } from './dollars.ts';
import { sourceMetric } from './metrics.ts';
import type { Watched } from './watches.ts';

type Shown = Watched & { readonly alarms: readonly Alarm[] };

/** Columns of a CloudWatch dashboard. */
const FULL = 24;
const HALF = 12;
const THIRD = 8;
const HEIGHT = 6;

/** What is counted, in steps of this; a bucket fills and drains within minutes. */
const STEP = Duration.minutes(5);
const BUCKET_STEP = Duration.minutes(1);

/** @param shown the alarms too: their states are the first thing on the page */
export function createDashboard(stack: Stack, shown: Shown): Dashboard {
  return new Dashboard(stack, 'Dashboard', {
    dashboardName: stack.stackName,
    defaultInterval: Duration.hours(24),
    widgets: [
      [aboutThis(stack)],
      [alarmStates(shown)],
      ...shown.sources.flatMap((source) => [[headOf(source)], ofSource(stack, source)]),
      ofStreams(shown),
      ofMachines(shown),
      ofFunctions(shown),
      [howDollars(), ...dollars(shown)],
    ],
  });
}

const aboutThis = (stack: Stack): IWidget =>
  new TextWidget({
    width: FULL,
    height: 2,
    markdown:
      `# ${stack.stackName}\nWhat each alarm means and what to do: docs/runbook.md. Numbers of ` +
      'single streams come from the log, all else from metrics. This page costs $3 a month beyond ' +
      'three in the account (November 2026); `dashboard: false` in cdk.json removes it.',
  });

const alarmStates = ({ alarms }: Shown): IWidget =>
  new AlarmStatusWidget({ title: 'Alarms', alarms: [...alarms], width: FULL, height: 5 });

const headOf = ({ name, description }: Source): IWidget =>
  new TextWidget({
    width: FULL,
    height: 1,
    markdown: `## ${name}${description === undefined ? '' : `: ${description}`}`,
  });

function ofSource(stack: Stack, { name }: Source): IWidget[] {
  const metric = (metricName: MetricName, statistic: string, period = STEP): IMetric =>
    sourceMetric(stack, name, metricName, { statistic, period, label: metricName });
  return [
    graph('Bucket: highest level, and size of the tightest limit', THIRD, [
      metric('BucketLevel', Stats.MAXIMUM, BUCKET_STEP),
      metric('BucketSize', Stats.MAXIMUM, BUCKET_STEP),
    ]),
    new GraphWidget({
      title: 'Pages (left), records (right)',
      width: THIRD,
      height: HEIGHT,
      left: [metric('Pages', Stats.SUM)],
      right: [metric('Records', Stats.SUM)],
    }),
    new GraphWidget({
      title: 'Refusals, faults (left), seconds waited (right)',
      width: THIRD,
      height: HEIGHT,
      left: [
        metric('Throttled', Stats.SUM),
        metric('Faults', Stats.SUM),
        metric('TokenFaults', Stats.SUM),
        metric('TokensRejected', Stats.SUM),
        metric('Stuck', Stats.SUM),
      ],
      right: [metric('WaitedSeconds', Stats.SUM)],
    }),
    new GraphWidget({
      title: 'Hours since the oldest stream was finished (left), bytes of records (right)',
      width: FULL,
      height: 4,
      left: [metric('CursorAgeHours', Stats.MAXIMUM)],
      right: [metric('Bytes', Stats.SUM)],
    }),
  ];
}

/** From the log, where a stream costs nothing: a metric of each would cost $0.30 a month. */
function ofStreams({ functions }: Shown): IWidget[] {
  const groupOf = ({ logGroup }: Functions[FunctionName]): string => logGroup.logGroupName;
  const view = LogQueryVisualizationType.TABLE;
  return [
    new LogQueryWidget({
      title: 'Streams: pages, records, refusals, seconds waited',
      logGroupNames: [groupOf(functions['pull-pages'])],
      view,
      width: HALF,
      height: 8,
      queryLines: [
        'filter message = "round"',
        'stats sum(pages) as Pages, sum(records) as Records, sum(requests) as Requests, ' +
          'sum(throttled) as Throttled, sum(waitedMs) / 1000 as Waited, max(@timestamp) as Latest ' +
          'by source, stream',
        'sort Pages desc',
      ],
    }),
    new LogQueryWidget({
      title: 'Latest warnings, errors and timeouts',
      logGroupNames: Object.values(functions).map(groupOf),
      view,
      width: HALF,
      height: 8,
      queryLines: [
        // A crash has an object as its message; a timeout is told by the platform.
        'filter level in ["WARN", "ERROR"] or record.status in ["error", "timeout"]',
        'fields @timestamp, source, stream, message, ' +
          'coalesce(reason, cause, message.errorMessage, record.status) as why',
        'sort @timestamp desc',
        'limit 50',
      ],
    }),
  ];
}

function ofMachines({ machines, ledger, missedStarts }: Shown): IWidget[] {
  const sum = { period: STEP, statistic: Stats.SUM };
  const { sync, drain } = machines;
  return [
    graph('Runs', THIRD, [
      sync.metricStarted({ ...sum, label: 'started' }),
      sync.metricSucceeded({ ...sum, label: 'done' }),
      sync.metricFailed({ ...sum, label: 'failed' }),
      sync.metricTimedOut({ ...sum, label: 'timed out' }),
      missedStarts.metricApproximateNumberOfMessagesVisible({ period: STEP, label: 'missed' }),
    ]),
    graph('Drains of streams', THIRD, [
      drain.metricStarted({ ...sum, label: 'started' }),
      drain.metricSucceeded({ ...sum, label: 'done' }),
      drain.metricFailed({ ...sum, label: 'failed' }),
      drain.metricThrottled({ ...sum, label: 'throttled' }),
    ]),
    graph('Ledger: consumed capacity units', THIRD, [
      ledger.metricConsumedReadCapacityUnits({ ...sum, label: 'read' }),
      ledger.metricConsumedWriteCapacityUnits({ ...sum, label: 'written' }),
      ledger.metric('WriteThrottleEvents', { ...sum, label: 'throttled' }),
    ]),
  ];
}

function ofFunctions({ functions }: Shown): IWidget[] {
  const each = (metricName: string, statistic: string): IMetric[] =>
    Object.entries(functions).map(([label, target]) =>
      target.metric(metricName, { period: STEP, statistic, label }),
    );
  return [
    graph('Functions: longest run, ms', THIRD, each('Duration', Stats.MAXIMUM)),
    graph('Functions: invocations', THIRD, each('Invocations', Stats.SUM)),
    graph('Functions: errors and throttles', THIRD, [
      ...each('Errors', Stats.SUM),
      ...each('Throttles', Stats.SUM),
    ]),
  ];
}

const dollars = (shown: Shown): IWidget[] => [
  new GraphWidget({
    title: 'Estimated dollars an hour',
    width: THIRD,
    height: HEIGHT,
    stacked: true,
    left: dollarsByService(shown, Duration.hours(1)),
  }),
  new SingleValueWidget({
    title: 'Estimated dollars in the time shown',
    width: THIRD,
    height: HEIGHT,
    metrics: [dollarsInAll(shown, Duration.hours(1))],
    setPeriodToTimeRange: true,
    fullPrecision: true,
  }),
];

const howDollars = (): IWidget =>
  new TextWidget({ width: THIRD, height: HEIGHT, markdown: howDollarsAreCounted });

const graph = (title: string, width: number, left: IMetric[]): IWidget =>
  new GraphWidget({ title, width, height: HEIGHT, left });
