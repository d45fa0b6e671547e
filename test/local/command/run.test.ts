import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { startService } from '../../../local/machine/service.ts';
import { cleanUpWorkplaces, type Ended, type Workplace, workplace } from '../command.ts';
import { linesUnder, manifestsOf, openShop, type Shop, STREAMS, writeSource } from '../shop.ts';

cleanUpWorkplaces();

interface Report {
  readonly runId: string;
  readonly source: string;
  readonly status: string;
  readonly streams: readonly Record<string, unknown>[];
}

const reportOf = ({ stdout }: Ended): Report => JSON.parse(stdout);
const statuses = (ended: Ended): string[] =>
  reportOf(ended).streams.map(({ stream, status }) => `${stream} ${status}`);
const sum = (ended: Ended, field: string): number =>
  reportOf(ended).streams.reduce((total, stream) => total + Number(stream[field]), 0);

/** Every batch of the lake, whatever run it is of, holds the shop's rows once, byte for byte. */
function expectWholeLake(place: Workplace, shop: Shop): void {
  for (const stream of STREAMS) {
    const [manifest, ...more] = manifestsOf(place, stream);
    expect(more).toEqual([]);
    expect(linesUnder(place, `shop/${stream}`)).toEqual(shop.model.records(stream));
    expect(linesUnder(place, manifest?.prefix ?? 'none')).toEqual(shop.model.records(stream));
    expect(manifest?.records).toBe(shop.model.records(stream).length);
  }
}

const NUMBERS = ['pages', 'records', 'bytes', 'objects', 'requests', 'throttled'];
const SECONDS = ['waitedSeconds', 'seconds'];

describe.concurrent('driplake run', () => {
  it('prints one JSON object of the documented shape, and reads all of it again next time', async () => {
    const service = await startService({ size: 1_000, leakPerSecond: 1_000 });
    const place = workplace({ DRIPLAKE_JSONPLACEHOLDER_BASE_URL: service.url });
    const streams = ['users', 'posts', 'albums'];
    const args = ['run', 'jsonplaceholder', '--json', ...streams.flatMap((s) => ['--stream', s])];
    const first = await place.run(...args);
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\{.*\}\n$/) });
    const report = reportOf(first);
    expect(Object.keys(report)).toEqual(['runId', 'source', 'status', 'streams']);
    expect(report).toMatchObject({ source: 'jsonplaceholder', status: 'done' });
    expect(report.runId).toMatch(/^\d{8}T\d{6}Z-[0-9a-f]{8}$/);
    for (const stream of report.streams) {
      expect(Object.keys(stream)).toEqual(['stream', 'status', ...NUMBERS, ...SECONDS]);
      for (const field of NUMBERS) expect(stream[field]).toSatisfy(Number.isSafeInteger);
      for (const field of SECONDS) expect(stream[field]).toSatisfy(Number.isFinite);
    }
    expect(report.streams).toMatchObject([
      { stream: 'users', status: 'done', pages: 2, records: 10, requests: 2, throttled: 0 },
      { stream: 'posts', status: 'done', pages: 5, records: 100, requests: 5, throttled: 0 },
      { stream: 'albums', status: 'done', pages: 5, records: 100, requests: 5, throttled: 0 },
    ]);

    const second = await place.run(...args.slice(0, 5), '--full-refresh');
    expect(second.code).toBe(0);
    expect(reportOf(second).runId).not.toBe(report.runId);
    expect(statuses(second)).toEqual(['users done']);
    const runs = manifestsOf(place, 'users', 'jsonplaceholder');
    expect(runs.map(({ fullRefresh }) => fullRefresh)).toEqual([false, true]);
    expect(service.stats).toEqual({ requests: 14, refused: 0 });
    await service.close();
  });

  it('exits 1 and lists the stream that failed; the others are done', async () => {
    const shop = await openShop({ length: { offset: 35, 'cursor-body': 35 } });
    const place = workplace();
    const broken = {
      name: 'broken',
      path: 'nowhere',
      records: 'data',
      pagination: { kind: 'single' },
    };
    const file = writeSource(place, shop.url);
    const source = JSON.parse(readFileSync(path.join(place.dir, file), 'utf8'));
    writeSource(place, shop.url, { streams: [broken, ...source.streams] });
    const ended = await place.run('run', file, '--json');
    expect(ended.code).toBe(1);
    expect(statuses(ended)).toEqual(['broken failed', 'offset done', 'cursor-body done']);
    expect(reportOf(ended)).toMatchObject({
      status: 'failed',
      streams: [{ cause: expect.stringContaining('HTTP 404') }, {}, {}],
    });
    expectWholeLake(place, shop);
    await shop.close();
  });
});

