// What the deployed sync machine has done in all: the closing line of `npm run test:aws`.

import { DescribeExecutionCommand, paginateListExecutions, SFNClient } from '@aws-sdk/client-sfn';
import * as z from 'zod';
import type { Account } from './account.ts';

/** `23 executions (2 failed, 1 aborted): 1,204 pages, 23,310 records in 143.2 s of executions` */
export async function tallyExecutions(
  { endpoint, region, certificate: ca }: Account,
  outputs: Readonly<Record<string, string>>,
): Promise<string> {
  const client = new SFNClient({
    endpoint,
    region,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    requestHandler: { httpsAgent: { ca } },
  });
  const sum = { executions: 0, pages: 0, records: 0, ms: 0 };
  const notDone: Record<string, number> = {};
  const machine = { stateMachineArn: outputs['SyncMachineArn'] };
  for await (const { executions = [] } of paginateListExecutions({ client }, machine)) {
    for (const { executionArn, status = '', startDate, stopDate } of executions) {
      sum.executions++;
      if (status !== 'SUCCEEDED') notDone[status] = (notDone[status] ?? 0) + 1;
      if (startDate && stopDate) sum.ms += Number(stopDate) - Number(startDate);
      const { output = 'null' } = await client.send(
        new DescribeExecutionCommand({ executionArn }),
      );
      for (const { pages, records } of told.safeParse(JSON.parse(output)).data?.streams ?? []) {
        sum.pages += pages;
        sum.records += records;
      }
    }
  }
  const others = Object.entries(notDone).map(
    ([status, count]) => `${count} ${status.toLowerCase()}`,
  );
  const but = others.length > 0 ? ` (${others.join(', ')})` : '';
  return (
    `${sum.executions} executions${but}: ${sum.pages.toLocaleString('en-US')} pages, ` +
    `${sum.records.toLocaleString('en-US')} records in ${(sum.ms / 1000).toFixed(1)} s of executions`
  );
}

const told = z.object({ streams: z.array(z.object({ pages: z.int(), records: z.int() })) });
