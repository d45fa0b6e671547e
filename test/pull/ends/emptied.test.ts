import { describe, expect, it } from 'vitest';
import type { Stream } from '../../../shared/core/source/source.ts';
import { type Given, openWalk, rowsOf, sourceOf } from './walk-world.ts';

const none = { path: 'data', missing: 'none' } as const;
const snapshot = sourceOf({ records: none, pagination: { kind: 'single' } });
const ERROR: Given = { json: { code: 500, message: 'Internal error' } };

/** Whatever is given next. */
const scripted = (first: Given) => {
  const now = { given: first };
  return { now, walk: openWalk(() => now.given) };
};

describe('a first page without the list, behind a run that had rows in it', () => {
  it('empties no table, run after run', async () => {
    const { now, walk } = scripted({ json: { data: rowsOf(3) } });
    expect(await walk.run(snapshot)).toMatchObject({ exit: 0, rows: rowsOf(3) });
    now.given = ERROR;
    for (let times = 0; times < 2; times++) {
      const ran = await walk.run(snapshot);
      expect(ran).toMatchObject({ exit: 1, rows: rowsOf(3) });
      expect(ran.cause).toContain('run with --full-refresh');
    }
    now.given = { json: { data: rowsOf(2) } };
    expect(await walk.run(snapshot)).toMatchObject({ exit: 0, rows: rowsOf(2), warnings: [] });
  });

  it('is believed by a full refresh, and by the runs behind it', async () => {
    const { now, walk } = scripted({ json: { data: rowsOf(3) } });
    await walk.run(snapshot);
    now.given = { json: {} };
    expect(await walk.run(snapshot)).toMatchObject({ exit: 1 });
    expect(await walk.run(snapshot, { fullRefresh: true })).toMatchObject({ exit: 0, rows: [] });
    expect(await walk.run(snapshot)).toMatchObject({ exit: 0, rows: [] });
  });

  it.each([
    ['the list is there and empty', { data: [] }, {}],
    ['a total that is declared says none', { count: 0 }, { total: { body: 'count' } }],
    [
      'the place of the next page is there and says nothing',
      { next: null },
      { pagination: { kind: 'link', from: 'next' } },
    ],
  ] satisfies [string, object, Partial<Stream>][])('is no row where %s', async (_, json, more) => {
    const { now, walk } = scripted({ json: { data: rowsOf(3), count: 3, next: null } });
    const source = sourceOf({ records: none, pagination: { kind: 'single' }, ...more });
    await walk.run(source);
    now.given = { json };
    expect(await walk.run(source)).toMatchObject({ exit: 0, rows: [], warnings: [] });
  });

  it('is no row where only what has changed is asked for, and is remembered all the same', async () => {
    const incremental = { field: 'id', param: 'since', type: 'integer' } as const;
    const changes = sourceOf({ records: none, pagination: { kind: 'single' }, incremental });
    const { now, walk } = scripted({ json: { data: rowsOf(3) } });
    await walk.run(changes);
    now.given = ERROR;
    const ran = await walk.run(changes);
    expect(ran).toMatchObject({ exit: 0, table: rowsOf(3) });
    expect(ran.state).toMatchObject({ watermark: '3', published: { listed: true } });
  });
});
