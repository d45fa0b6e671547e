// The drills of what an API does: it refuses a page, leads in circles, refuses for its
// limit. Break it, see the deployed alarm ring, follow its section of docs/runbook.md, see it heal.

import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { streamPrefix } from '../../../shared/core/table/keys.ts';
import { dataOf } from '../../infra/watch/alarm-rules.ts';
import { lake, output, s3 } from '../clients.ts';
import { STACK } from '../deploy.ts';
import { expectWhole, SOURCE } from '../landed.ts';
import {
  alarm,
  DRILL_MS,
  dataSince,
  linesSince,
  openService,
  quiet,
  type RunEnded,
  redrive,
  ringing,
  roundsOf,
  runOf,
  runSync,
} from './operations.ts';

const service = openService();

const syncOf = (stream: string): Promise<RunEnded> =>
  runSync({ source: SOURCE, streams: [stream] });

describe('drain-failed and sync-failed, when an API refuses a page', () => {
  const names = ['drain-failed', 'sync-failed'];
  let sinceMs: number;
  let failed: RunEnded;
  beforeAll(async () => {
    expect(await syncOf('albums')).toMatchObject({ status: 'SUCCEEDED' });
    sinceMs = Date.now();
    service.breakWith(({ pathname, searchParams }) =>
      pathname === '/albums' && Number(searchParams.get('_start')) >= 60
        ? { status: 401, body: 'Who are you?' }
        : undefined,
    );
    failed = await ringing(names, () => syncOf('albums'));
  }, DRILL_MS);

  it('fails the run, with a cause that names the stream', () => {
    expect(failed).toMatchObject({ status: 'FAILED', cause: expect.stringContaining('albums') });
  });

  it('tells the cause in one line of the log, a warning, with stream and run', async () => {
    const lines = roundsOf(await linesSince('pull-pages', sinceMs, { stream: 'albums' }));
    const runId = expect.stringMatching(/^20/);
    expect(lines).toMatchObject([
      { level: 'WARN', service: STACK, source: SOURCE, runId, outcome: 'failed', Pages: 3 },
    ]);
    expect(String(lines[0]?.['cause'])).toContain('Who are you?');
  });

  it(
    'is healed by a run that goes on from the page that was refused',
    async () => {
      const left = await runOf('albums');
      service.breakWith();
      const mendedMs = Date.now();
      expect(await quiet(names, () => redrive(SOURCE))).toContainEqual({
        ...{ status: 'SUCCEEDED', cause: '' },
      });
      await expectWhole('albums', left);
      const lines = await linesSince('pull-pages', mendedMs, { stream: 'albums' });
      expect(roundsOf(lines)).toMatchObject([
        { level: 'INFO', runId: left, outcome: 'done', Pages: 2, Records: 40 },
      ]);
    },
    DRILL_MS,
  );
});

describe('stream-stuck, when an API gives the same page for ever', () => {
  const names = [`stream-stuck-${SOURCE}`];
  let failed: RunEnded;
  beforeAll(async () => {
    service.breakWith((url) =>
      url.pathname === '/todos' && Number(url.searchParams.get('_start')) >= 60
        ? { path: '/todos?_start=0&_limit=20' }
        : undefined,
    );
    failed = await ringing(names, () => syncOf('todos'));
  }, DRILL_MS);

  it('fails the run, with the reason', () => {
    expect(failed.cause).toMatch(/todos: The API repeats itself/);
  });

  it(
    'is healed by a run that begins anew, with every record once',
    async () => {
      const spoilt = await runOf('todos');
      service.breakWith();
      await quiet(names, () => redrive(SOURCE));
      expect(await runOf('todos')).not.toBe(spoilt);
      await expectWhole('todos', await runOf('todos'));
      await removeRun('todos', spoilt);
    },
    DRILL_MS,
  );
});

describe('refusals, when somebody else has spent the limit', () => {
  const names = [`api-throttled-${SOURCE}`];
  let sinceMs: number;
  let run: RunEnded;
  beforeAll(async () => {
    sinceMs = Date.now();
    let refusals = 0;
    service.breakWith(({ pathname }) => {
      if (pathname !== '/comments' || refusals === 5) return undefined;
      refusals++;
      const headers = { 'Retry-After': '1', 'X-LS-API-RateLimit-Type': 'api-leaky-bucket' };
      return { status: 429, headers, body: '{"message":"Rate limit exceeded"}' };
    });
    run = await ringing(names, () => syncOf('comments'));
    service.breakWith();
  }, DRILL_MS);

  it('rings at the fifth one', async () => {
    const refused = dataOf(
      await alarm(`api-throttled-${SOURCE}`),
      await dataSince('pull-pages', sinceMs, 'comments'),
    );
    expect(refused).toHaveLength(5);
    expect(await alarm(`api-throttled-${SOURCE}`)).toMatchObject({ Threshold: 5 });
  });

  it('loses nothing: the same run waits and ends whole', async () => {
    expect(run.status).toBe('SUCCEEDED');
    await expectWhole('comments', await runOf('comments'));
    const rounds = roundsOf(await linesSince('pull-pages', sinceMs, { stream: 'comments' }));
    const sum = (field: string) =>
      rounds.reduce((total, line) => total + Number(line[field] ?? 0), 0);
    expect({ pages: sum('Pages'), throttled: sum('throttled') }).toEqual({
      pages: 25,
      throttled: 5,
    });
    expect(sum('WaitedSeconds')).toBeGreaterThan(4);
  });
});

/** As the compaction does a day later: what will never be published goes. */
async function removeRun(stream: string, runId: string): Promise<void> {
  for await (const { key } of lake.listObjects(streamPrefix({ source: SOURCE, stream }))) {
    if (!key.includes(`run=${runId}/`)) continue;
    const Bucket = output('LakeBucketName');
    await s3.send(new DeleteObjectCommand({ Bucket, Key: `lake/${key}` }));
  }
}
