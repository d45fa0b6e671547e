// What the deployment spends, estimated from operations that AWS counts: list prices, no free tier,
// nothing that costs the same whether it runs or not. It says where it counts more than it is.

import { type IMetric, MathExpression, Metric, Stats } from 'aws-cdk-lib/aws-cloudwatch';
import { CfnFunction, type IFunction } from 'aws-cdk-lib/aws-lambda';
import type { Duration } from 'aws-cdk-lib/core';
import { PULL_MEMORY_MB } from '../../shared/core/bounds.ts';
import { PRICES } from '../../shared/core/budget/estimate.ts';
import type { Watched } from './watches.ts';

type Spender = Pick<Watched, 'functions' | 'ledger'>;

/**
 * State transitions for one invocation of a function, since Step Functions has no metric of them
 * for one machine. A round: PullPages, WhatNext, and WaitForPermits though not all rounds wait. A
 * stream and a run: as `estimateRun` counts them.
 */
const TRANSITIONS = { 'pull-pages': 3, 'finish-stream': 6, 'plan-run': 8 } as const;

/** A round lands one object at most; a finished stream one manifest. */
const OBJECTS = { 'pull-pages': 1, 'finish-stream': 1 } as const;

export const howDollarsAreCounted = [
  '### How the dollars are counted',
  `List prices of Northern Virginia in ${PRICES.asOf}, without free tiers (docs/cost.md).`,
  '- **Lambda**: invocations, and their time with the memory of each function.',
  '- **Step Functions**: no machine has a metric of its transitions: 3 a round (one of them a ' +
    'wait, which many rounds do not have), 6 a stream, 8 a run. The most it can be.',
  '- **DynamoDB**: consumed units of the ledger.',
  '- **S3**: one object a round, the most it can be; storage is not in it.',
  '- **Logs**: bytes that came in.',
  '',
  'Not in it: secrets, alarms and this page, which cost the same however much runs, and metrics: ' +
    '$0.30 a month each, for the hours in which they are sent.',
].join('\n');

/** One series a service. */
export const dollarsByService = (spender: Spender, period: Duration): IMetric[] =>
  Object.entries(termsOf(spender, period)).map(([label, terms]) =>
    inDollars(terms, label, period),
  );

export const dollarsInAll = (spender: Spender, period: Duration): IMetric =>
  inDollars(merged(Object.values(termsOf(spender, period)).flat()), '$', period);

/** Dollars of one metric: `factor` for each unit of its sum. */
type Term = { readonly id: string; readonly factor: number; readonly metric: IMetric };

function termsOf(spender: Spender, period: Duration): Readonly<Record<string, readonly Term[]>> {
  const { functions, ledger } = spender;
  const sum = { period, statistic: Stats.SUM };
  const invocations = (perInvocation: Readonly<Record<string, number>>, price: number): Term[] =>
    Object.entries(functions).flatMap(([name, target]) => {
      const factor = (perInvocation[name] ?? 0) * price;
      const metric = target.metricInvocations(sum);
      return factor === 0 ? [] : [{ id: `invocations_${idOf(name)}`, factor, metric }];
    });
  const once = Object.fromEntries(Object.keys(functions).map((name) => [name, 1]));
  return {
    Lambda: [...invocations(once, PRICES.lambdaRequest), ...busy(spender, period)],
    'Step Functions': invocations(TRANSITIONS, PRICES.transition),
    DynamoDB: [
      {
        id: 'writes',
        factor: PRICES.ledgerWrite,
        metric: ledger.metricConsumedWriteCapacityUnits(sum),
      },
      {
        id: 'reads',
        factor: PRICES.ledgerRead,
        metric: ledger.metricConsumedReadCapacityUnits(sum),
      },
    ],
    S3: invocations(OBJECTS, PRICES.put),
    Logs: logs(spender, period),
  };
}

const busy = ({ functions }: Spender, period: Duration): Term[] =>
  Object.entries(functions).map(([name, target]) => ({
    id: `ms_${idOf(name)}`,
    factor: (PRICES.lambdaGbSecond * memoryMb(target)) / 1024 / 1000,
    metric: target.metricDuration({ period, statistic: Stats.SUM }),
  }));

const logs = ({ functions }: Spender, period: Duration): Term[] =>
  Object.entries(functions).map(([name, { logGroup }]) => ({
    id: `bytes_${idOf(name)}`,
    factor: PRICES.logGigabyte / 1_000_000_000,
    metric: new Metric({
      namespace: 'AWS/Logs',
      metricName: 'IncomingBytes',
      dimensionsMap: { LogGroupName: logGroup.logGroupName },
      statistic: Stats.SUM,
      period,
    }),
  }));

const inDollars = (terms: readonly Term[], label: string, period: Duration): IMetric =>
  new MathExpression({
    // A function that was not called has no data: that is nothing, not unknown.
    expression: terms.map(({ id, factor }) => `${exact(factor)} * FILL(${id}, 0)`).join(' + '),
    usingMetrics: Object.fromEntries(terms.map(({ id, metric }) => [id, metric])),
    label,
    period,
  });

/** Metrics of one name are one metric: its factors add up. */
const merged = (terms: readonly Term[]): readonly Term[] =>
  [...new Set(terms.map(({ id }) => id))].flatMap((id) => {
    const same = terms.filter((term) => term.id === id);
    const factor = same.reduce((total, term) => total + term.factor, 0);
    return same.slice(0, 1).map((term) => ({ ...term, factor }));
  });

/** Plain decimals: the syntax of metric math knows no exponents. */
const exact = (dollars: number): string => dollars.toFixed(16).replace(/0+$/, '');

/** Ids of metric math have no hyphens. */
const idOf = (name: string): string => name.replaceAll('-', '_');

function memoryMb(target: IFunction): number {
  const { defaultChild } = target.node;
  return (CfnFunction.isCfnFunction(defaultChild) && defaultChild.memorySize) || PULL_MEMORY_MB;
}
