import { describe, expect, it } from 'vitest';
import { PERMIT_LEASE_MS } from '../../../shared/core/bounds.ts';
import type { Allowance } from '../../../shared/core/budget/budget.ts';
import { NOW, scope, times, window } from './budget-builders.ts';

const SECOND = 1_000;

const atOnce = (requests: number, more: Allowance['limits'] = []): Allowance => ({
  limits: [{ kind: 'concurrent', requests }, ...more],
  shareForOthers: 0,
});

describe('a limit of requests at the same time', () => {
  it('lets so many spend, and queues the others until one gives back', () => {
    const shared = scope(atOnce(2));
    expect(shared.take(0, { holder: 'a' })).toMatchObject({ kind: 'granted', booked: false });
    expect(shared.take(0, { holder: 'b' })).toMatchObject({ kind: 'granted', booked: false });
    expect(shared.take(0, { holder: 'c' })).toMatchObject({ kind: 'queued' });
    shared.settle(SECOND, { holder: 'a', answeredAtMs: times(1, SECOND) });
    expect(shared.take(SECOND, { holder: 'c' })).toMatchObject({ kind: 'granted' });
  });

  it('gives the turn to whoever waits, before the one who had it', () => {
    const shared = scope(atOnce(1));
    shared.take(0, { holder: 'a' });
    shared.take(0, { holder: 'b' });
    shared.settle(SECOND, { holder: 'a' });
    expect(shared.take(SECOND, { holder: 'a' })).toMatchObject({ kind: 'queued' });
    expect(shared.take(2 * SECOND, { holder: 'b' })).toMatchObject({ kind: 'granted' });
  });

  it('follows what the API tells of it, also where it says nothing later', () => {
    const shared = scope(atOnce(1));
    shared.take(0, { holder: 'a' });
    shared.settle(SECOND, {
      holder: 'a',
      answeredAtMs: times(1, SECOND),
      reports: [{ kind: 'concurrency', index: 0, atOnce: 3 }],
      reportAtMs: NOW + SECOND,
    });
    for (const holder of ['a', 'b', 'c']) {
      expect(shared.take(2 * SECOND, { holder })).toMatchObject({ kind: 'granted' });
    }
    expect(shared.take(2 * SECOND, { holder: 'd' })).toMatchObject({ kind: 'queued' });
  });

  it('is free again when its holder has died', () => {
    const shared = scope(atOnce(1));
    shared.take(0, { holder: 'a' });
    expect(shared.take(PERMIT_LEASE_MS + SECOND, { holder: 'b' })).toMatchObject({
      kind: 'granted',
    });
  });

  it('changes nothing for one who is alone', () => {
    const alone = { want: 10, elapsedMs: 60_000 };
    const grant = scope(window(10, 60)).take(0, alone);
    expect(scope(atOnce(1, window(10, 60).limits)).take(0, alone)).toEqual(grant);
  });
});
