// `driplake runs` of this machine: real runs, and what they have left.

import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PastRun } from '../../../local/screen/past-runs.ts';
import { cleanUpWorkplaces, type Workplace, workplace } from '../command.ts';
import { openShop, STREAMS, writeSource } from '../shop.ts';

cleanUpWorkplaces();

async function runsOf(place: Workplace, ...args: string[]): Promise<PastRun[]> {
  const ended = await place.run('runs', '--json', ...args);
  expect(ended).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(ended.stdout).runs;
}

const preload = new URL('../dies-before.ts', import.meta.url).href;

const statuses = (runs: readonly PastRun[]): string[] => runs.map(({ status }) => status);
const streamsOf = (run: PastRun | undefined): string[] =>
  (run?.streams ?? []).map(({ stream, status }) => `${stream} ${status}`);

describe('driplake runs', () => {
  it('tells a run while it is going on, when it was broken off, and when it is done', async () => {
    const shop = await openShop({ length: { offset: 300, 'cursor-body': 5 } });
    const place = workplace();
    const file = writeSource(place, shop.url);
    // An hour ago: of two runs of one second, the later one's streams have an id of their own.
    const hourAgo = { NODE_OPTIONS: `--import ${preload}`, DRIPLAKE_HOURS_AHEAD: '-1' };
    expect((await place.startWith(hourAgo, 'run', file).ended).code).toBe(0);

    const held = shop.heldAt(shop.asked.length + 15);
    const second = place.start('run', file, '--full-refresh', '--json');
    await held;
    const [going, before] = await runsOf(place);
    expect(before).toMatchObject({ status: 'published', pages: 32, records: 305 });
    expect(going).toMatchObject({ source: 'shop', status: 'running' });
    expect(going).not.toHaveProperty('endedAt');
    second.kill('SIGKILL');
    await second.ended;
    shop.release();

    const [killed] = await runsOf(place);
    expect(killed).toMatchObject({ runId: going?.runId, status: 'interrupted' });
    expect(streamsOf(killed)).toContain('offset interrupted');
    expect((await place.run('run', file, '--full-refresh')).code).toBe(0);

    const [done, ...rest] = await runsOf(place);
    expect(done).toMatchObject({
      ...{ runId: going?.runId, status: 'done', pages: 32, records: 305 },
      dollars: expect.closeTo(0.0006, 3),
      streams: [
        { stream: 'cursor-body', status: 'done', pages: 1, records: 5, requests: 1 },
        { stream: 'offset', status: 'done', pages: 31, records: 300 },
      ],
    });
    expect(rest.map(({ runId }) => runId)).toEqual([before?.runId]);
    await shop.close();
  });

  it('shows people when, what, how it ended and why, and takes the newest of a source', async () => {
    const shop = await openShop({
      length: { offset: 15, 'cursor-body': 5 },
      instead: ({ path: at }) => (at === '/offset' ? { status: 403, body: 'Go away' } : undefined),
    });
    const place = workplace();
    const failing = writeSource(place, shop.url);
    const other = writeSource(place, shop.url, { name: 'other' });
    expect((await place.run('run', failing, '-s', 'cursor-body')).code).toBe(0);
    expect((await place.run('run', other, '-s', 'cursor-body')).code).toBe(0);
    expect((await place.run('run', failing)).code).toBe(1);

    const told = await place.run('runs');
    expect(told).toMatchObject({ code: 0, stderr: '' });
    const rows = told.stdout.split('\n').filter((line) => line.startsWith('│'));
    expect(rows.map((row) => row.split('│').map((cell) => cell.trim())).slice(1)).toEqual([
      [
        '',
        expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d$/),
        'shop (2)',
        'failed',
        '5',
        ...COST,
      ],
      ['', expect.any(String), 'other (1)', 'done', '5', ...COST],
      ['', expect.any(String), 'shop (1)', 'published', '5', ...COST],
    ]);
    expect(told.stdout).toMatch(
      /^ {2}\d{8}T\d{6}Z-[0-9a-f]{8} offset: the server refused: HTTP 403/m,
    );

    expect(statuses(await runsOf(place, '--source', 'shop'))).toEqual(['failed', 'published']);
    expect(statuses(await runsOf(place, '--limit', '2'))).toEqual(['failed', 'done']);
    expect(await place.run('runs', '--source', 'shp')).toMatchObject({
      ...{ code: 0, stdout: 'No run of shp is known here.\n', stderr: '' },
    });
    await shop.close();
  });

  it('knows of a lake alone what it has published, and names a manifest that is damaged', async () => {
    const shop = await openShop({ length: { offset: 15, 'cursor-body': 5 } });
    const place = workplace();
    expect((await place.run('run', writeSource(place, shop.url))).code).toBe(0);
    await shop.close();
    rmSync(path.join(place.dir, '.driplake'), { recursive: true });
    const [only, ...more] = await runsOf(place);
    expect(more).toEqual([]);
    expect(only).toMatchObject({ status: 'published', records: 20 });
    expect(streamsOf(only)).toEqual(STREAMS.toSorted().map((stream) => `${stream} done`));

    const folder = path.join(place.dir, 'lake/_manifests/shop/offset');
    const [manifest = ''] = readdirSync(folder).filter((name) => /^\d/.test(name));
    writeFileSync(path.join(folder, manifest), 'half of');
    const ended = await place.run('runs', '--json');
    expect(ended.stderr).toMatch(/^driplake: lake\S+offset\/\S+\.json: expected JSON, got 7 ch/);
    expect(JSON.parse(ended.stdout).runs).toMatchObject([{ records: 5 }]);
  });

  it('says that nothing has run, and what is no number', async () => {
    const place = workplace();
    const [nothing, many] = await Promise.all([
      place.run('runs'),
      place.run('runs', '--limit', '1001'),
    ]);
    expect(nothing).toMatchObject({ code: 2, stdout: '' });
    expect(nothing.stderr).toContain('Nothing has run with the state folder .driplake.');
    expect(many).toMatchObject({ code: 2, stdout: '' });
    expect(many.stderr).toContain("argument '1001' is invalid. It is no number from 1 to 1000.");
  });
});

const COST = [expect.stringMatching(/^\$0\.000\d$/), ''];
