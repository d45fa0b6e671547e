import { describe, expect, it } from 'vitest';
import { PERMIT_LEASE_MS } from '../../../shared/core/bounds.ts';
import { type Grant, newBudget } from '../../../shared/core/budget/budget.ts';
import { settle } from '../../../shared/core/budget/settle.ts';
import { take } from '../../../shared/core/budget/take.ts';
import {
  ask,
  bucket,
  declared,
  level,
  NOW,
  scope,
  spending,
  times,
  window,
} from './budget-builders.ts';

const SECOND = 1_000;

describe('a bucket that several share', () => {
  it('grants what nobody holds, and counts what is held as spent', () => {
    const shared = scope(bucket(60, 1));
    expect(shared.free(0)).toBe(60);
    expect(shared.take(0, { want: 10 })).toMatchObject({ kind: 'granted', permits: 10 });
    expect(shared.free(0)).toBe(50);
    expect(shared.free(60 * SECOND)).toBe(50);
  });

  it('gets back what a holder did not spend', () => {
    const shared = scope(bucket(60, 1));
    shared.take(0, { want: 10 });
    shared.settle(0, { answeredAtMs: times(4, 0) });
    expect(shared.free(0)).toBe(56);
  });

  it('charges by our own count where the response has no headers', () => {
    const shared = scope(bucket(60, 1));
    shared.take(0, { want: 40 });
    shared.settle(10 * SECOND, { answeredAtMs: times(40, 5 * SECOND) });
    expect(shared.budget().limits[0]).toMatchObject({ levelMilli: 40_000 });
  });

  it('counts what was answered after the last word on top of it', () => {
    const shared = scope(bucket(60, 1));
    shared.take(0, { want: 40 });
    shared.settle(2 * SECOND, {
      answeredAtMs: [...times(3, SECOND), ...times(2, 2 * SECOND)],
      reports: [level(30)],
      reportSentAtMs: NOW + 900,
      reportAtMs: NOW + SECOND,
    });
    expect(shared.budget().limits[0]).toMatchObject({ levelMilli: 31_000 });
  });

  it('leaves its shareForOthers to others', () => {
    const shared = scope(bucket(60, 1, 0.5));
    expect(shared.free(0)).toBe(30);
    shared.settle(0, { reports: [level(30)], reportAtMs: NOW });
    const next = shared.take(0, { want: 1 });
    expect(next).toMatchObject({ kind: 'granted', readyAtMs: NOW + SECOND });
  });

  it('lets a request dearer than the bucket wait for an empty one, and no longer', () => {
    const shared = scope(bucket(5, 1));
    const dear = { costMilli: 10_000, want: 1 };
    expect(shared.take(0, dear)).toMatchObject({ kind: 'granted', permits: 1, readyAtMs: NOW });
    shared.settle(0, { ...dear, answeredAtMs: times(1, 0) });
    expect(shared.take(0, dear)).toMatchObject({ readyAtMs: NOW + 10 * SECOND });
  });

  it('counts costs that are no whole units', () => {
    const shared = scope(bucket(3, 1));
    const cost = { costMilli: 1200 };
    expect(shared.free(0, cost)).toBe(2);
    shared.take(0, { ...cost, want: 1 });
    shared.settle(0, { ...cost, answeredAtMs: times(2, 0) });
    const next = shared.take(0, { ...cost, want: 1 });
    expect(next).toMatchObject({ kind: 'granted', readyAtMs: NOW + 600 });
  });

  it('leaks as fast as the API says, which tells no level: our own count goes on', () => {
    const shared = scope(bucket(10, 1));
    shared.take(0, { want: 5 });
    const reports = [{ kind: 'leak', index: 0, leakMilli: 100 } as const];
    shared.settle(0, { answeredAtMs: times(5, 0), reports, reportAtMs: NOW });
    expect(shared.budget().limits[0]).toMatchObject({ levelMilli: 5_000, leakMilli: 100 });
    expect(shared.free(10_000)).toBe(6);
  });

  it('follows a size that shrinks: a reservation is cut to what still fits', () => {
    const shared = scope(bucket(60, 1));
    shared.take(0, { want: 40 });
    shared.settle(0, { answeredAtMs: times(40, 0), reports: [level(60)], reportAtMs: NOW });
    const patient = { want: 40, elapsedMs: 1e9 };
    expect(shared.take(0, patient)).toMatchObject({ permits: 40, booked: true });
    shared.settle(SECOND, { reports: [level(10, 10_000)], reportAtMs: NOW + SECOND });
    const cut = shared.take(40 * SECOND, patient);
    expect(cut).toMatchObject({ kind: 'granted', permits: 10, booked: false });
  });
});