describe.concurrent('a run that is interrupted', () => {
  it('by SIGINT exits 130, then goes on from its cursor and fetches nothing twice', async () => {
    const shop = await openShop({ length: { offset: 1005, 'cursor-body': 600 } });
    const place = workplace();
    const file = writeSource(place, shop.url);
    const held = shop.heldAt(60);
    const first = place.start('run', file, '--json');
    await held;
    first.kill('SIGINT');
    first.kill('SIGTERM'); // At once, as npx passes on what the terminal has sent already.
    await first.until((stderr) => stderr.includes('Stopping: what was fetched is landed first.'));
    shop.release();
    const stopped = await first.ended;
    expect(stopped).toMatchObject({ code: 130, signal: null });
    expect(stopped.stderr).toContain('Its place is kept: `driplake run shop.json` goes on');
    expect(reportOf(stopped)).toMatchObject({ source: 'shop', status: 'interrupted' });
    expect(statuses(stopped)).toEqual(['offset interrupted', 'cursor-body interrupted']);
    expect(sum(stopped, 'requests')).toBe(shop.asked.length);

    const second = await place.run('run', file, '--json');
    expect(second.code).toBe(0);
    expect(second.stderr).toContain('offset: resumed');
    expect(reportOf(second)).toMatchObject({ runId: reportOf(stopped).runId, status: 'done' });
    expectWholeLake(place, shop);
    expect(sum(second, 'requests')).toBe(shop.asked.length);
    expect(new Set(shop.asked).size).toBe(shop.asked.length);
    await shop.close();
  });

  it('by a second SIGINT stops at once, and still goes on from its cursor', async () => {
    const shop = await openShop({ length: { offset: 200, 'cursor-body': 200 } });
    const place = workplace();
    const file = writeSource(place, shop.url);
    const held = shop.heldAt(25);
    const first = place.start('run', file);
    await held;
    first.kill('SIGINT');
    await first.until((stderr) => stderr.includes('Stopping'));
    const again = setInterval(() => first.kill('SIGINT'), 50);
    expect((await first.ended).code).toBe(130);
    clearInterval(again);
    shop.release();
    expect((await place.run('run', file)).code).toBe(0);
    expectWholeLake(place, shop);
    await shop.close();
  });

  it('before it has fetched anything exits 130, and the next run begins with it', async () => {
    const shop = await openShop({ length: { offset: 20, 'cursor-body': 20 } });
    const place = workplace();
    const file = writeSource(place, shop.url);
    void shop.heldAt(1);
    const first = place.start('run', file, '--json');
    await first.until((stderr) => stderr.includes('offset: started'));
    first.kill('SIGINT');
    await first.until((stderr) => stderr.includes('Stopping'));
    shop.release();
    expect((await first.ended).code).toBe(130);
    expect((await place.run('run', file, '--json')).code).toBe(0);
    expectWholeLake(place, shop);
    await shop.close();
  });
});

