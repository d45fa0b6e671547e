// A run whose clock is ahead of the API's: its watermark is kept back by the API's own clock, so
// that what changes behind the walk is read by the next run.

import { expect, it } from 'vitest';
import { openWalk, sourceOf } from './ends/walk-world.ts';

/** The API's clock when a run begins that our clock dates hours later. */
const API_STARTS = [Date.UTC(2026, 10, 21, 5, 0, 0), Date.UTC(2026, 10, 21, 6, 0, 0)] as const;

const source = sourceOf({
  pagination: { kind: 'cursor', from: 'next', param: 'after' },
  incremental: { field: 'at', param: 'since' },
});

/** Rows in the order of their ids, two a page; behind the first page of all, two rows change. */
function movingApi(hasDate: boolean) {
  let [start, requests]: [number, number] = [API_STARTS[0], 0];
  const rows = [1, 2, 3, 4].map((id) => ({ id, at: new Date(start - 3_600_000).toISOString() }));
  const touch = (id: number, atMs: number): void => {
    const row = rows.find((one) => one.id === id);
    if (row) row.at = new Date(atMs).toISOString();
  };
  const walk = openWalk(({ at }) => {
    const apiMs = start + 60_000 * requests++;
    const wanted = rows.filter(
      ({ id, at: changed }) => id > Number(at['after'] ?? 0) && (at['since'] ?? '') <= changed,
    );
    const data = wanted.slice(0, 2).map((row) => ({ ...row }));
    if (requests === 1) {
      touch(1, apiMs + 10_000);
      touch(4, apiMs + 20_000);
    }
    const next = wanted.length > 2 ? data.at(-1)?.id : null;
    const headers = hasDate ? { date: new Date(apiMs).toUTCString() } : {};
    return { json: { data, next }, headers };
  });
  return {
    rows,
    run: () => walk.run(source),
    later() {
      start = API_STARTS[1];
    },
  };
}

it('hides no change from the next one, where the API tells the time', async () => {
  const api = movingApi(true);
  const first = await api.run();
  expect(first.state?.watermark).toBe('2026-11-21T04:59:59.000Z');
  api.later();
  const { table } = await api.run();
  expect(table).toHaveLength(4);
  expect(table).toEqual(expect.arrayContaining(api.rows));
});

it('goes by its own start where the API tells no time', async () => {
  const { state } = await movingApi(false).run();
  expect(state?.watermark).toBe('2026-11-21T05:00:20.000Z');
});
