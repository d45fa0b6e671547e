import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, cycleStart, fingerprint } from '../../../shared/core/page/cycle.ts';

/** Steps until a circle is reported, or `undefined` within `most`; the state goes through JSON. */
function stepsUntilFound(at: (step: number) => string, most: number): number | undefined {
  let state = cycleStart;
  for (let step = 0; step < most; step += 1) {
    const next = advance(JSON.parse(JSON.stringify(state)), at(step));
    if (next.cycle) return step + 1;
    state = next.state;
  }
  return undefined;
}

describe('the cycle detector', () => {
  it('finds the same cursor again at once', () => {
    expect(stepsUntilFound(() => 'a', 10)).toBe(2);
  });

  it('finds A, B, A, B', () => {
    expect(stepsUntilFound((step) => 'ab'.charAt(step % 2), 10)).toBeLessThanOrEqual(5);
  });

  it('finds a circle of any length behind a tail of any length within its bound', () => {
    fc.assert(
      fc.property(fc.nat(300), fc.integer({ min: 1, max: 300 }), (tail, length) => {
        const at = (step: number) => String(step < tail ? step : tail + ((step - tail) % length));
        const bound = 2 * Math.max(tail + 1, length) + length;
        const found = stepsUntilFound(at, bound + 1);
        expect(found).toBeLessThanOrEqual(bound);
        expect(found).toBeGreaterThan(length);
      }),
    );
  });

  it('never reports a walk of different cursors', () => {
    const url = (step: number) =>
      fingerprint({ url: `https://x/${'y'.repeat(200)}?after=${step}` });
    expect(stepsUntilFound(url, 5_000)).toBeUndefined();
    expect(stepsUntilFound((step) => fingerprint({ offset: step }), 20_000)).toBeUndefined();
  });

  it('remembers as little after a million steps as after ten', () => {
    let state = cycleStart;
    for (let step = 0; step < 1_000_000; step += 1) state = advance(state, String(step)).state;
    expect(JSON.stringify(state).length).toBeLessThan(80);
  });

  it('tells long cursors apart that differ in one character', () => {
    const [one, other] = ['a', 'b'].map((tail) =>
      fingerprint({ url: `${'x'.repeat(500)}${tail}` }),
    );
    expect(one).not.toBe(other);
    expect(one?.length).toBeLessThan(30);
  });
});
