// A clock that somebody sets by a day or an hour at any moment of a run: no wait is longer than what
// the limit can ask for, whichever look at the clock it is that shows another time.

import { describe, expect, it } from 'vitest';
import type { Source } from '../../../shared/core/source/source.ts';
import type { JournalEvent } from '../../../shared/ports/journal.ts';
import { openWalk, rowsOf, sourceOf } from '../ends/walk-world.ts';
import { setClock } from './set-clock.ts';

const SECOND = 1000;
const [HOUR, DAY] = [3600 * SECOND, 86_400 * SECOND];
const PAGES = 6;

interface Case {
  readonly what: string;
  readonly limits: Source['limits'];
  /** The longest wait that it can ask for, ms. */
  readonly mostMs: number;
  /** Headers of a page, given how many were asked for. */
  readonly headers?: (asked: number, dateMs: number) => Record<string, string>;
  /** The third request is throttled, by this header. */
  readonly retryAfter?: string;
}

const cases: readonly Case[] = [
  {
    what: 'a window of two seconds',
    limits: [{ kind: 'window', requests: 2, periodSeconds: 2 }],
    mostMs: 2 * SECOND,
  },
  {
    what: 'a window of two seconds that the API tells',
    limits: [
      {
        kind: 'window',
        requests: 2,
        periodSeconds: 2,
        headers: { remaining: 'x-left', reset: 'x-reset' },
      },
    ],
    mostMs: 4 * SECOND,
    headers: (asked) => ({ 'x-left': String(1 - (asked % 2)), 'x-reset': '2' }),
  },
  {
    what: 'a declared limit of a minute',
    limits: [{ kind: 'declared', requests: 2, periodSeconds: 60 }],
    mostMs: 61 * SECOND,
  },
  {
    what: 'a leaky bucket',
    limits: [{ kind: 'leaky-bucket', size: 2, leakPerSecond: 0.5 }],
    mostMs: 4 * SECOND,
  },
  { what: 'a throttled request', limits: [], mostMs: 4 * SECOND, retryAfter: '2' },
  {
    what: 'a throttled request that names no time',
    limits: [],
    mostMs: 3 * SECOND,
    retryAfter: '',
  },
];

async function runWith(one: Case, jumpMs: number, atLook: number) {
  let [looks, asked] = [0, 0];
  const clock = setClock((it) => {
    if (++looks === atLook) it.set(jumpMs);
  });
  const waits: number[] = [];
  const note = (event: JournalEvent): void => {
    if (event.kind === 'wait') waits.push(event.waitMs);
  };
  const walk = openWalk(
    ({ at }) => {
      asked++;
      if (one.retryAfter !== undefined && asked === 3) {
        const headers = one.retryAfter === '' ? {} : { 'retry-after': one.retryAfter };
        return { status: 429, json: '', headers };
      }
      const after = Number(at['after'] ?? 0);
      const data = rowsOf(1, after);
      const next = after + 1 < PAGES ? after + 1 : null;
      return { json: { data, next }, headers: one.headers?.(asked, 0) ?? {} };
    },
    { clock, journal: { note } },
  );
  const source = {
    ...sourceOf({ pagination: { kind: 'cursor', from: 'next', param: 'after' } }),
    limits: one.limits ?? [],
  };
  const { exit, cause, rows } = await walk.run(source);
  return { exit, cause, rows: rows.length, longestMs: Math.max(0, ...waits), looks, clock };
}

describe.each(cases)('$what', (one) => {
  it.each([
    ['back by a day', -DAY],
    ['back by an hour', -HOUR],
    ['ahead by a day', DAY],
  ])('asks for no longer wait, whenever the clock is set %s', async (_what, jumpMs) => {
    const usual = await runWith(one, 0, 0);
    expect(usual).toMatchObject({ exit: 0, rows: PAGES });
    expect(usual.longestMs).toBeLessThanOrEqual(one.mostMs);
    const usualMs = usual.clock.passedMs();
    for (let look = 1; look <= usual.looks; look++) {
      const set = await runWith(one, jumpMs, look);
      const at = `look ${look}`;
      expect({ at, exit: set.exit, rows: set.rows }).toEqual({ at, exit: 0, rows: PAGES });
      expect({ at, ms: set.longestMs }).toEqual({ at, ms: Math.min(set.longestMs, one.mostMs) });
      expect(set.clock.passedMs()).toBeLessThanOrEqual(usualMs + 2 * one.mostMs);
    }
  });
});
