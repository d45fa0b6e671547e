// A stream is claimed again when the process that drained it has died: what that one held must
// neither be forgotten nor stand in the way.

import { describe, expect, it } from 'vitest';
import type { Grant } from '../../../shared/core/budget/budget.ts';
import { NOW, scope, times, window } from './budget-builders.ts';

const MINUTE_MS = 60_000;

describe('permits of a claim that died', () => {
  const bucket = {
    limits: [{ kind: 'leaky-bucket', size: 60, leakPerSecond: 1 }],
    shareForOthers: 0,
  } as const;
  const first = { holder: 'run/items', invocationId: 'first', fence: 1 };
  const next = { holder: 'run/items', invocationId: 'next', fence: 2 };

  const permitsOf = (grant: Grant): number => (grant.kind === 'granted' ? grant.permits : 0);

  it('are charged as spent when the next claim asks, and leak from then on', () => {
    const shared = scope(bucket);
    const held = permitsOf(shared.take(0, { ...first, want: 60 }));
    expect(held).toBeGreaterThan(10);
    expect(shared.take(MINUTE_MS, { ...next, want: 1 })).toMatchObject({ permits: 1 });
    expect(shared.budget().leases.map(({ invocationId }) => invocationId)).toEqual(['next']);
    shared.settle(MINUTE_MS, next);
    expect(shared.free(MINUTE_MS)).toBe(60 - held);
    expect(shared.free(MINUTE_MS + 10_000)).toBe(60 - held + 10);
    expect(shared.free(2 * MINUTE_MS)).toBe(60);
  });

  it('count no longer than the farthest end that any answer told', () => {
    const shared = scope(window(60, 60));
    const told = (atMs: number, awayMs: number) => ({
      answeredAtMs: times(1, atMs),
      reports: [
        { kind: 'window', index: 0, limit: 60, remaining: 50, resetAtMs: NOW + atMs + awayMs },
      ] as const,
      reportSentAtMs: NOW + atMs,
      reportAtMs: NOW + atMs,
    });
    shared.take(0, { invocationId: '1', fence: 1 });
    shared.settle(100, { invocationId: '1', ...told(100, 2_000) });
    shared.take(200, { invocationId: '2', fence: 1 });
    shared.settle(300, { invocationId: '2', ...told(300, 3_000) });
    shared.take(10_000, { invocationId: '3', fence: 1, want: 20 });
    shared.take(11_000, { invocationId: '4', fence: 2, want: 1 });
    expect(shared.free(11_100)).toBe(39);
    expect(shared.free(15_000)).toBe(59);
  });

  it('are held until they expire when nobody claims the stream again', () => {
    const shared = scope(bucket);
    const held = permitsOf(shared.take(0, { ...first, want: 60 }));
    expect(shared.free(5 * MINUTE_MS, { fence: 2 })).toBe(60 - held);
  });

  it('stay with a doubled invocation of the same claim', () => {
    const shared = scope(bucket);
    shared.take(0, { ...first, want: 20 });
    shared.take(0, { ...first, invocationId: 'doubled', want: 20 });
    expect(shared.budget().leases.map(({ invocationId }) => invocationId)).toEqual([
      'first',
      'doubled',
    ]);
  });

  it('are not charged again when the dead one gives them back after all', () => {
    const shared = scope(bucket);
    shared.take(0, { ...first, want: 20 });
    shared.take(0, { ...next, want: 1 });
    shared.settle(0, { ...first, answeredAtMs: times(20, 0) });
    shared.settle(0, { ...next, answeredAtMs: times(1, 0) });
    expect(shared.free(0)).toBe(39);
  });

  it('go on taking their pace until their last request is out of the short window', () => {
    const paced = {
      limits: [{ kind: 'window', requests: 10, periodSeconds: 1 }],
      shareForOthers: 0,
    } as const;
    const shared = scope(paced);
    shared.take(0, { ...first, want: 100 });
    const held = shared.budget().leases[0]?.pace;
    expect(held).toBe(10);
    expect(shared.take(500, { ...next, want: 100 }).kind).toBe('queued');
    expect(shared.take(1_501, { ...next, want: 100 })).toMatchObject({
      kind: 'granted',
      pace: 10,
    });
  });
});
