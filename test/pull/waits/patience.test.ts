// How long a run goes on without a page: as long as the source's patience, whatever the fault is,
// and a day while every request is throttled.

import { describe, expect, it } from 'vitest';
import type { Source } from '../../../shared/core/source/source.ts';
import type { JournalEvent } from '../../../shared/ports/journal.ts';
import { type Given, openWalk, sourceOf } from '../ends/walk-world.ts';
import { setClock } from './set-clock.ts';

const SECOND = 1000;
const [MINUTE, HOUR, DAY] = [60 * SECOND, 3600 * SECOND, 86_400 * SECOND];

const page: Given = { json: { data: [{ id: 1 }] } };

const plain: Source = (() => {
  const { patienceSeconds: _usual, ...source } = sourceOf({ pagination: { kind: 'single' } });
  return source;
})();

/** A run against an API that serves `before` until so much time has passed, and then pages. */
async function runUntil(brokenMs: number, before: Given, more: Partial<Source> = {}) {
  let firstMs = 0;
  const walk = openWalk(() => {
    firstMs ||= walk.clock.nowMs();
    return walk.clock.nowMs() - firstMs < brokenMs ? before : page;
  });
  const ran = await walk.run({ ...plain, ...more });
  return { ...ran, tookMs: walk.clock.nowMs() - firstMs };
}

const FAULTS: readonly (readonly [what: string, answer: Given])[] = [
  ['a host that nobody can reach', { json: '', fault: 'unreachable' }],
  ['answers that break off', { json: '', fault: 'cut-off' }],
  ['a server that fails', { status: 502, json: 'Bad Gateway' }],
  ['a page about maintenance', { json: '<html>Back soon</html>' }],
  ['a page without a body', { status: 204, json: '' }],
  ['a list that is not ready', { status: 202, json: '' }],
];

describe.each(FAULTS)('%s', (_what, answer) => {
  it('is asked again for a quarter of an hour, to its last second, and then told', async () => {
    const healed = await runUntil(899 * SECOND, answer);
    expect(healed).toMatchObject({ exit: 0, rows: [{ id: 1 }] });
    const { exit, cause, tookMs, requests } = await runUntil(Infinity, answer);
    expect(exit).toBe(1);
    // The machine waits whole seconds.
    expect(tookMs).toBeGreaterThanOrEqual(900 * SECOND);
    expect(tookMs).toBeLessThan(902 * SECOND);
    expect(requests.length).toBeLessThan(100);
    expect(cause).toContain(`(${requests.length} tries in 15 minutes)`);
  });

  it('is asked for as long as the source says, and no longer', async () => {
    const patience = { patienceSeconds: 10 };
    expect(await runUntil(Infinity, answer, patience)).toMatchObject({ tookMs: 10 * SECOND });
    expect((await runUntil(Infinity, answer, { patienceSeconds: 0 })).requests).toHaveLength(1);
  });
});

it('does not last longer for a clock that is set back meanwhile', async () => {
  let asked = 0;
  const clock = setClock();
  const walk = openWalk(
    () => {
      if (++asked === 5) clock.set(-DAY);
      return { status: 502, json: '' };
    },
    { clock },
  );
  const { cause } = await walk.run(plain);
  expect(cause).toContain('tries');
  expect(clock.passedMs()).toBeLessThan(20 * MINUTE);
});

describe('a fault that names a time', () => {
  it.each([500, 502, 504, 408])('is asked again then (%i)', async (status) => {
    const fault = { status, json: '', headers: { 'retry-after': '3600' } };
    const { exit, requests, tookMs } = await runUntil(HOUR, fault);
    expect(exit).toBe(0);
    expect(requests).toHaveLength(2);
    expect(tookMs).toBe(HOUR);
  });

  it('is refused with a word when no run waits for that', async () => {
    const fault = { status: 500, json: '', headers: { 'retry-after': '99999999' } };
    const { cause, requests } = await runUntil(Infinity, fault);
    expect(requests).toHaveLength(1);
    expect(cause).toContain('a run waits 31 at most');
  });
});

