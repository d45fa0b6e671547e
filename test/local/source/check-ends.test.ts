// What a person is told of an end that nothing shows: by `check` before the first run, by `run` on
// the terminal and as JSON, by `status` afterwards.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { Pagination } from '../../../shared/core/source/pagination-schema.ts';
import { type GenericOptions, generic } from '../../apis/generic.ts';
import { serve } from '../../apis/serve.ts';
import { cleanUpWorkplaces, type Workplace, workplace } from '../command.ts';

cleanUpWorkplaces();
const open: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of open) await close();
});

async function placeOf(pagination: Pagination, options: GenericOptions): Promise<Workplace> {
  const { url, close } = await serve(generic(options));
  open.push(close);
  const place = workplace({});
  const rows = {
    name: 'rows',
    path: 'cursor-body',
    records: 'data',
    primaryKey: ['id'],
    pagination,
  };
  const source = { name: 'mine', baseUrl: url, patienceSeconds: 2, streams: [rows] };
  writeFileSync(join(place.dir, 'mine.json'), JSON.stringify(source));
  return place;
}

const cursor = (from: string): Pagination => ({
  kind: 'cursor',
  from,
  param: 'cursor',
  pageSize: 10,
  sizeParam: 'limit',
});

describe('a typo in the place of the next page', () => {
  it('fails check and run, which name what looks like it', async () => {
    const place = await placeOf(cursor('next'), { length: 25 });
    const checked = await place.run('check', './mine.json');
    expect(checked.code).toBe(1);
    expect(checked.stdout).toMatch(/✗ rows: .*but next_cursor says .*, which looks like more/);
    const ran = await place.run('run', './mine.json');
    expect(ran.code).toBe(1);
    expect(ran.stderr).toContain('next_cursor');
  });
});

describe('a full page that nothing shows to be the last', () => {
  const warning = /Nothing shows that the list ends here: no cursor at next_cursor/;

  it('is warned of by check, run and status', async () => {
    const place = await placeOf(cursor('next_cursor'), { length: 10, cursorEnd: 'absent' });
    const checked = await place.run('check', './mine.json');
    expect(checked).toMatchObject({ code: 0, stdout: expect.stringMatching(warning) });
    const ran = await place.run('run', './mine.json', '--json');
    expect(ran).toMatchObject({ code: 0, stderr: expect.stringMatching(warning) });
    expect(JSON.parse(ran.stdout).streams[0].warnings).toEqual([expect.stringMatching(warning)]);
    const status = await place.run('status', '--json');
    expect(JSON.parse(status.stdout).streams[0].warnings).toEqual([
      expect.stringMatching(warning),
    ]);
  });
});
