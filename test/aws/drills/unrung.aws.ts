// After all other drills: no alarm of the deployment is left that none of them has rung.

import {
  CloudWatchClient,
  paginateDescribeAlarmHistory,
  paginateDescribeAlarms,
} from '@aws-sdk/client-cloudwatch';
import { expect, it } from 'vitest';
import { config, output } from '../clients.ts';
import { STACK } from '../deploy.ts';

/** Of several sources, each has the same alarms. */
const kindOf = (alarm: string): string =>
  output('Sources')
    .split(',')
    .reduce((kind, source) => kind.replace(`-${source}`, ''), alarm.slice(STACK.length + 1));

it('every kind of alarm was in alarm', async () => {
  const client = new CloudWatchClient(config);
  const deployed = new Set<string>();
  for await (const { MetricAlarms = [] } of paginateDescribeAlarms({ client }, {})) {
    for (const { AlarmName = '' } of MetricAlarms) deployed.add(kindOf(AlarmName));
  }
  const rung = new Set<string>();
  for await (const { AlarmHistoryItems = [] } of paginateDescribeAlarmHistory({ client }, {})) {
    for (const { AlarmName = '', HistorySummary } of AlarmHistoryItems) {
      if (HistorySummary?.includes('to ALARM')) rung.add(kindOf(AlarmName));
    }
  }
  expect(deployed.size).toBeGreaterThan(20);
  expect([...rung].toSorted()).toEqual([...deployed].toSorted());
});
