// The figures of docs/cost.md are computed, and these tests keep the document as it is computed.

import { describe, expect, it } from 'vitest';
import {
  costTables,
  ELSEWHERE,
  LOADS,
  plainLoop,
  runningYear,
  standingYear,
} from '../../bench/cost/cost-tables.ts';
import { countAlarms, readDocument, withTables } from '../../bench/cost.ts';
import { estimateRun, priceOf } from '../../shared/core/budget/estimate.ts';

const alarms = countAlarms();
const [hourly, daily, always] = LOADS;

describe('docs/cost.md', () => {
  it('has the tables that `node bench/cost.ts --write` computes', () => {
    expect(readDocument()).toBe(withTables(readDocument(), costTables(alarms)));
  });

  it('says what the round says of sleeping and leaving', () => {
    expect(readDocument()).toContain('22.5 s at 256 MB');
  });

  it('has no place for a table that nobody computes', () => {
    const places = [...readDocument().matchAll(/<!-- computed: (\w+) -->/g)].map(
      ([, name]) => name,
    );
    expect(places.toSorted()).toEqual(Object.keys(costTables(alarms)).toSorted());
  });
});

describe('the arithmetic', () => {
  it('bills the plain loop three transitions, an invocation, a write, a read and an object a page', () => {
    const parts = 3 * 25 + 0.2 + 0.4 * 0.25 * 13.3334 + 0.625 + 0.125 + 5;
    expect(priceOf(plainLoop) * 1e6).toBeCloseTo(parts, 6);
  });

  it('finds a run of thousands of pages cheaper than the plain loop by far, one of one page not', () => {
    const plain = (pages: number): number => pages * priceOf(plainLoop);
    for (const load of [daily, always]) {
      if (!load) throw new Error('there is no such load');
      const ratio = plain(load.runsPerYear * load.pagesPerRun) / runningYear(load);
      expect(ratio).toBeGreaterThan(20);
    }
    if (!hourly) throw new Error('there is no such load');
    expect(plain(hourly.runsPerYear)).toBeLessThan(runningYear(hourly));
  });

  it('bills a run beside its operations for its start, and for what each invocation leaves', () => {
    if (!hourly) throw new Error('there is no such load');
    const { dollars, operations } = estimateRun({
      ...{ pages: 1, streams: 1, largest: 1, requestMs: 400, concurrency: 1, reserve: 0 },
      limits: [{ kind: 'leaky-bucket', size: 90, leakPerSecond: 1 }],
    });
    // A second of loading each: three functions of 256 MB, one of 1,024 MB.
    const loading = (3 * 0.25 + 1) * 13.3334e-6;
    const logAndTrace = 4_000e-9 * (0.5 + 0.03) + 5e-6;
    const beside = 1e-6 + loading + operations.invocations * logAndTrace;
    expect(runningYear(hourly) / hourly.runsPerYear - dollars).toBeCloseTo(beside, 9);
  });

  it('bills what stands whether anything runs, but for metrics, which are billed by the hour', () => {
    for (const load of LOADS) {
      const idle = standingYear({ ...load, busyHourShare: 0 }, alarms);
      expect(idle).toBeCloseTo(12 * (0.4 + 3 + alarms * 0.1), 6);
      expect(standingYear(load, alarms)).toBeGreaterThan(idle);
    }
  });

  it('bills every alternative more for more', () => {
    for (const { name, year } of ELSEWHERE) {
      const years = LOADS.map(year);
      expect([name, years.toSorted((one, other) => one - other)]).toEqual([name, years]);
    }
  });
});