describe.concurrent('two processes on one state folder', () => {
  it('drain a stream once: one drains, the other says who holds it and exits 1', async () => {
    const shop = await openShop({ length: { offset: 400, 'cursor-body': 400 } });
    const place = workplace();
    const file = writeSource(place, shop.url);
    const held = shop.heldAt(30);
    const first = place.start('run', file, '--json');
    await held;
    const [status, second] = await Promise.all([
      place.run('status', '--json'),
      place.run('run', file, '--json'),
    ]);
    shop.release();
    expect(status.code).toBe(0);
    const heldBy = expect.stringContaining(`local:${first.pid}:`);
    expect(JSON.parse(status.stdout)).toMatchObject({
      runs: [{ source: 'shop' }],
      streams: [
        { stream: 'cursor-body', status: 'draining', heldBy },
        { stream: 'offset', status: 'draining', heldBy },
      ],
    });
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`local:${first.pid}:`);
    expect(statuses(second)).toEqual(['offset busy', 'cursor-body busy']);
    expect(second.stderr).toContain(
      'Another run is draining offset, cursor-body: `driplake status` shows how far it is.',
    );
    expect(statuses(await first.ended)).toEqual(['offset done', 'cursor-body done']);
    expectWholeLake(place, shop);
    expect(new Set(shop.asked).size).toBe(shop.asked.length);
    await shop.close();
  });

  it('started at once drain each stream once: for each, one says that it is busy', async () => {
    const shop = await openShop({ length: { offset: 200, 'cursor-body': 200 } });
    const place = workplace();
    const file = writeSource(place, shop.url);
    void shop.heldAt(1);
    const runs = [1, 2].map(() => place.start('run', file, '--json'));
    const planned = (stderr: string) => STREAMS.every((stream) => stderr.includes(`${stream}: `));
    await Promise.all(runs.map((run) => run.until(planned)));
    shop.release();
    const ended = await Promise.all(runs.map((run) => run.ended));
    const isBusy = (run: Ended): boolean => statuses(run).join().includes('busy');
    expect(ended.map(({ code }) => code)).toEqual(ended.map((run) => (isBusy(run) ? 1 : 0)));
    expect(ended.flatMap(statuses).toSorted()).toEqual([
      'cursor-body busy',
      'cursor-body done',
      'offset busy',
      'offset done',
    ]);
    expectWholeLake(place, shop);
    expect(new Set(shop.asked).size).toBe(shop.asked.length);
    await shop.close();
  });

  it('go on when the one that serves the ledger is killed', async () => {
    const shop = await openShop({ length: { offset: 600, 'cursor-body': 600 } });
    const place = workplace();
    const one = writeSource(place, shop.url, { name: 'other' });
    const two = writeSource(place, shop.url);
    const held = shop.heldAt(30);
    const host = place.start('run', one);
    await held;
    const joined = place.start('run', two, '--json');
    await joined.until((stderr) => stderr.includes('cursor-body: started'));
    host.kill('SIGKILL');
    await host.ended;
    shop.release();
    const { code, stderr } = await joined.ended;
    expect({ code, said: code === 0 ? '' : stderr }).toEqual({ code: 0, said: '' });
    expectWholeLake(place, shop);
    expect((await place.run('run', one, '--json')).code).toBe(0);
    for (const stream of STREAMS) {
      expect(linesUnder(place, `other/${stream}`)).toEqual(shop.model.records(stream));
    }
    await shop.close();
  });

  it('agree on who serves the ledger when they start together', async () => {
    const shop = await openShop({ length: { offset: 40, 'cursor-body': 40 } });
    const place = workplace();
    const files = ['a', 'b', 'c'].map((name) => writeSource(place, shop.url, { name }));
    const ended = await Promise.all(files.map((file) => place.run('run', file, '--json')));
    const failed = ended.filter(({ code }) => code !== 0);
    expect(failed.map(({ signal, stderr }) => ({ signal, stderr }))).toEqual([]);
    const { stdout } = await place.run('status', '--json');
    const { runs } = JSON.parse(stdout);
    expect(runs.map((run: { source: string }) => run.source)).toEqual(['a', 'b', 'c']);
    await shop.close();
  });
});