describe('what a request costs', () => {
  it('counts in a window, while it is held, once it is spent, and when its holder dies', () => {
    const shared = scope(declared(60, 60));
    expect(shared.take(0, { costMilli: 10_000, want: 2 })).toMatchObject({ permits: 2 });
    expect(shared.free(0)).toBe(40);
    shared.settle(1_000, { costMilli: 10_000, answeredAtMs: times(2, 1_000) });
    expect(shared.free(1_000)).toBe(40);
    expect(shared.free(1_000, { costMilli: 10_000 })).toBe(4);
    expect(shared.free(61_000)).toBe(60);
    const died = { holder: 'b', invocationId: '1', fence: 1, costMilli: 10_000, want: 3 };
    shared.take(61_000, died);
    shared.take(62_000, { ...died, invocationId: '2', fence: 2, want: 1 });
    expect(shared.free(62_000)).toBe(60 - 30 - 10);
  });

  it('divides the pace of a short window', () => {
    const shared = scope(declared(20, 1));
    const quick = { requestsPerSecond: 1_000 };
    expect(shared.take(0, { ...quick, costMilli: 6_000 })).toMatchObject({
      pace: 3,
      paceMs: 1_000,
    });
    expect(shared.take(0, { ...quick, holder: 'b' })).toMatchObject({ pace: 2 });
  });
});

describe('a scope that several ask at once', () => {
  const granted = (grants: readonly Grant[]): (number | string)[] =>
    grants.map((grant) => (grant.kind === 'granted' ? grant.permits : grant.kind));

  it('gives each half of its share of a bucket, and counts it as spent', () => {
    const shared = scope(bucket(60, 1));
    const all = ['a', 'b', 'c'].map((holder) => shared.take(0, { holder, want: Infinity }));
    expect(granted(all)).toEqual([24, 12, 8]);
    expect(shared.free(0)).toBe(16);
  });

  it('queues who comes too late, and keeps a permit for each of them', () => {
    const shared = scope(declared(10, 60));
    const want = Infinity;
    const early = ['a', 'b', 'c', 'd'].map((holder) => shared.take(0, { holder, want }));
    expect(granted(early)).toEqual([5, 3, 2, 'queued']);
    shared.settle(1_000, { holder: 'a', answeredAtMs: times(5, 1_000) });
    shared.settle(3_000, { holder: 'b' });
    const late = ['e', 'd'].map((holder) => shared.take(3_000, { holder, want }));
    expect(granted(late)).toEqual([2, 1]);
  });
});

describe('a window whose limit alone is told', () => {
  it('has room for that many, and nothing of what was spent is forgotten', () => {
    const shared = scope(window(10, 60));
    shared.take(0, { want: 3 });
    shared.take(0, { holder: 'b', want: 3 });
    const limitAlone = { kind: 'window', index: 0, limit: 20, resetAtMs: NOW + 50_000 } as const;
    shared.settle(2_000, {
      answeredAtMs: times(3, 1_000),
      reports: [limitAlone],
      reportSentAtMs: NOW + 1_500,
      reportAtMs: NOW + 2_000,
    });
    shared.settle(3_000, { holder: 'b', answeredAtMs: times(3, 1_200) });
    expect(shared.free(4_000)).toBe(14);
  });
});

