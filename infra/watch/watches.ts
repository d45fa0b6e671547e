// What is watched, from which number on it needs a person, and why that many. One bad period that
// heals by itself tells nobody.

import { type IMetric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Queue } from 'aws-cdk-lib/aws-sqs';
import { Duration, type Stack } from 'aws-cdk-lib/core';
import { isRenewable } from '../../shared/core/source/credentials/credential-kinds.ts';
import type { Source } from '../../shared/core/source/source.ts';
import type { Functions } from '../parts/functions.ts';
import type { Machines } from '../parts/machines.ts';
import { maxAgeHoursOf, type Settings } from '../settings/settings.ts';
import { sourceMetric } from './metrics.ts';

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
  /** Says the same until there are new data; else no data are good news. */
  readonly keepsState?: true;
};

export type Watched = {
  readonly machines: Machines;
  readonly functions: Functions;
  readonly ledger: Table;
  readonly missedStarts: Queue;
  readonly sources: readonly Source[];
  readonly settings: Settings;
};

export const watches = (stack: Stack, watched: Watched): Watch[] => [
  ...executions(watched.machines),
  ...services(watched),
  ...Object.entries(watched.functions).flatMap(([name, target]) => ofFunction(name, target)),
  ...watched.sources.flatMap((source) => ofSource(stack, source, watched.settings)),
];

const sum = { period: PERIOD, statistic: Stats.SUM };

const executions = ({ sync, drain }: Machines): Watch[] => [
  {
    name: 'sync-failed',
    meaning: 'A run ended with streams that failed, or could not be planned.',
    metric: sync.metricFailed(sum),
    atLeast: 1,
  },
  {
    name: 'sync-timed-out',
    meaning: 'A run was still going when its time ended.',
    metric: sync.metricTimedOut(sum),
    atLeast: 1,
  },
  {
    name: 'drain-failed',
    meaning: 'A stream is stuck, refused by its API, or its function failed for good.',
    metric: drain.metricFailed(sum),
    atLeast: 1,
  },
  {
    name: 'drain-timed-out',
    meaning: 'A segment of a stream was still going when its time ended.',
    metric: drain.metricTimedOut(sum),
    atLeast: 1,
  },
  {
    name: 'machine-throttled',
    meaning: 'Step Functions delays transitions of drains: the quota of the account is used up.',
    metric: drain.metricThrottled(sum),
    atLeast: 1,
    periods: 3,
  },
];

const services = ({ ledger, missedStarts }: Watched): Watch[] => [
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
    name: 'ledger-throttled',
    meaning: 'DynamoDB refuses requests to the ledger.',
    metric: ledger.metric('WriteThrottleEvents', sum),
    atLeast: 1,
    periods: 3,
  },
];

/**
 * The machine retries a crash or a throttle and loses nothing: three periods are a fault. Of
 * throttles it bears 43 minutes, so that there is time to act before a stream fails.
 */
function ofFunction(name: string, target: IFunction): Watch[] {
  return [
    name === 'compact' ? ofCompaction(target) : crashes(name, target),
    {
      name: `${name}-throttled`,
      section: 'function-throttled',
      meaning: `Lambda refuses to run ${name}: its concurrency or the account's is used up.`,
      metric: target.metric('Throttles', sum),
      atLeast: 1,
      periods: 3,
    },
  ];
}

const crashes = (name: string, target: IFunction): Watch => ({
  name: `${name}-errors`,
  section: 'function-errors',
  meaning: `${name} keeps crashing, or runs out of memory or time.`,
  metric: target.metric('Errors', sum),
  atLeast: 1,
  periods: 3,
});

/** A schedule starts it, and Lambda tries twice more: three in an hour are a pass not made. */
const ofCompaction = (target: IFunction): Watch => ({
  name: 'compaction-failing',
  meaning: 'A pass of the compaction failed in all of its three tries.',
  metric: target.metric('Errors', { period: Duration.hours(1), statistic: Stats.SUM }),
  atLeast: 3,
});

/** A quarter of an hour, for what happens now and then without meaning anything. */
const NOW_AND_THEN = { period: Duration.minutes(15), statistic: Stats.SUM };

function ofSource(stack: Stack, source: Source, settings: Settings): Watch[] {
  const { name } = source;
  return [
    {
      name: `stream-stuck-${name}`,
      section: 'stream-stuck',
      meaning: `The API of ${name} leads a stream in circles, or past every limit.`,
      metric: sourceMetric(stack, name, 'Stuck', sum),
      atLeast: 1,
    },
    {
      name: `api-throttled-${name}`,
      section: 'api-throttled',
      meaning: `The API of ${name} keeps refusing requests: its limit is not what we think it is.`,
      metric: sourceMetric(stack, name, 'Throttled', NOW_AND_THEN),
      // Of its own doing Driplake is never throttled; of others' who spend the same limit, once
      // for each throttle of a minute or so that they bring about. A third of all minutes is no
      // accident.
      atLeast: 5,
    },
    ...ofTokens(stack, source),
    ...ofAge(stack, source, settings),
  ];
}

function ofTokens(stack: Stack, { name, credentials }: Source): Watch[] {
  if (!isRenewable(credentials)) return [];
  return [
    {
      name: `tokens-rejected-${name}`,
      section: 'token-refresh-failing',
      meaning: `The token endpoint of ${name} refuses what the secret holds: sign in again.`,
      metric: sourceMetric(stack, name, 'TokensRejected', sum),
      atLeast: 1,
    },
    {
      name: `token-faults-${name}`,
      section: 'token-refresh-failing',
      meaning: `The token endpoint of ${name} answers with faults, or not at all.`,
      metric: sourceMetric(stack, name, 'TokenFaults', NOW_AND_THEN),
      // Two tries are at least 20 s apart: three are a minute in which nobody got a token.
      atLeast: 3,
    },
  ];
}

/**
 * The age is told when a run begins and when it ends. The lowest of an hour is the latest word, and
 * it holds until the next run: between two of them there are no data. A source without a schedule
 * is as old as people let it be.
 */
function ofAge(stack: Stack, { name }: Source, settings: Settings): Watch[] {
  const plans = [settings.schedules[name] ?? []].flat();
  const atLeast = maxAgeHoursOf(settings, name);
  if (atLeast === 0 || !plans.some(({ enabled }) => enabled)) return [];
  return [
    {
      name: `cursor-old-${name}`,
      section: 'cursor-old',
      meaning: `A stream of ${name} has not been finished for ${atLeast} hours.`,
      metric: sourceMetric(stack, name, 'CursorAgeHours', {
        period: Duration.hours(1),
        statistic: Stats.MINIMUM,
      }),
      atLeast,
      keepsState: true,
    },
  ];
}
