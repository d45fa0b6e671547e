import { expect, it } from 'vitest';
import { countsOf } from '../../../shared/core/run/report.ts';
import { newStreamRun } from '../../../shared/core/run/run.ts';

it('counts no time below zero when a clock was set back during the run', () => {
  const run = newStreamRun({ runId: 'r1', startedAtMs: 0, fullRefresh: false, walk: 'w' });
  expect(countsOf({ ...run, activeMs: -945.4 }).seconds).toBe(0);
  expect(countsOf({ ...run, activeMs: 1_234.5 }).seconds).toBe(1.235);
});
