// The deployed engine drains a strict API: on demand, again, twice at once and by its schedule. The
// tests build on each other, in order.

import { ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Service, startService } from '../../local/machine/service.ts';
import source from '../../sources/jsonplaceholder.ts';
import { config, ledger, output } from './clients.ts';
import { SCHEDULED_STREAMS } from './deploy.ts';
import { type Ended, ended, scheduledStart, startSync, statesOfDrain } from './executions.ts';
import { expectNothingElse, expectWhole, SOURCE, STREAMS } from './landed.ts';

/** An execution takes 15 s; a machine that does other things meanwhile, longer. */
const EXECUTION_MS = 90_000;

/** Longer than a function sleeps: 22.6 s at its memory. */
const BLOCK_MS = 25_000;

let service: Service;
beforeAll(async () => {
  service = await startService({ port: inject('servicePort') });
});
afterAll(() => service.close());

const statuses = ({ report }: Ended): Record<string, string> =>
  Object.fromEntries(report.streams.map(({ stream, status }) => [stream, status]));

const allDone = Object.fromEntries(STREAMS.map((stream) => [stream, 'done']));

it('the account lets nobody in whom it does not know', async () => {
  const stranger = new S3Client({
    ...config,
    credentials: { accessKeyId: 'AKIASTRANGER', secretAccessKey: 'stranger' },
  });
  const list = new ListObjectsV2Command({ Bucket: output('LakeBucketName') });
  await expect(stranger.send(list)).rejects.toMatchObject({ $metadata: { httpStatusCode: 403 } });
});

describe('a run on demand', () => {
  let run: Ended;
  beforeAll(async () => {
    run = await ended(await startSync('on-demand-1', { source: SOURCE }));
  }, EXECUTION_MS);

  it('drains every stream of the source', () => {
    expect(statuses(run)).toEqual(allDone);
  });

  it('asks for each page once and is never refused', () => {
    for (const { pages, requests } of run.report.streams) expect(requests).toBe(pages);
    const pages = run.report.streams.reduce((total, stream) => total + stream.pages, 0);
    expect(service.stats).toEqual({ requests: pages, refused: 0 });
  });

  it.each(STREAMS)('lands %s byte for byte, each record once, with a manifest', async (stream) => {
    await expectWhole(stream, run.report.runId);
  });

  it('writes nothing that no manifest names', () => expectNothingElse());

  it('leaves its streams finished in the ledger, held by nobody', async () => {
    const streams = await ledger.readStreams(SOURCE);
    expect(streams.map(({ stream, holder }) => [stream, holder]).toSorted()).toEqual(
      STREAMS.map((stream) => [stream, '']).toSorted(),
    );
    const { runId } = run.report;
    for (const { run: kept } of streams) expect(kept).toMatchObject({ runId, status: 'finished' });
    expect(await ledger.readRun(SOURCE)).toMatchObject({ runId, status: 'done' });
  });

  it('leaves the budget of the API without leases', async () => {
    expect(await ledger.readBudgets()).toMatchObject([{ scope: SOURCE, budget: { leases: [] } }]);
  });
});

describe('the next run on demand', () => {
  let before: string;
  let run: Ended;
  beforeAll(async () => {
    before = (await ledger.readRun(SOURCE))?.runId ?? 'none';
    run = await ended(await startSync('on-demand-2', { source: SOURCE }));
  }, EXECUTION_MS);

  it('is a run of its own, whole again', async () => {
    expect(run.report.runId > before).toBe(true);
    expect(statuses(run)).toEqual(allDone);
    for (const stream of STREAMS) await expectWhole(stream, run.report.runId);
  });

  it('leaves what the first one published', async () => {
    for (const stream of STREAMS) await expectWhole(stream, before);
    await expectNothingElse();
  });
});

describe('two runs that start at once', () => {
  let runs: Ended[];
  beforeAll(async () => {
    const input = { source: SOURCE, streams: ['photos'] };
    const starts = ['on-demand-3a', 'on-demand-3b'].map((name) => startSync(name, input));
    runs = await Promise.all((await Promise.all(starts)).map(ended));
  }, EXECUTION_MS);

  it('share the work: one drains, the other says that the stream is busy', () => {
    const told = runs.map((run) => statuses(run)['photos']);
    expect(told.toSorted()).toEqual(['busy', 'done']);
  });

  it('land every record once', async () => {
    const winner = runs.find((run) => statuses(run)['photos'] === 'done');
    await expectWhole('photos', winner?.report.runId ?? 'none');
    await expectNothingElse();
  });
});

describe('a run while the API blocks everyone', () => {
  let run: Ended;
  beforeAll(async () => {
    const throttle = { why: '429', untilMs: Date.now() + BLOCK_MS };
    const allowance = { limits: source.limits ?? [], shareForOthers: 0 };
    const nothing = { costMilli: 1000, answeredAtMs: [], reports: [], reportAtMs: 0 };
    const another = { holder: 'another', invocationId: 'another', ...nothing, throttle };
    await ledger.settlePermits(SOURCE, allowance, another);
    run = await ended(await startSync('on-demand-4', { source: SOURCE, streams: ['todos'] }));
  }, EXECUTION_MS);

  it('leaves the function and waits in the machine, then drains', async () => {
    const round = ['PullPages', 'WhatNext'];
    const states = await statesOfDrain(run.report.runId, 'todos');
    expect(states.slice(0, 4)).toEqual([...round, 'WaitForPermits', 'PullPages']);
    expect(states.at(-1)).toBe('Drained');
    await expectWhole('todos', run.report.runId);
  });
});

describe('a run by schedule', () => {
  let run: Ended;
  beforeAll(async () => {
    run = await ended(await scheduledStart());
  }, 2 * EXECUTION_MS);

  it('drains the streams that the schedule names', async () => {
    expect(run.input).toEqual({ source: SOURCE, streams: SCHEDULED_STREAMS });
    expect(statuses(run)).toEqual(
      Object.fromEntries(SCHEDULED_STREAMS.map((stream) => [stream, 'done'])),
    );
    for (const stream of SCHEDULED_STREAMS) await expectWhole(stream, run.report.runId);
  });
});

it('the API has refused nothing in all that time', () => {
  expect(service.stats.refused).toBe(0);
});
