// A stream is claimed again when the process that drained it has died: what that one held must
// neither be forgotten nor stand in the way.

import { describe, expect, it } from 'vitest';
import type { Grant } from '../../../shared/core/budget/budget.ts';
import { scope, times } from './budget-builders.ts';

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