describe('an API that throttles every request', () => {
  it.each([
    ['names no time', {}],
    ['says 0 seconds each time', { 'retry-after': '0' }],
    ['says 2 seconds each time', { 'retry-after': '2' }],
    ['says an hour each time', { 'retry-after': '3600' }],
  ])('is given up after a day without a page, when it %s', async (_what, headers) => {
    const { exit, cause, requests, tookMs } = await runUntil(Infinity, {
      status: 429,
      json: 'slow down',
      headers,
    });
    expect(exit).toBe(1);
    expect(tookMs).toBeGreaterThanOrEqual(DAY);
    expect(tookMs).toBeLessThan(DAY + 2.5 * HOUR);
    // Once a minute is what a wait of twice as long each time comes to.
    expect(requests.length).toBeLessThan(1_600);
    expect(cause).toContain('throttled every request for 1 day');
    expect(cause).toMatch(/since 2026-11-21T0[89]:01:0/);
  });

  it('is waited for as long as it says, though that is longer than a day', async () => {
    const throttled = { status: 429, json: '', headers: { 'retry-after': String(20 * 86_400) } };
    const { exit, requests } = await runUntil(20 * DAY, throttled);
    expect(exit).toBe(0);
    expect(requests).toHaveLength(2);
  });

  it('may be some seconds early with the end of its day', async () => {
    const throttled = { status: 429, json: '', headers: { 'retry-after': '86400' } };
    let asked = 0;
    const walk = openWalk(() => {
      asked++;
      if (asked === 1) return throttled;
      return asked === 2 ? { ...throttled, headers: { 'retry-after': '2' } } : page;
    });
    expect(await walk.run(plain)).toMatchObject({ exit: 0 });
  });

  it('is told of after a quarter of an hour, with the time at which the run ends', async () => {
    const told: string[] = [];
    const note = (event: JournalEvent): void => {
      if (event.kind === 'throttled') told.push(event.reason);
    };
    const walk = openWalk(() => ({ status: 429, json: '' }), { journal: { note } });
    await walk.run(plain);
    expect(told[0]).not.toContain('ends at');
    expect(told.at(-2)).toMatch(
      /throttled every request since 2026-11-21T08:01:00.000Z: without a page the run ends at 2026-11-22T08:01/,
    );
  });
});

describe('waitAtMostSeconds', () => {
  const source = { waitAtMostSeconds: 600 };

  it('ends a run at once that would wait longer, with the time and the field', async () => {
    const throttled = { status: 429, json: '', headers: { 'retry-after': '7200' } };
    const { exit, cause, tookMs, state } = await runUntil(Infinity, throttled, source);
    expect(exit).toBe(1);
    expect(tookMs).toBeLessThan(SECOND);
    expect(cause).toMatch(
      /until 2026-11-21T1\d:.*in 2(\.\d)? hours.*waitAtMostSeconds \(10 minutes\)/,
    );
    expect(state?.run).toMatchObject({ status: 'failed', cursor: null });
  });

  it('ends one for which others keep the scope waiting', async () => {
    const throttled = { status: 429, json: '', headers: { 'retry-after': '7200' } };
    const walk = openWalk(() => throttled);
    await walk.run({ ...plain, ...source });
    const { requests, cause } = await walk.run({ ...plain, ...source });
    expect(requests).toHaveLength(0);
    expect(cause).toContain('waitAtMostSeconds');
  });

  it('ends one whose window opens later, and leaves its permits to others', async () => {
    const limits: Source['limits'] = [{ kind: 'declared', requests: 1, periodSeconds: 3600 }];
    const walk = openWalk(() => page);
    await walk.run({ ...plain, limits });
    const { requests, cause } = await walk.run({ ...plain, ...source, limits });
    expect(requests).toHaveLength(0);
    expect(cause).toContain('waitAtMostSeconds');
    await walk.clock.sleep(HOUR);
    expect(await walk.run({ ...plain, ...source, limits })).toMatchObject({ exit: 0 });
  });

  it('is the bound of all short waits together while every request is throttled', async () => {
    const throttled = { status: 429, json: '', headers: { 'retry-after': '60' } };
    const { exit, tookMs } = await runUntil(Infinity, throttled, source);
    expect(exit).toBe(1);
    expect(tookMs).toBeLessThan(13 * MINUTE);
  });
});
