import { describe, expect, it } from 'vitest';
import { describeRuns, type PastRun, withSums } from '../../../local/screen/past-runs.ts';

const counts = {
  ...{ pages: 5, records: 500, bytes: 9_000, objects: 1, requests: 5, throttled: 0 },
  ...{ waitedSeconds: 0, seconds: 2 },
};

const aRun = (changes: Partial<PastRun> = {}): PastRun => ({
  ...{ runId: '20261121T234132Z-04bfa267', source: 'shop', status: 'done' },
  ...{ startedAt: '2026-11-21T23:41:32.000Z', streams: [{ stream: 'items', ...DONE }] },
  ...{ pages: 5, records: 500, dollars: 0.0005, ...changes },
});
const DONE = { status: 'done', ...counts } as const;

const rows = (told: string): string[] => told.split('\n').filter((line) => line.startsWith('│'));

describe('the sums of a run', () => {
  it('leave out the streams that it left to another run', () => {
    const busy = { ...DONE, stream: 'orders', status: 'busy' } as const;
    const { pages, records, dollars } = withSums(aRun(), [{ stream: 'items', ...DONE }, busy]);
    expect({ pages, records }).toEqual({ pages: 5, records: 500 });
    expect(dollars).toBe(withSums(aRun(), [{ stream: 'items', ...DONE }]).dollars);
  });
});

describe('the table of runs', () => {
  it('tells when, what, how it ended, rows and dollars', () => {
    const told = describeRuns([aRun({ records: 1_234_567, dollars: 12.3456 })], 'in AWS');
    expect(rows(told)[1]).toBe('│ 2026-11-21 23:41 │ shop (1) │ done   │ 1,234,567 │ $12.35 │');
    expect(told).toContain('\ncost: about, of its pages, seconds and streams, at list prices of');
  });

  it('fits 80 columns with the longest name and with numbers of any size', () => {
    const source = 's'.repeat(48);
    const told = describeRuns(
      [
        aRun({ source, records: 123_456_789_012, dollars: 1234.5, status: 'interrupted' }),
        aRun({ source, status: 'published' }),
      ],
      'here',
    );
    expect(Math.max(...told.split('\n').map((line) => line.length))).toBe(80);
    expect(rows(told)[1]).toMatch(/ s+… \(1\) /);
  });

  it('says of what nobody kept that it is not kept, and of less than nothing much that it is less', () => {
    const { streams: _, pages: __, records: ___, dollars: ____, ...unknown } = aRun();
    const told = describeRuns([unknown, aRun({ dollars: 0.00004 })], 'in AWS');
    expect(rows(told)[1]).toMatch(/│ shop +│ done +│ +- │ +- │$/);
    expect(rows(told)[2]).toMatch(/│ <\$0\.0001 │$/);
    expect(told).toContain('\n-: what that run counted is not kept.\n');
  });

  it('names below it what went wrong, with the id that the logs have', () => {
    const streams = ['items', 'orders'].map((stream) => ({
      ...DONE,
      ...({ stream, status: 'failed', cause: 'HTTP 403' } as const),
    }));
    const failed = aRun({ status: 'failed', streams });
    const broken = aRun({ status: 'failed', cause: 'Driplake.Configuration: no\nsuch stream' });
    expect(describeRuns([failed, broken], 'here').split('\n').slice(-4, -2)).toEqual([
      '  20261121T234132Z-04bfa267 items, orders: HTTP 403',
      '  20261121T234132Z-04bfa267 Driplake.Configuration: no such stream',
    ]);
  });
});