describe('a reservation', () => {
  const full = () => {
    const shared = scope(bucket(60, 1));
    shared.take(0, { want: 1 });
    shared.settle(0, { answeredAtMs: times(1, 0), reports: [level(60)], reportAtMs: NOW });
    return shared;
  };
  const patient = { want: 40, elapsedMs: 1e9 };

  it('is made when the wait is too long to stay for, and claimed by the next round', () => {
    const shared = full();
    const reserved = shared.take(0, { ...patient, invocationId: 'round 1' });
    expect(reserved).toMatchObject({ permits: 40, booked: true, readyAtMs: NOW + 40 * SECOND });
    const claimed = shared.take(40 * SECOND, { ...patient, invocationId: 'round 2' });
    expect(claimed).toMatchObject({ kind: 'granted', permits: 40, booked: false });
  });

  it('is spent once when the invocation is doubled', () => {
    const shared = full();
    shared.take(0, patient);
    expect(shared.take(40 * SECOND, { ...patient, invocationId: 'one' })).toMatchObject({
      permits: 40,
    });
    const twin = shared.take(40 * SECOND, { ...patient, invocationId: 'twin', elapsedMs: 0 });
    expect(twin).toMatchObject({ readyAtMs: NOW + 41 * SECOND });
  });

  it('waits a little longer when words raised the level, and keeps its permits', () => {
    const shared = full();
    shared.take(0, patient);
    shared.settle(30 * SECOND, {
      holder: 'b',
      reports: [level(50)],
      reportAtMs: NOW + 30 * SECOND,
    });
    const late = shared.take(40 * SECOND, patient);
    expect(late).toMatchObject({ permits: 40, readyAtMs: NOW + 60 * SECOND, booked: false });
  });

  it('costs nothing when its holder never comes back: nobody can have spent it', () => {
    const shared = full();
    shared.take(0, patient);
    const laterMs = 40 * SECOND + PERMIT_LEASE_MS;
    expect(shared.free(laterMs)).toBe(60);
  });

  it('takes no more than can still be used', () => {
    const shared = full();
    shared.take(0, patient);
    expect(shared.take(40 * SECOND, { ...patient, want: 3 })).toMatchObject({ permits: 3 });
  });
});

describe('a holder who dies', () => {
  it('is charged for all that it held when its lease expires', () => {
    const shared = scope(declared(60, 600));
    expect(shared.take(0, { want: 25 })).toMatchObject({ permits: 25 });
    shared.take(PERMIT_LEASE_MS, { holder: 'b', want: 1 });
    const [window] = shared.budget().limits;
    expect(window).toMatchObject({ log: [[NOW + PERMIT_LEASE_MS + 600 * SECOND, 25]] });
  });

  it('is not charged twice when it settles late after all', () => {
    const shared = scope(declared(60, 600));
    shared.take(0, { want: 25 });
    shared.settle(PERMIT_LEASE_MS + SECOND, { answeredAtMs: times(25, 1) });
    const [window] = shared.budget().limits;
    expect(window).toMatchObject({ log: [[NOW + PERMIT_LEASE_MS + SECOND + 600 * SECOND, 25]] });
  });

  it('holds nothing when it asks again, though the answer to its last take was lost', () => {
    const shared = scope(bucket(60, 1));
    shared.take(0);
    expect(shared.take(0)).toMatchObject({ kind: 'granted', readyAtMs: NOW });
    expect(shared.budget().leases).toHaveLength(1);
  });
});

describe('a source that is edited between two runs', () => {
  it('gives its new limits at once, and what was spent still counts', () => {
    const old = newBudget(declared(60, 60), NOW);
    const taken = take(old, declared(60, 60), ask({ want: 30 }), NOW).budget;
    const spent = settle(taken, spending({ answeredAtMs: times(30, 0) }), NOW);
    const one = ask({ want: 1 });
    expect(take(spent, declared(31, 60), one, NOW).grant).toMatchObject({ readyAtMs: NOW });
    expect(take(spent, declared(30, 60), one, NOW).grant).toMatchObject({
      readyAtMs: NOW + 60 * SECOND,
    });
    const more = take(
      spent,
      { limits: [...declared(60, 60).limits, ...bucket(5).limits], shareForOthers: 0 },
      ask(),
      NOW,
    );
    expect(more.budget.limits).toHaveLength(2);
    expect(more.grant).toMatchObject({ kind: 'granted' });
  });
});
