import { expect, it } from 'vitest';
import { summary } from '../../../local/screen/run-summary.ts';
import { reportStream } from '../../../shared/core/run/report.ts';
import { newStreamRun } from '../../../shared/core/run/run.ts';

const run = newStreamRun({ runId: 'run-2', startedAtMs: 0, fullRefresh: false, walk: '' });

it('tells a line for each stream whose columns changed, under the table', () => {
  const drift = {
    added: [{ name: 'discount', type: 'double' }],
    widened: [{ name: 'price', from: 'integer', to: 'double' }],
    vanished: ['old_name'],
    omitted: 3,
  } as const;
  const streams = [
    reportStream({ ...run, drift }, 'products', 'done'),
    reportStream(run, 'sales', 'done'),
  ];
  const told = summary({ runId: 'run-2', source: 'shop', status: 'done', streams });
  const [, after = ''] = told.split('0 throttled.\n');
  expect(after).toBe(
    'products: new column discount (double); price: integer -> double; vanished: old_name; 3 more\n',
  );
});
