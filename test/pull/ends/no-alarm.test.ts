import { describe, expect, it } from 'vitest';
import { openWalk, rowsOf, sourceOf } from './walk-world.ts';
import { PAGE_SIZE, serve, wellFormed } from './well-formed-apis.ts';

const streamOf = ({ stream, rows }: (typeof wellFormed)[number]) =>
  sourceOf({ ...stream, records: rows ?? '' });

describe.each(wellFormed)('$name', (api) => {
  it.each([
    ['an empty list', 0],
    ['a short only page', 3],
    ['a short last page', PAGE_SIZE + 7],
    ['a full last page', 3 * PAGE_SIZE],
  ])('ends without a warning: %s', async (_, all) => {
    const walk = openWalk(serve(api, all));
    const ran = await walk.run(streamOf(api));
    expect(ran).toMatchObject({ exit: 0, cause: '', warnings: [] });
    expect(ran.rows).toEqual(rowsOf(all));
  });

  it('never fails on an only page that is exactly full', async () => {
    const walk = openWalk(serve(api, PAGE_SIZE));
    for (let times = 0; times < 2; times++) {
      const ran = await walk.run(streamOf(api));
      expect(ran.exit).toBe(0);
      expect(ran.rows).toEqual(rowsOf(PAGE_SIZE));
    }
  });
});

it('counts at least thirty well-formed APIs', () => {
  expect(wellFormed.length).toBeGreaterThanOrEqual(30);
});
